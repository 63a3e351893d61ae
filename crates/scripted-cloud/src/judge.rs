//! The judge of what goes between the tool and AWS: the Python in `judge`, which knows AWS's own
//! models of its services. One process of it judges for all tests of a binary.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cfnkit_console::report::Nobody;
use cfnkit_tools::tool;
use cfnkit_tools::tool::pip::isolated;
use cfnkit_tools::workspace::Workspace;
use serde_json::{Value, json};
use xshell::{Shell, cmd};

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/judge");

/// More than the first installation takes, and far more than any judgement.
const LIMIT: Duration = Duration::from_secs(300);

/// What the tests' programs sign with.
const SECRET: &str = "test";

/// Statuses of a stack that CloudFormation tells in the stack's own events, as everybody sees them
/// there, and that its model has for the stack alone.
const UNMODELLED: [&str; 3] = [
    "REVIEW_IN_PROGRESS",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
];

/// A request as it was sent, and what it was answered.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// In capitals.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Without the marks of chunks.
    pub body: Vec<u8>,
    /// The body as it was sent, where that is in chunks.
    pub chunked: Option<Vec<u8>>,
    /// Absent where it is not to be judged.
    pub answer: Option<Answer>,
}

/// What a request was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Of HTTP.
    pub status: u16,
    /// Names as they were sent.
    pub headers: BTreeMap<String, String>,
    /// Nothing for `HEAD`.
    pub body: Vec<u8>,
}

impl Exchange {
    /// Bodies by their lengths.
    fn json(&self) -> Value {
        let answer = self.answer.as_ref().map(|answer| {
            json!({
                "status": answer.status,
                "headers": answer.headers,
                "body": answer.body.len(),
            })
        });
        let content = self.chunked.as_ref().map(|_| self.body.len());
        json!({
            "method": self.method,
            "target": self.target,
            "headers": self.headers,
            "body": self.chunked.as_ref().unwrap_or(&self.body).len(),
            "content": content,
            "secret": SECRET,
            "answer": answer,
        })
    }

    fn bodies(&self) -> impl Iterator<Item = &Vec<u8>> {
        let answer = self.answer.as_ref().map(|answer| &answer.body);
        let sent = self.chunked.iter().chain([&self.body]);
        sent.chain(answer)
    }
}

/// What the models say of an exchange.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Judged {
    /// The service and the operation, where there is such a one.
    pub operation: Option<String>,
    /// Nothing where all is as it must be.
    pub wrong: Vec<String>,
}

/// What the models say of each.
pub fn judge(exchanges: &[Exchange]) -> Vec<Judged> {
    static JUDGE: Mutex<Option<Judge>> = Mutex::new(None);
    if exchanges.is_empty() {
        return Vec::new();
    }
    let mut judge = JUDGE.lock().unwrap_or_else(PoisonError::into_inner);
    let verdicts = judge.get_or_insert_with(Judge::start).ask(exchanges);
    assert_eq!(verdicts.len(), exchanges.len());
    verdicts
}

/// Fails with what is wrong with any of them, but for values that a test has `invented`. What is
/// invented must be wrong: a model may know it one day.
#[track_caller]
pub fn none_is_wrong(exchanges: &[Exchange], invented: &[&str]) {
    let mut complaints = complaints(exchanges);
    for value in invented.iter().chain(&UNMODELLED) {
        let of_value = format!("`{value}` is none of ");
        let before = complaints.len();
        complaints.retain(|complaint| !complaint.contains(&of_value));
        let is_known = complaints.len() == before && invented.contains(value);
        assert!(!is_known, "AWS's models know `{value}`, or it was not told");
    }
    assert!(
        complaints.is_empty(),
        "AWS's models say otherwise:\n{}",
        complaints.join("\n")
    );
}

/// What is wrong with any of them, each thing once.
fn complaints(exchanges: &[Exchange]) -> Vec<String> {
    let mut complaints = Vec::new();
    for (exchange, verdict) in exchanges.iter().zip(judge(exchanges)) {
        let asked = format!("{} {}", exchange.method, exchange.target);
        let what = verdict.operation.unwrap_or(asked);
        complaints.extend(verdict.wrong.iter().map(|wrong| format!("{what}: {wrong}")));
    }
    complaints.sort();
    complaints.dedup();
    complaints
}

/// A Python with botocore, installed where it is missing.
pub fn python() -> PathBuf {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = Workspace::find(directory, Arc::new(Nobody)).unwrap();
    let programs = tool::BOTOCORE.provide(&Shell::new().unwrap(), &workspace);
    programs.unwrap().join("python")
}

struct Judge {
    // It ends with its stdin, and so with this process.
    _child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
}

impl Judge {
    fn start() -> Self {
        let sh = Shell::new().unwrap();
        let python = python();
        // Nothing is written beside the sources.
        let mut child = Command::from(isolated(cmd!(sh, "{python} -I -B {PROGRAM}")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let mut lines = stdout.lines().map_while(Result::ok);
            lines.all(|line| sender.send(line).is_ok())
        });
        Self {
            stdin: child.stdin.take().unwrap(),
            _child: child,
            lines,
        }
    }

    fn ask(&mut self, exchanges: &[Exchange]) -> Vec<Judged> {
        self.send(exchanges)
            .expect("the judge has ended and says above why");
        let line = self.lines.recv_timeout(LIMIT);
        let line = line.expect("the judge has ended and says above why, or does not answer");
        serde_json::from_str(&line).unwrap()
    }

    fn send(&mut self, exchanges: &[Exchange]) -> std::io::Result<()> {
        let question: Vec<Value> = exchanges.iter().map(Exchange::json).collect();
        writeln!(self.stdin, "{}", json!(question))?;
        for body in exchanges.iter().flat_map(Exchange::bodies) {
            self.stdin.write_all(body)?;
        }
        self.stdin.flush()
    }
}
