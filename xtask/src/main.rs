//! The program behind `cargo xtask`, which is built without the SDK.

use std::process::ExitCode;

fn main() -> ExitCode {
    cfnkit_cli::program::main::<xtask::commands::Own>(&xtask::service::SERVICE)
}
