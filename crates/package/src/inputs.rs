//! What the handler is built from, each by its name: while all of it stays, so does the binary, and
//! cargo need not be asked. Which files and variables these are is what rustc and the build scripts
//! said of the last build. Nothing in here names this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::SystemTime;

use cargo_lock::Lockfile;
use serde::{Deserialize, Serialize};
use xshell::Shell;

use crate::dependencies;
use cfnkit_assembly::service::Function;
use cfnkit_console::error::{Context as _, Result};
use cfnkit_tools::cargo;
use cfnkit_tools::cargo::build::Read;
use cfnkit_tools::cargo::configuration::Configuration;
use cfnkit_tools::checkout;
use cfnkit_tools::digest::{hex, sha256};
use cfnkit_tools::workspace::Workspace;

mod difference;
mod manifest;
mod stamp;

use stamp::Stamp;

/// Variables that change what cargo makes of the same files. Those with flags for rustc are not
/// here: the flags they come to are an input of their own. Compilers' variables are declared by
/// the build scripts that call them.
const PREFIXES: [&str; 3] = ["CARGO_BUILD_", "CARGO_PROFILE_", "RUSTC_"];
/// Of these, what only says where or how fast.
const IDLE: [&str; 5] = [
    "CARGO_BUILD_BUILD_DIR",
    "CARGO_BUILD_DEP_INFO_BASEDIR",
    "CARGO_BUILD_INCREMENTAL",
    "CARGO_BUILD_JOBS",
    "CARGO_BUILD_TARGET_DIR",
];

/// Begins the name of an input that is no file.
const CONFIGURATION: &str = "configuration ";
const DEPENDENCY: &str = "dependency ";
const MANIFEST: &str = "manifest ";
const PROFILE: &str = "profile ";
const SETTING: &str = "setting ";
const VARIABLE: &str = "variable ";
/// Ends the name of an input that is everything git knows of in a directory.
const WHOLE: &str = "/*";

/// The manifest of the workspace.
const WORKSPACE: &str = "Cargo.toml";
/// The value of a variable that is not set.
const UNSET: &str = "unset";

/// Each input's name and what it was: a hash, a version, a value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Inputs(BTreeMap<String, String>);

/// What decides about a build before anything is read for it.
#[derive(Debug)]
pub struct Terms<'term> {
    /// Whose handler is built.
    pub workspace: &'term Workspace,
    /// The cargo package that is built.
    pub package: &'term str,
    /// What is compiled for, as rustc names it.
    pub triple: &'term str,
    /// Name of cargo's profile.
    pub profile: &'term str,
    pub(crate) configuration: &'term Configuration,
    /// What the caller itself decides: target, tools, flags.
    pub settings: Vec<(&'static str, String)>,
}

/// What inputs there are that a build reads, by name; not what they are now. Files and the
/// manifests of packages that are no download are relative to the workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(BTreeSet<String>);

impl Names {
    /// What a build read.
    pub fn of(read: &Read, root: &Path) -> Self {
        let files = read.files.iter().map(|path| name(path, root));
        let whole = read.whole.iter();
        let whole = whole.map(|path| format!("{}{WHOLE}", name(path, root)));
        let manifests = read.manifests.iter();
        let manifests = manifests.map(|path| format!("{MANIFEST}{}", name(path, root)));
        let packages = read.packages.iter();
        let packages = packages.map(|package| format!("{DEPENDENCY}{package}"));
        let variables = read.variables.iter();
        let variables = variables.map(|variable| format!("{VARIABLE}{variable}"));
        let names = files.chain(whole).chain(manifests);
        Self(names.chain(packages).chain(variables).collect())
    }

    /// What a build would read, as far as that is known without one: the sources of the handler
    /// and of the workspace's packages that it depends on.
    ///
    /// # Errors
    ///
    /// Cargo does not list the dependencies or the workspace's packages, `Cargo.lock` cannot be
    /// read, or the sources of one of them cannot be listed.
    pub fn expected(
        sh: &Shell,
        workspace: &Workspace,
        function: &Function,
        triple: &str,
    ) -> Result<Self> {
        let root = workspace.root();
        let dependencies = dependencies::of_package(sh, workspace, function.package, triple)?;
        let packages = dependencies.packages().iter();
        let packages: BTreeSet<&str> = packages.map(|package| package.name.as_str()).collect();
        let of_packages = packages.iter().map(|name| format!("{DEPENDENCY}{name}"));
        let mut names: BTreeSet<String> = of_packages.collect();
        for member in cargo::metadata(sh, root)?.packages {
            let directory = member.manifest_path.parent().unwrap_or(root);
            if packages.contains(member.name.as_str()) {
                names.insert(format!("{MANIFEST}{}", name(&member.manifest_path, root)));
                let script = directory.join("build.rs");
                names.extend(script.is_file().then(|| name(&script, root)));
                let sources = checkout::files_below(&directory.join("src"))?;
                names.extend(sources.iter().map(|path| name(path, root)));
            }
        }
        Ok(Self(names))
    }

    /// These and others.
    pub fn and(mut self, others: &Self) -> Self {
        self.0.extend(others.0.iter().cloned());
        self
    }

    /// Those of one kind, without what says so.
    fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter_map(move |name| name.strip_prefix(kind))
    }

    fn files(&self) -> impl Iterator<Item = &String> {
        let kinds = [DEPENDENCY, MANIFEST, VARIABLE];
        let names = self.0.iter();
        names.filter(move |name| !kinds.iter().any(|kind| name.starts_with(kind)))
    }
}

impl Inputs {
    /// What the inputs with these names are now.
    ///
    /// # Errors
    ///
    /// `Cargo.lock`, a manifest or another input is there and cannot be read, or `Cargo.lock` or
    /// the workspace's manifest is not there.
    pub fn now(terms: &Terms<'_>, names: &Names) -> Result<Self> {
        Self::collect(terms, names, None)
    }

    /// What the inputs with these names were when a build that has read them began. What changed
    /// since has no value that it could have again, so that the next build sees it.
    ///
    /// # Errors
    ///
    /// As of [`Self::now`].
    pub fn at(terms: &Terms<'_>, names: &Names, beginning: SystemTime) -> Result<Self> {
        Self::collect(terms, names, Some(beginning))
    }

    fn collect(terms: &Terms<'_>, names: &Names, beginning: Option<SystemTime>) -> Result<Self> {
        let root = terms.workspace.root();
        let stamp = Stamp { root, beginning };
        let mut inputs = Self::default();
        for (name, value) in &terms.settings {
            inputs.add(format!("{SETTING}{name}"), value);
        }
        for (key, value) in terms.configuration.settings(terms.triple) {
            // A value can be a secret or a path of this machine.
            let hash = hex(&sha256(value.to_string().as_bytes()));
            inputs.add(format!("{CONFIGURATION}{key}"), &hash);
        }
        inputs.add_profiles(&stamp, terms.profile)?;
        inputs.add_manifests(&stamp, names)?;
        for file in names.files() {
            if let Some(value) = stamp.of(file)? {
                inputs.add(file.clone(), &value);
            }
        }
        inputs.add_dependencies(&stamp, terms.package, names)?;
        inputs.add_variables(names);
        Ok(inputs)
    }

    /// What inputs these are.
    pub(crate) fn names(&self) -> Names {
        let terms = [CONFIGURATION, PROFILE, SETTING];
        let keys = self.0.keys();
        let read = keys.filter(|key| !terms.iter().any(|term| key.starts_with(term)));
        Names(read.cloned().collect())
    }

    /// Whether what both have is the same in both.
    pub fn agree_with(&self, other: &Self) -> bool {
        let both = self.0.iter();
        let mut both = both.filter_map(|(name, value)| Some((value, other.0.get(name)?)));
        both.all(|(one, other)| one == other)
    }

    /// One hash of all of them.
    pub fn sha256(&self) -> String {
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

    fn add(&mut self, name: String, value: &str) {
        self.0.insert(name, value.to_owned());
    }

    /// Told apart from the rest of the workspace's manifest, so that a change of them has a name.
    fn add_profiles(&mut self, stamp: &Stamp<'_>, profile: &str) -> Result<()> {
        let manifest = manifest::read(&stamp.root.join(WORKSPACE))?;
        let profiles = manifest.get("profile");
        let mut next = Some(profile.to_owned());
        while let Some(profile) = next {
            let settings = profiles.and_then(|all| all.get(&profile));
            if let Some(settings) = settings {
                self.add(format!("{PROFILE}{profile}"), &settings.to_string());
            }
            next = settings
                .and_then(|settings| settings.get("inherits"))
                .and_then(toml::Value::as_str)
                .map(ToOwned::to_owned);
        }
        Ok(())
    }

    fn add_manifests(&mut self, stamp: &Stamp<'_>, names: &Names) -> Result<()> {
        let packages: BTreeSet<&str> = names.of_kind(DEPENDENCY).collect();
        for file in names.of_kind(MANIFEST).chain([WORKSPACE]) {
            let path = stamp.root.join(file);
            let value = match stamp.is_younger(file) {
                true => stamp::CHANGED.to_owned(),
                false if path.exists() => manifest::hash(manifest::read(&path)?, &packages),
                false => continue,
            };
            self.add(format!("{MANIFEST}{file}"), &value);
        }
        Ok(())
    }

    /// What `Cargo.lock` has for the packages that were compiled; the others do not reach the
    /// binary.
    fn add_dependencies(
        &mut self,
        stamp: &Stamp<'_>,
        root_package: &str,
        names: &Names,
    ) -> Result<()> {
        const LOCKFILE: &str = "Cargo.lock";
        if stamp.is_younger(LOCKFILE) {
            self.add(format!("{MANIFEST}{LOCKFILE}"), stamp::CHANGED);
        }
        let lockfile = Lockfile::load(stamp.root.join(LOCKFILE));
        let lockfile = lockfile.context("cannot read `Cargo.lock`")?;
        let mut found: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        let packages = names.of_kind(DEPENDENCY).collect();
        for package in closure(&lockfile, root_package, &packages) {
            let source = package.source.as_ref().filter(|source| source.is_git());
            let source = source
                .map(|source| format!(" {source}"))
                .unwrap_or_default();
            let checksum = package.checksum.as_ref();
            let checksum = checksum
                .map(|checksum| format!(" {checksum}"))
                .unwrap_or_default();
            let versions = found.entry(package.name.as_str()).or_default();
            versions.insert(format!("{}{source}{checksum}", package.version));
        }
        for (name, versions) in found {
            let versions = Vec::from_iter(versions).join(", ");
            self.add(format!("{DEPENDENCY}{name}"), &versions);
        }
        Ok(())
    }

    fn add_variables(&mut self, names: &Names) {
        let of_cargo = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let of_cargo = of_cargo.filter(|name| changes_the_build(name));
        for name in of_cargo {
            let value = std::env::var_os(&name).unwrap_or_default();
            self.add(format!("{VARIABLE}{name}"), &value.to_string_lossy());
        }
        for name in names.of_kind(VARIABLE) {
            // It may be a secret, and one that is compiled in is still none for the manifest.
            let value = match std::env::var_os(name) {
                Some(value) => hex(&sha256(value.as_encoded_bytes())),
                None => UNSET.to_owned(),
            };
            self.0.entry(format!("{VARIABLE}{name}")).or_insert(value);
        }
    }
}

/// A path as every machine calls it, where it is in the repository or near it.
fn name(path: &Path, root: &Path) -> String {
    for (levels, directory) in root.ancestors().enumerate() {
        // What has only the file system's root in common is not near.
        if directory.parent().is_some()
            && let Ok(rest) = path.strip_prefix(directory)
        {
            return format!("{}{}", "../".repeat(levels), rest.display());
        }
    }
    path.display().to_string()
}

fn changes_the_build(name: &str) -> bool {
    if name.ends_with("RUSTFLAGS") || IDLE.contains(&name) {
        return false;
    }
    let is_of_target = name.starts_with("CARGO_TARGET_") && name.to_lowercase().contains("linux");
    name == "RUSTC" || is_of_target || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// The packages with these names that `root` depends on, however far, and itself.
fn closure<'a>(
    lockfile: &'a Lockfile,
    root: &str,
    names: &BTreeSet<&str>,
) -> Vec<&'a cargo_lock::Package> {
    let mut found: Vec<&cargo_lock::Package> = Vec::new();
    let is_root = |package: &&cargo_lock::Package| package.name.as_str() == root;
    let mut next: Vec<&cargo_lock::Package> = lockfile.packages.iter().filter(is_root).collect();
    while let Some(package) = next.pop() {
        if found.contains(&package) {
            continue;
        }
        found.push(package);
        let dependencies = package.dependencies.iter();
        for dependency in dependencies.filter(|found| names.contains(found.name.as_str())) {
            let is_it = |package: &&cargo_lock::Package| dependency.matches(package);
            next.extend(lockfile.packages.iter().find(is_it));
        }
    }
    found
}

#[cfg(test)]
mod tests;
