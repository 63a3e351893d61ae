//! What a deploy ends with: the outputs, what to try, and whether the endpoint answers.

use std::collections::BTreeMap;

use anyhow::Context as _;

use crate::agreed::revise;
use crate::connection::Environment;
use crate::probing::probe;
use cfnkit_assembly::assembly::Cloud;
use cfnkit_assembly::service::Function;
use cfnkit_aws::aws::{Connection, api_gateway};
use cfnkit_cli::commands::deploy::Deploy;
use cfnkit_cli::outputs;
use cfnkit_cli::program::service;
use cfnkit_console::consent::Consent;
use cfnkit_console::exit::Exit;
use cfnkit_console::screen::{self, BAD, QUIET, STRONG};
use cfnkit_deploy::deployment::Engine;
use cfnkit_operate::smoke;
use cfnkit_operation::stack::Stack;
use cfnkit_template::parameters::Parameters;

pub(super) async fn finish(
    deploy: &Deploy,
    environment: &Environment,
    stack: &Stack,
) -> anyhow::Result<()> {
    let outputs = outputs::as_seen_from_here(&stack.outputs, environment.emulator.as_ref());
    outputs::print(&outputs, deploy.json)?;
    if environment.cloud == Cloud::Local {
        return show_local_request(&environment.connection, &outputs).await;
    }
    if let Some(tier) = service().tiers.first() {
        screen::say(format!(
            "\n{QUIET}Next: cargo xtask keys --show {} --stage {}{}{QUIET:#}",
            tier.name,
            deploy.stage.stage,
            deploy.environment.repeated()
        ));
    }
    Ok(())
}

/// Sends the smoke test's requests; where one is not answered as it should be, offers the
/// handler that was deployed `before`.
pub(super) async fn verify(
    deploy: &Deploy,
    engine: &mut Engine<'_>,
    environment: &Environment,
    stack: &Stack,
    before: Option<&Stack>,
) -> anyhow::Result<()> {
    if deploy.no_smoke {
        return Ok(());
    }
    if deploy.options.express {
        screen::say("no smoke test: `--express` does not wait until the stage can answer");
        return Ok(());
    }
    if passes(environment, stack).await? {
        return Ok(());
    }
    let previous = before
        .map(|before| replaced(before, stack))
        .unwrap_or_default();
    if previous.is_empty() {
        screen::say(
            "\nno earlier handler to go back to: this deploy brought none, or was the first",
        );
        return Err(Exit::Silent.into());
    }
    if environment.cloud == Cloud::Local && !screen::can_ask() {
        screen::say("\nthe local cloud gets the previous handler from a deploy of its commit");
        return Err(Exit::Silent.into());
    }
    if !screen::can_ask() {
        screen::say(way_back(deploy, stack, &previous));
        return Err(Exit::Silent.into());
    }
    let values = previous.iter();
    let values = values.map(|(function, key)| (function.key_parameter.to_owned(), key.clone()));
    let values: Parameters = values.collect();
    let question = "Put the previous handler back?";
    let stack = revise(engine, stack, &values, Consent::Ask, question).await?;
    passes(environment, &stack).await?;
    anyhow::bail!(
        "the new handler did not answer as it should and the previous one is back; \
         the next `cargo xtask deploy` brings the new one again"
    )
}

/// The functions whose zip `now` has another of, each with the key of the one before.
fn replaced(before: &Stack, now: &Stack) -> Vec<(&'static Function, String)> {
    let functions = service().functions.iter();
    let replaced = functions.filter_map(|function| {
        let key = before.parameters.get(function.key_parameter)?;
        let is_other = now.parameters.get(function.key_parameter) != Some(key);
        is_other.then(|| (function, key.clone()))
    });
    replaced.collect()
}

async fn passes(environment: &Environment, stack: &Stack) -> anyhow::Result<bool> {
    let outputs = outputs::as_seen_from_here(&stack.outputs, environment.emulator.as_ref());
    let output = |name: &str| {
        let value = outputs.get(name).map(String::as_str);
        value.with_context(|| format!("no output `{name}`"))
    };
    let connection = &environment.connection;
    let outcome = probe(connection, &stack.name, output).await?;
    screen::say(format!("\n{}", smoke::render(&outcome).trim_end()));
    if !outcome.passed {
        screen::say(format!(
            "{BAD}the stage is deployed and does not answer as it should{BAD:#}"
        ));
    }
    Ok(outcome.passed)
}

/// The commands that bring the previous handlers back, where nobody can be asked.
fn way_back(deploy: &Deploy, stack: &Stack, previous: &[(&Function, String)]) -> String {
    let stage = &deploy.stage.stage;
    let flags = deploy.environment.repeated();
    let bucket = stack.parameters.get(service().supplied.asset_bucket);
    let bucket = bucket.map_or("<AssetBucketName>", String::as_str);
    let mut text = format!("\n{STRONG}Put the previous handler back:{STRONG:#}\n");
    let mut zips = String::new();
    for (function, key) in previous {
        let (file, named) = match service().functions {
            [_] => ("previous".to_owned(), String::new()),
            _ => (
                format!("previous-{}", function.name),
                format!("{}=", function.name),
            ),
        };
        text.push_str(&format!(
            "  aws s3 cp s3://{bucket}/{key} target/{file}.zip{flags}\n"
        ));
        zips.push_str(&format!(" --handler {named}target/{file}.zip"));
    }
    text + &format!("  cargo xtask deploy{zips} --stage {stage}{flags}")
}

/// What to try now: the keys, which are worth nothing outside this machine, and a request.
async fn show_local_request(
    connection: &Connection,
    outputs: &BTreeMap<String, String>,
) -> anyhow::Result<()> {
    let output = |name: &str| {
        outputs
            .get(name)
            .with_context(|| format!("no output `{name}`"))
    };
    let service = service();
    let Some(sample) = &service.sample else {
        return Ok(());
    };
    let mut text = String::new();
    let width = service.tiers.iter().map(|tier| tier.word.len()).max();
    let mut first = None;
    for tier in service.tiers {
        let key = api_gateway::key_value(connection, output(tier.key_output)?).await?;
        let label = format!("{} key", tier.word);
        let gap = " ".repeat(width.unwrap_or_default() + 6 - label.len());
        text.push_str(&format!("\n{STRONG}{label}{STRONG:#}{gap}{key}"));
        first.get_or_insert(key);
    }
    if !text.is_empty() {
        text.push('\n');
    }
    let endpoint = output(service.endpoint_output)?;
    let header = first.map(|key| format!("-H 'x-api-key: {key}' \\\n    "));
    let body = sample.body;
    screen::say(format!(
        "{text}\n\
         Try it:\n\n  \
         curl -X POST {endpoint}/ \\\n    \
         {}\
         -H 'Content-Type: application/json' \\\n    \
         -d '{body}'\n\n\
         {QUIET}cargo xtask local down stops the local cloud and forgets everything in it.{QUIET:#}",
        header.unwrap_or_default()
    ));
    Ok(())
}
