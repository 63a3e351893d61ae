//! `<function>.json`, beside the zip: what it was made of and what came out.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::inputs::Inputs;
use cfnkit_assembly::asset::Asset;
use cfnkit_assembly::service::Function;
use cfnkit_console::error::{Context as _, Result};
use cfnkit_tools::digest::hex;

/// The file's name beside a function's zip.
pub fn manifest_name(function: &Function) -> String {
    format!("{}.json", function.name)
}

/// The manifest of the zip before, for `--explain`.
fn previous_name(function: &Function) -> String {
    format!("{}.previous.json", function.name)
}

/// One package. The same commit gives the same manifest, so it has no time and no path in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    #[serde(flatten)]
    pub(crate) recipe: Recipe,
    /// What came out.
    #[serde(flatten)]
    pub output: Output,
    /// Every input by name: a hash, a version or a value.
    pub inputs: Inputs,
}

/// What is known before the build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recipe {
    /// `arm64` or `x86_64`, or `host` for the local cloud.
    pub architecture: String,
    /// As rustc names it, with the version of glibc.
    pub target: String,
    pub(crate) toolchain: String,
    pub(crate) linker: String,
    /// Name of cargo's profile.
    pub profile: String,
    /// Flags for rustc that the user added.
    pub(crate) flags: Vec<String>,
    pub(crate) lockfile_sha256: String,
    pub(crate) inputs_sha256: String,
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// In hexadecimal digits.
    pub zip_sha256: String,
    /// Size of the zip.
    pub zip_bytes: usize,
    pub(crate) bootstrap_sha256: String,
    /// Size of the executable in it.
    pub bootstrap_bytes: usize,
    /// The newest version of glibc that a symbol needs; none for a static program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) glibc: Option<String>,
}

impl Manifest {
    /// The manifest in `directory`; none if it is missing or not in this form.
    pub fn read(directory: &Path, function: &Function) -> Option<Self> {
        parse(&directory.join(manifest_name(function)))
    }

    /// A manifest that was brought along; none if it is not in this form.
    pub fn read_file(path: &Path) -> Option<Self> {
        parse(path)
    }

    /// The one that was replaced.
    pub fn read_previous(directory: &Path, function: &Function) -> Option<Self> {
        parse(&directory.join(previous_name(function)))
    }

    /// Replaces the manifest in `directory`, and keeps the one that is there as the previous one
    /// if it was made of something else.
    ///
    /// # Errors
    ///
    /// The previous manifest or the new one cannot be written; the one that is there stays.
    pub fn write(&self, directory: &Path, function: &Function) -> Result<()> {
        let text = serde_json::to_string_pretty(self).context("cannot describe the zip")? + "\n";
        if Self::read(directory, function).is_some_and(|present| present.inputs != self.inputs) {
            std::fs::copy(
                directory.join(manifest_name(function)),
                directory.join(previous_name(function)),
            )
            .context("cannot keep the manifest of the zip before")?;
        }
        super::replace(&directory.join(manifest_name(function)), text.as_bytes())
    }

    /// Whether this zip is the one the manifest is about.
    pub(crate) fn describes(&self, zip: &Asset) -> bool {
        hex(&zip.sha256) == self.output.zip_sha256
    }
}

fn parse(path: &Path) -> Option<Manifest> {
    let text = std::fs::read(path).ok()?;
    serde_json::from_slice(&text).ok()
}
