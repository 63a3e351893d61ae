//! `test`: everything that must hold before a change is merged.

use anyhow::Context as _;
use xshell::{Shell, cmd};

use crate::assembly::Cloud;
use crate::handler;
use crate::linting::add_lint_steps;
use crate::step::{Steps, cargo_test};
use crate::tool;
use crate::workspace::Workspace;

/// Run every check: lint, the handler's tests, the tool's, and both against a local cloud.
///
/// The integration tests start and stop local clouds of their own.
#[derive(Debug, clap::Args)]
pub(crate) struct Test {
    /// Also hold the arm64 zip's `bootstrap` against the contract, in AWS's Lambda runtime
    /// interface emulator.
    ///
    /// On a host of another architecture this needs Debian's `qemu-user-static` and
    /// `libc6-arm64-cross`.
    #[arg(long)]
    arm64: bool,
}

impl Test {
    pub(crate) fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        if self.arm64 {
            // Better known now than after ten minutes of other tests.
            find_qemu(sh)?;
        }
        let mut steps = Steps::default();
        add_lint_steps(&mut steps, sh, workspace);
        let _directory = sh.push_dir(workspace.root());
        steps.run("handler", || {
            cargo_test(sh, &["--package", "handler", "--package", "rig"])
        });
        steps.run("xtask", || {
            cargo_test(sh, &["--package", "xtask", "--bins"])
        });
        steps.run("integration tests", || {
            cargo_test(sh, &["--package", "xtask", "--test", "it"])
        });
        if self.arm64 {
            steps.run("arm64", || {
                let package = handler::package(sh, workspace, Cloud::Aws)?;
                let rie = tool::RUNTIME_EMULATOR.provide(sh, workspace)?;
                let _zip = sh.push_env("HANDLER_ZIP", &package.path);
                let _rie = sh.push_env("RUNTIME_EMULATOR_BIN", rie);
                cargo_test(sh, &["--package", "xtask", "--test", "arm64"])
            });
        }
        steps.finish()
    }
}

fn find_qemu(sh: &Shell) -> anyhow::Result<()> {
    if cfg!(target_arch = "aarch64") {
        return Ok(());
    }
    let found = cmd!(sh, "qemu-aarch64-static --version")
        .quiet()
        .ignore_stdout()
        .run();
    found.context(
        "`--arm64` runs the handler under qemu: `apt-get install qemu-user-static libc6-arm64-cross`",
    )?;
    if !std::path::Path::new("/usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1").exists() {
        anyhow::bail!(
            "`--arm64` needs the C library for arm64: `apt-get install libc6-arm64-cross`"
        );
    }
    Ok(())
}
