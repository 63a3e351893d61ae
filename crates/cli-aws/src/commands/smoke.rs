//! The steps of `smoke`.

use xshell::Shell;

use crate::deployed::deployed;
use crate::probing::probe;
use cfnkit_cli::commands::smoke::Smoke;
use cfnkit_cli::program::service;
use cfnkit_console::exit::Exit;
use cfnkit_console::screen;
use cfnkit_operate::smoke::{self, Smoke as Outcome};
use cfnkit_tools::workspace::Workspace;

pub(crate) async fn run(smoke: Smoke, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
    let deployed = deployed(&smoke.stage, &smoke.environment, sh, workspace).await?;
    let connection = &deployed.environment.connection;
    if service().probes.is_empty() {
        anyhow::bail!("this service names no requests for a smoke test");
    }
    let stack = &deployed.stack.name;
    let outcome = probe(connection, stack, |name| deployed.output(name)).await?;
    print(&outcome, smoke.json)?;
    if deployed.is_local() {
        screen::note(smoke::NOT_SHOWN_LOCALLY);
    }
    match outcome.passed {
        true => Ok(()),
        false => Err(Exit::Silent.into()),
    }
}

fn print(outcome: &Outcome, json: bool) -> anyhow::Result<()> {
    match json {
        true => screen::data(serde_json::to_string_pretty(outcome)?),
        false => screen::show(smoke::render(outcome).trim_end()),
    }
    Ok(())
}
