//! A build that cargo makes, as cargo tells it: where the program is, and what was read for it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use xshell::Cmd;

use super::dep_info::{self, Reading};
use super::{describes_this_program, undisturbed};
use cfnkit_console::error::{Context as _, Error, Result};

mod origin;

/// Characters of the hash with which cargo tells builds of one crate apart.
const HASH: usize = 16;

/// What cargo built, or found built.
#[derive(Debug)]
pub struct Build {
    artifacts: Vec<Artifact>,
    scripts: Vec<Script>,
}

/// What was read for a build.
#[derive(Debug, Default)]
pub struct Read {
    /// The names of all packages that were compiled.
    pub packages: BTreeSet<String>,
    /// The manifests of those that are no download.
    pub manifests: BTreeSet<PathBuf>,
    /// Files, and directories with all that is in them; what a registry's checksum covers is left
    /// out, and what was generated.
    pub files: BTreeSet<PathBuf>,
    /// Packages whose build scripts declare nothing, by their directories.
    pub whole: BTreeSet<PathBuf>,
    /// Variables of the environment, set or not.
    pub variables: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Message {
    CompilerArtifact(Artifact),
    BuildScriptExecuted(Script),
    #[serde(other)]
    Other,
}

/// One crate, compiled now or earlier.
#[derive(Debug, Deserialize)]
struct Artifact {
    package_id: String,
    manifest_path: PathBuf,
    target: Target,
    filenames: Vec<PathBuf>,
    executable: Option<PathBuf>,
    /// Nothing of it had changed, as far as cargo saw.
    fresh: bool,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    src_path: PathBuf,
}

#[derive(Debug, Deserialize)]
struct Script {
    package_id: String,
    out_dir: PathBuf,
    /// Variables that it sets for rustc.
    env: Vec<(String, String)>,
}

/// Runs a cargo command that builds; what it says to people goes to stderr, as always.
///
/// # Errors
///
/// Cargo is not there or fails, and has said why; or what it prints for programs is not understood.
pub fn run(command: Cmd<'_>) -> Result<Build> {
    let text = undisturbed(command)
        .args(["--message-format", "json-render-diagnostics"])
        // A user's setting would make the paths in rustc's lists relative to something else.
        .args(["--config", "build.dep-info-basedir='/proc'"])
        .quiet()
        .read()
        .map_err(Error::said)?;
    let mut build = Build {
        artifacts: Vec::new(),
        scripts: Vec::new(),
    };
    for line in text.lines().filter(|line| line.starts_with('{')) {
        match serde_json::from_str(line).context("cannot read what cargo says of a build")? {
            Message::CompilerArtifact(artifact) => build.artifacts.push(artifact),
            Message::BuildScriptExecuted(script) => build.scripts.push(script),
            Message::Other => {}
        }
    }
    Ok(build)
}

impl Build {
    /// The program `name`, where cargo has put it.
    ///
    /// # Errors
    ///
    /// No program of this name is among what was built.
    pub fn program(&self, name: &str) -> Result<&Path> {
        let is_it = |artifact: &&Artifact| {
            artifact.target.name == name && artifact.target.kind.iter().any(|kind| kind == "bin")
        };
        let artifact = self.artifacts.iter().find(is_it);
        artifact
            .and_then(|artifact| artifact.executable.as_deref())
            .with_context(|| format!("cargo built no program `{name}`"))
    }

    /// Everything that was read for it. `root` is the workspace's.
    ///
    /// # Errors
    ///
    /// A list that rustc wrote is not where cargo keeps it, or cannot be read.
    pub fn read(&self, root: &Path) -> Result<Read> {
        let mut read = Read::default();
        for artifact in &self.artifacts {
            read.packages.insert(artifact.package());
            if artifact.is_local() {
                read.manifests.insert(artifact.manifest_path.clone());
            }
            let reading = self.reading(artifact)?;
            let set = self.variables_set_for(&artifact.package_id);
            let variables = reading.variables.into_iter();
            read.variables
                .extend(variables.filter(|name| !set.contains(name.as_str())));
            let base = artifact.directory_of_rustc(root);
            read.files
                .extend(self.inputs(artifact, base, reading.files));
        }
        for script in &self.scripts {
            let of_package = |artifact: &&Artifact| artifact.package_id == script.package_id;
            let Some(artifact) = self.artifacts.iter().find(of_package) else {
                continue;
            };
            match dep_info::of_build_script(&script.printed()?) {
                Some(reading) => {
                    read.variables.extend(reading.variables);
                    let base = artifact.package_directory();
                    read.files
                        .extend(self.inputs(artifact, base, reading.files));
                }
                None if artifact.is_local() => {
                    read.whole.insert(artifact.package_directory().to_owned());
                }
                None => {}
            }
        }
        read.variables
            .retain(|name| name != "CARGO" && !describes_this_program(name));
        Ok(read)
    }

    /// What of these paths is an input: not what a build script generated from others, and not
    /// what came with a download that has a checksum.
    fn inputs(&self, artifact: &Artifact, base: &Path, files: Vec<String>) -> Vec<PathBuf> {
        let files = files.into_iter().map(|file| plain(&base.join(file)));
        let is_generated = |file: &Path| {
            self.scripts
                .iter()
                .any(|script| file.starts_with(&script.out_dir))
        };
        let comes_along =
            |file: &Path| !artifact.is_local() && file.starts_with(artifact.package_directory());
        files
            .filter(|file| !is_generated(file) && !comes_along(file))
            .collect()
    }

    fn variables_set_for(&self, package_id: &str) -> BTreeSet<&str> {
        let scripts = self.scripts.iter();
        let scripts = scripts.filter(|script| script.package_id == package_id);
        scripts
            .flat_map(|script| script.env.iter().map(|(name, _)| name.as_str()))
            .collect()
    }

    fn list(&self, artifact: &Artifact) -> Result<PathBuf> {
        self.dep_info(artifact).with_context(|| {
            let target = &artifact.target.name;
            format!("cargo has no list of what rustc read for `{target}`")
        })
    }

    fn reading(&self, artifact: &Artifact) -> Result<Reading> {
        let path = self.list(artifact)?;
        let text =
            std::fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        Ok(dep_info::of_rustc(&String::from_utf8_lossy(&text)))
    }

    /// Rustc's list for an artifact: beside what rustc wrote, under the same name. Programs and the
    /// libraries of the workspace are linked to where cargo shows them, without the hash.
    fn dep_info(&self, artifact: &Artifact) -> Option<PathBuf> {
        let files = artifact.filenames.iter();
        if let Some(list) = files.clone().find_map(|file| list_beside(file)) {
            return Some(list);
        }
        let parents = |artifact: &Artifact| -> Vec<PathBuf> {
            let parents = artifact.filenames.iter().filter_map(|file| file.parent());
            parents
                .flat_map(|parent| [parent.to_path_buf(), parent.join("deps")])
                .collect()
        };
        let prefix = format!("{}-", artifact.target.name.replace('-', "_"));
        // With `build.build-dir` the link is far from what it leads to.
        let others: BTreeSet<PathBuf> = self.artifacts.iter().flat_map(parents).collect();
        let directories = parents(artifact).into_iter().chain(others);
        directories
            .flat_map(|directory| std::fs::read_dir(directory).into_iter().flatten().flatten())
            .map(|entry| entry.path())
            .filter(|path| name(path).starts_with(&prefix) && path.extension().is_none())
            .filter(|path| files.clone().any(|file| is_same(path, file)))
            .find_map(|path| list_beside(&path))
    }
}

impl Script {
    /// What it printed, where cargo's documentation says that it is kept.
    fn printed(&self) -> Result<String> {
        let printed = self.out_dir.with_file_name("output");
        let bytes = std::fs::read(&printed)
            .with_context(|| format!("cannot read `{}`", printed.display()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

impl Artifact {
    fn is_local(&self) -> bool {
        self.package_id.starts_with("path+")
    }

    /// The package's name, out of a package ID such as `registry+https://..#ring@0.17.14` or
    /// `path+file:///..#handler@0.1.0`; the name is left out where the path ends with it.
    fn package(&self) -> String {
        let (source, fragment) = self
            .package_id
            .split_once('#')
            .unwrap_or((&self.package_id, ""));
        match fragment.split_once('@') {
            Some((name, _)) => name.to_owned(),
            None => {
                let source = source.split('?').next().unwrap_or_default();
                let last = source.trim_end_matches('/').rsplit('/').next();
                last.unwrap_or_default().to_owned()
            }
        }
    }

    fn package_directory(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(Path::new(""))
    }

    /// Cargo starts rustc in the workspace for what is in it.
    fn directory_of_rustc<'path>(&'path self, root: &'path Path) -> &'path Path {
        match self.is_local() && self.manifest_path.starts_with(root) {
            true => root,
            false => self.package_directory(),
        }
    }
}

/// `libx-0123456789abcdef.rmeta` has its list in `x-0123456789abcdef.d`.
fn list_beside(file: &Path) -> Option<PathBuf> {
    let stem = file.file_stem()?.to_str()?;
    let (_, hash) = stem.rsplit_once('-')?;
    if hash.len() != HASH || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let names = [Some(stem), stem.strip_prefix("lib")];
    let mut lists = names
        .into_iter()
        .flatten()
        .map(|name| file.with_file_name(format!("{name}.d")));
    lists.find(|list| list.is_file())
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(OsStr::new(""));
    name.to_string_lossy().into_owned()
}

/// Whether two files are one, or a copy of it where the file system has no links.
fn is_same(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let (Ok(first), Ok(second)) = (one.metadata(), other.metadata()) else {
        return false;
    };
    if (first.dev(), first.ino()) == (second.dev(), second.ino()) {
        return true;
    }
    first.len() == second.len()
        && matches!((std::fs::read(one), std::fs::read(other)), (Ok(a), Ok(b)) if a == b)
}

/// The path without `.` and `..` in it, as far as that needs no look at links.
fn plain(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            component => plain.push(component),
        }
    }
    plain
}
