//! The steps of `smoke`.

use xshell::Shell;

use crate::deployed::deployed;
use cfnkit_aws::aws::api_gateway;
use cfnkit_cli::commands::smoke::Smoke;
use cfnkit_cli::program::service;
use cfnkit_console::exit::Exit;
use cfnkit_console::screen;
use cfnkit_operate::smoke::{self, Smoke as Outcome};
use cfnkit_tools::workspace::Workspace;
use cfnkit_traffic::requests;

pub(crate) async fn run(smoke: Smoke, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
    let deployed = deployed(&smoke.stage, &smoke.environment, sh, workspace).await?;
    let connection = &deployed.environment.connection;
    let service = service();
    if service.probes.is_empty() {
        anyhow::bail!("this service names no requests for a smoke test");
    }
    let key = match service.tiers.first() {
        Some(tier) => {
            let id = deployed.output(tier.key_output)?;
            Some(api_gateway::key_value(connection, id).await?)
        }
        None => None,
    };
    let endpoint = deployed.output(service.endpoint_output)?;
    let stack = &deployed.stack.name;
    let outcome = requests::run(service.probes, stack, endpoint, key.as_deref());
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
