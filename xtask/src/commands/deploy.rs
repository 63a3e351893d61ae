//! `deploy`: from the working tree to a running stage.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::Context as _;
use xshell::Shell;

use super::args::{Environment, EnvironmentArgs, HandlerArgs, ParameterArgs, StageArgs, StartArgs};
use super::assemble;
use crate::assembly::Cloud;
use crate::aws::{Connection, signed};
use crate::bootstrap::{self, LogsRole};
use crate::consent::Consent;
use crate::deployment;
use crate::outputs;
use crate::publish::publish;
use crate::screen::{self, QUIET, STRONG};
use crate::stack::Stack;
use crate::workspace::Workspace;

/// Deploy the service to AWS, or to this machine with `--local`.
///
/// Builds the handler, publishes the assets, shows the changes, asks, executes and follows.
///
/// Parameters that are given neither here nor in the file have the default of
/// `infra/cfn/root.yaml`; an earlier deploy's values are not remembered.
#[derive(Debug, clap::Args)]
pub(crate) struct Deploy {
    #[command(flatten)]
    stage: StageArgs,

    #[command(flatten)]
    handler: HandlerArgs,

    #[command(flatten)]
    environment: EnvironmentArgs,

    #[command(flatten)]
    start: StartArgs,

    #[command(flatten)]
    choices: ParameterArgs,

    /// Do not ask.
    #[arg(long, short)]
    yes: bool,

    /// Print the outputs as JSON.
    #[arg(long)]
    json: bool,
}

impl Deploy {
    pub(crate) async fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        self.choices.check(workspace)?;
        let consent = Consent::from_flag(self.yes || self.environment.local)?;
        let local_cloud = self.start.local_cloud();
        let environment = self.environment.connect(sh, workspace, local_cloud).await?;
        let (assembly, _) = assemble(
            sh,
            workspace,
            &self.stage.stage,
            environment.cloud,
            &self.handler,
        )?;
        let begin = Instant::now();
        let cfn = environment.connection.cloudformation();
        let name = assembly.stage.stack_name();
        let stack = deployment::settled(&cfn, &name, environment.cloud).await?;
        let bucket = match self.choices.bucket(&cfn).await? {
            Some(bucket) => bucket,
            None => self.bootstrap(workspace, &environment, consent).await?,
        };
        let plan = self
            .choices
            .plan(&assembly, &environment, stack.as_ref(), &bucket)
            .await?;
        if let Some(stack) = &stack
            && deployment::is_current(&cfn, stack, &plan).await?
        {
            screen::say(format!("{name}: no changes\n"));
            return self.finish(&environment, stack).await;
        }
        preflight(&environment, stack.as_ref()).await?;
        publish(&environment.connection.s3(), &bucket, &assembly).await?;
        let stack = deployment::clear_the_way(&cfn, stack, &plan, consent).await?;
        let prepared = deployment::prepare(&cfn, stack.as_ref(), &plan).await?;
        let Some((change_set, changes)) = prepared else {
            screen::say(format!("{name}: no changes\n"));
            return self
                .finish(&environment, &stack.context("the stack vanished")?)
                .await;
        };
        deployment::show(&changes, &name, &assembly.omissions);
        let question = format!(
            "Deploy these changes to {}?",
            environment.connection.place()
        );
        let stack = stack.as_ref();
        let stack =
            deployment::execute_with_consent(&cfn, &change_set, stack, &plan, consent, &question)
                .await?;
        deployment::report_success(&format!("{name} is deployed"), begin);
        self.finish(&environment, &stack).await
    }

    async fn bootstrap(
        &self,
        workspace: &Workspace,
        environment: &Environment,
        consent: Consent,
    ) -> anyhow::Result<String> {
        let Connection {
            account, region, ..
        } = &environment.connection;
        if environment.cloud == Cloud::Aws {
            screen::say(format!(
                "account {account} has no asset bucket in {region} yet."
            ));
        }
        bootstrap::deploy(
            &environment.connection,
            workspace,
            environment.cloud,
            LogsRole::Keep,
            consent,
        )
        .await
    }

    async fn finish(&self, environment: &Environment, stack: &Stack) -> anyhow::Result<()> {
        let outputs = outputs::as_seen_from_here(&stack.outputs, environment.emulator.as_ref());
        outputs::print(&outputs, self.json)?;
        if environment.cloud == Cloud::Local {
            return show_local_request(&environment.connection, &outputs).await;
        }
        screen::say(format!(
            "\n{QUIET}Next: aws apigateway get-api-key --include-value --query value --output text \
             --api-key {}{}{QUIET:#}",
            outputs
                .get("StandardApiKeyId")
                .map_or("<StandardApiKeyId>", String::as_str),
            self.environment.repeated()
        ));
        Ok(())
    }
}

/// Creating the stage fails after minutes where the region has no role for API Gateway's logs.
async fn preflight(environment: &Environment, stack: Option<&Stack>) -> anyhow::Result<()> {
    if environment.cloud == Cloud::Local || stack.is_some() {
        return Ok(());
    }
    match signed::api_gateway_logs_role(&environment.connection).await {
        Ok(Some(_)) => Ok(()),
        Ok(None) => anyhow::bail!(
            "API Gateway has no role to write logs with in {}, and the stage needs one: \
             `cargo xtask bootstrap --api-gateway-logs-role` sets it, once for every API of the account",
            environment.connection.region
        ),
        Err(err) => {
            screen::say(format!(
                "cannot check API Gateway's logs role ({err:#}); going on"
            ));
            Ok(())
        }
    }
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
    let standard = signed::api_key_value(connection, output("StandardApiKeyId")?).await?;
    let premium = signed::api_key_value(connection, output("PremiumApiKeyId")?).await?;
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
