//! `fuzz`: the handler fed with inputs that libFuzzer makes.

use std::path::PathBuf;

use xshell::Shell;

use crate::fuzzing::{fuzz, run_input};
use cfnkit_console::screen::{self, GOOD};
use cfnkit_tools::workspace::Workspace;

/// Feed the handler with inputs that nobody thought of.
///
/// libFuzzer makes inputs and keeps those that reach new code. Each is given to the handler as an
/// event and as a body; every reply must be one that API Gateway takes, none may be a 5xx, and
/// what is stored must be what the body says.
///
/// It needs a C++ compiler and no nightly toolchain. The first run installs cargo-fuzz into
/// `target/tools` and compiles for some minutes. A run begins with the inputs in
/// `handler/fuzz/corpus` and those that earlier runs left in `target/fuzz/corpus`.
///
/// An input that breaks a rule is written to `target/fuzz/artifacts`, and the exit code is 1.
#[derive(Debug, clap::Args)]
pub struct Fuzz {
    /// How long to go on, after the build.
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Run this one input instead, such as one that broke a rule.
    #[arg(long, value_name = "FILE", conflicts_with = "seconds")]
    input: Option<PathBuf>,
}

impl Fuzz {
    pub(crate) fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        if let Some(input) = &self.input {
            run_input(sh, workspace, input)?;
            screen::say(format!("{GOOD}ok{GOOD:#}: the input breaks no rule"));
            return Ok(());
        }
        let fuzzed = fuzz(sh, workspace, self.seconds)?;
        screen::say(format!(
            "{GOOD}nothing was found{GOOD:#} in {} executions; {} inputs are new in \
             `target/fuzz/corpus`",
            fuzzed.executions, fuzzed.new_inputs
        ));
        Ok(())
    }
}
