//! A handful of requests through the deployed endpoint, and whether each is answered as the
//! service says.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use cfnkit_assembly::service::Probe;
use cfnkit_change::change_set::wrapped;

/// What to say where the requests went to the local cloud.
pub const NOT_SHOWN_LOCALLY: &str = "\
The local cloud has no firewall, and its answers without the handler are not worded as \
the templates say; WAF and gateway responses show on AWS only.";

/// What the requests showed.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Smoke {
    /// Name of the root stack.
    pub stack: String,
    /// URL that the requests went to.
    pub endpoint: String,
    /// Whether every check passed.
    pub passed: bool,
    /// In the order of the requests.
    pub checks: Vec<Check>,
}

/// One request and its answer.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// What is special about the request.
    pub name: &'static str,
    /// The statuses that are right.
    pub expected: &'static [u16],
    /// Absent where no answer came.
    pub status: Option<u16>,
    /// From the connection's start to the answer's end; each request has a connection of its own.
    pub latency_ms: f64,
    /// Whether the answer was right.
    pub passed: bool,
    /// What is wrong.
    pub problem: Option<String>,
}

/// What is wrong with an answer.
pub fn problem(probe: &Probe, status: u16, body: &str) -> Option<String> {
    if !probe.expected.contains(&status) {
        let expected: Vec<String> = probe.expected.iter().map(u16::to_string).collect();
        let hint = hint(status).map(|hint| format!("; {hint}"));
        return Some(format!(
            "{status} instead of {}: {}{}",
            expected.join(" or "),
            excerpt(body),
            hint.unwrap_or_default()
        ));
    }
    let wanted = probe.message?;
    let answer: Value = serde_json::from_str(body).unwrap_or_default();
    let message = answer.get("message").and_then(Value::as_str);
    (message != Some(wanted)).then(|| {
        format!(
            "the message is not `{wanted}`, the answer is: {}",
            excerpt(body)
        )
    })
}

pub(crate) fn hint(status: u16) -> Option<&'static str> {
    match status {
        403 => Some("the firewall or an unknown key; `cargo xtask keys` lists the keys"),
        429 => Some("a limit is used up; `cargo xtask limits` shows which there are"),
        500 | 502 => Some("the function failed; `cargo xtask logs` shows how"),
        503 => Some("the table cannot take the item; `cargo xtask logs` shows why"),
        504 => Some("the function or the table does not answer in time"),
        _ => None,
    }
}

pub(crate) fn excerpt(body: &str) -> String {
    const LONGEST: usize = 200;
    let line: String = body.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}..", line.get(..end).unwrap_or_default()),
        None if line.is_empty() => "an empty answer".to_owned(),
        None => line,
    }
}

/// The checks as lines for a person.
pub fn render(smoke: &Smoke) -> String {
    let heading = format!("{}  {}\n", smoke.stack, smoke.endpoint);
    let mut text = match heading.len() > 80 {
        true => format!("{}\n  {}\n", smoke.stack, smoke.endpoint),
        false => heading,
    };
    for check in &smoke.checks {
        let mark = match check.passed {
            true => "ok    ",
            false => "FAILED",
        };
        let status = check
            .status
            .map_or_else(|| "---".to_owned(), |status| status.to_string());
        text.push_str(&format!(
            "  {mark}  {:<12}  {status}  {:>8.1} ms\n",
            check.name, check.latency_ms
        ));
        if let Some(problem) = &check.problem {
            for line in wrapped(problem, 70) {
                text.push_str(&format!("          {line}\n"));
            }
        }
    }
    text
}
