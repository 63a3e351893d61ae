//! The commands of this repository alone, beside those of every service.

mod changelog;
pub mod commands;
mod fuzzing;
mod new;
mod packaged;
mod passed;
pub mod service;
