//! What a deploy ends with: the outputs, what to try, and whether the endpoint answers.

use std::collections::BTreeMap;

use anyhow::Context as _;

use crate::connection::Environment;
use cfnkit_assembly::assembly::Cloud;
use cfnkit_aws::aws::{Connection, api_gateway};
use cfnkit_cli::commands::deploy::Deploy;
use cfnkit_cli::outputs;
use cfnkit_console::consent::Consent;
use cfnkit_console::exit::Exit;
use cfnkit_console::screen::{self, BAD, QUIET, STRONG};
use cfnkit_deploy::deployment::Engine;
use cfnkit_operate::smoke;
use cfnkit_operation::options::Options;
use cfnkit_operation::stack::Stack;
use cfnkit_template::parameters::Parameters;
use cfnkit_traffic::requests;

/// The root parameters that say which handler is deployed, and where it lies.
const HANDLER_KEY: &str = "HandlerKey";
const ASSET_BUCKET: &str = "AssetBucketName";

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
    screen::say(format!(
        "\n{QUIET}Next: cargo xtask keys --show standard --stage {}{}{QUIET:#}",
        deploy.stage.stage,
        deploy.environment.repeated()
    ));
    Ok(())
}

/// Sends the smoke test's requests; where one is not answered as it should be, offers the
/// handler that was deployed `before`.
pub(super) async fn verify(
    deploy: &Deploy,
    engine: &mut Engine,
    environment: &Environment,
    stack: &Stack,
    before: Option<&Stack>,
) -> anyhow::Result<()> {
    if deploy.no_smoke {
        return Ok(());
    }
    if deploy.options.is_express() {
        screen::say("no smoke test: `--express` does not wait until the stage can answer");
        return Ok(());
    }
    if passes(environment, stack).await? {
        return Ok(());
    }
    let key = |stack: &Stack| stack.parameters.get(HANDLER_KEY).cloned();
    let now = key(stack);
    let Some(previous) = before.and_then(key).filter(|key| Some(key) != now.as_ref()) else {
        screen::say(
            "\nno earlier handler to go back to: this deploy brought none, or was the first",
        );
        return Err(Exit::Silent.into());
    };
    if environment.cloud == Cloud::Local && !screen::can_ask() {
        screen::say("\nthe local cloud gets the previous handler from a deploy of its commit");
        return Err(Exit::Silent.into());
    }
    if !screen::can_ask() {
        screen::say(way_back(deploy, stack, &previous));
        return Err(Exit::Silent.into());
    }
    let values = Parameters::from([(HANDLER_KEY.to_owned(), previous)]);
    let question = "Put the previous handler back?";
    let options = Options::default();
    let stack = engine
        .revise(stack, &values, options, Consent::Ask, question)
        .await?;
    passes(environment, &stack).await?;
    anyhow::bail!(
        "the new handler did not answer as it should and the previous one is back; \
         the next `cargo xtask deploy` brings the new one again"
    )
}

async fn passes(environment: &Environment, stack: &Stack) -> anyhow::Result<bool> {
    let outputs = outputs::as_seen_from_here(&stack.outputs, environment.emulator.as_ref());
    let output = |name: &str| {
        outputs
            .get(name)
            .with_context(|| format!("no output `{name}`"))
    };
    let connection = &environment.connection;
    let key = api_gateway::key_value(connection, output("StandardApiKeyId")?).await?;
    let outcome = requests::run(&stack.name, output("Endpoint")?, &key);
    screen::say(format!("\n{}", smoke::render(&outcome).trim_end()));
    if !outcome.passed {
        screen::say(format!(
            "{BAD}the stage is deployed and does not answer as it should{BAD:#}"
        ));
    }
    Ok(outcome.passed)
}

/// The commands that bring the previous handler back, where nobody can be asked.
fn way_back(deploy: &Deploy, stack: &Stack, previous: &str) -> String {
    let stage = &deploy.stage.stage;
    let flags = deploy.environment.repeated();
    let bucket = stack.parameters.get(ASSET_BUCKET);
    let bucket = bucket.map_or("<AssetBucketName>", String::as_str);
    format!(
        "\n{STRONG}Put the previous handler back:{STRONG:#}\n  \
         aws s3 cp s3://{bucket}/{previous} target/previous.zip{flags}\n  \
         cargo xtask deploy --handler target/previous.zip --stage {stage}{flags}"
    )
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
    let standard = api_gateway::key_value(connection, output("StandardApiKeyId")?).await?;
    let premium = api_gateway::key_value(connection, output("PremiumApiKeyId")?).await?;
    let endpoint = output("Endpoint")?;
    screen::say(format!(
        "\n{STRONG}Standard key{STRONG:#}  {standard}\n\
         {STRONG}Premium key{STRONG:#}   {premium}\n\n\
         Try it:\n\n  \
         curl -X POST {endpoint}/ \\\n    \
         -H 'x-api-key: {standard}' \\\n    \
         -H 'Content-Type: application/json' \\\n    \
         -d '{{\"year\":\"2023\",\"title\":\"kkkg\",\"id\":\"12\"}}'\n\n\
         {QUIET}cargo xtask local down stops the local cloud and forgets everything in it.{QUIET:#}"
    ));
    Ok(())
}
