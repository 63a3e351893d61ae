//! Which steps of `test` passed with everything that they read as it is now, and need not run
//! again: files by their content, settings by their value.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use xshell::Shell;

use cfnkit_lint::step::Steps;
use cfnkit_tools::cargo::{self, Member};
use cfnkit_tools::checkout;
use cfnkit_tools::digest::{hex, sha256};
use cfnkit_tools::workspace::Workspace;

/// What every step reads.
const EVERYWHERE: [&str; 4] = [".cargo", "Cargo.lock", "Cargo.toml", "rust-toolchain.toml"];

/// How the settings begin that change what tests do.
const SETTINGS: [&str; 4] = ["CARGO_", "PROPTEST_", "RUST", "XTASK_"];

/// What a step reads, beside [`EVERYWHERE`].
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Scope {
    /// Packages, with those of this workspace that they depend on.
    pub(crate) packages: &'static [&'static str],
    /// Files, and directories with all that is in them.
    pub(crate) paths: &'static [&'static str],
    /// What of these it does not read.
    pub(crate) but: &'static [&'static str],
}

/// What is there, and what passed before.
#[derive(Debug)]
pub(crate) struct Passed<'workspace> {
    workspace: &'workspace Workspace,
    packages: Vec<Member>,
    /// Whether everything runs.
    all: bool,
}

impl<'workspace> Passed<'workspace> {
    /// Asks cargo which package depends on which; where `all` is set, nothing is left out.
    pub(crate) fn new(
        sh: &Shell,
        workspace: &'workspace Workspace,
        all: bool,
    ) -> anyhow::Result<Self> {
        let packages = cargo::metadata(sh, workspace.root())?.packages;
        Ok(Self {
            workspace,
            packages,
            all,
        })
    }

    /// Runs a step (or several under one name), unless it passed with what there is now.
    pub(crate) fn unless<'reader>(
        &self,
        steps: &mut Steps<'reader>,
        name: &'static str,
        scope: Scope,
        run: impl FnOnce(&mut Steps<'reader>),
    ) -> anyhow::Result<()> {
        let note = self.workspace.target().join("test").join(name);
        let now = self.hash(scope)?;
        if !self.all && std::fs::read_to_string(&note).is_ok_and(|noted| noted == now) {
            steps.leave_out(name, "unchanged");
            return Ok(());
        }
        let failed = steps.failed();
        run(steps);
        // What changed while it ran was perhaps not seen.
        if steps.failed() == failed && self.hash(scope)? == now {
            let directory = note.parent().unwrap_or(&note);
            std::fs::create_dir_all(directory)
                .and_then(|()| std::fs::write(&note, now))
                .with_context(|| format!("cannot write `{}`", note.display()))?;
        }
        Ok(())
    }

    /// The SHA-256 of all that a step reads.
    fn hash(&self, scope: Scope) -> anyhow::Result<String> {
        let root = self.workspace.root();
        let mut places: Vec<PathBuf> = scope
            .paths
            .iter()
            .chain(&EVERYWHERE)
            .map(PathBuf::from)
            .collect();
        for name in scope.packages {
            self.add_package(name, &mut places)?;
        }
        let is_read = |file: &Path| {
            places.iter().any(|place| file.starts_with(place))
                && !scope.but.iter().any(|place| file.starts_with(place))
        };
        let mut read = BTreeMap::new();
        for file in checkout::files(root)? {
            if is_read(&file) {
                // One that git tracks may have been removed.
                let content = std::fs::read(root.join(&file)).unwrap_or_default();
                read.insert(file, hex(&sha256(&content)));
            }
        }
        let mut settings: BTreeMap<_, _> = std::env::vars_os().collect();
        settings.retain(|name, _| {
            name.to_str()
                .is_some_and(|name| SETTINGS.iter().any(|one| name.starts_with(one)))
        });
        Ok(hex(&sha256(format!("{read:?}{settings:?}").as_bytes())))
    }

    /// Adds the directory of a package and of those that it depends on.
    fn add_package(&self, name: &str, places: &mut Vec<PathBuf>) -> anyhow::Result<()> {
        let package = self.packages.iter().find(|package| package.name == name);
        let package = package.with_context(|| format!("there is no package `{name}` here"))?;
        let directory = package.manifest_path.parent().unwrap_or(Path::new(""));
        let directory = directory.strip_prefix(self.workspace.root())?.to_path_buf();
        if places.contains(&directory) {
            return Ok(());
        }
        places.push(directory);
        for dependency in &package.dependencies {
            let manifest = dependency.path.as_ref().map(|path| path.join("Cargo.toml"));
            let of_workspace = self
                .packages
                .iter()
                .find(|package| manifest.as_ref() == Some(&package.manifest_path));
            if let Some(package) = of_workspace {
                self.add_package(&package.name, places)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use xshell::cmd;

    use cfnkit_console::report::Nobody;
    use cfnkit_tools::cargo::undisturbed;

    use super::*;

    /// A repository of two packages, one of which depends on the other.
    fn repository() -> (tempfile::TempDir, Workspace) {
        let directory = tempfile::tempdir().unwrap();
        for (file, text) in [
            (
                "Cargo.toml",
                "[workspace]\nresolver = \"3\"\nmembers = [\"one\", \"two\"]\n",
            ),
            (
                "one/Cargo.toml",
                "[package]\nname = \"one\"\nversion = \"0.1.0\"\n\n[dependencies]\ntwo = { path = \"../two\" }\n",
            ),
            ("one/src/lib.rs", ""),
            (
                "two/Cargo.toml",
                "[package]\nname = \"two\"\nversion = \"0.1.0\"\n",
            ),
            ("two/src/lib.rs", ""),
            ("docs/page.md", ""),
            ("docs/other.md", ""),
            (".gitignore", "/target\n"),
        ] {
            let path = directory.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let sh = Shell::new().unwrap();
        sh.change_dir(directory.path());
        cmd!(sh, "git init --quiet").run().unwrap();
        undisturbed(cmd!(sh, "cargo generate-lockfile --offline"))
            .quiet()
            .run()
            .unwrap();
        let workspace = Workspace::at(directory.path(), Arc::new(Nobody));
        (directory, workspace)
    }

    /// Whether the step ran.
    fn runs(workspace: &Workspace, scope: Scope, all: bool, fails: bool) -> bool {
        let sh = Shell::new().unwrap();
        let mut steps = Steps::new(&Nobody);
        let mut ran = false;
        let passed = Passed::new(&sh, workspace, all).unwrap();
        passed
            .unless(&mut steps, "step", scope, |steps| {
                ran = true;
                steps.run("step", || match fails {
                    true => Err("broken"),
                    false => Ok(()),
                });
            })
            .unwrap();
        assert_eq!(steps.failed() > 0, ran && fails);
        ran
    }

    #[test]
    fn a_step_runs_again_where_something_that_it_reads_changed() {
        let (directory, workspace) = repository();
        let write = |file: &str, text: &str| {
            std::fs::write(directory.path().join(file), text).unwrap();
        };
        let scope = Scope {
            packages: &["one"],
            paths: &["docs"],
            but: &["docs/other.md"],
        };
        let again = || runs(&workspace, scope, false, false);
        assert!(again());
        assert!(!again());
        for file in [
            "one/src/lib.rs",
            "two/src/lib.rs",
            "docs/page.md",
            "docs/new.md",
            "Cargo.toml",
        ] {
            let text = std::fs::read_to_string(directory.path().join(file)).unwrap_or_default();
            write(file, &(text + "\n"));
            assert!(again(), "{file}");
            assert!(!again(), "{file}");
        }
        std::fs::remove_file(directory.path().join("docs/new.md")).unwrap();
        assert!(again());
        write("docs/other.md", "another");
        write("elsewhere.md", "another");
        assert!(!again());
        assert!(runs(&workspace, scope, true, false));
    }

    #[test]
    fn what_failed_runs_again() {
        let (_directory, workspace) = repository();
        let run = |fails: bool| runs(&workspace, Scope::default(), false, fails);
        assert!(run(true));
        assert!(run(false));
        assert!(!run(true));
    }
}
