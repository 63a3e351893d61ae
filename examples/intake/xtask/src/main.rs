//! The program behind `cargo xtask`, which is built without the SDK.

use std::process::ExitCode;

use cfnkit_cli::commands::NoCommands;

fn main() -> ExitCode {
    cfnkit_cli::program::main::<NoCommands>(&intake_xtask::SERVICE)
}
