//! The handler's binary and its zip: built for Lambda or, for the local cloud, for this machine.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use xshell::{Shell, cmd};

use crate::assembly::Cloud;
use crate::asset::{Asset, hex, sha256, zip_bootstrap};
use crate::cargo::undisturbed;
use crate::screen;
use crate::tool;
use crate::workspace::Workspace;

/// What the handler is built for. Amazon Linux 2023, the `provided.al2023` runtime, has glibc 2.34.
const LAMBDA_TARGET: &str = "aarch64-unknown-linux-gnu";
const LAMBDA_GLIBC: &str = "2.34";

/// A built and zipped handler.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) path: PathBuf,
    pub(crate) asset: Asset,
    /// Whether this run wrote the zip; false where it was up to date.
    pub(crate) fresh: bool,
}

/// What was zipped last, beside the zip.
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
struct Record {
    binary_sha256: String,
    zip_sha256: String,
}

/// Builds and zips the handler. Where nothing changed, cargo compiles nothing and the zip stays
/// as it is.
pub(crate) fn package(sh: &Shell, workspace: &Workspace, cloud: Cloud) -> anyhow::Result<Package> {
    let (directory, binary) = match cloud {
        Cloud::Aws => ("package", build_for_lambda(sh, workspace)?),
        Cloud::Local => ("package/local", build_for_host(sh, workspace)?),
    };
    zip_binary(&workspace.target().join(directory), &binary)
}

fn build_for_lambda(sh: &Shell, workspace: &Workspace) -> anyhow::Result<PathBuf> {
    provide_target(sh, workspace)?;
    let bin = tool::ZIG.provide(sh, workspace)?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(&path)))
        .context("cannot extend PATH by the cross compiler's directory")?;
    screen::progress("building the handler for arm64");
    let _directory = sh.push_dir(workspace.root());
    let build = cmd!(
        sh,
        "cargo zigbuild --locked --package handler --profile lambda
         --target {LAMBDA_TARGET}.{LAMBDA_GLIBC}"
    );
    let build = undisturbed(build)
        .env("PATH", path)
        .env("CARGO_ENCODED_RUSTFLAGS", remap_flags(workspace));
    build
        .quiet()
        .run()
        .context("the handler does not build for arm64")?;
    Ok(workspace
        .cargo_target()
        .join(LAMBDA_TARGET)
        .join("lambda/bootstrap"))
}

fn build_for_host(sh: &Shell, workspace: &Workspace) -> anyhow::Result<PathBuf> {
    screen::progress("building the handler for this machine");
    let _directory = sh.push_dir(workspace.root());
    undisturbed(cmd!(sh, "cargo build --locked --package handler"))
        .quiet()
        .run()
        .context("the handler does not build")?;
    Ok(workspace.cargo_target().join("debug/bootstrap"))
}

/// The directories of this machine have no place in the binary.
fn remap_flags(workspace: &Workspace) -> String {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let mut flags = vec![format!(
        "--remap-path-prefix={}=.",
        workspace.root().display()
    )];
    flags.extend(home.map(|home| format!("--remap-path-prefix={}=cargo", home.display())));
    // The separator cargo's documentation names for this variable.
    flags.join("\u{1f}")
}

/// Installs the Rust standard library for Lambda's architecture where it is missing.
fn provide_target(sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
    let _directory = sh.push_dir(workspace.root());
    let sysroot = cmd!(sh, "rustc --print sysroot")
        .quiet()
        .read()
        .context("no `rustc`")?;
    if Path::new(&sysroot)
        .join("lib/rustlib")
        .join(LAMBDA_TARGET)
        .is_dir()
    {
        return Ok(());
    }
    screen::progress(format!("installing the Rust target {LAMBDA_TARGET} (once)"));
    cmd!(sh, "rustup --quiet target add {LAMBDA_TARGET}")
        .quiet()
        .run()
        .with_context(|| {
            format!(
                "the Rust target is missing; install it with `rustup target add {LAMBDA_TARGET}`"
            )
        })
}

fn zip_binary(directory: &Path, binary: &Path) -> anyhow::Result<Package> {
    let path = directory.join("handler.zip");
    let record_path = directory.join("handler.json");
    let bytes = std::fs::read(binary)
        .with_context(|| format!("cannot read the built handler `{}`", binary.display()))?;
    let binary_sha256 = hex(&sha256(&bytes));
    if let Some(asset) = up_to_date(&path, &record_path, &binary_sha256) {
        return Ok(Package {
            path,
            asset,
            fresh: false,
        });
    }
    let asset = Asset::new("handler.zip", zip_bootstrap(&bytes)?);
    let record = Record {
        binary_sha256,
        zip_sha256: hex(&asset.sha256),
    };
    let record = serde_json::to_string_pretty(&record).context("cannot describe the zip")? + "\n";
    std::fs::create_dir_all(directory)
        .and_then(|()| std::fs::write(&path, &asset.bytes))
        .and_then(|()| std::fs::write(&record_path, record))
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    Ok(Package {
        path,
        asset,
        fresh: true,
    })
}

/// The zip on disk, if it is the one that was made of this very binary.
fn up_to_date(path: &Path, record_path: &Path, binary_sha256: &str) -> Option<Asset> {
    let record = std::fs::read(record_path).ok()?;
    let record: Record = serde_json::from_slice(&record).ok()?;
    if record.binary_sha256 != binary_sha256 {
        return None;
    }
    let asset = Asset::new("handler.zip", std::fs::read(path).ok()?);
    (hex(&asset.sha256) == record.zip_sha256).then_some(asset)
}
