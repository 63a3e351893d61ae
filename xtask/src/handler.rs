//! The handler's binary and its zip: built for Lambda or, for the local cloud, for this machine.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use xshell::{Shell, cmd};

use crate::assembly::Cloud;
use crate::asset::{Asset, hex, zip_bootstrap};
use crate::cargo::undisturbed;
use crate::inputs;
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
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    inputs_sha256: String,
    zip_sha256: String,
}

/// Builds and zips the handler. Where nothing it is built from has changed, this does nothing.
pub(crate) fn package(sh: &Shell, workspace: &Workspace, cloud: Cloud) -> anyhow::Result<Package> {
    let (directory, settings) = match cloud {
        Cloud::Aws => (
            "package",
            vec![LAMBDA_TARGET, LAMBDA_GLIBC, tool::ZIG.requirements()],
        ),
        Cloud::Local => ("package/local", vec!["host"]),
    };
    let directory = workspace.target().join(directory);
    let path = directory.join("handler.zip");
    // Taken before the build: a file that changes meanwhile is seen the next time.
    let inputs_sha256 = inputs::hash(workspace, &settings)?;
    if let Some(asset) = up_to_date(&directory, &inputs_sha256) {
        return Ok(Package {
            path,
            asset,
            fresh: false,
        });
    }
    let binary = match cloud {
        Cloud::Aws => build_for_lambda(sh, workspace)?,
        Cloud::Local => build_for_host(sh, workspace)?,
    };
    let asset = zip_binary(&directory, &binary, inputs_sha256)?;
    Ok(Package {
        path,
        asset,
        fresh: true,
    })
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
        // It would move the binary, and the local cloud runs what this machine can run.
        .env_remove("CARGO_BUILD_TARGET")
        .quiet()
        .run()
        .context("the handler does not build")?;
    Ok(workspace.cargo_target().join("debug/bootstrap"))
}

/// The directories of this machine have no place in the binary.
fn remap_flags(workspace: &Workspace) -> String {
    let mut flags = vec![format!(
        "--remap-path-prefix={}=.",
        workspace.root().display()
    )];
    flags.extend(
        inputs::cargo_home().map(|home| format!("--remap-path-prefix={}=cargo", home.display())),
    );
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

fn zip_binary(directory: &Path, binary: &Path, inputs_sha256: String) -> anyhow::Result<Asset> {
    let bytes = std::fs::read(binary)
        .with_context(|| format!("cannot read the built handler `{}`", binary.display()))?;
    let asset = Asset::new("handler.zip", zip_bootstrap(&bytes)?);
    let record = Record {
        inputs_sha256,
        zip_sha256: hex(&asset.sha256),
    };
    let record = serde_json::to_string_pretty(&record).context("cannot describe the zip")? + "\n";
    std::fs::create_dir_all(directory)
        .and_then(|()| std::fs::write(directory.join("handler.zip"), &asset.bytes))
        .and_then(|()| std::fs::write(directory.join("handler.json"), record))
        .with_context(|| format!("cannot write to `{}`", directory.display()))?;
    Ok(asset)
}

/// The zip on disk, if it is whole and was made of these inputs.
fn up_to_date(directory: &Path, inputs_sha256: &str) -> Option<Asset> {
    let record = std::fs::read(directory.join("handler.json")).ok()?;
    let record: Record = serde_json::from_slice(&record).ok()?;
    if record.inputs_sha256 != inputs_sha256 {
        return None;
    }
    let asset = Asset::new(
        "handler.zip",
        std::fs::read(directory.join("handler.zip")).ok()?,
    );
    (hex(&asset.sha256) == record.zip_sha256).then_some(asset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zip_is_reused_only_whole_and_for_the_same_inputs() {
        let directory = tempfile::tempdir().unwrap();
        let binary = directory.path().join("bootstrap");
        std::fs::write(&binary, b"program").unwrap();
        let package = directory.path().join("package");
        assert!(up_to_date(&package, "inputs").is_none());
        let made = zip_binary(&package, &binary, "inputs".to_owned()).unwrap();
        assert_eq!(up_to_date(&package, "inputs").unwrap().key, made.key);
        assert!(up_to_date(&package, "other inputs").is_none());
        std::fs::write(package.join("handler.zip"), b"half").unwrap();
        assert!(up_to_date(&package, "inputs").is_none());
    }
}
