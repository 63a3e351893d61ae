//! The stage that is deployed, for the commands that look at it or call it.

use std::collections::BTreeMap;

use anyhow::Context as _;
use xshell::Shell;

use crate::connection::Environment;
use crate::connection::connect;
use cfnkit_assembly::service::Function;
use cfnkit_aws::aws::cloudformation;
use cfnkit_cli::commands::args::{EnvironmentArgs, LocalCloud, StageArgs, probably_meant};
use cfnkit_cli::outputs;
use cfnkit_cli::program::service;
use cfnkit_operation::stack::Stack;
use cfnkit_tools::workspace::Workspace;

/// A deployed stage, and the way to it.
pub(crate) struct Deployed {
    pub(crate) environment: Environment,
    pub(crate) stack: Stack,
    /// The outputs as they are of use on this machine.
    outputs: BTreeMap<String, String>,
}

impl Deployed {
    pub(crate) fn outputs(&self) -> &BTreeMap<String, String> {
        &self.outputs
    }

    /// # Errors
    ///
    /// The stack was deployed before the template had this output.
    pub(crate) fn output(&self, name: &str) -> anyhow::Result<&str> {
        let value = self.outputs.get(name).with_context(|| {
            let stack = &self.stack.name;
            format!("stack `{stack}` has no output `{name}`; deploy it once more")
        })?;
        Ok(value)
    }

    /// The name of the function that answers requests, which is the service's first.
    pub(crate) fn function(&self) -> anyhow::Result<Option<String>> {
        let Some(function) = service().functions.first() else {
            return Ok(None);
        };
        let group = self.output(function.log_group_output)?;
        Ok(Some(Function::of_log_group(group).to_owned()))
    }

    pub(crate) fn is_local(&self) -> bool {
        self.environment.emulator.is_some()
    }
}

/// # Errors
///
/// The stage is not deployed in the environment.
pub(crate) async fn deployed(
    stage_args: &StageArgs,
    args: &EnvironmentArgs,
    sh: &Shell,
    workspace: &Workspace,
) -> anyhow::Result<Deployed> {
    let environment = connect(args, sh, workspace, LocalCloud::MustRun).await?;
    let cfn = environment.connection.cloudformation();
    let name = stage_args.stage.stack_name();
    let stack = cloudformation::find_stack(&cfn, &name)
        .await?
        .with_context(|| {
            let region = &environment.connection.region;
            let flags = format!(" --stage {}{}", stage_args.stage, args.repeated());
            let meant = probably_meant(workspace, &stage_args.stage);
            format!(
                "there is no stack `{name}` in {region}; \
                 `cargo xtask deploy{flags}` creates it{meant}"
            )
        })?;
    let outputs = outputs::as_seen_from_here(&stack.outputs, environment.emulator.as_ref());
    Ok(Deployed {
        environment,
        stack,
        outputs,
    })
}
