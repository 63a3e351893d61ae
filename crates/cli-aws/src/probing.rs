//! The requests of a smoke test, sent to a deployed stage.

use cfnkit_aws::aws::{Connection, api_gateway};
use cfnkit_cli::program::service;
use cfnkit_console::report::Screen;
use cfnkit_operate::smoke::Smoke;
use cfnkit_traffic::requests;

/// Sends them with the first tier's key, where the service has tiers; `output` is the stack's.
pub(crate) async fn probe<'a>(
    connection: &Connection,
    stack: &str,
    output: impl Fn(&str) -> anyhow::Result<&'a str>,
) -> anyhow::Result<Smoke> {
    let service = service();
    let key = match service.tiers.first() {
        Some(tier) => Some(api_gateway::key_value(connection, output(tier.key_output)?).await?),
        None => None,
    };
    let endpoint = output(service.endpoint_output)?;
    Ok(requests::run(
        service.probes,
        stack,
        endpoint,
        key.as_deref(),
        &Screen,
    ))
}
