//! `doctor`: is everything there that a deploy needs.

use xshell::{Shell, cmd};

use super::args::{EnvironmentArgs, ParameterArgs, StageArgs};
use cfnkit_console::error::chain;
use cfnkit_console::exit::Exit;
use cfnkit_console::screen;
use cfnkit_operate::doctor::{self, Checked, Health};
use cfnkit_tools::architecture::Architecture;
use cfnkit_tools::tool;
use cfnkit_tools::tool::python;
use cfnkit_tools::toolchain::Toolchain;
use cfnkit_tools::workspace::Workspace;

/// Check this machine and the account for what a deploy needs, and say how to mend what is not so.
///
/// The machine: Rust toolchain and target, C compiler, Python and the pinned tools. The account:
/// credentials, asset bucket, API Gateway's role, Lambda's concurrency, names that are taken,
/// CloudTrail, quotas. It changes nothing. The first deploy of a stage checks the account by
/// itself.
#[derive(Debug, clap::Args)]
pub struct Doctor {
    #[command(flatten)]
    pub stage: StageArgs,

    #[command(flatten)]
    pub environment: EnvironmentArgs,

    #[command(flatten)]
    pub choices: ParameterArgs,

    /// Look at this machine only.
    #[arg(long, conflicts_with_all = [
        "profile", "region", "local", "stage", "params", "params_file", "asset_bucket",
    ])]
    pub machine: bool,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

impl Doctor {
    pub(crate) fn is_for_machine_alone(&self) -> bool {
        self.machine
    }

    pub(crate) fn look_at_machine(&self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        self.report(machine(sh, workspace))
    }

    /// Shows the findings, for a person or as JSON.
    ///
    /// # Errors
    ///
    /// A finding is an error: [`Exit::Silent`], as it is shown by then.
    pub fn report(&self, findings: Vec<Checked>) -> anyhow::Result<()> {
        let worst = findings.iter().map(|finding| finding.verdict).max();
        match self.json {
            true => screen::data(serde_json::to_string_pretty(&doctor::Report { findings })?),
            false => screen::show(doctor::render(&findings)),
        }
        match worst {
            Some(Health::Error) => Err(Exit::Silent.into()),
            _ => Ok(()),
        }
    }
}

/// What a build needs. What is installed at the first use by itself is no trouble.
pub fn machine(sh: &Shell, workspace: &Workspace) -> Vec<Checked> {
    let mut findings = Vec::new();
    match Toolchain::find(sh, workspace) {
        Ok(toolchain) => {
            findings.push(Checked::ok("Rust toolchain", toolchain.version.clone()));
            findings.push(target(sh, &toolchain));
        }
        Err(err) => findings.push(Checked::error(
            "Rust toolchain",
            chain(&err),
            "install rustup from https://rustup.rs; it reads rust-toolchain.toml",
        )),
    }
    findings.push(
        match cmd!(sh, "cc --version").quiet().ignore_stderr().read() {
            Ok(version) => Checked::ok("C compiler", version.lines().next().unwrap_or("cc")),
            Err(_) => Checked::error(
                "C compiler",
                "there is no `cc`",
                "install one; on Debian and Ubuntu: `apt-get install gcc`, on macOS: \
             `xcode-select --install`",
            ),
        },
    );
    findings.push(match python::version(sh) {
        Ok(version) => Checked::ok("Python", version),
        Err(err) => Checked::error("Python", chain(&err), python::HOW_TO_GET),
    });
    for (tools, package, use_of) in [
        (&tool::ZIG, "ziglang", "cross compiler"),
        (&tool::EMULATOR, "ministack", "local cloud"),
        (&tool::CFN_LINT, "cfn-lint", "template linter"),
    ] {
        let versions = tools.versions();
        let version = versions.iter().find(|one| one.starts_with(package));
        let text = match tools.is_installed(workspace) {
            true => version.cloned().unwrap_or_default(),
            false => "installed by itself at its first use".to_owned(),
        };
        findings.push(Checked::ok(use_of, text));
    }
    findings
}

fn target(sh: &Shell, toolchain: &Toolchain) -> Checked {
    let architecture = Architecture::OF_FUNCTION;
    let triple = architecture.triple();
    match toolchain.has_target(sh, architecture.triple()) {
        Ok(true) => Checked::ok("Rust target", triple),
        Ok(false) => Checked::ok(
            "Rust target",
            format!("{triple}, installed at the first use"),
        ),
        Err(err) => Checked::error(
            "Rust target",
            chain(&err),
            format!("`rustup target add {triple}`"),
        ),
    }
}
