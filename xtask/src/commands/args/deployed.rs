//! The stage that is deployed, for the commands that look at it or call it.

use std::collections::BTreeMap;

use anyhow::Context as _;
use xshell::Shell;

use super::{Environment, EnvironmentArgs, LocalCloud, StageArgs, probably_meant};
use crate::outputs;
use cfnkit_aws::aws::cloudformation;
use cfnkit_operation::stack::Stack;
use cfnkit_tools::workspace::Workspace;

/// A deployed stage, and the way to it.
pub(in crate::commands) struct Deployed {
    pub(in crate::commands) environment: Environment,
    pub(in crate::commands) stack: Stack,
    /// The outputs as they are of use on this machine.
    outputs: BTreeMap<String, String>,
}

impl Deployed {
    pub(in crate::commands) fn outputs(&self) -> &BTreeMap<String, String> {
        &self.outputs
    }

    /// # Errors
    ///
    /// The stack was deployed before the template had this output.
    pub(in crate::commands) fn output(&self, name: &str) -> anyhow::Result<&str> {
        let value = self.outputs.get(name).with_context(|| {
            let stack = &self.stack.name;
            format!("stack `{stack}` has no output `{name}`; deploy it once more")
        })?;
        Ok(value)
    }

    pub(in crate::commands) fn is_local(&self) -> bool {
        self.environment.emulator.is_some()
    }
}

impl StageArgs {
    /// # Errors
    ///
    /// The stage is not deployed in the environment.
    pub(in crate::commands) async fn deployed(
        &self,
        args: &EnvironmentArgs,
        sh: &Shell,
        workspace: &Workspace,
    ) -> anyhow::Result<Deployed> {
        let environment = args.connect(sh, workspace, LocalCloud::MustRun).await?;
        let cfn = environment.connection.cloudformation();
        let name = self.stage.stack_name();
        let stack = cloudformation::find_stack(&cfn, &name)
            .await?
            .with_context(|| {
                let region = &environment.connection.region;
                let flags = format!(" --stage {}{}", self.stage, args.repeated());
                let meant = probably_meant(workspace, &self.stage);
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
}
