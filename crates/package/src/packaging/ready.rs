//! A handler that is there already: packaged from this working tree, or elsewhere.

use std::path::Path;
use xshell::Shell;

use super::{Blueprint, Target, read, refuse, up_to_date, zip_name};
use crate::inspection::{self, Expected};
use cfnkit_assembly::asset::Asset;
use cfnkit_assembly::service::Function;
use cfnkit_console::bail;
use cfnkit_console::error::{Context as _, Result};
use cfnkit_console::report::Reporter;
use cfnkit_tools::architecture::Architecture;
use cfnkit_tools::digest::hex;
use cfnkit_tools::workspace::Workspace;

/// A function's zip, if it is there and made from what is in the working tree now.
///
/// # Errors
///
/// The toolchain, cargo's configuration or an input cannot be read. A zip that is missing or out of
/// date is `None`.
pub fn ready(
    sh: &Shell,
    workspace: &Workspace,
    function: &'static Function,
    target: Target,
) -> Result<Option<Asset>> {
    let blueprint = Blueprint::make(sh, workspace, function, target)?;
    let package = up_to_date(&target.directory(workspace), &blueprint)?;
    Ok(package.map(|package| package.asset))
}

/// A zip that was packaged earlier or elsewhere, if Lambda could run it.
///
/// # Errors
///
/// The file cannot be read, is not the one with the SHA-256 `sha256`, or the inspection refuses
/// it; what is wrong has been told then.
pub fn ready_made(
    function: &Function,
    zip: &Path,
    architecture: Architecture,
    sha256: Option<&str>,
    reporter: &dyn Reporter,
) -> Result<Asset> {
    let asset = Asset::new(&zip_name(function), read(zip)?);
    let found = hex(&asset.sha256);
    if let Some(expected) = sha256.filter(|expected| **expected != found) {
        bail!(
            "cannot deploy `{}`: it has the SHA-256 {found}, and {expected} was promised",
            zip.display()
        );
    }
    let expected = Expected {
        architecture,
        flags: &[],
        private: &[],
    };
    refuse(reporter, &inspection::inspect(&asset.bytes, &expected))
        .with_context(|| format!("cannot deploy `{}`", zip.display()))?;
    Ok(asset)
}

#[cfg(test)]
mod tests {
    use cfnkit_console::report::Nobody;

    use super::*;
    use crate::packaging::tests::INTAKE;

    #[test]
    fn a_zip_that_is_not_the_promised_one_is_refused_before_it_is_looked_at() {
        let directory = tempfile::tempdir().unwrap();
        let zip = directory.path().join("handler.zip");
        std::fs::write(&zip, b"no zip at all").unwrap();
        let refused = |sha256: &str| {
            let made = ready_made(&INTAKE, &zip, Architecture::Arm64, Some(sha256), &Nobody);
            made.unwrap_err().to_string()
        };
        let promised = "0".repeat(64);
        let said = refused(&promised);
        assert!(
            said.ends_with(&format!("and {promised} was promised")),
            "{said}"
        );
        let own = hex(&cfnkit_tools::digest::sha256(b"no zip at all"));
        assert!(!refused(&own).contains("promised"));
    }
}
