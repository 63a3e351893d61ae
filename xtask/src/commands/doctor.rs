//! `doctor`: is everything there that a deploy needs.

use xshell::{Shell, cmd};

use super::args::{EnvironmentArgs, LocalCloud, ParameterArgs, StageArgs};
use crate::architecture::Architecture;
use crate::assembly::Cloud;
use crate::aws::cloudformation;
use crate::checkup::{self, Intent};
use crate::doctor::{self, Finding, Verdict};
use crate::exit::Exit;
use crate::screen;
use crate::tool;
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;

/// Check this machine and the account for what a deploy needs, and say how to mend what is not so.
///
/// The machine: Rust toolchain and target, C compiler, Python and the pinned tools. The account:
/// credentials, asset bucket, API Gateway's role, Lambda's concurrency, names that are taken,
/// CloudTrail, quotas. It changes nothing. The first deploy of a stage checks the account by
/// itself.
#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    stage: StageArgs,

    #[command(flatten)]
    environment: EnvironmentArgs,

    #[command(flatten)]
    choices: ParameterArgs,

    /// Look at this machine only.
    #[arg(long, conflicts_with_all = ["profile", "region", "local"])]
    machine: bool,

    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(crate) async fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        let mut findings = machine(sh, workspace);
        if !self.machine {
            findings.extend(self.account(sh, workspace).await?);
        }
        let worst = findings.iter().map(|finding| finding.verdict).max();
        match self.json {
            true => screen::data(serde_json::to_string_pretty(&doctor::Report { findings })?),
            false => screen::data(doctor::render(&findings)),
        }
        match worst {
            Some(Verdict::Error) => Err(Exit::Silent.into()),
            _ => Ok(()),
        }
    }

    async fn account(&self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<Vec<Finding>> {
        let choices = self.choices.read(workspace, &self.stage.stage)?;
        let connected = self
            .environment
            .connect(sh, workspace, LocalCloud::MustRun)
            .await;
        let environment = match connected {
            Ok(environment) => environment,
            Err(err) => {
                let mend = "see the end of the line; `--machine` looks at this machine only";
                let finding = Finding::error("credentials", format!("{err:#}"), mend);
                return Ok(vec![finding]);
            }
        };
        let connection = &environment.connection;
        let name = self.stage.stage.stack_name();
        let deployed = cloudformation::find_stack(&connection.cloudformation(), &name).await?;
        let login = format!("aws sso login{}", self.environment.repeated());
        let parameters = choices.known_parameters();
        let intent = Intent {
            stage: &self.stage.stage,
            parameters: &parameters,
            deployed: deployed.as_ref(),
        };
        let cloud = environment.cloud;
        let findings = checkup::of_account(connection, cloud, &login, &intent).await;
        if cloud == Cloud::Local {
            screen::say(
                "The local cloud has no quotas, needs no role for logs and has no trail of \
                 CloudTrail: those are looked at on AWS only.",
            );
        }
        Ok(findings)
    }
}

/// What a build needs. What is installed at the first use by itself is no trouble.
fn machine(sh: &Shell, workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    match Toolchain::find(sh, workspace) {
        Ok(toolchain) => {
            findings.push(Finding::ok("Rust toolchain", toolchain.version.clone()));
            findings.push(target(sh, &toolchain));
        }
        Err(err) => findings.push(Finding::error(
            "Rust toolchain",
            format!("{err:#}"),
            "install rustup from https://rustup.rs; it reads rust-toolchain.toml",
        )),
    }
    findings.push(
        match cmd!(sh, "cc --version").quiet().ignore_stderr().read() {
            Ok(version) => Finding::ok("C compiler", version.lines().next().unwrap_or("cc")),
            Err(_) => Finding::error(
                "C compiler",
                "there is no `cc`",
                "install one; on Debian and Ubuntu: `apt-get install gcc`, on macOS: \
             `xcode-select --install`",
            ),
        },
    );
    findings.push(match tool::python(sh) {
        Ok(version) => Finding::ok("Python", version),
        Err(err) => Finding::error(
            "Python",
            format!("{err:#}"),
            "on Debian and Ubuntu: `apt-get install python3 python3-venv`",
        ),
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
        findings.push(Finding::ok(use_of, text));
    }
    findings
}

fn target(sh: &Shell, toolchain: &Toolchain) -> Finding {
    let architecture = Architecture::OF_FUNCTION;
    let triple = architecture.triple();
    match toolchain.has_target(sh, architecture) {
        Ok(true) => Finding::ok("Rust target", triple),
        Ok(false) => Finding::ok(
            "Rust target",
            format!("{triple}, installed at the first use"),
        ),
        Err(err) => Finding::error(
            "Rust target",
            format!("{err:#}"),
            format!("`rustup target add {triple}`"),
        ),
    }
}
