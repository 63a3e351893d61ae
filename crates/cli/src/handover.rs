//! A command that talks to AWS, handed over to the program that is built with the SDK.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::Context as _;
use xshell::{Shell, cmd};

use cfnkit_console::screen;
use cfnkit_tools::cargo::undisturbed;
use cfnkit_tools::workspace::Workspace;

const PROGRAM: &str = "xtask-aws";

/// Has cargo build the other program and run it with this process's arguments, in its place.
///
/// # Errors
///
/// There is no cargo. What the build or the command comes to is told by cargo and by the command.
pub(crate) fn hand_over(sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
    let manifest = workspace.root().join("Cargo.toml");
    // Cargo has printed that there was nothing to compile once already.
    let built = std::env::current_exe().context("cannot find this program")?;
    let built = built.with_file_name(PROGRAM);
    let quiet = match is_current(&built, workspace) {
        true => Some("--quiet"),
        false => {
            if !built.exists() {
                screen::progress("compiling what talks to AWS (a minute or two, once)");
            }
            None
        }
    };
    let run = undisturbed(cmd!(
        sh,
        "cargo run {quiet...} --package xtask --bin {PROGRAM} --locked --manifest-path {manifest} --"
    ));
    let err = Command::from(run).args(std::env::args_os().skip(1)).exec();
    Err(err).context("cannot run `cargo`")
}

/// Whether cargo will probably have nothing to compile. Only what is shown depends on this.
fn is_current(program: &Path, workspace: &Workspace) -> bool {
    let Some(built) = modified(program) else {
        return false;
    };
    let root = workspace.root();
    let inputs = ["Cargo.toml", "Cargo.lock", "xtask/Cargo.toml", "xtask/src"];
    let newest = inputs
        .iter()
        .filter_map(|input| newest(&root.join(input)))
        .max();
    newest.is_some_and(|newest| newest < built)
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}

/// When a file of `path` was written last.
fn newest(path: &Path) -> Option<SystemTime> {
    let below = std::fs::read_dir(path).into_iter().flatten().flatten();
    let below = below.filter_map(|entry| newest(&entry.path()));
    modified(path).into_iter().chain(below).max()
}
