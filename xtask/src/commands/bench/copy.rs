//! Copies of the repository with nothing compiled, and how long a command takes in one.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::Context as _;
use xshell::Shell;

use cfnkit_console::screen;
use cfnkit_tools::checkout;
use cfnkit_tools::tool;
use cfnkit_tools::workspace::Workspace;

/// A fresh copy at `path`, with the installed tools and nothing else.
pub(super) fn make(sh: &Shell, workspace: &Workspace, path: &Path) -> anyhow::Result<()> {
    sh.remove_path(path)?;
    checkout::copy(workspace.root(), path)?;
    tool::lend(workspace, path)
}

/// Cargo in a copy, without the variables with which it describes this program.
pub(super) fn cargo(copy: &Path) -> Command {
    let mut command = Command::new("cargo");
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let keep = ["CARGO_HOME", "CARGO_HTTP_CAINFO"].contains(&&*name);
        if name == "CARGO" || (name.starts_with("CARGO_") && !keep) {
            command.env_remove(name);
        }
    }
    command.current_dir(copy);
    command
}

/// The seconds that a command takes; what it prints is shown only if it fails.
pub(super) fn time(name: &str, mut command: Command) -> anyhow::Result<f64> {
    let begin = Instant::now();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{name}`"))?;
    let seconds = begin.elapsed().as_secs_f64();
    if !output.status.success() {
        screen::say(String::from_utf8_lossy(&output.stderr));
        anyhow::bail!("`{name}` failed");
    }
    Ok(seconds)
}

pub(super) fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}
