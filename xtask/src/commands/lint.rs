//! `lint`: the checks that run nothing.

use xshell::Shell;

use crate::linting::add_lint_steps;
use crate::step::Steps;
use crate::workspace::Workspace;

/// Check formatting, code and templates.
///
/// Runs rustfmt, clippy and cfn-lint.
#[derive(Debug, clap::Args)]
pub(crate) struct Lint {}

impl Lint {
    pub(crate) fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        let mut steps = Steps::default();
        add_lint_steps(&mut steps, sh, workspace);
        steps.finish()
    }
}
