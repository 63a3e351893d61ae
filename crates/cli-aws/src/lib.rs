//! The steps of the commands that talk to AWS or to the local cloud: the second program.
//!
//! It refuses to know flags of its own and the SDK. Looking at an account (`checkup`) is here, and
//! judging what it has in `operate`.
//!
//! Invariants: whatever changes an account is shown and agreed to first, and where nobody can be
//! asked that is found out before anything is built; the repository and the command line decide,
//! and values of earlier deploys are not carried over, but for what was looked up once; commands do
//! not call each other; a failure is told once, root cause first.

#![warn(missing_docs)]
#![warn(clippy::missing_errors_doc)]

use std::process::ExitCode;

use cfnkit_assembly::service::Service;
use cfnkit_cli::commands::OwnCommands;
use cfnkit_cli::program;

mod agreed;
mod bootstrap;
mod checkup;
mod choices;
mod commands;
mod connection;
mod deploy_role;
mod deployed;
mod live;
mod probing;
mod review;

/// Runs the command of this process's arguments.
pub fn main<Own: OwnCommands>(service: &'static Service) -> ExitCode {
    program::main_with::<Own>(service, commands::run)
}
