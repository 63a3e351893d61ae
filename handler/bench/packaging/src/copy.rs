//! Copies of the repository with nothing compiled, and how long a command takes in one.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::Context as _;

use crate::Place;

/// A fresh copy at `path` of what git tracks or would track, with the installed tools and nothing
/// else.
pub(crate) fn make(place: &Place, path: &Path) -> anyhow::Result<()> {
    if path.exists() {
        std::fs::remove_dir_all(path)
            .with_context(|| format!("cannot remove `{}`", path.display()))?;
    }
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others"])
        .args(["--exclude-standard", "--deduplicate"])
        .current_dir(&place.repository)
        .output()
        .context("cannot run `git`; install it")?;
    anyhow::ensure!(
        listed.status.success(),
        "git does not list the repository's files: {}",
        String::from_utf8_lossy(&listed.stderr).trim()
    );
    let names = listed.stdout.split(|byte| *byte == 0);
    for name in names.filter(|name| !name.is_empty()) {
        let name = OsStr::from_bytes(name);
        copy_file(&place.repository.join(name), &path.join(name))
            .with_context(|| format!("cannot copy `{}`", name.display()))?;
    }
    lend_tools(place, path).context("cannot lend the installed tools to the copy")
}

fn copy_file(from: &Path, to: &Path) -> std::io::Result<()> {
    // A file that git tracks may have been removed.
    if !from.is_file() {
        return Ok(());
    }
    if let Some(directory) = to.parent() {
        std::fs::create_dir_all(directory)?;
    }
    std::fs::copy(from, to).map(|_| ())
}

fn lend_tools(place: &Place, copy: &Path) -> std::io::Result<()> {
    let lent = copy.join("target/tools");
    std::fs::create_dir_all(&lent)?;
    for entry in std::fs::read_dir(place.target.join("tools"))? {
        let entry = entry?;
        // Without the mark it is an installation that broke off.
        if entry.path().join(".complete").exists() {
            symlink(entry.path(), lent.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Cargo in a copy, without the variables with which it describes this program.
pub(crate) fn cargo(copy: &Path) -> Command {
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
pub(crate) fn time(name: &str, mut command: Command) -> anyhow::Result<f64> {
    let begin = Instant::now();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{name}`"))?;
    let seconds = begin.elapsed().as_secs_f64();
    anyhow::ensure!(
        output.status.success(),
        "`{name}` failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_what_git_would_track_and_the_whole_tools() {
        let directory = tempfile::tempdir().unwrap();
        let place = Place {
            repository: directory.path().join("repository"),
            target: directory.path().join("repository/target"),
        };
        let write = |file: &str, text: &str| {
            let path = place.repository.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(".gitignore", "/target\n");
        write("src/main.rs", "new");
        write("src/gone.rs", "");
        write("target/tools/zig/.complete", "");
        write("target/tools/half/bin/python", "");
        for arguments in [&["init", "--quiet"][..], &["add", "."]] {
            let mut git = Command::new("git");
            git.args(arguments).current_dir(&place.repository);
            assert!(git.status().unwrap().success());
        }
        std::fs::remove_file(place.repository.join("src/gone.rs")).unwrap();
        write("src/untracked.rs", "");

        let copy = directory.path().join("copy");
        make(&place, &copy).unwrap();
        std::fs::write(copy.join("left.rs"), "").unwrap();
        make(&place, &copy).unwrap();
        let files = ["src/main.rs", "src/untracked.rs", "target/tools/zig"];
        assert!(files.iter().all(|file| copy.join(file).exists()));
        let others = ["left.rs", "src/gone.rs", "target/tools/half"];
        assert!(!others.iter().any(|file| copy.join(file).exists()));
    }

    #[test]
    fn what_a_failed_command_said_is_in_the_error() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo no linker >&2; exit 3"]);
        let err = time("cargo xtask package", command).unwrap_err();
        assert_eq!(
            err.to_string(),
            "`cargo xtask package` failed:\nno linker\n"
        );
    }
}
