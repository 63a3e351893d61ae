//! The crates that a build takes in, by the rules of `deny.toml`: where they come from, under
//! which licences, in how many versions, and what is known against them.

use xshell::{Shell, cmd};

use super::manifests;
use crate::step::check;
use cfnkit_console::error::{Context as _, Result};
use cfnkit_tools::cargo::undisturbed;
use cfnkit_tools::tool;
use cfnkit_tools::workspace::Workspace;

/// Sources, licences, bans and duplicates of what is shipped or deploys it; of the workspaces that
/// only measure and test, the sources.
pub(crate) fn check_dependencies(sh: &Shell, workspace: &Workspace) -> Result<()> {
    let deny = tool::CARGO_DENY.provide(sh, workspace)?.join("cargo-deny");
    for (index, manifest) in manifests(workspace)?.iter().enumerate() {
        let rules: &[&str] = match index {
            0 => &["bans", "licenses", "sources"],
            _ => &["sources"],
        };
        let command = cmd!(
            sh,
            "{deny} --locked --manifest-path {manifest} --config deny.toml check {rules...}"
        );
        check(undisturbed(command))
            .with_context(|| format!("`{}` breaks `deny.toml`", manifest.display()))?;
    }
    Ok(())
}

/// What the RustSec database knows against any crate of any workspace.
pub(crate) fn check_advisories(sh: &Shell, workspace: &Workspace) -> Result<()> {
    let deny = tool::CARGO_DENY.provide(sh, workspace)?.join("cargo-deny");
    let fetch = cmd!(sh, "{deny} --locked --config deny.toml fetch db");
    check(undisturbed(fetch)).context(
        "cannot fetch the RustSec database, which git clones from github.com; \
         without `--advisories` nothing asks for it",
    )?;
    for manifest in manifests(workspace)? {
        let command = cmd!(
            sh,
            "{deny} --locked --manifest-path {manifest} --config deny.toml check advisories"
        );
        check(undisturbed(command)).with_context(|| {
            format!(
                "there are advisories against dependencies of `{}`; \
                 `cargo update CRATE` takes the version that mends it, and an exception is a line \
                 of `ignore` in `deny.toml`, with its reason",
                manifest.display()
            )
        })?;
    }
    Ok(())
}
