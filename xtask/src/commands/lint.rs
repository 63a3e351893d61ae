//! `lint`: the checks that run nothing.

use xshell::Shell;

use crate::linting::{add_code_steps, add_template_step};
use crate::step::Steps;
use crate::workspace::Workspace;

/// Check formatting, code and templates.
///
/// Runs rustfmt and clippy, and of the templates cfn-lint, yamllint, cfn-guard with the rules in
/// `infra/guard`, and checkov.
///
/// The limits of every stage are compared with each other, as `limits --check` does.
///
/// Every finding is in one table, with its line and, if it is waived, the reason.
#[derive(Debug, clap::Args)]
pub(crate) struct Lint {
    /// Check the templates only.
    #[arg(long)]
    templates: bool,
}

impl Lint {
    pub(crate) fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        let mut steps = Steps::default();
        if !self.templates {
            add_code_steps(&mut steps, sh, workspace);
        }
        add_template_step(&mut steps, sh, workspace);
        steps.finish()
    }
}
