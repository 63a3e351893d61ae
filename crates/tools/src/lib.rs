//! The repository, the pinned programs that nobody is asked to install, cargo called by a program
//! that cargo started, and digests of files.
//!
//! It refuses to know what the programs are for, what is built, and AWS.
//!
//! Invariants: a checkout is looked for once, by who starts, and handed on from there; a program is
//! pinned by version and hash, and installed when it answered; of a user's settings only those that
//! lead to a package index count; the local cloud is known by the lock that it holds, and listens
//! on 127.0.0.1 alone.

#![warn(missing_docs)]
#![warn(clippy::missing_errors_doc)]

pub mod architecture;
pub mod cargo;
pub mod checkout;
pub mod digest;
pub mod emulator;
pub mod git;
pub mod tool;
pub mod toolchain;
pub mod workspace;
