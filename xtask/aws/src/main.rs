//! The program that commands which talk to AWS are handed over to.

use std::process::ExitCode;

fn main() -> ExitCode {
    cfnkit_cli_aws::main::<xtask::commands::Own>(&xtask::service::SERVICE)
}
