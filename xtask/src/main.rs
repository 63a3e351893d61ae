//! The program behind `cargo xtask`, which is built without the feature `aws`.

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::main()
}
