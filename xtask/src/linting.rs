//! The checks that run nothing of ours: formatting, code, templates.

use xshell::{Shell, cmd};

use crate::cargo::undisturbed;
use crate::step::{Counts, Steps, check};
use crate::tool;
use crate::workspace::Workspace;

/// Every workspace. The last two are formatted only: clippy would compile what only they need.
const MANIFESTS: [&str; 3] = [
    "Cargo.toml",
    "handler/bench/Cargo.toml",
    "handler/fuzz/Cargo.toml",
];

/// Adds formatting, clippy and cfn-lint to the checks.
pub(crate) fn add_lint_steps(steps: &mut Steps, sh: &Shell, workspace: &Workspace) {
    let _directory = sh.push_dir(workspace.root());
    steps.run("formatting", || {
        for manifest in MANIFESTS {
            let format = cmd!(sh, "cargo fmt --all --check --manifest-path {manifest}");
            check(undisturbed(format))?;
        }
        Ok(Counts::default())
    });
    steps.run("clippy", || {
        let clippy = cmd!(
            sh,
            "cargo clippy --locked --workspace --all-targets -- -D warnings"
        );
        check(undisturbed(clippy))
    });
    steps.run("cfn-lint", || {
        let bin = tool::CFN_LINT.provide(sh, workspace)?;
        let cfn_lint = bin.join("cfn-lint");
        // The templates, the regions and the informational checks are in `.cfnlintrc`.
        cmd!(sh, "{cfn_lint}").quiet().run()?;
        Ok(Counts::default())
    });
}
