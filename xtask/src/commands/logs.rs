//! `logs`: what the layers of a deployed stage wrote, merged.

use std::time::Duration;

use super::args::{EnvironmentArgs, StageArgs, parse_duration};
use cfnkit_operate::log_line::Source;

#[cfg(feature = "aws")]
mod run;

/// Show the logs of a deployed stage, those of all layers in the order of time.
///
/// `function` is the function's own log, `api` API Gateway's access log, `waf` the web ACL's log,
/// `flow` the VPC's connections. Times are UTC.
#[derive(Debug, clap::Args)]
pub(crate) struct Logs {
    #[command(flatten)]
    stage: StageArgs,

    #[command(flatten)]
    environment: EnvironmentArgs,

    /// Show this log; may be repeated [default: function, api and waf].
    #[arg(long, value_enum, value_name = "LOG")]
    source: Vec<Source>,

    /// Show everything about this request in all layers: its lines with all fields, and its trace.
    ///
    /// Any of its IDs will do: the one an answer carries as `requestId`, the extended one, Lambda's
    /// or X-Ray's. The last day is searched where `--since` says nothing else.
    #[arg(long, value_name = "ID", conflicts_with_all = ["follow", "source"])]
    request_id: Option<String>,

    /// How far back to begin, such as `90s`, `15m`, `2h` or `1day` [default: 15m].
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    since: Option<Duration>,

    /// Go on until Ctrl-C.
    #[arg(long, short)]
    follow: bool,

    /// Print JSON, one object a line.
    #[arg(long)]
    json: bool,
}
