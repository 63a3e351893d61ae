//! `deploy`: from the working tree to a running stage.

use super::args::{EnvironmentArgs, HandlerArgs, ParameterArgs, StageArgs, StartArgs};

pub mod options;

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
pub struct Deploy {
    /// Execute this change set, which `--no-execute` left, instead of making one.
    ///
    /// What it holds was settled when it was made: handler, parameters, tags and the like are
    /// flags of that deploy, and refused here.
    #[arg(value_name = "CHANGE-SET-NAME", conflicts_with_all = [
        "fast", "zip", "zip_sha256", "params", "params_file", "asset_bucket", "on_failure",
        "no_execute", "rollback_alarms", "monitoring_time", "tags", "notify", "role_arn", "express",
        "import_existing", "revert_drift",
    ])]
    pub change_set: Option<String>,

    #[command(flatten)]
    pub stage: StageArgs,

    #[command(flatten)]
    pub handler: HandlerArgs,

    #[command(flatten)]
    pub environment: EnvironmentArgs,

    #[command(flatten)]
    pub start: StartArgs,

    #[command(flatten)]
    pub choices: ParameterArgs,

    #[command(flatten)]
    pub options: OptionArgs,

    /// Give the function its new code at once, before CloudFormation's update; for a change of
    /// code alone, and not in production.
    #[arg(long)]
    pub fast: bool,

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
    pub revert_drift: bool,

    /// Do not send requests to the endpoint at the end.
    ///
    /// Otherwise the requests of `cargo xtask smoke` show whether it answers, and where it does
    /// not, the previous handler is offered.
    #[arg(long)]
    pub no_smoke: bool,

    /// Do not ask.
    #[arg(long, short)]
    pub yes: bool,

    /// Print the outputs as JSON.
    #[arg(long)]
    pub json: bool,
}
