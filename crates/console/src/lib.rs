//! What a person sees and answers: text, questions, Ctrl-C, exit codes, the block that is drawn in place.

pub mod block;
pub mod consent;
pub mod defect;
pub mod exit;
pub mod interrupt;
pub mod patience;
pub mod screen;
pub mod terminal;
pub mod text;
pub mod trouble;
pub mod variable;
pub mod vigil;
pub mod workflow_run;
