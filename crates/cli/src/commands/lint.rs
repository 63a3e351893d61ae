//! `lint`: the checks that run nothing.

use xshell::Shell;

use crate::program::service;
use cfnkit_assembly::service::Service;
use cfnkit_console::exit::Exit;
use cfnkit_console::screen::{self, BAD};
use cfnkit_console::terminal::columns_of_stdout;
use cfnkit_lint::linting::templates::judge_templates;
use cfnkit_lint::linting::{
    add_advisory_step, add_code_steps, add_dependency_step, add_macos_step, add_stage_steps,
    add_workflow_step,
};
use cfnkit_lint::step::{Steps, Summary};
use cfnkit_tools::workspace::Workspace;

/// Check formatting, code, templates, workflows and dependencies.
///
/// Runs rustfmt and clippy; of the templates cfn-lint, yamllint, cfn-guard with the rules in
/// `infra/guard`, and checkov; of the workflows zizmor and actionlint; and cargo-deny with the
/// rules in `deny.toml`.
///
/// The limits of every stage are compared with each other, as `limits --check` does.
///
/// Every finding about a template is in one table, with its line and, if it is waived, the reason.
///
/// Several of the flags that choose check all that they name; without any, everything is checked.
#[derive(Debug, clap::Args)]
pub struct Lint {
    /// Check formatting and code.
    #[arg(long)]
    pub code: bool,
    /// Check the templates, the stage files and the limits.
    #[arg(long)]
    pub templates: bool,
    /// Check the workflows and Dependabot's configuration.
    #[arg(long)]
    pub workflows: bool,
    /// Check licences, sources, bans and duplicates of the dependencies.
    #[arg(long)]
    pub(crate) dependencies: bool,
    /// Check that a Mac compiles the code, without a warning; on any machine, with Zig.
    ///
    /// It is not part of everything: what a Mac compiles takes as long as what this machine does.
    #[arg(long)]
    pub(crate) macos: bool,
    /// Also ask the RustSec database what is known against the dependencies.
    ///
    /// It is fetched from github.com, and what it says changes without a change of the repository.
    #[arg(long)]
    pub(crate) advisories: bool,
    /// Print what the checkers say of the templates as JSON, and look at nothing else.
    #[arg(long, conflicts_with_all = ["code", "workflows", "dependencies", "macos", "advisories"])]
    pub json: bool,
}

impl Lint {
    /// Runs the checks that are chosen, each whatever the others say.
    ///
    /// # Errors
    ///
    /// A check failed: [`Exit::Silent`], as what it found is shown by then. With `--json`, also a
    /// checker that cannot be asked.
    pub fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        if self.json {
            let judgement = judge_templates(sh, workspace, service())?;
            screen::data(serde_json::to_string_pretty(&judgement)?);
            return match judgement.open() {
                0 => Ok(()),
                _ => Err(Exit::Silent.into()),
            };
        }
        let chooses =
            self.code || self.templates || self.workflows || self.dependencies || self.macos;
        let mut steps = Steps::new(workspace.reporter());
        if self.code || !chooses {
            add_code_steps(&mut steps, sh, workspace);
        }
        if self.macos {
            add_macos_step(&mut steps, sh, workspace);
        }
        if self.templates || !chooses {
            add_stage_steps(&mut steps, workspace, service());
            add_template_step(&mut steps, sh, workspace, service());
        }
        if self.workflows || !chooses {
            add_workflow_step(&mut steps, sh, workspace);
        }
        if self.dependencies || !chooses {
            add_dependency_step(&mut steps, sh, workspace);
        }
        if self.advisories {
            add_advisory_step(&mut steps, sh, workspace);
        }
        finish(&steps)
    }
}

/// Adds the templates to the checks; what is found is shown as it is found.
pub fn add_template_step(
    steps: &mut Steps<'_>,
    sh: &Shell,
    workspace: &Workspace,
    service: &'static Service,
) {
    steps.run("templates", || {
        let judgement = judge_templates(sh, workspace, service)?;
        if let Some(findings) = judgement.findings_table(columns_of_stdout()) {
            screen::show(format!("{findings}\n"));
        }
        screen::show(judgement.checkers_table());
        judgement.verdict()
    });
}

/// Shows the table and, last, the number of tests.
///
/// # Errors
///
/// A check failed: [`Exit::Silent`], as the table says which.
pub fn finish(steps: &Steps<'_>) -> anyhow::Result<()> {
    let Summary {
        table,
        failed_steps,
        tests,
    } = steps.summary();
    screen::show(format!("\n{table}\n"));
    if failed_steps > 0 {
        screen::show(format!("{BAD}{failed_steps} steps failed{BAD:#}"));
    }
    if tests.passed + tests.failed > 0 {
        screen::show(format!("{} passed, {} failed", tests.passed, tests.failed));
    }
    match failed_steps {
        0 => Ok(()),
        _ => Err(Exit::Silent.into()),
    }
}
