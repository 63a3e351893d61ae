//! Programs that nobody ships compiled.

use std::path::PathBuf;

use xshell::{Shell, cmd};

use super::answer;
use crate::cargo::undisturbed;
use crate::workspace::Workspace;
use cfnkit_console::error::{Context as _, Error, Result};

/// A program from crates.io, built as its own lockfile has it.
#[derive(Debug)]
pub struct CargoTool {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    /// The features that it is built with, in place of its default ones.
    pub(super) features: Option<&'static str>,
    /// Whether its build is worth the time that optimizing takes.
    pub(super) is_optimized: bool,
}

impl CargoTool {
    /// The directory of the program, built first where that has not happened yet. With everything
    /// present this makes no network call.
    ///
    /// # Errors
    ///
    /// Cargo cannot build it, for which crates.io must answer and a C compiler be there, or the
    /// program does not answer. What is there then counts as not built, and the next call begins
    /// anew.
    pub fn provide(&self, sh: &Shell, workspace: &Workspace) -> Result<PathBuf> {
        let Self { name, version, .. } = self;
        let features = self.features.map_or(Vec::new(), |features| {
            vec!["--no-default-features", "--features", features]
        });
        let debug = (!self.is_optimized).then_some("--debug");
        let tools = workspace.target().join("tools");
        // With other features it is another program.
        let with = self.features.map(|features| format!("-{features}"));
        let with = with.unwrap_or_default();
        let root = tools.join(format!("{name}-{version}{with}"));
        let complete = root.join(".complete");
        if !complete.exists() {
            let _lock = workspace.lock(&tools.join(format!("{name}.lock")))?;
            // Another process may have been at it meanwhile.
            if !complete.exists() {
                let step = format!("building {name} {version} (some minutes, once)");
                workspace.reporter().step(&step);
                sh.remove_path(&root).map_err(Error::said)?;
                let build = root.join("build");
                let install = undisturbed(cmd!(
                    sh,
                    "cargo install {name} --version ={version} --locked --quiet {features...}
                     {debug...} --root {root} --target-dir {build} --target host-tuple"
                ));
                // Flags are for the handler, and so is another target.
                install
                    .env_remove("RUSTFLAGS")
                    .env_remove("CARGO_ENCODED_RUSTFLAGS")
                    .env_remove("CARGO_BUILD_RUSTFLAGS")
                    .quiet()
                    .run()
                    .with_context(|| {
                        format!(
                            "cannot build {name}; the first time crates.io must be reachable, \
                             and a C compiler be there"
                        )
                    })?;
                sh.remove_path(&build).map_err(Error::said)?;
                let program = root.join("bin").join(name);
                answer(cmd!(sh, "{program} --version"), &[name, "--version"])?;
                sh.write_file(&complete, version).map_err(Error::said)?;
            }
        }
        Ok(root.join("bin"))
    }
}
