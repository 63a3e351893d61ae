//! The steps of the commands that talk to AWS.

use std::process::ExitCode;

use cfnkit_assembly::service::Service;
use cfnkit_cli::commands::OwnCommands;
use cfnkit_cli::program;

mod bootstrap;
mod checkup;
mod choices;
mod commands;
mod connection;
mod deploy_role;
mod deployed;

/// Runs the command of this process's arguments.
pub fn main<Own: OwnCommands>(service: &'static Service) -> ExitCode {
    program::main_with::<Own>(service, commands::run)
}
