//! The handler's binary and its zip: built for Lambda or, for the local cloud, for this machine.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use xshell::Shell;

use crate::architecture::{Architecture, GLIBC};
use crate::assembly::Cloud;
use crate::asset::{Asset, hex, sha256, zip_bootstrap};
use crate::dependencies;
use crate::elf;
use crate::inputs::{self, Inputs};
use crate::inspection::{self, Expected, Finding, Severity};
use crate::screen::{self, BAD, STRONG};
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;

use build::Linker;
use manifest::{Manifest, Output, Recipe};
pub(crate) use ready::{ready, ready_made};

mod build;
mod comparison;
pub(crate) mod growth;
pub(crate) mod manifest;
mod ready;
mod strip;
pub(crate) mod verify;

/// The zip's name in its directory.
pub(crate) const ZIP: &str = "handler.zip";

/// Raised when packaging itself changes what it makes of the same inputs, so that an older zip
/// does not pass for a current one.
const FORMAT: u32 = 2;

/// What the handler is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Lambda(Architecture),
    LocalCloud,
}

impl From<Cloud> for Target {
    fn from(cloud: Cloud) -> Self {
        match cloud {
            Cloud::Aws => Self::Lambda(Architecture::OF_FUNCTION),
            Cloud::Local => Self::LocalCloud,
        }
    }
}

impl Target {
    /// Where this target's zip, manifest and symbols are.
    pub(crate) fn directory(self, workspace: &Workspace) -> PathBuf {
        let package = workspace.target().join("package");
        match self {
            Self::Lambda(Architecture::Arm64) => package,
            Self::Lambda(architecture) => package.join(architecture.name()),
            Self::LocalCloud => package.join("local"),
        }
    }
}

/// Whether a zip that is there may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reuse {
    IfUpToDate,
    Never,
}

/// A built and zipped handler.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) path: PathBuf,
    pub(crate) asset: Asset,
    pub(crate) manifest: Manifest,
    /// Whether this run wrote the zip; false where it was up to date.
    pub(crate) fresh: bool,
}

/// Builds, checks and zips the handler. Where nothing it is built from has changed, this does
/// nothing.
pub(crate) fn package(
    sh: &Shell,
    workspace: &Workspace,
    target: Target,
    reuse: Reuse,
) -> anyhow::Result<Package> {
    let directory = target.directory(workspace);
    // Of two at the same time, the second finds the first one's zip.
    let _lock = Workspace::lock(&directory.join("lock"))?;
    // Taken before the build: a file that changes meanwhile is seen the next time.
    let (recipe, inputs) = recipe(sh, workspace, target)?;
    if reuse == Reuse::IfUpToDate
        && let Some(package) = up_to_date(&directory, &inputs)
    {
        return Ok(package);
    }
    let built = match target {
        Target::Lambda(architecture) => {
            build_for_lambda(sh, workspace, architecture, &recipe.flags)?
        }
        Target::LocalCloud => build_for_local_cloud(sh, workspace)?,
    };
    write(&directory, built, recipe, inputs)
}

/// What the zip for `target` would be made of now.
pub(crate) fn inputs(sh: &Shell, workspace: &Workspace, target: Target) -> anyhow::Result<Inputs> {
    Ok(recipe(sh, workspace, target)?.1)
}

/// The program that runs on Lambda, but for this machine: to be measured. `settings` are cargo's,
/// over those of the profile.
pub(crate) fn optimized_for_host(
    sh: &Shell,
    workspace: &Workspace,
    target_directory: &Path,
    settings: &[&str],
) -> anyhow::Result<PathBuf> {
    let binary = build::optimized_for_host(sh, workspace, target_directory, settings)?;
    let objcopy = Toolchain::find(sh, workspace)?.objcopy(sh, workspace)?;
    let stripped = target_directory.join("lambda/stripped");
    sh.create_dir(&stripped)?;
    let stripped = stripped.join("bootstrap");
    strip::strip(sh, &objcopy, &binary, &stripped)?;
    Ok(stripped)
}

/// What a build gives, before anything of it is written to where others look.
struct Built {
    asset: Asset,
    program: Vec<u8>,
    /// The program's symbols, for `symbolize`.
    debug: Option<Vec<u8>>,
}

fn build_for_lambda(
    sh: &Shell,
    workspace: &Workspace,
    architecture: Architecture,
    flags: &[String],
) -> anyhow::Result<Built> {
    let mut all_flags = flags.to_vec();
    all_flags.extend(build::flags_for_c());
    let home = std::env::home_dir();
    let cargo_home = inputs::cargo_home();
    let mut private = vec![("checkout", workspace.root())];
    private.extend(home.as_deref().map(|home| ("home directory", home)));
    private.extend(
        cargo_home
            .as_deref()
            .map(|home| ("cargo's directory", home)),
    );
    let expected = Expected {
        architecture,
        flags: &all_flags,
        private: &private,
    };
    // Better known now than after minutes of building.
    refuse(&inspection::inspect_flags(&expected))?;
    let toolchain = Toolchain::find(sh, workspace)?;
    let binary = build::for_lambda(sh, workspace, &toolchain, architecture, flags)?;
    let objcopy = toolchain.objcopy(sh, workspace)?;
    let dependencies = dependencies::of_handler(sh, workspace, architecture.triple())?;
    let parts = strip::split(sh, &objcopy, &binary, &dependencies.audit_data()?)?;
    let asset = Asset::new(ZIP, zip_bootstrap(&parts.program)?);
    refuse(&inspection::inspect(&asset.bytes, &expected))?;
    Ok(Built {
        asset,
        program: parts.program,
        debug: Some(parts.debug),
    })
}

fn build_for_local_cloud(sh: &Shell, workspace: &Workspace) -> anyhow::Result<Built> {
    let program = read(&build::for_local_cloud(sh, workspace)?)?;
    Ok(Built {
        asset: Asset::new(ZIP, zip_bootstrap(&program)?),
        program,
        debug: None,
    })
}

/// Shows what an inspection found, and refuses what Lambda would not run as it is meant to.
fn refuse(findings: &[Finding]) -> anyhow::Result<()> {
    for finding in findings {
        match finding.severity {
            Severity::Error => screen::say(format!("{BAD}error:{BAD:#} {finding}")),
            Severity::Warning => screen::say(format!("{STRONG}warning:{STRONG:#} {finding}")),
        }
    }
    let is_error = |finding: &&Finding| finding.severity == Severity::Error;
    match findings.iter().filter(is_error).count() {
        0 => Ok(()),
        _ => anyhow::bail!("not fit for Lambda; nothing was written"),
    }
}

fn write(
    directory: &Path,
    built: Built,
    recipe: Recipe,
    inputs: Inputs,
) -> anyhow::Result<Package> {
    let Built {
        asset,
        program,
        debug,
    } = built;
    let glibc = elf::Program::read(&program)
        .ok()
        .and_then(|program| program.newest_glibc());
    let manifest = Manifest {
        recipe,
        output: Output {
            zip_sha256: hex(&asset.sha256),
            zip_bytes: asset.bytes.len(),
            bootstrap_sha256: hex(&sha256(&program)),
            bootstrap_bytes: program.len(),
            glibc: glibc.map(|version| version.to_string()),
        },
        inputs,
    };
    let path = directory.join(ZIP);
    if let Some(debug) = debug {
        replace(&symbols(&path, &manifest.output.zip_sha256), &debug)?;
    }
    replace(&path, &asset.bytes)?;
    // Last: with it, everything is there.
    manifest.write(directory)?;
    Ok(Package {
        path,
        asset,
        manifest,
        fresh: true,
    })
}

/// The symbols of the zip at `path`: beside it, under its hash.
pub(crate) fn symbols(path: &Path, zip_sha256: &str) -> PathBuf {
    path.with_file_name(format!("{zip_sha256}.debug"))
}

/// The package on disk, if it is whole and was made of these inputs.
fn up_to_date(directory: &Path, inputs: &Inputs) -> Option<Package> {
    let manifest = Manifest::read(directory)?;
    if manifest.inputs != *inputs {
        return None;
    }
    let path = directory.join(ZIP);
    let asset = Asset::new(ZIP, std::fs::read(&path).ok()?);
    manifest.describes(&asset).then_some(Package {
        path,
        asset,
        manifest,
        fresh: false,
    })
}

fn recipe(sh: &Shell, workspace: &Workspace, target: Target) -> anyhow::Result<(Recipe, Inputs)> {
    let toolchain = Toolchain::find(sh, workspace)?.version;
    let lockfile = read(&workspace.root().join("Cargo.lock"))?;
    let mut recipe = match target {
        Target::Lambda(architecture) => Recipe {
            architecture: architecture.name().to_owned(),
            target: format!("{}.{GLIBC}", architecture.triple()),
            toolchain,
            linker: Linker::choose(sh, architecture).describe(sh),
            profile: "lambda".to_owned(),
            flags: build::chosen_flags(workspace, architecture)?,
            lockfile_sha256: hex(&sha256(&lockfile)),
            inputs_sha256: String::new(),
        },
        Target::LocalCloud => Recipe {
            architecture: "host".to_owned(),
            target: "host".to_owned(),
            toolchain,
            linker: "host".to_owned(),
            profile: "dev".to_owned(),
            // Cargo reads them itself.
            flags: std::env::var("RUSTFLAGS").into_iter().collect(),
            lockfile_sha256: hex(&sha256(&lockfile)),
            inputs_sha256: String::new(),
        },
    };
    let settings = [
        ("packaging", FORMAT.to_string()),
        ("target", recipe.target.clone()),
        ("toolchain", recipe.toolchain.clone()),
        ("linker", recipe.linker.clone()),
        ("rustc flags", recipe.flags.join(" ")),
    ];
    let inputs = Inputs::collect(workspace, &recipe.profile, &settings)?;
    recipe.inputs_sha256 = inputs.sha256();
    Ok((recipe, inputs))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
}

/// Writes a file so that a reader finds the old or the new one, and never half of it.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let unfinished = path.with_added_extension("new");
    std::fs::write(&unfinished, bytes)
        .and_then(|()| std::fs::rename(&unfinished, path))
        .with_context(|| format!("cannot write `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(source: &str) -> (Recipe, Inputs) {
        let recipe = Recipe {
            architecture: "arm64".to_owned(),
            target: String::new(),
            toolchain: String::new(),
            linker: String::new(),
            profile: "lambda".to_owned(),
            flags: vec![],
            lockfile_sha256: String::new(),
            inputs_sha256: String::new(),
        };
        let inputs = serde_json::json!({ "handler/src/main.rs": source });
        (recipe, serde_json::from_value(inputs).unwrap())
    }

    fn make(directory: &Path, source: &str) -> Package {
        std::fs::create_dir_all(directory).unwrap();
        let built = Built {
            asset: Asset::new(ZIP, zip_bootstrap(source.as_bytes()).unwrap()),
            program: source.as_bytes().to_vec(),
            debug: Some(b"symbols".to_vec()),
        };
        let (recipe, inputs) = inputs(source);
        write(directory, built, recipe, inputs).unwrap()
    }

    #[test]
    fn the_zip_is_reused_only_whole_and_for_the_same_inputs() {
        let directory = tempfile::tempdir().unwrap();
        let package = directory.path().join("package");
        let (_, first) = inputs("first");
        assert!(up_to_date(&package, &first).is_none());
        let made = make(&package, "first");
        assert_eq!(
            up_to_date(&package, &first).unwrap().asset.key,
            made.asset.key
        );
        assert!(up_to_date(&package, &inputs("second").1).is_none());
        std::fs::write(package.join(ZIP), b"half").unwrap();
        assert!(up_to_date(&package, &first).is_none());
    }

    #[test]
    fn symbols_are_kept_under_the_hash_of_their_zip_and_the_last_manifest_too() {
        let directory = tempfile::tempdir().unwrap();
        let first = make(directory.path(), "first");
        assert!(Manifest::read_previous(directory.path()).is_none());
        let second = make(directory.path(), "second");
        for package in [&first, &second] {
            let name = format!("{}.debug", hex(&package.asset.sha256));
            assert_eq!(
                std::fs::read(directory.path().join(name)).unwrap(),
                b"symbols"
            );
        }
        assert_eq!(
            Manifest::read(directory.path()),
            Some(second.manifest.clone())
        );
        let previous = Some(first.manifest.clone());
        assert_eq!(Manifest::read_previous(directory.path()), previous);
        // The same inputs once more leave the history as it is.
        make(directory.path(), "second");
        assert_eq!(Manifest::read_previous(directory.path()), previous);
    }
}
