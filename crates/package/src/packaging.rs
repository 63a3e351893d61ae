//! A function's binary and its zip: built for Lambda or, for the local cloud, for this machine.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use xshell::Shell;

use crate::archive::zip_bootstrap;
use crate::dependencies;
use crate::elf;
use crate::inputs::{Inputs, Names};
use crate::inspection::{self, Defect, Severity};
use cfnkit_assembly::asset::Asset;
use cfnkit_assembly::service::Function;
use cfnkit_console::bail;
use cfnkit_console::error::{Context as _, Error, Result};
use cfnkit_console::report::Reporter;
use cfnkit_tools::architecture::Architecture;
use cfnkit_tools::cargo::build::Build;
use cfnkit_tools::digest::{hex, sha256};
use cfnkit_tools::toolchain::Toolchain;
use cfnkit_tools::workspace::Workspace;

use blueprint::{Blueprint, inspect};
use manifest::{Manifest, Output, Recipe};
pub use ready::{ready, ready_made};
pub use target::Target;

mod blueprint;
mod build;
mod comparison;
pub mod growth;
pub mod manifest;
mod ready;
mod strip;
mod target;
pub mod verify;

/// Raised when packaging itself changes what it makes of the same inputs, so that an older zip
/// does not pass for a current one.
const FORMAT: u32 = 3;

/// The name of a function's zip in its directory.
pub fn zip_name(function: &Function) -> String {
    format!("{}.zip", function.name)
}

/// Whether a zip that is there may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reuse {
    /// Where nothing that it is built from has changed.
    IfUpToDate,
    /// It is made again.
    Never,
}

/// A built and zipped function.
#[derive(Debug)]
pub struct Package {
    /// The zip.
    pub path: PathBuf,
    /// Its bytes, and the key that they get.
    pub asset: Asset,
    /// What it was made of.
    pub manifest: Manifest,
    /// Whether this run wrote the zip; false where it was up to date.
    pub fresh: bool,
}

/// Builds, checks and zips a function. Where nothing it is built from has changed, this does
/// nothing.
///
/// # Errors
///
/// The toolchain, another tool or an input cannot be had, the build fails, or what it gives is not
/// fit for Lambda, which the reporter is told: the zip that is there stays then. Otherwise the
/// files cannot be written; the manifest is the last of them.
pub fn package(
    sh: &Shell,
    workspace: &Workspace,
    function: &'static Function,
    target: Target,
    reuse: Reuse,
) -> Result<Package> {
    let directory = target.directory(workspace);
    // Of two at the same time, the second finds the first one's zip.
    let _lock = workspace.lock(&directory.join("lock"))?;
    let blueprint = Blueprint::make(sh, workspace, function, target)?;
    if reuse == Reuse::IfUpToDate
        && let Some(package) = up_to_date(&directory, &blueprint)?
    {
        return Ok(package);
    }
    let beginning = SystemTime::now();
    let root = workspace.root();
    let build = blueprint.build(sh)?;
    let (build, beginning) = build.assured(root, beginning, || blueprint.build(sh))?;
    let names = Names::of(&build.read(root)?, root);
    let inputs = Inputs::at(&blueprint.terms(), &names, beginning)?;
    let built = match target {
        Target::Lambda(architecture) => pack_for_lambda(sh, &blueprint, architecture, &build)?,
        Target::LocalCloud => pack_for_local_cloud(function, &build)?,
    };
    let mut recipe = blueprint.recipe;
    recipe.inputs_sha256 = inputs.sha256();
    write(&directory, function, built, recipe, inputs)
}

/// What the zip for `target` would be made of now: by what the last build read or, where there was
/// none, by what one is expected to.
///
/// # Errors
///
/// The toolchain, cargo's configuration or an input cannot be read.
pub fn inputs(
    sh: &Shell,
    workspace: &Workspace,
    function: &'static Function,
    target: Target,
) -> Result<Inputs> {
    let blueprint = Blueprint::make(sh, workspace, function, target)?;
    let names = match Manifest::read(&target.directory(workspace), function) {
        Some(manifest) => manifest.inputs.names(),
        None => Names::expected(sh, workspace, function, &blueprint.triple)?,
    };
    Inputs::now(&blueprint.terms(), &names)
}

/// What zips of two states of the repository would be made of, each without a build; `now` is the
/// one that may have been packaged.
///
/// # Errors
///
/// The toolchain, cargo's configuration or an input of either state cannot be read.
pub fn inputs_of_both(
    sh: &Shell,
    before: &Workspace,
    now: &Workspace,
    function: &'static Function,
    target: Target,
) -> Result<[Inputs; 2]> {
    let blueprint = |workspace| Blueprint::make(sh, workspace, function, target);
    let manifest = Manifest::read(&target.directory(now), function);
    let mut names = manifest
        .map(|manifest| manifest.inputs.names())
        .unwrap_or_default();
    let blueprints = [blueprint(before)?, blueprint(now)?];
    for blueprint in &blueprints {
        let expected = Names::expected(sh, blueprint.workspace, function, &blueprint.triple)?;
        names = names.and(&expected);
    }
    let inputs = |blueprint: &Blueprint<'_>| Inputs::now(&blueprint.terms(), &names);
    let [before, now] = &blueprints;
    Ok([inputs(before)?, inputs(now)?])
}

/// The program that runs on Lambda, but for this machine: to be measured. `settings` are cargo's,
/// over those of the profile.
///
/// # Errors
///
/// The build fails or gives no such program, or its symbols cannot be taken out.
pub fn optimized_for_host(
    sh: &Shell,
    workspace: &Workspace,
    function: &Function,
    target_directory: &Path,
    settings: &[&str],
) -> Result<PathBuf> {
    let build = build::optimized_for_host(sh, workspace, function, target_directory, settings)?;
    let binary = build.program(function.program)?;
    let objcopy = Toolchain::find(sh, workspace)?.objcopy(sh, workspace)?;
    let stripped = target_directory.join("lambda/stripped");
    sh.create_dir(&stripped).map_err(Error::said)?;
    let stripped = stripped.join("bootstrap");
    strip::strip(sh, &objcopy, binary, &stripped)?;
    Ok(stripped)
}

/// What a build gives, before anything of it is written to where others look.
struct Built {
    asset: Asset,
    program: Vec<u8>,
    /// The program's symbols, for `symbolize`.
    debug: Option<Vec<u8>>,
}

fn pack_for_lambda(
    sh: &Shell,
    blueprint: &Blueprint<'_>,
    architecture: Architecture,
    build: &Build,
) -> Result<Built> {
    let objcopy = blueprint.toolchain.objcopy(sh, blueprint.workspace)?;
    let dependencies = dependencies::of_package(
        sh,
        blueprint.workspace,
        blueprint.function.package,
        &blueprint.triple,
    )?;
    let binary = build.program(blueprint.function.program)?;
    let parts = strip::split(sh, &objcopy, binary, &dependencies.audit_data()?)?;
    let asset = Asset::new(
        &zip_name(blueprint.function),
        zip_bootstrap(&parts.program)?,
    );
    let findings = inspect(blueprint, architecture, |expected| {
        inspection::inspect(&asset.bytes, expected)
    });
    refuse(blueprint.workspace.reporter(), &findings)?;
    Ok(Built {
        asset,
        program: parts.program,
        debug: Some(parts.debug),
    })
}

fn pack_for_local_cloud(function: &Function, build: &Build) -> Result<Built> {
    let program = read(build.program(function.program)?)?;
    Ok(Built {
        asset: Asset::new(&zip_name(function), zip_bootstrap(&program)?),
        program,
        debug: None,
    })
}

/// Tells what an inspection found, and refuses what Lambda would not run as it is meant to.
fn refuse(reporter: &dyn Reporter, findings: &[Defect]) -> Result<()> {
    for finding in findings {
        match finding.severity {
            Severity::Error => reporter.error(&finding.to_string()),
            Severity::Warning => reporter.warning(&finding.to_string()),
        }
    }
    let is_error = |finding: &Defect| finding.severity == Severity::Error;
    match findings.iter().any(is_error) {
        false => Ok(()),
        true => bail!("not fit for Lambda; nothing was written"),
    }
}

fn write(
    directory: &Path,
    function: &Function,
    built: Built,
    recipe: Recipe,
    inputs: Inputs,
) -> Result<Package> {
    let (asset, program) = (built.asset, built.program);
    let glibc = elf::Program::read(&program).ok();
    let glibc = glibc.and_then(|program| program.newest_glibc());
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
    let path = directory.join(zip_name(function));
    if let Some(debug) = built.debug {
        replace(&symbols(&path, &manifest.output.zip_sha256), &debug)?;
    }
    replace(&path, &asset.bytes)?;
    // Last: with it, everything is there.
    manifest.write(directory, function)?;
    Ok(Package {
        path,
        asset,
        manifest,
        fresh: true,
    })
}

/// The symbols of the zip at `path`: beside it, under its hash.
pub fn symbols(path: &Path, zip_sha256: &str) -> PathBuf {
    path.with_file_name(format!("{zip_sha256}.debug"))
}

/// The package on disk, if it is whole and was made of what is there now.
fn up_to_date(directory: &Path, blueprint: &Blueprint<'_>) -> Result<Option<Package>> {
    let Some(manifest) = Manifest::read(directory, blueprint.function) else {
        return Ok(None);
    };
    let inputs = Inputs::now(&blueprint.terms(), &manifest.inputs.names())?;
    Ok(whole(directory, blueprint.function, manifest)
        .filter(|package| package.manifest.inputs == inputs))
}

/// The package that `manifest` describes, if it is as it was written.
fn whole(directory: &Path, function: &Function, manifest: Manifest) -> Option<Package> {
    let name = zip_name(function);
    let path = directory.join(&name);
    let asset = Asset::new(&name, std::fs::read(&path).ok()?);
    manifest.describes(&asset).then_some(Package {
        path,
        asset,
        manifest,
        fresh: false,
    })
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
}

/// Writes a file so that a reader finds the old or the new one, and never half of it.
///
/// # Errors
///
/// The new file cannot be written beside the old one, or not be moved to its place; the old one
/// stays.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let unfinished = path.with_added_extension("new");
    std::fs::write(&unfinished, bytes)
        .and_then(|()| std::fs::rename(&unfinished, path))
        .with_context(|| format!("cannot write `{}`", path.display()))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A function of the tests' own.
    pub(crate) static INTAKE: Function = Function {
        name: "intake",
        package: "intake",
        program: "handler",
        profile: "lambda",
        key_parameter: "IntakeKey",
        log_group_output: "IntakeLogGroupName",
        physical_name: None,
        memory_parameter: None,
        concurrency_parameter: None,
    };

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
        let inputs = serde_json::json!({ "intake/src/main.rs": source });
        (recipe, serde_json::from_value(inputs).unwrap())
    }

    fn make(directory: &Path, source: &str) -> Package {
        std::fs::create_dir_all(directory).unwrap();
        let built = Built {
            asset: Asset::new("intake.zip", zip_bootstrap(source.as_bytes()).unwrap()),
            program: source.as_bytes().to_vec(),
            debug: Some(b"symbols".to_vec()),
        };
        let (recipe, inputs) = inputs(source);
        write(directory, &INTAKE, built, recipe, inputs).unwrap()
    }

    #[test]
    fn the_zip_is_reused_only_whole() {
        let directory = tempfile::tempdir().unwrap();
        let package = directory.path().join("package");
        let made = make(&package, "first");
        let manifest = || Manifest::read(&package, &INTAKE).unwrap();
        let kept = whole(&package, &INTAKE, manifest()).unwrap();
        assert_eq!(kept.asset.key, made.asset.key);
        std::fs::write(package.join("intake.zip"), b"half").unwrap();
        assert!(whole(&package, &INTAKE, manifest()).is_none());
    }

    #[test]
    fn symbols_are_kept_under_the_hash_of_their_zip_and_the_last_manifest_too() {
        let directory = tempfile::tempdir().unwrap();
        let first = make(directory.path(), "first");
        assert!(Manifest::read_previous(directory.path(), &INTAKE).is_none());
        let second = make(directory.path(), "second");
        for package in [&first, &second] {
            let name = format!("{}.debug", hex(&package.asset.sha256));
            assert_eq!(
                std::fs::read(directory.path().join(name)).unwrap(),
                b"symbols"
            );
        }
        assert_eq!(
            Manifest::read(directory.path(), &INTAKE),
            Some(second.manifest.clone())
        );
        let previous = Some(first.manifest.clone());
        assert_eq!(Manifest::read_previous(directory.path(), &INTAKE), previous);
        // The same inputs once more leave the history as it is.
        make(directory.path(), "second");
        assert_eq!(Manifest::read_previous(directory.path(), &INTAKE), previous);
    }
}
