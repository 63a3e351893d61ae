//! A handler that is there already: packaged from this working tree, or elsewhere.

use std::path::Path;

use anyhow::Context as _;
use xshell::Shell;

use super::{Target, ZIP, read, recipe, refuse, up_to_date};
use crate::architecture::Architecture;
use crate::asset::Asset;
use crate::inspection::{self, Expected};
use crate::workspace::Workspace;

/// The handler's zip, if it is there and made from what is in the working tree now.
pub(crate) fn ready(
    sh: &Shell,
    workspace: &Workspace,
    target: Target,
) -> anyhow::Result<Option<Asset>> {
    let (_, inputs) = recipe(sh, workspace, target)?;
    let package = up_to_date(&target.directory(workspace), &inputs);
    Ok(package.map(|package| package.asset))
}

/// A zip that was packaged earlier or elsewhere, if Lambda could run it.
///
/// # Errors
///
/// The file cannot be read, or the inspection refuses it; what is wrong has been shown then.
pub(crate) fn ready_made(zip: &Path, architecture: Architecture) -> anyhow::Result<Asset> {
    let asset = Asset::new(ZIP, read(zip)?);
    let expected = Expected {
        architecture,
        flags: &[],
        private: &[],
    };
    refuse(&inspection::inspect(&asset.bytes, &expected))
        .with_context(|| format!("cannot deploy `{}`", zip.display()))?;
    Ok(asset)
}
