//! The repository, pinned programs, and cargo called from cargo.

pub mod architecture;
pub mod cargo;
pub mod checkout;
pub mod digest;
pub mod emulator;
pub mod git;
pub mod tool;
pub mod toolchain;
pub mod workspace;
