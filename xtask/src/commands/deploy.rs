//! `deploy`: from the working tree to a running stage.

use super::args::{EnvironmentArgs, HandlerArgs, ParameterArgs, StageArgs, StartArgs};

#[cfg(feature = "aws")]
mod ending;
#[cfg(feature = "aws")]
mod fast;
mod options;
#[cfg(feature = "aws")]
mod prerequisites;
#[cfg(feature = "aws")]
mod reversion;
#[cfg(feature = "aws")]
mod run;

use options::OptionArgs;

/// Deploy the service to AWS, or to this machine with `--local`.
///
/// Builds the handler, publishes the assets, shows the changes, asks, executes and follows.
///
/// A parameter has the value of `--param`, else of `--params-file`, else of the stage's file
/// `infra/stages/<STAGE>.json`, else its default in `infra/cfn/root.yaml`; an earlier deploy's
/// values are not remembered. The stage's file also says what is turned on for the deploy:
/// termination protection, rollback alarms, tags; the flags below win over it.
#[derive(Debug, clap::Args)]
pub(crate) struct Deploy {
    /// Execute this change set, which `--no-execute` left, instead of making one.
    ///
    /// What it holds was settled when it was made: handler, parameters, tags and the like are
    /// flags of that deploy, and refused here.
    #[arg(value_name = "CHANGE-SET-NAME", conflicts_with_all = [
        "fast", "zip", "zip_sha256", "params", "params_file", "asset_bucket", "on_failure",
        "no_execute", "rollback_alarms", "monitoring_time", "tags", "notify", "role_arn", "express",
        "import_existing", "revert_drift",
    ])]
    change_set: Option<String>,

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

    #[command(flatten)]
    options: OptionArgs,

    /// Give the function its new code at once, before CloudFormation's update; for a change of
    /// code alone, and not in production.
    #[arg(long)]
    fast: bool,

    /// Take back what was changed behind CloudFormation's back, and deploy nothing else.
    ///
    /// Every stack of the stage is compared with what is there and brought to what is deployed:
    /// nothing is built, and templates, parameters and tags stay as they are. What AWS manages by
    /// itself, secrets, and a value whose change would replace the resource are left alone.
    #[arg(long, conflicts_with_all = [
        "local", "change_set", "fast", "zip", "zip_sha256", "params", "params_file", "asset_bucket",
        "on_failure", "no_execute", "rollback_alarms", "monitoring_time", "tags", "notify",
        "role_arn", "express", "import_existing", "termination_protection",
    ])]
    revert_drift: bool,

    /// Do not send requests to the endpoint at the end.
    ///
    /// Otherwise the requests of `cargo xtask smoke` show whether it answers, and where it does
    /// not, the previous handler is offered.
    #[arg(long)]
    no_smoke: bool,

    /// Do not ask.
    #[arg(long, short)]
    yes: bool,

    /// Print the outputs as JSON.
    #[arg(long)]
    json: bool,
}
