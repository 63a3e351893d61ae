//! `watch`: every saved change of the handler, deployed.

use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use xshell::Shell;

use super::args::{EnvironmentArgs, StageArgs};
use crate::program::service;
use cfnkit_assembly::assembly::Cloud;
use cfnkit_assembly::stage_file::StageFile;
use cfnkit_console::interrupt::Interrupts;
use cfnkit_console::screen;
use cfnkit_package::inputs::Inputs;
use cfnkit_package::packaging;
use cfnkit_template::stack_tree::read_template;
use cfnkit_tools::workspace::Workspace;

/// How often the sources are looked at. A look takes a fraction of that.
const INTERVAL: Duration = Duration::from_secs(1);

/// Rebuild the handler and deploy it with `--fast` whenever a file of it is saved.
///
/// For a stage that is deployed already, and never for production. What does not compile is
/// shown, and the next change waited for. Ctrl-C ends it.
#[derive(Debug, clap::Args)]
pub(crate) struct Watch {
    #[command(flatten)]
    pub stage: StageArgs,

    #[command(flatten)]
    pub environment: EnvironmentArgs,

    /// Further arguments for `deploy`, such as the parameters the stage has.
    #[arg(last = true, value_name = "DEPLOY-ARGUMENT")]
    pub arguments: Vec<String>,
}

impl Watch {
    pub(crate) async fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        let root = read_template(&workspace.templates(), "root.yaml")?;
        // Each deploy tells of a missing file.
        let stage_file = StageFile::read(workspace, &self.stage.stage, &root)?;
        if stage_file.is_production() {
            anyhow::bail!(
                "`watch` is not for `{}`; its changes go through `deploy`",
                self.stage.stage
            );
        }
        let cloud = match self.environment.local {
            true => Cloud::Local,
            false => Cloud::Aws,
        };
        let mut interrupts = Interrupts::listen()?;
        let mut deployed = None;
        loop {
            let inputs = inputs(sh, workspace, cloud)?;
            if deployed.as_ref() != Some(&inputs) {
                self.deploy(&mut interrupts).await?;
                screen::say("\nwatching the handler; Ctrl-C ends this");
                // What was saved during the deploy is seen in the next round. The build may have
                // read more than was known of before.
                let after = self::inputs(sh, workspace, cloud)?;
                let pairs = after.iter().zip(&inputs);
                let agree = pairs.fold(true, |agree, (after, before)| {
                    agree && after.agree_with(before)
                });
                deployed = Some(match agree {
                    true => after,
                    false => inputs,
                });
            }
            tokio::select! {
                () = tokio::time::sleep(INTERVAL) => {}
                () = interrupts.next() => return Ok(()),
            }
        }
    }

    /// A process of its own, so that a failure ends one deploy and not the watching.
    async fn deploy(&self, interrupts: &mut Interrupts) -> anyhow::Result<()> {
        let program = std::env::current_exe().context("cannot find this program")?;
        let mut deploy = tokio::process::Command::new(program);
        deploy
            .args(["deploy", "--fast", "--yes"])
            .args(["--stage", self.stage.stage.as_str()])
            .args(self.environment.repeated().split_whitespace())
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let mut deploy = deploy.spawn().context("cannot start `deploy`")?;
        loop {
            tokio::select! {
                ended = deploy.wait() => {
                    ended.context("cannot wait for `deploy`")?;
                    return Ok(());
                }
                // The terminal sends it to the deploy as well, which knows what to do.
                () = interrupts.next() => {}
            }
        }
    }
}

/// What each function would be made of now.
fn inputs(sh: &Shell, workspace: &Workspace, cloud: Cloud) -> anyhow::Result<Vec<Inputs>> {
    let functions = service().functions.iter();
    let target = cloud.into();
    let inputs = functions.map(|function| Ok(packaging::inputs(sh, workspace, function, target)?));
    inputs.collect()
}
