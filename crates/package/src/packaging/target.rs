//! What a function is built for, and where that is kept.

use std::path::PathBuf;

use cfnkit_assembly::assembly::Cloud;
use cfnkit_tools::architecture::Architecture;
use cfnkit_tools::workspace::Workspace;

/// What a function is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Lambda, on machines of one architecture.
    Lambda(Architecture),
    /// The emulator, on this machine.
    LocalCloud,
}

impl From<Cloud> for Target {
    fn from(cloud: Cloud) -> Self {
        match cloud {
            Cloud::Aws => Self::Lambda(Architecture::OF_FUNCTION),
            Cloud::Local => Self::LocalCloud,
        }
    }
}

impl Target {
    /// Where this target's zip, manifest and symbols are.
    pub fn directory(self, workspace: &Workspace) -> PathBuf {
        let package = workspace.target().join("package");
        match self {
            Self::Lambda(Architecture::Arm64) => package,
            Self::Lambda(architecture) => package.join(architecture.name()),
            Self::LocalCloud => package.join("local"),
        }
    }
}
