//! `new`: a repository of a team's own, on these crates.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::TempDir;
use xshell::{Shell, cmd};

use crate::new::engine::Engine;
use crate::new::names::Names;
use crate::new::repository::{self, files};
use cfnkit_console::interrupt::Interrupts;
use cfnkit_console::screen;
use cfnkit_tools::cargo::undisturbed;
use cfnkit_tools::git;
use cfnkit_tools::workspace::Workspace;

/// Write a repository of your own: a service like this one, under your names, that uses the crates
/// of this one.
///
/// It has the handler with its tests, templates, rules, stages, workflows, a README and `cargo
/// xtask` with every command that is not about this repository. Its dependencies have the
/// versions of this one. PATH is made, or is an empty directory; where something fails, it stays
/// as it was. Where PATH is in no git repository, `git init` is done; nothing is committed.
///
///   cargo xtask new ../orders --name orders
///   cargo xtask new ../desk --name help-desk --noun ticket --engine-git URL --engine-rev REV
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct New {
    /// Where the repository will be.
    path: PathBuf,

    /// The service: first part of the stacks' names, their tag `service`, and with `_handler` the
    /// function.
    #[arg(long)]
    name: String,

    /// One of what the table will hold, a single word: `order` [default: the last word of the
    /// name, of which that is the plural].
    #[arg(long)]
    noun: Option<String>,

    /// Takes the crates from a checkout on this machine [default: this one].
    #[arg(
        long,
        value_name = "DIRECTORY",
        group = "engine",
        help_heading = "Engine"
    )]
    engine_path: Option<PathBuf>,

    /// Takes the crates from a repository.
    #[arg(long, value_name = "URL", group = "engine", help_heading = "Engine")]
    engine_git: Option<String>,

    /// The commit of it [default: the newest of its default branch].
    #[arg(
        long,
        value_name = "REV",
        requires = "engine_git",
        help_heading = "Engine"
    )]
    engine_rev: Option<String>,

    /// Takes the crates from crates.io.
    #[arg(
        long,
        value_name = "VERSION",
        group = "engine",
        help_heading = "Engine"
    )]
    engine_version: Option<String>,
}

impl New {
    pub(crate) async fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        let names = Names::of(&self.name, self.noun.as_deref())?;
        let path = std::path::absolute(&self.path)?;
        let beside = place_for(&path)?;
        let engine = self.engine(workspace)?;
        let around = repository_around(&path, beside);
        let files = files(workspace.root(), &names, &engine)?;
        let mut interrupts = Interrupts::listen()?;
        // What cannot be taken away is in nobody's way.
        let _ = take_leftovers_away(beside);
        // Only what is whole gets its name.
        let (temporary, _lock) = temporary(beside)
            .with_context(|| format!("cannot write into `{}`", beside.display()))?;
        let written = temporary.path().join("repository");
        write(&files, &written)?;
        // The versions of this repository, less those of what is not used.
        sh.copy_file(workspace.root().join("Cargo.lock"), &written)?;
        {
            let _directory = sh.push_dir(&written);
            complete(sh, &engine)?;
            if around.is_none() {
                begin_repository(sh)?;
            }
        }
        let name = interrupts.unless(async {
            // An interrupt that came meanwhile is seen now.
            tokio::task::yield_now().await;
            std::fs::rename(&written, &path)
                .with_context(|| format!("cannot write `{}`", path.display()))
        });
        name.await?;
        screen::say(format!(
            "The {} service is in `{}`, and its type is `{}`. Next:\n\n  \
             cd {}\n  \
             cargo xtask deploy --local\n  \
             cargo test --workspace\n\n\
             What its type holds is yours to change: README.md says where it is",
            names.service,
            path.canonicalize().unwrap_or(path).display(),
            names.domain_type(),
            typed(&self.path),
        ));
        if let Some(around) = around {
            screen::say(format!(
                "\nIt is part of the git repository in `{around}`, so that none was made for it. \
                 GitHub reads workflows at the root of a repository alone"
            ));
        }
        if let Engine::Path(root) = &engine {
            screen::say(format!(
                "\nIts engine is `{}`, which only this machine has. Before others build it, name a \
                 repository or a version in Cargo.toml",
                root.display()
            ));
        }
        Ok(())
    }

    fn engine(&self, workspace: &Workspace) -> anyhow::Result<Engine> {
        if let Some(url) = self.engine_git.clone() {
            let revision = self.engine_rev.clone();
            return Ok(Engine::Git { url, revision });
        }
        if let Some(version) = self.engine_version.clone() {
            return Ok(Engine::Version(version));
        }
        let root = self.engine_path.as_deref().unwrap_or(workspace.root());
        if !root.join("crates/cli/Cargo.toml").is_file() {
            anyhow::bail!(
                "there is no engine in `{}`: it has no `crates/cli`; name the root of a checkout \
                 of this repository",
                root.display()
            );
        }
        Ok(Engine::Path(root.canonicalize()?))
    }
}

/// A path as a shell takes it.
fn typed(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = |letter: char| letter.is_alphanumeric() || "/._-".contains(letter);
    match path.chars().all(is_plain) {
        true => path,
        false => format!("'{}'", path.replace('\'', r"'\''")),
    }
}

/// The directory that `path` will be in.
fn place_for(path: &Path) -> anyhow::Result<&Path> {
    let shown = path.display();
    if path.symlink_metadata().is_ok() {
        let mut entries =
            std::fs::read_dir(path).with_context(|| format!("`{shown}` is no directory"))?;
        if entries.next().is_some() {
            anyhow::bail!("`{shown}` is not empty; choose a directory that is not there");
        }
    }
    let beside = path
        .parent()
        .with_context(|| format!("`{shown}` is in no directory"))?;
    if !beside.is_dir() {
        anyhow::bail!("there is no directory `{}` to make it in", beside.display());
    }
    Ok(beside)
}

fn write(files: &[repository::File], directory: &Path) -> anyhow::Result<()> {
    for file in files {
        let path = directory.join(&file.path);
        let write = || {
            std::fs::create_dir_all(path.parent().unwrap_or(directory))?;
            std::fs::write(&path, &file.text)
        };
        write().with_context(|| format!("cannot write `{}`", file.path))?;
    }
    Ok(())
}

/// What runs that go on have in common: the begin of the directories that they write to, and the
/// file in them that is locked meanwhile.
const PREFIX: &str = ".new-";
const LOCK: &str = "lock";

/// Where a repository is written before it gets its name.
fn temporary(beside: &Path) -> io::Result<(TempDir, File)> {
    let directory = TempDir::with_prefix_in(PREFIX, beside)?;
    let lock = File::create_new(directory.path().join(LOCK))?;
    lock.lock()?;
    Ok((directory, lock))
}

/// Takes away what killed runs left: nobody has its lock any more.
fn take_leftovers_away(beside: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(beside)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX)
            && let Ok(lock) = File::open(entry.path().join(LOCK))
            && lock.try_lock().is_ok()
        {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// The git repository that `path` will be part of; `None` where it is in none, or where that
/// ignores it.
fn repository_around(path: &Path, beside: &Path) -> Option<String> {
    let root = git::line(beside, ["rev-parse", "--show-toplevel"]).ok()?;
    let asked = [
        OsStr::new("check-ignore"),
        "--quiet".as_ref(),
        path.as_ref(),
    ];
    git::ask(beside, asked).is_err().then_some(root)
}

/// Lockfile and formatting.
fn complete(sh: &Shell, engine: &Engine) -> anyhow::Result<()> {
    let offline = matches!(engine, Engine::Path(_)).then_some("--offline");
    undisturbed(cmd!(sh, "cargo update --quiet --workspace {offline...}"))
        .quiet()
        .run()
        .context("cargo does not find what the new repository depends on")?;
    // Names of another length break lines elsewhere, and sort elsewhere.
    undisturbed(cmd!(sh, "cargo fmt"))
        .quiet()
        .run()
        .context("the code of the new repository cannot be formatted")
}

fn begin_repository(sh: &Shell) -> anyhow::Result<()> {
    // The workflows deploy from this branch.
    git::ask(
        &sh.current_dir(),
        ["init", "--quiet", "--initial-branch", "main"],
    )
    .context("git does not make a repository")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_can_be_copied_into_a_shell() {
        let typed = |path: &str| typed(Path::new(path));
        assert_eq!(typed("../orders"), "../orders");
        assert_eq!(typed("it's an/order"), r"'it'\''s an/order'");
    }

    #[test]
    fn what_a_killed_run_left_is_taken_away_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let beside = directory.path();
        let (left, lock) = temporary(beside).unwrap();
        let (running, _lock) = temporary(beside).unwrap();
        let others = beside.join(".new-york");
        std::fs::create_dir(&others).unwrap();
        drop(lock);
        take_leftovers_away(beside).unwrap();
        assert!(!left.path().exists());
        assert!(running.path().exists());
        assert!(others.exists());
    }

    #[test]
    fn a_repository_in_another_is_part_of_it_unless_it_is_ignored() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let around = |name: &str| repository_around(&root.join(name), &root);
        assert_eq!(around("orders"), None);
        git::ask(&root, ["init", "--quiet"]).unwrap();
        std::fs::write(root.join(".gitignore"), "/target/\n").unwrap();
        assert_eq!(around("orders").as_deref(), root.to_str());
        assert_eq!(around("target/orders"), None);
    }
}
