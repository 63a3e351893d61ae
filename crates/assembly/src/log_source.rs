//! The logs that a service has.

use schemars::JsonSchema;
use serde::Serialize;

/// What writes a log, in the order in which a request meets them.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum LogSource {
    /// Requests that a rule of the web ACL matched, or all, as the template has it.
    Waf,
    /// API Gateway's access log: one line for each request.
    Api,
    /// The function's own log.
    Function,
    /// Connections in the VPC; they know no requests.
    Flow,
}

impl LogSource {
    /// As the command line spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waf => "waf",
            Self::Api => "api",
            Self::Function => "function",
            Self::Flow => "flow",
        }
    }
}
