//! Cargo called by a program that cargo started, and asked what only cargo knows.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use xshell::{Cmd, Shell, cmd};

use cfnkit_console::error::{Context as _, Result};

pub mod build;
pub mod configuration;
mod dep_info;

/// Directories that cargo reads from the environment and takes from where it is started.
const DIRECTORIES: [&str; 4] = [
    "CARGO_BUILD_BUILD_DIR",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_HOME",
    "CARGO_TARGET_DIR",
];

/// The command without the variables in which cargo describes this program. Build scripts look
/// at some of them (ring's does), and would run again, with everything that depends on them,
/// whenever cargo is called from here and by hand in turn.
///
/// Directories in the environment are those of whoever started this program, wherever the command
/// is run.
pub fn undisturbed(mut command: Cmd<'_>) -> Cmd<'_> {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(describes_this_program) {
            command = command.env_remove(name);
        }
    }
    for name in DIRECTORIES {
        // In the first, braces stand for directories of cargo's own.
        let is_path = |directory: &OsString| {
            !directory.is_empty() && !directory.to_string_lossy().starts_with('{')
        };
        let directory = std::env::var_os(name).filter(is_path);
        if let Some(Ok(directory)) = directory.map(std::path::absolute) {
            command = command.env(name, directory);
        }
    }
    command
}

/// Whether cargo sets this variable for a program that it runs or compiles.
pub(crate) fn describes_this_program(name: &str) -> bool {
    const PREFIXES: [&str; 5] = [
        "CARGO_BIN_",
        "CARGO_CFG_",
        "CARGO_FEATURE_",
        "CARGO_MANIFEST_",
        "CARGO_PKG_",
    ];
    const NAMES: [&str; 4] = [
        "CARGO_CRATE_NAME",
        "CARGO_PRIMARY_PACKAGE",
        "CARGO_TARGET_TMPDIR",
        "OUT_DIR",
    ];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Where cargo keeps downloads; the same for whatever it is run for.
pub fn home() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").filter(|home| !home.is_empty());
    let home = home.map(std::path::absolute).and_then(Result::ok);
    home.or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

/// A workspace as cargo sees it, without what it depends on.
#[derive(Debug, Deserialize)]
pub struct Metadata {
    /// Where cargo puts programs.
    pub target_directory: PathBuf,
    /// Where it puts everything on the way to them, if that is another place.
    pub build_directory: Option<PathBuf>,
    /// The packages of the workspace, and no dependency of theirs.
    pub packages: Vec<Member>,
}

/// A package of the workspace.
#[derive(Debug, Deserialize)]
pub struct Member {
    /// As its manifest says.
    pub name: String,
    /// Its `Cargo.toml`, absolute.
    pub manifest_path: PathBuf,
    /// The packages that it names, for whatever it needs them.
    pub dependencies: Vec<Dependency>,
}

/// A package that another one names.
#[derive(Debug, Deserialize)]
pub struct Dependency {
    /// Its directory, absolute, where it is not a registry's or a repository's.
    pub path: Option<PathBuf>,
}

/// Asks cargo about the workspace at `root`.
///
/// # Errors
///
/// There is no cargo, or it does not understand a manifest or its configuration; it has said so.
pub fn metadata(sh: &Shell, root: &Path) -> Result<Metadata> {
    let _directory = sh.push_dir(root);
    // Cargo names itself to what it runs, and need not be looked for by rustup again.
    let running = std::env::var_os("CARGO").map(PathBuf::from);
    let cargo = running.filter(|cargo| cargo.is_file());
    let cargo = cargo.unwrap_or_else(|| PathBuf::from("cargo"));
    let command = cmd!(
        sh,
        "{cargo} metadata --locked --no-deps --format-version 1 --color never"
    );
    let text = undisturbed(command)
        .quiet()
        .read()
        .context("cargo does not describe this workspace")?;
    serde_json::from_str(&text).context("cannot read what cargo says about this workspace")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_the_user_stay() {
        for name in [
            "CARGO_HOME",
            "CARGO_TARGET_DIR",
            "CARGO_TERM_COLOR",
            "RUSTFLAGS",
            "PATH",
        ] {
            assert!(!describes_this_program(name), "{name}");
        }
        for name in [
            "CARGO_PKG_NAME",
            "CARGO_MANIFEST_DIR",
            "CARGO_BIN_EXE_xtask",
            "OUT_DIR",
        ] {
            assert!(describes_this_program(name), "{name}");
        }
    }
}
