//! What the handler is built from, each by its name: while all of it stays, so does the binary, and
//! cargo need not be asked. Nothing in here names this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cargo_lock::Lockfile;
use serde::{Deserialize, Serialize};

use crate::asset::{hex, sha256};
use crate::workspace::Workspace;

mod difference;

/// Files of the repository that a build of the handler reads, besides sources, `Cargo.toml` and
/// `Cargo.lock`.
const FILES: [&str; 3] = [
    ".cargo/config.toml",
    "handler/Cargo.toml",
    "handler/build.rs",
];

/// What of the handler's directory is in the binary; its tests and its benchmark are not.
const SOURCES: &str = "handler/src";

/// Variables that change what cargo and the compilers make of the same files. Those with flags for
/// rustc are not here: the flags they come to are an input of their own.
const VARIABLES: [&str; 9] = [
    "AR",
    "CC",
    "CFLAGS",
    "HOST_CC",
    "HOST_CFLAGS",
    "RUSTC",
    "TARGET_AR",
    "TARGET_CC",
    "TARGET_CFLAGS",
];
const VARIABLE_PREFIXES: [&str; 3] = ["CARGO_BUILD_", "CARGO_PROFILE_", "RUSTC_"];
/// The same per target, such as `CC_aarch64_unknown_linux_gnu`.
const TARGET_PREFIXES: [&str; 4] = ["AR_", "CARGO_TARGET_", "CC_", "CFLAGS_"];

/// Each input's name and what it was: a hash, a version, a value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Inputs(BTreeMap<String, String>);

impl Inputs {
    /// What a build with `profile` reads in this repository, and `settings`, what the caller
    /// itself decides: target, tools, flags.
    pub(crate) fn collect(
        workspace: &Workspace,
        profile: &str,
        settings: &[(&str, String)],
    ) -> anyhow::Result<Self> {
        let mut inputs = Self::default();
        for (name, value) in settings {
            inputs.add(name, value);
        }
        inputs.add_files(workspace)?;
        inputs.add_manifest(workspace, profile)?;
        inputs.add_dependencies(workspace)?;
        inputs.add_variables();
        Ok(inputs)
    }

    /// One hash of all of them.
    pub(crate) fn sha256(&self) -> String {
        let mut text = Vec::new();
        for (name, value) in &self.0 {
            // Lengths keep parts from running into each other.
            for part in [name, value] {
                text.extend(part.len().to_le_bytes());
                text.extend(part.as_bytes());
            }
        }
        hex(&sha256(&text))
    }

    fn add(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    fn add_files(&mut self, workspace: &Workspace) -> anyhow::Result<()> {
        let root = workspace.root();
        let mut files = Vec::new();
        collect(&root.join(SOURCES), &mut files)?;
        files.extend(FILES.map(|file| root.join(file)));
        for file in files {
            let name = workspace.display(&file).to_string();
            self.add_file(&name, &file)?;
        }
        // Cargo reads the configuration of every directory above, and the user's.
        let above = root.ancestors().skip(1).enumerate();
        for (levels, directory) in above {
            let name = format!("{}.cargo/config.toml", "../".repeat(levels + 1));
            self.add_file(&name, &directory.join(".cargo/config.toml"))?;
        }
        match cargo_home() {
            Some(home) if !root.ancestors().any(|above| above.join(".cargo") == home) => {
                self.add_file("$CARGO_HOME/config.toml", &home.join("config.toml"))
            }
            _ => Ok(()),
        }
    }

    fn add_file(&mut self, name: &str, path: &Path) -> anyhow::Result<()> {
        if let Some(bytes) = read_if_there(path)? {
            self.add(name, &hex(&sha256(&bytes)));
        }
        Ok(())
    }

    /// The profile is told apart from the rest of the manifest, so that a change of it has a name.
    fn add_manifest(&mut self, workspace: &Workspace, profile: &str) -> anyhow::Result<()> {
        let text = std::fs::read_to_string(workspace.root().join("Cargo.toml"))
            .context("cannot read `Cargo.toml`")?;
        let mut manifest: toml::Table = text.parse().context("`Cargo.toml` is not TOML")?;
        let profiles = manifest.remove("profile");
        let mut next = Some(profile.to_owned());
        while let Some(profile) = next {
            let settings = profiles.as_ref().and_then(|all| all.get(&profile));
            if let Some(settings) = settings {
                self.add(&format!("profile {profile}"), &settings.to_string());
            }
            next = settings
                .and_then(|settings| settings.get("inherits"))
                .and_then(toml::Value::as_str)
                .map(ToOwned::to_owned);
        }
        let rest = toml::Value::Table(manifest).to_string();
        self.add("Cargo.toml", &hex(&sha256(rest.as_bytes())));
        Ok(())
    }

    /// The packages of `Cargo.lock` that the handler's depends on, however far; the others do not
    /// reach the binary.
    fn add_dependencies(&mut self, workspace: &Workspace) -> anyhow::Result<()> {
        let path = workspace.root().join("Cargo.lock");
        let lockfile = Lockfile::load(&path).context("cannot read `Cargo.lock`")?;
        let mut names: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        let manifest = std::fs::read_to_string(workspace.root().join("handler/Cargo.toml"))
            .context("cannot read `handler/Cargo.toml`")?;
        let manifest: toml::Table = manifest
            .parse()
            .context("`handler/Cargo.toml` is not TOML")?;
        for package in closure(&lockfile, "handler", &only_for_tests(&manifest)) {
            let checksum = package.checksum.as_ref();
            let checksum = checksum.map(|checksum| format!(" {checksum}"));
            let source = package.source.as_ref().filter(|source| source.is_git());
            let source = source.map(|source| format!(" {source}"));
            let version = format!(
                "{}{}{}",
                package.version,
                source.unwrap_or_default(),
                checksum.unwrap_or_default()
            );
            names
                .entry(package.name.as_str())
                .or_default()
                .insert(version);
        }
        for (name, versions) in names {
            let versions: Vec<String> = versions.into_iter().collect();
            self.add(&format!("dependency {name}"), &versions.join(", "));
        }
        Ok(())
    }

    fn add_variables(&mut self) {
        for (name, value) in std::env::vars_os() {
            if let Some(name) = name.to_str().filter(|name| changes_the_build(name)) {
                self.add(&format!("variable {name}"), &value.to_string_lossy());
            }
        }
    }
}

pub(crate) fn cargo_home() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

fn changes_the_build(name: &str) -> bool {
    if name.ends_with("_RUSTFLAGS") || name == "CARGO_BUILD_TARGET_DIR" {
        return false;
    }
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    let names_target = name.to_lowercase().contains("linux");
    VARIABLES.contains(&name)
        || begins(&VARIABLE_PREFIXES)
        || (begins(&TARGET_PREFIXES) && names_target)
}

fn read_if_there(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(err) => Err(err).with_context(|| format!("cannot read `{}`", path.display())),
    }
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(directory)
        .with_context(|| format!("cannot read the directory `{}`", directory.display()))?;
    for entry in entries {
        let path = entry
            .with_context(|| format!("cannot read `{}`", directory.display()))?
            .path();
        match path.is_dir() {
            true => collect(&path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}

/// The dependencies that only the package's tests have.
fn only_for_tests(manifest: &toml::Table) -> BTreeSet<&str> {
    let names = |table: &str| -> BTreeSet<&str> {
        let table = manifest.get(table).and_then(toml::Value::as_table);
        table
            .into_iter()
            .flat_map(toml::Table::keys)
            .map(String::as_str)
            .collect()
    };
    let mut names_of_tests = names("dev-dependencies");
    // A package may have its dependencies in more places; what is there may be in the binary.
    let others = manifest
        .iter()
        .filter(|(table, _)| *table != "dev-dependencies");
    for (_, table) in others {
        let text = table.to_string();
        names_of_tests.retain(|name| !text.contains(name));
    }
    names_of_tests
}

/// The packages that `name` depends on, and itself; without those that only its tests need.
fn closure<'a>(
    lockfile: &'a Lockfile,
    name: &str,
    only_for_tests: &BTreeSet<&str>,
) -> Vec<&'a cargo_lock::Package> {
    let mut found: Vec<&cargo_lock::Package> = Vec::new();
    let is_root = |package: &cargo_lock::Package| package.name.as_str() == name;
    let root = lockfile.packages.iter().find(|package| is_root(package));
    let mut next: Vec<&cargo_lock::Package> = root.into_iter().collect();
    while let Some(package) = next.pop() {
        if found.contains(&package) {
            continue;
        }
        found.push(package);
        for dependency in &package.dependencies {
            if is_root(package) && only_for_tests.contains(dependency.name.as_str()) {
                continue;
            }
            let is_it = |package: &&cargo_lock::Package| dependency.matches(package);
            next.extend(lockfile.packages.iter().find(is_it));
        }
    }
    found
}

#[cfg(test)]
mod tests;
