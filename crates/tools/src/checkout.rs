//! The files of a checkout: what git tracks and what it would track. What an editor, an
//! environment or a build has left there is no part of it.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::git;
use cfnkit_console::error::{Context as _, Result};

/// The files below `directory`, relative to it; those of submodules and of repositories inside it
/// too. One that git tracks and that was removed is there as well.
///
/// # Errors
///
/// There is no git, or it does not answer for this directory; its words are in the error.
pub fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let list = [
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        "--deduplicate",
    ];
    let listed = git::ask(directory, list)
        .with_context(|| format!("git does not list the files of `{}`", directory.display()))?;
    let mut files = Vec::new();
    for name in listed.split(|byte| *byte == 0) {
        let file = PathBuf::from(OsStr::from_bytes(name));
        let path = directory.join(&file);
        if name.is_empty() {
            continue;
        }
        let is_repository = path.is_dir() && !path.is_symlink();
        match is_repository {
            true if path.join(".git").exists() => {
                files.extend(
                    self::files(&path)?
                        .into_iter()
                        .map(|below| file.join(below)),
                );
            }
            // A submodule that was not fetched.
            true => {}
            false => files.push(file),
        }
    }
    Ok(files)
}

/// All files below a directory, in order, whoever made them; none where it is not there.
///
/// # Errors
///
/// A directory among them cannot be read; the error names it.
pub fn files_below(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries = match std::fs::read_dir(directory) {
        Err(err) if err.kind() == ErrorKind::NotFound => return Ok(files),
        entries => entries,
    };
    let entries = entries
        .and_then(Iterator::collect::<std::io::Result<Vec<_>>>)
        .with_context(|| format!("cannot read the directory `{}`", directory.display()))?;
    for entry in entries {
        let kind = entry.file_type();
        match kind.is_ok_and(|kind| kind.is_dir()) {
            true => files.extend(files_below(&entry.path())?),
            false => files.push(entry.path()),
        }
    }
    files.sort();
    Ok(files)
}

/// Copies the files of the checkout at `from` to `to`, links as links.
///
/// # Errors
///
/// As [`files`], or one of them cannot be copied; the error names it.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    for file in files(from)? {
        copy_file(&from.join(&file), &to.join(&file))
            .with_context(|| format!("cannot copy `{}`", file.display()))?;
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> std::io::Result<()> {
    let kind = match from.symlink_metadata() {
        Ok(metadata) => metadata.file_type(),
        Err(err) if err.kind() == ErrorKind::NotFound => return Ok(()),
        Err(err) => return Err(err),
    };
    if let Some(directory) = to.parent() {
        std::fs::create_dir_all(directory)?;
    }
    if kind.is_symlink() {
        std::os::unix::fs::symlink(std::fs::read_link(from)?, to)?;
    } else if kind.is_file() {
        std::fs::copy(from, to)?;
    }
    // Git tracks nothing else, but a pipe may have taken a file's place.
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use cfnkit_console::error::chain;

    use super::*;

    fn git(directory: &Path, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=A", "-c", "user.email=a@example.com"])
            .args(arguments)
            .current_dir(directory);
        assert!(git.output().unwrap().status.success(), "{arguments:?}");
    }

    fn write(directory: &Path, file: &str) {
        let path = directory.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, file).unwrap();
    }

    #[test]
    fn what_git_would_track_is_copied_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("checkout");
        std::fs::create_dir(&root).unwrap();
        git(&root, &["init", "--quiet"]);
        write(&root, ".gitignore");
        std::fs::write(root.join(".gitignore"), "/target\n/.venv\n").unwrap();
        for file in [
            "src/target/mod.rs",
            "src/gone.rs",
            "name with blank",
            "target/debug/program",
            ".venv/bin/activate",
        ] {
            write(&root, file);
        }
        git(&root, &["add", "."]);
        std::fs::remove_file(root.join("src/gone.rs")).unwrap();
        write(&root, "src/new.rs");
        // An editor's lock, which leads nowhere, and a pipe, which would keep its reader waiting.
        std::os::unix::fs::symlink("me@here:1", root.join(".#lib.rs")).unwrap();
        let pipe = Command::new("mkfifo").arg(root.join("pipe")).status();
        assert!(pipe.unwrap().success());
        // A repository inside, such as a submodule.
        let inner = root.join("inner");
        std::fs::create_dir(&inner).unwrap();
        git(&inner, &["init", "--quiet"]);
        write(&inner, "lib.rs");

        let to = directory.path().join("copy");
        copy(&root, &to).unwrap();
        let all = files(&root).unwrap();
        let mut copied: Vec<&PathBuf> = all
            .iter()
            .filter(|file| to.join(file).symlink_metadata().is_ok())
            .collect();
        copied.sort();
        let expected = [
            ".#lib.rs",
            ".gitignore",
            "inner/lib.rs",
            "name with blank",
            "src/new.rs",
            "src/target/mod.rs",
        ];
        assert_eq!(
            copied,
            expected.map(PathBuf::from).iter().collect::<Vec<_>>()
        );
        assert!(!to.join("target").exists() && !to.join("pipe").exists());
    }

    #[test]
    fn no_repository_is_said_in_gits_words() {
        let directory = tempfile::tempdir().unwrap();
        let err = chain(&files(directory.path()).unwrap_err());
        assert!(err.contains("not a git repository"), "{err}");
    }
}
