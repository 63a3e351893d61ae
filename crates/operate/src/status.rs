//! One screen about a deployed stage.

use schemars::JsonSchema;
use serde::Serialize;

pub mod cost;
#[cfg(test)]
mod tests;

use cfnkit_change::change_set::wrapped;
use cfnkit_console::text::printable;
use cost::Cost;

/// What is known of a stage. What is absent could not be found out where it was asked.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Name of the root stack.
    pub stack: String,
    /// Account and region, or the local cloud.
    pub place: String,
    /// As CloudFormation has it.
    pub stack_status: String,
    /// CloudFormation's words for it, where it has some.
    pub status_reason: Option<String>,
    /// Whether what is deployed is what is here.
    pub version: Version,
    /// Absent where there are no alarms to ask for.
    pub alarms: Option<Alarms>,
    /// The last hour; absent where nobody counts.
    pub traffic: Option<Traffic>,
    /// Absent where nobody counts.
    pub concurrency: Option<Concurrency>,
    /// Absent where traffic is.
    pub cost: Option<Cost>,
    /// What this place cannot show.
    pub not_shown: Vec<String>,
}

/// The deployed functions and templates beside those of the working tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    /// The zip of each function.
    pub functions: Vec<FunctionVersion>,
    /// The templates of the working tree that differ from the deployed ones.
    pub changed_templates: Vec<String>,
}

/// A function's deployed zip beside that of the working tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FunctionVersion {
    /// As `package` calls it.
    pub name: String,
    /// SHA-256 of the deployed zip.
    pub deployed: Option<String>,
    /// The same of the working tree's; absent where it is not packaged as it is now.
    pub local: Option<String>,
}

/// The stage's alarms by their state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Alarms {
    /// How many the stage has.
    pub total: usize,
    /// The names and reasons of those that went off.
    pub alarming: Vec<(String, String)>,
    /// How many have no data to judge by.
    pub without_data: usize,
}

/// Requests of the last hour.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Traffic {
    /// All that API Gateway counted.
    pub requests: f64,
    /// Answers of 400 to 499.
    pub client_errors: f64,
    /// Answers of 500 to 599.
    pub server_errors: f64,
    /// Requests that the web ACL blocked.
    pub blocked: f64,
    /// Median of API Gateway's latency in milliseconds; absent where there was no request.
    pub p50_ms: Option<f64>,
    /// The 99th percentile of the same.
    pub p99_ms: Option<f64>,
    /// Requests that DynamoDB throttled.
    pub table_throttles: f64,
}

/// Executions of the function at the same time.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Concurrency {
    /// The most of the last hour.
    pub peak: f64,
    /// Those reserved for the function; absent where none are.
    pub reserved: Option<u64>,
}

/// The lines of a screen of 80 columns.
pub fn render(status: &Status) -> String {
    let mut lines = Vec::new();
    let mut add = |name: &str, text: String| {
        let parts = wrapped(&printable(&text), 66);
        for (index, part) in parts.iter().enumerate() {
            let name = if index == 0 { name } else { "" };
            lines.push(format!("{name:<13} {}", part.trim()).trim_end().to_owned());
        }
    };
    add("stage", format!("{} in {}", status.stack, status.place));
    let reason = status.status_reason.as_deref().unwrap_or_default();
    add("stack", format!("{} {reason}", status.stack_status));
    for function in &status.version.functions {
        add(&function.name, version(function));
    }
    add("templates", templates(&status.version));
    add("alarms", alarms(status.alarms.as_ref()));
    match &status.traffic {
        Some(traffic) => {
            add("last hour", requests(traffic));
            add("latency", latency(traffic));
        }
        None => add("last hour", "not counted here".to_owned()),
    }
    add("concurrency", concurrency(status.concurrency.as_ref()));
    add(
        "cost",
        match &status.cost {
            Some(cost) => format!(
                "about {:.2} USD a month at this rate: {:.2} fixed, {:.2} for requests \
                 (list prices of {} of {}, no free tier)",
                cost.total_usd, cost.fixed_usd, cost.usage_usd, cost.prices_in, cost.prices_of
            ),
            None => "nothing here".to_owned(),
        },
    );
    for text in &status.not_shown {
        add("not shown", text.clone());
    }
    lines.join("\n")
}

fn short(sha256: &str) -> String {
    sha256.chars().take(12).collect()
}

fn version(function: &FunctionVersion) -> String {
    match (&function.deployed, &function.local) {
        (None, _) => "none is deployed".to_owned(),
        (Some(deployed), None) => format!(
            "{} is deployed; the working tree's is not packaged as it is now",
            short(deployed)
        ),
        (Some(deployed), Some(local)) if deployed == local => {
            format!("{}, as in the working tree", short(deployed))
        }
        (Some(deployed), Some(local)) => format!(
            "{} is deployed, the working tree has {}",
            short(deployed),
            short(local)
        ),
    }
}

fn templates(version: &Version) -> String {
    match version.changed_templates.is_empty() {
        true => "as in the working tree".to_owned(),
        false => format!(
            "changed in the working tree: {}; `cargo xtask diff` shows how",
            version.changed_templates.join(", ")
        ),
    }
}

fn alarms(alarms: Option<&Alarms>) -> String {
    let Some(alarms) = alarms else {
        return "not known here".to_owned();
    };
    if alarms.alarming.is_empty() {
        let data = match alarms.without_data {
            0 => String::new(),
            count => format!(", {count} of them without data"),
        };
        return format!("{}, none has gone off{data}", alarms.total);
    }
    let names = alarms
        .alarming
        .iter()
        .map(|(name, reason)| format!("{name} ({reason})"));
    let names: Vec<String> = names.collect();
    format!(
        "{} OF {} HAVE GONE OFF: {}",
        alarms.alarming.len(),
        alarms.total,
        names.join("; ")
    )
}

fn requests(traffic: &Traffic) -> String {
    let share = |part: f64| match traffic.requests > 0.0 {
        true => 100.0 * part / traffic.requests,
        false => 0.0,
    };
    format!(
        "{} requests, {:.2}/s; 4xx {:.1} %, 5xx {:.1} %; blocked by the firewall {}; \
         throttled by the table {}",
        traffic.requests,
        traffic.requests / 3600.0,
        share(traffic.client_errors),
        share(traffic.server_errors),
        traffic.blocked,
        traffic.table_throttles
    )
}

fn latency(traffic: &Traffic) -> String {
    match (traffic.p50_ms, traffic.p99_ms) {
        (Some(p50), Some(p99)) => format!("p50 {p50:.0} ms, p99 {p99:.0} ms"),
        _ => "no requests to measure".to_owned(),
    }
}

fn concurrency(concurrency: Option<&Concurrency>) -> String {
    match concurrency {
        Some(Concurrency {
            peak,
            reserved: Some(reserved),
        }) => {
            let share = 100.0 * peak / (*reserved as f64).max(1.0);
            format!("{peak} at most in the last hour, {share:.0} % of the {reserved} reserved")
        }
        Some(Concurrency {
            peak,
            reserved: None,
        }) => {
            format!("{peak} at most in the last hour; none are reserved")
        }
        None => "not counted here".to_owned(),
    }
}
