//! `logs`: what the layers of a deployed stage wrote, merged.

use std::time::Duration;

use super::args::{EnvironmentArgs, StageArgs, parse_duration};
use cfnkit_assembly::log_source::LogSource;

/// Show the logs of a deployed stage, those of all layers in the order of time.
///
/// `function` is the function's own log, `api` API Gateway's access log, `waf` the web ACL's log,
/// `flow` the VPC's connections. Times are UTC.
#[derive(Debug, clap::Args)]
pub struct Logs {
    #[command(flatten)]
    pub stage: StageArgs,

    #[command(flatten)]
    pub environment: EnvironmentArgs,

    /// Show this log; may be repeated [default: function, api and waf].
    #[arg(long, value_enum, value_name = "LOG")]
    pub source: Vec<LogSource>,

    /// Show everything about this request in all layers: its lines with all fields, and its trace.
    ///
    /// Any of its IDs will do: the one an answer carries as `requestId`, the extended one, Lambda's
    /// or X-Ray's. The last day is searched where `--since` says nothing else.
    #[arg(long, value_name = "ID", conflicts_with_all = ["follow", "source"])]
    pub request_id: Option<String>,

    /// How far back to begin, such as `90s`, `15m`, `2h` or `1day` [default: 15m].
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub since: Option<Duration>,

    /// Go on until Ctrl-C.
    #[arg(long, short)]
    pub follow: bool,

    /// Print JSON, one object a line.
    #[arg(long)]
    pub json: bool,
}
