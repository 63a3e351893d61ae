//! The program that commands which talk to AWS are handed over to.

use std::process::ExitCode;

use cfnkit_cli::commands::NoCommands;

fn main() -> ExitCode {
    cfnkit_cli_aws::main::<NoCommands>(&intake_xtask::SERVICE)
}
