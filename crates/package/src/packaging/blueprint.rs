//! A build of the handler before it begins: for what, with what, under which terms.

use xshell::Shell;

use super::build::{self, Linker};
use super::manifest::Recipe;
use super::{FORMAT, Target, read, refuse};
use crate::inputs::Terms;
use crate::inspection::{self, Defect, Expected};
use cfnkit_assembly::service::Function;
use cfnkit_console::error::Result;
use cfnkit_tools::architecture::{Architecture, GLIBC};
use cfnkit_tools::cargo;
use cfnkit_tools::cargo::build::Build;
use cfnkit_tools::cargo::configuration::Configuration;
use cfnkit_tools::digest::{hex, sha256};
use cfnkit_tools::toolchain::Toolchain;
use cfnkit_tools::workspace::Workspace;

/// A build that has not begun.
pub(super) struct Blueprint<'workspace> {
    pub(super) workspace: &'workspace Workspace,
    pub(super) function: &'static Function,
    target: Target,
    pub(super) toolchain: Toolchain,
    pub(super) configuration: Configuration,
    /// The target as rustc names it.
    pub(super) triple: String,
    /// Without the inputs.
    pub(super) recipe: Recipe,
}

impl<'workspace> Blueprint<'workspace> {
    pub(super) fn make(
        sh: &Shell,
        workspace: &'workspace Workspace,
        function: &'static Function,
        target: Target,
    ) -> Result<Self> {
        let toolchain = Toolchain::find(sh, workspace)?;
        let configuration = Configuration::read(sh, workspace)?;
        let lockfile = read(&workspace.root().join("Cargo.lock"))?;
        let triple = match target {
            Target::Lambda(architecture) => architecture.triple().to_owned(),
            Target::LocalCloud => toolchain.host.clone(),
        };
        let (architecture, name, linker, profile) = match target {
            Target::Lambda(architecture) => (
                architecture.name(),
                format!("{triple}.{GLIBC}"),
                Linker::choose(sh, architecture).describe(sh),
                function.profile,
            ),
            Target::LocalCloud => ("host", "host".to_owned(), "host".to_owned(), "dev"),
        };
        let recipe = Recipe {
            architecture: architecture.to_owned(),
            target: name,
            toolchain: toolchain.version.clone(),
            linker,
            profile: profile.to_owned(),
            flags: configuration.flags(&triple)?,
            lockfile_sha256: hex(&sha256(&lockfile)),
            inputs_sha256: String::new(),
        };
        Ok(Self {
            workspace,
            function,
            target,
            toolchain,
            configuration,
            triple,
            recipe,
        })
    }

    pub(super) fn terms(&self) -> Terms<'_> {
        let recipe = &self.recipe;
        Terms {
            workspace: self.workspace,
            package: self.function.package,
            triple: &self.triple,
            profile: &recipe.profile,
            configuration: &self.configuration,
            settings: vec![
                ("packaging", FORMAT.to_string()),
                ("target", recipe.target.clone()),
                ("toolchain", recipe.toolchain.clone()),
                ("linker", recipe.linker.clone()),
                ("rustc flags", recipe.flags.join(" ")),
            ],
        }
    }

    pub(super) fn build(&self, sh: &Shell) -> Result<Build> {
        match self.target {
            Target::Lambda(architecture) => {
                // Better known now than after minutes of building.
                let findings = inspect(self, architecture, inspection::inspect_flags);
                refuse(self.workspace.reporter(), &findings)?;
                build::for_lambda(sh, self, architecture)
            }
            Target::LocalCloud => build::for_local_cloud(sh, self),
        }
    }
}

/// Looks at something for Lambda, with what is known of this machine and its user.
pub(super) fn inspect(
    blueprint: &Blueprint<'_>,
    architecture: Architecture,
    look: impl FnOnce(&Expected<'_>) -> Vec<Defect>,
) -> Vec<Defect> {
    let mut flags = blueprint.recipe.flags.clone();
    flags.extend(build::flags_for_c());
    let home = std::env::home_dir();
    let cargo_home = cargo::home();
    let mut private = vec![("checkout", blueprint.workspace.root())];
    private.extend(home.as_deref().map(|home| ("home directory", home)));
    let cargo_home = cargo_home.as_deref();
    private.extend(cargo_home.map(|home| ("cargo's directory", home)));
    look(&Expected {
        architecture,
        flags: &flags,
        private: &private,
    })
}
