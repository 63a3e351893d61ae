//! A handful of requests through the deployed endpoint, and whether each is answered as the
//! README says.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use cfnkit_change::change_set::wrapped;

/// The one item that these requests leave in the table, again and again the same.
pub(crate) const ITEM: &str = r#"{"year":"2023","title":"smoke test","id":"smoke-test"}"#;
pub(crate) const STORED: &str = "Successfully inserted data!";

pub const NOT_SHOWN_LOCALLY: &str = "\
The local cloud has no firewall, and its answers without the handler are not worded as \
`infra/cfn/api.yaml` says; WAF and gateway responses show on AWS only.";

/// What the requests showed.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Smoke {
    pub stack: String,
    pub endpoint: String,
    /// Whether every check passed.
    pub passed: bool,
    pub checks: Vec<Check>,
}

/// One request and its answer.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    pub name: &'static str,
    /// The statuses that are right.
    pub expected: &'static [u16],
    /// Absent where no answer came.
    pub status: Option<u16>,
    /// From the connection's start to the answer's end; each request has a connection of its own.
    pub latency_ms: f64,
    pub passed: bool,
    /// What is wrong.
    pub problem: Option<String>,
}

#[derive(Debug, Clone, Copy)]
pub enum Key {
    Right,
    Wrong,
    None,
}

/// A request, and what it is to be answered with.
#[derive(Debug)]
pub struct Probe {
    pub name: &'static str,
    pub key: Key,
    pub path: &'static str,
    pub body: &'static str,
    pub expected: &'static [u16],
    /// The answer's `message`, where it is documented.
    pub message: Option<&'static str>,
}

pub const PROBES: [Probe; 5] = [
    Probe {
        name: "with key",
        key: Key::Right,
        path: "/",
        body: ITEM,
        expected: &[200],
        message: Some(STORED),
    },
    Probe {
        name: "without key",
        key: Key::None,
        path: "/",
        body: ITEM,
        expected: &[403],
        message: None,
    },
    Probe {
        name: "wrong key",
        key: Key::Wrong,
        path: "/",
        body: ITEM,
        expected: &[403],
        message: None,
    },
    // API Gateway's validator says 400, and the handler, where that lets it pass, 400 or 422.
    Probe {
        name: "bad body",
        key: Key::Right,
        path: "/",
        body: r#"["no movie"]"#,
        expected: &[400, 422],
        message: None,
    },
    // API Gateway takes it for a request without a signature, and asks for a key first or not.
    Probe {
        name: "unknown path",
        key: Key::Right,
        path: "/no/such/path",
        body: ITEM,
        expected: &[403, 404],
        message: None,
    },
];

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
