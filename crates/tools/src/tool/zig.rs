//! Zig as the C compiler and linker of a build: what cargo-zigbuild is told, and where both keep what
//! they make.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use xshell::Cmd;

use super::pip::isolated;
use crate::workspace::Workspace;
use cfnkit_console::error::{Context as _, Result};

/// A call of cargo-zigbuild with the programs it needs. Zig keeps what it compiles for a target;
/// that stays in `target/` too. `aside` is the place that [`aside`] gave.
///
/// # Errors
///
/// The programs' directory has no place in `PATH`, or there is no link to be made in `aside`.
pub fn environment<'sh>(
    build: Cmd<'sh>,
    workspace: &Workspace,
    programs: &Path,
    aside: Option<&TempDir>,
) -> Result<Cmd<'sh>> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path: OsString = std::env::join_paths(
        std::iter::once(programs.to_path_buf()).chain(std::env::split_paths(&path)),
    )
    .context("cannot extend PATH by the cross compiler's directory")?;
    let aside = aside.map(TempDir::path);
    let cache = cache(workspace);
    let scripts = match aside {
        Some(aside) => aside.to_path_buf(),
        None => cache.join("cargo-zigbuild"),
    };
    let mut build = isolated(build);
    if let Some(aside) = aside {
        let link = aside.join("bin");
        std::os::unix::fs::symlink(programs, &link).context("cannot make a temporary link")?;
        // Taken for its own path, for the sake of its tests.
        build = build.env("CARGO_BIN_EXE_cargo-zigbuild", link.join("cargo-zigbuild"));
    }
    Ok(build
        .env("PATH", path)
        .env("CARGO_ZIGBUILD_CACHE_DIR", scripts)
        .env("ZIG_GLOBAL_CACHE_DIR", cache.join("global"))
        .env("ZIG_LOCAL_CACHE_DIR", cache.join("local")))
}

/// A place for cargo-zigbuild's shell scripts, where a path in them would be another one to the
/// shell: it writes paths between double quotes as they are. It is gone after the build, and what
/// depends on the C compiler's path is built again each time.
///
/// # Errors
///
/// There is no temporary directory to be made.
pub fn aside(programs: &Path) -> Result<Option<TempDir>> {
    let is_plain = !programs.to_string_lossy().contains(['"', '$', '\\', '`']);
    let directory = (!is_plain).then(tempfile::tempdir).transpose();
    directory.context("cannot make a temporary directory")
}

/// Where Zig and cargo-zigbuild keep what they make.
pub fn cache(workspace: &Workspace) -> PathBuf {
    workspace.target().join("tools/zig-cache")
}
