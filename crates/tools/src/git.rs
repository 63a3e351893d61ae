//! Git, asked about the repository that a directory is in. Why it does not answer is told in its
//! own words.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use cfnkit_console::bail;
use cfnkit_console::error::{Context as _, Result};

/// With these in the environment, as a hook has them, git would look at another repository.
const VARIABLES: [&str; 4] = ["GIT_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_WORK_TREE"];

/// What git prints.
///
/// # Errors
///
/// There is no git, or it fails: there is no repository, or one of somebody else's.
pub fn ask(
    directory: &Path,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Result<Vec<u8>> {
    let mut git = Command::new("git");
    git.args(arguments).current_dir(directory);
    for variable in VARIABLES {
        git.env_remove(variable);
    }
    let output = git.output().context("cannot run `git`; install it")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim();
        bail!("{}", said.strip_prefix("fatal: ").unwrap_or(said));
    }
    Ok(output.stdout)
}

/// The first line of what git prints.
///
/// # Errors
///
/// As [`ask`].
pub fn line(
    directory: &Path,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Result<String> {
    let printed = String::from_utf8_lossy(&ask(directory, arguments)?).into_owned();
    Ok(printed.lines().next().unwrap_or_default().to_owned())
}
