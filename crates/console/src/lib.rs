//! What a person sees and answers: text, questions, Ctrl-C, exit codes, and the block of lines that
//! is drawn again in place.
//!
//! It refuses to know what is shown: no template, no stack, no cloud, and no service.
//!
//! Invariants: nothing else writes to a terminal; data that a program may read goes to stdout, all
//! else to stderr; what cannot be written stops nothing that goes on; text from elsewhere is
//! escaped before it is shown; Ctrl-C is told to who asks, and ends nothing by itself.

#![warn(missing_docs)]
#![warn(clippy::missing_errors_doc)]

pub mod block;
pub mod consent;
pub mod defect;
pub mod error;
pub mod exit;
pub mod interrupt;
pub mod patience;
pub mod report;
pub mod screen;
pub mod terminal;
pub mod text;
pub mod variable;
pub mod vigil;
pub mod workflow_run;
