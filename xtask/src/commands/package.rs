//! `package`: the handler as a zip for Lambda.

use xshell::Shell;

use crate::assembly::Cloud;
use crate::asset::hex;
use crate::handler;
use crate::screen;
use crate::workspace::Workspace;

/// Build the handler for Lambda and zip it.
///
/// The zip is for arm64 and Amazon Linux 2023.
///
/// What is missing for the cross build is installed into `target/tools/`, pinned by version and
/// hash. The same source gives the same zip.
#[derive(Debug, clap::Args)]
pub(crate) struct Package {
    /// Build for this machine instead, as the local cloud runs it.
    #[arg(long)]
    local: bool,
}

impl Package {
    pub(crate) fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        let cloud = match self.local {
            true => Cloud::Local,
            false => Cloud::Aws,
        };
        let package = handler::package(sh, workspace, cloud)?;
        if !package.fresh {
            screen::progress("up to date, nothing to do");
        }
        screen::data(format!("path    {}", workspace.display(&package.path)));
        screen::data(format!("size    {} bytes", package.asset.bytes.len()));
        screen::data(format!("sha256  {}", hex(&package.asset.sha256)));
        Ok(())
    }
}
