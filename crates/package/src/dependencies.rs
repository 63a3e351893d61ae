//! What the handler is built from, for one target: the packages, why each is there, and where
//! it came from. As a value for the bill of materials, and as the section that `cargo auditable`
//! would embed. Knows no path and no mirror of this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use auditable_serde::{DependencyKind, Source, VersionInfo};
use cargo_lock::{Lockfile, Version};
use xshell::{Shell, cmd};

use cfnkit_console::bail;
use cfnkit_console::error::{Context as _, Result};
use cfnkit_tools::cargo::undisturbed;
use cfnkit_tools::workspace::Workspace;
use tree::{Label, Tree};

mod tree;

/// cargo-auditable's format in which procedural macros count as build dependencies. The next one
/// would say that cargo itself wrote the list during the build.
const AUDIT_FORMAT: u32 = 1;

/// Every package of one build, in the order of cargo-auditable: by name, source and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependencies {
    packages: Vec<Package>,
    root: usize,
}

/// A package that the handler is built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// As in `Cargo.lock`.
    pub name: String,
    /// As in `Cargo.lock`.
    pub version: Version,
    pub(crate) source: Source,
    /// `Build` is what runs while compiling and is not in the program: build scripts'
    /// dependencies, procedural macros, and what only these need.
    pub(crate) kind: DependencyKind,
    /// Indices of [`Dependencies::packages`], ascending.
    pub dependencies: Vec<usize>,
    /// As the package's manifest words it, if it does.
    pub(crate) licence: Option<String>,
    /// Of the archive that a registry serves.
    pub sha256: Option<[u8; 32]>,
}

impl Dependencies {
    pub(crate) fn packages(&self) -> &[Package] {
        &self.packages
    }

    /// The index of the program's own package.
    pub fn root(&self) -> usize {
        self.root
    }

    /// The content of the `.dep-v0` section, as `cargo auditable` embeds it.
    pub(crate) fn audit_data(&self) -> Result<Vec<u8>> {
        let json = serde_json::to_vec(&self.version_info()).context("cannot describe the build")?;
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder
            .write_all(&json)
            .and_then(|()| encoder.finish())
            .context("cannot compress the description of the build")
    }

    fn version_info(&self) -> VersionInfo {
        let packages = self.packages.iter().enumerate();
        let packages = packages.map(|(index, package)| auditable_serde::Package {
            name: package.name.clone(),
            version: package.version.clone(),
            source: package.source.clone(),
            kind: package.kind,
            dependencies: package.dependencies.clone(),
            root: index == self.root,
        });
        VersionInfo {
            packages: packages.collect(),
            format: AUDIT_FORMAT,
        }
    }
}

/// Asks cargo what a build of a package for `triple` consists of.
///
/// # Errors
///
/// Cargo does not list the dependencies, or `Cargo.lock` cannot be read or lacks one of them.
// `cargo metadata` would be easier to read, but unifies the features of the whole workspace: the
// list would have packages that only the features `xtask` turns on need.
pub fn of_package(
    sh: &Shell,
    workspace: &Workspace,
    package: &str,
    triple: &str,
) -> Result<Dependencies> {
    let tree = |edges: &str| {
        let format = tree::FORMAT;
        let command = cmd!(
            sh,
            "cargo tree --locked --color never --package {package} --target {triple}
             --edges {edges} --prefix depth --format {format}"
        );
        undisturbed(command)
            .quiet()
            .read()
            .context("cargo does not list a function's dependencies")
    };
    let _directory = sh.push_dir(workspace.root());
    let all = tree("normal,build")?;
    let runtime = tree("normal,no-proc-macro")?;
    let lockfile = workspace.root().join("Cargo.lock");
    let lockfile = std::fs::read_to_string(&lockfile)
        .with_context(|| format!("cannot read `{}`", workspace.display(&lockfile)))?;
    read(&all, &runtime, &lockfile)
}

/// The build as cargo's trees and the lockfile tell it: `all` has every package, `runtime` those
/// that are linked into the program.
fn read(all: &str, runtime: &str, lockfile: &str) -> Result<Dependencies> {
    let lockfile: Lockfile = lockfile.parse().context("cannot read `Cargo.lock`")?;
    let all = tree::parse(all)?;
    let runtime: BTreeSet<Label> = tree::parse(runtime)?.packages.into_keys().collect();
    let mut packages = all
        .packages
        .keys()
        .map(|label| Ok((*label, locked(&lockfile, label)?)))
        .collect::<Result<Vec<_>>>()?;
    packages.sort_by_cached_key(|(_, package)| order(package));
    let indices: BTreeMap<Label, usize> = packages
        .iter()
        .enumerate()
        .map(|(index, (label, _))| (*label, index))
        .collect();
    let root = *indices.get(&all.root).context("cargo's tree has no root")?;
    let packages = packages
        .iter()
        .map(|(label, locked)| package(&all, label, locked, &indices, runtime.contains(label)))
        .collect();
    Ok(Dependencies { packages, root })
}

fn package(
    tree: &Tree<'_>,
    label: &Label<'_>,
    locked: &cargo_lock::Package,
    indices: &BTreeMap<Label<'_>, usize>,
    is_linked: bool,
) -> Package {
    let node = tree.packages.get(label);
    let dependencies = node.iter().flat_map(|node| &node.dependencies);
    let mut dependencies: Vec<usize> = dependencies
        .filter_map(|label| indices.get(label).copied())
        .collect();
    dependencies.sort_unstable();
    Package {
        name: locked.name.as_str().to_owned(),
        version: locked.version.clone(),
        source: source(locked),
        kind: match is_linked {
            true => DependencyKind::Runtime,
            false => DependencyKind::Build,
        },
        dependencies,
        licence: node.and_then(|node| node.licence).map(str::to_owned),
        sha256: locked
            .checksum
            .as_ref()
            .and_then(cargo_lock::Checksum::as_sha256),
    }
}

/// What the lockfile says of the package that the tree calls `label`. Cargo's trees name a mirror
/// that stands in for a registry nowhere, and neither does the lockfile.
fn locked<'lockfile>(
    lockfile: &'lockfile Lockfile,
    label: &Label<'_>,
) -> Result<&'lockfile cargo_lock::Package> {
    let mut found = lockfile.packages.iter().filter(|package| {
        package.name.as_str() == label.name
            && package.version.to_string() == label.version
            && source(package) == label.source()
    });
    let (name, version) = (label.name, label.version);
    match (found.next(), found.next()) {
        (Some(package), None) => Ok(package),
        (None, _) => bail!("`{name} {version}` is built and not in `Cargo.lock`"),
        (Some(_), Some(_)) => {
            bail!("`Cargo.lock` has `{name} {version}` from two places of the same kind")
        }
    }
}

fn source(package: &cargo_lock::Package) -> Source {
    match &package.source {
        None => Source::Local,
        Some(source) if source.is_default_registry() => Source::CratesIo,
        Some(source) if source.is_git() => Source::Git,
        Some(source) if source.is_path() => Source::Local,
        Some(_) => Source::Registry,
    }
}

/// cargo-auditable sorts by the name and then by cargo's identifier, which is the source and the
/// version as text: `1.10.0` comes before `1.9.0`.
fn order(package: &cargo_lock::Package) -> (String, String, String) {
    // A local package's identifier has its path, which must not decide here.
    let source = package.source.as_ref();
    (
        package.name.as_str().to_owned(),
        source.map_or_else(|| "path".to_owned(), ToString::to_string),
        package.version.to_string(),
    )
}

#[cfg(test)]
pub(crate) mod tests;
