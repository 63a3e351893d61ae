//! Calling cargo for the handler: for Lambda's architectures, and for this machine.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use xshell::{Shell, cmd};

use super::blueprint::Blueprint;
use cfnkit_assembly::service::Function;
use cfnkit_console::error::{Context as _, Result};
use cfnkit_console::variable;
use cfnkit_tools::architecture::{Architecture, GLIBC};
use cfnkit_tools::cargo::build::Build;
use cfnkit_tools::cargo::configuration::Configuration;
use cfnkit_tools::tool::pip::is_of_python;
use cfnkit_tools::tool::zig;
use cfnkit_tools::toolchain::Toolchain;
use cfnkit_tools::workspace::Workspace;
use cfnkit_tools::{cargo, tool};

/// The C compiler and linker of a build for Lambda.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Linker {
    /// Zig, pinned: what makes the same bytes everywhere.
    Zig,
    /// GCC as it is installed, where there is no Python to install Zig with.
    Gcc(Architecture),
}

impl Linker {
    /// Zig; or, on a machine without Python, a cross compiler that is there.
    pub(super) fn choose(sh: &Shell, architecture: Architecture) -> Self {
        let gcc = Self::Gcc(architecture);
        match !variable::finds_program("python3") && gcc.version(sh).is_some() {
            true => gcc,
            false => Self::Zig,
        }
    }

    /// What it is, with its version, for the manifest.
    pub(super) fn describe(self, sh: &Shell) -> String {
        match self {
            Self::Zig => tool::ZIG.versions().join(", "),
            Self::Gcc(architecture) => format!(
                "{} {}",
                gcc(architecture),
                self.version(sh).unwrap_or_default()
            ),
        }
    }

    fn version(self, sh: &Shell) -> Option<String> {
        let Self::Gcc(architecture) = self else {
            return None;
        };
        let gcc = gcc(architecture);
        let version = cmd!(sh, "{gcc} -dumpfullversion").quiet().ignore_stderr();
        version.read().ok()
    }
}

fn gcc(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Arm64 => "aarch64-linux-gnu-gcc",
        Architecture::X86_64 => "x86_64-linux-gnu-gcc",
    }
}

/// Builds the `bootstrap` file for Lambda, with its symbols in it.
pub(super) fn for_lambda(
    sh: &Shell,
    blueprint: &Blueprint<'_>,
    architecture: Architecture,
) -> Result<Build> {
    let (workspace, function, toolchain) = (
        blueprint.workspace,
        blueprint.function,
        &blueprint.toolchain,
    );
    let triple = architecture.triple();
    toolchain.provide_target(sh, workspace, triple)?;
    let _directory = sh.push_dir(workspace.root());
    let mut preparation = None;
    let aside;
    let build = match Linker::choose(sh, architecture) {
        Linker::Zig => {
            let path = tool::ZIG.provide(sh, workspace)?;
            announce(workspace, function, architecture);
            preparation = prepare_zig(workspace, architecture, &path);
            let target = format!("{triple}.{GLIBC}");
            let build = cmd!(sh, "cargo zigbuild --target {target}");
            aside = zig::aside(&path)?;
            zig::environment(build, workspace, &path, aside.as_ref())?
        }
        Linker::Gcc(_) => {
            workspace.reporter().step(
                "no `python3` to install the pinned cross compiler with: using the installed gcc; \
                 the bytes will be others",
            );
            announce(workspace, function, architecture);
            let gcc = gcc(architecture);
            let name = triple.replace('-', "_");
            cmd!(sh, "cargo build --target {triple}")
                .env(format!("CC_{name}"), gcc)
                .env(format!("CARGO_TARGET_{}_LINKER", name.to_uppercase()), gcc)
        }
    };
    let remaps = remaps(sh, workspace, toolchain)?;
    let remap = |flag: &str| -> Vec<String> {
        let remap = |(path, name): &(PathBuf, String)| format!("{flag}={}={name}", path.display());
        remaps.iter().map(remap).collect()
    };
    let flags = [&blueprint.recipe.flags[..], &remap("--remap-path-prefix")].concat();
    // The C code's directories are in the symbols. The variable is split at spaces, so a path with
    // one stays in them.
    let mut c_flags: Vec<String> = std::env::var("TARGET_CFLAGS").into_iter().collect();
    c_flags.extend(remap("-ffile-prefix-map"));
    c_flags.retain(|flag| !flag.starts_with("-ffile-prefix-map") || !flag.contains(' '));
    let build = build
        .args(["--locked", "--package", function.package])
        .args(["--profile", function.profile])
        // The separator cargo's documentation names for this variable.
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env("TARGET_CFLAGS", c_flags.join(" "))
        // An incremental build has other bytes than a fresh one.
        .env("CARGO_INCREMENTAL", "0");
    let tools = workspace.target().join("tools/rustc");
    let build = match toolchain.stand_in(&tools)? {
        Some(stand_in) => build.env("RUSTC", stand_in),
        None => build,
    };
    let built = cargo::build::run(build);
    if let Some(mut preparation) = preparation {
        let _ = preparation.wait();
    }
    let (name, architecture) = (function.name, architecture.name());
    built.with_context(|| format!("the {name} does not build for {architecture}"))
}

/// Builds the handler as the local cloud runs it.
pub(super) fn for_local_cloud(sh: &Shell, blueprint: &Blueprint<'_>) -> Result<Build> {
    let step = format!("building the {} for this machine", blueprint.function.name);
    blueprint.workspace.reporter().step(&step);
    // The local cloud runs what this machine can run.
    let options: [&str; 0] = [];
    for_this_machine(
        sh,
        blueprint.workspace,
        blueprint.function,
        &blueprint.configuration,
        options,
    )
}

/// Builds the handler as for Lambda, but with this machine's linker and for its processor.
pub(super) fn optimized_for_host(
    sh: &Shell,
    workspace: &Workspace,
    function: &Function,
    directory: &Path,
    settings: &[&str],
) -> Result<Build> {
    let settings = settings.iter().flat_map(|setting| ["--config", setting]);
    let options = ["--profile", function.profile].into_iter().chain(settings);
    let options = options
        .map(OsStr::new)
        .chain(["--target-dir".as_ref(), directory.as_ref()]);
    let configuration = Configuration::read(sh, workspace)?;
    for_this_machine(sh, workspace, function, &configuration, options)
}

fn for_this_machine(
    sh: &Shell,
    workspace: &Workspace,
    Function { name, package, .. }: &Function,
    configuration: &Configuration,
    options: impl IntoIterator<Item: AsRef<OsStr>>,
) -> Result<Build> {
    let _directory = sh.push_dir(workspace.root());
    let target = this_machine(configuration);
    let build = cmd!(sh, "cargo build --locked --package {package} {target...}").args(options);
    cargo::build::run(build.env_remove("CARGO_BUILD_TARGET"))
        .with_context(|| format!("the {name} does not build"))
}

/// This machine as a build's target, where cargo would take another one unless it is told.
// Without the option, what is compiled for this program serves the handler as well.
fn this_machine(configuration: &Configuration) -> &'static [&'static str] {
    match configuration.has_build_target() {
        true => &["--target", "host-tuple"],
        false => &[],
    }
}

/// What the user's variables say to C compilers.
pub(super) fn flags_for_c() -> Vec<String> {
    let variables = std::env::vars().filter(|(name, _)| name.contains("CFLAGS"));
    let values: Vec<String> = variables.map(|(_, value)| value).collect();
    let words = values.iter().flat_map(|value| value.split_whitespace());
    words.map(ToOwned::to_owned).collect()
}

fn announce(workspace: &Workspace, function: &Function, architecture: Architecture) {
    let (name, architecture) = (function.name, architecture.name());
    let step = format!("building the {name} for {architecture}");
    workspace.reporter().step(&step);
}

/// Before it first links for a target, Zig compiles what there is of a C library there, and only
/// once. That takes ten seconds, and in the last minute of a build, when one core does all the
/// work, they cost nothing. If it fails, the link does it, and says why it cannot.
fn prepare_zig(
    workspace: &Workspace,
    architecture: Architecture,
    programs: &Path,
) -> Option<Child> {
    let cache = zig::cache(workspace);
    if cache.join("global/o").is_dir() {
        return None;
    }
    std::fs::create_dir_all(&cache).ok()?;
    let source = cache.join("empty.c");
    std::fs::write(&source, "int main(void) { return 0; }\n").ok()?;
    let target = format!("{}.{GLIBC}", architecture.triple().replace("-unknown", ""));
    let mut prepare = Command::new("nice");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_of_python) {
            prepare.env_remove(name);
        }
    }
    let prepare = prepare
        .arg(programs.join("python"))
        .args(["-m", "ziglang", "cc", "-lunwind", "-target", &target])
        .arg(source)
        .arg("-o")
        .arg(cache.join("empty"))
        .env("ZIG_GLOBAL_CACHE_DIR", cache.join("global"))
        .env("ZIG_LOCAL_CACHE_DIR", cache.join("local"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    prepare.ok()
}

/// The directories of this machine have no place in the binary; these are their names there.
/// Compilers take the last prefix that fits, so the longer ones come later.
fn remaps(
    sh: &Shell,
    workspace: &Workspace,
    toolchain: &Toolchain,
) -> Result<Vec<(PathBuf, String)>> {
    let metadata = cargo::metadata(sh, workspace.root())?;
    let mut remaps = vec![
        (workspace.root().to_path_buf(), ".".to_owned()),
        (metadata.target_directory, "target".to_owned()),
    ];
    let apart = metadata.build_directory;
    remaps.extend(apart.map(|directory| (directory, "target".to_owned())));
    if let Some(home) = cargo::home() {
        let registries = directories(&home.join("registry/src"));
        remaps.push((home, "cargo".to_owned()));
        // Their names depend on where cargo downloads from.
        let registries = registries.into_iter();
        remaps.extend(registries.map(|path| (path, "cargo".to_owned())));
    }
    remaps.extend(toolchain.library_sources(&toolchain.sysroot(sh)?));
    Ok(remaps)
}

fn directories(parent: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
