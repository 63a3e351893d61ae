//! The requests of `smoke`, sent.

use std::time::{Duration, Instant};

use ureq::http::Request;

use crate::web::agent;
use cfnkit_assembly::service::{Key, Probe};
use cfnkit_console::error::{Context as _, Result, chain};
use cfnkit_console::patience::patient;
use cfnkit_console::report::Reporter;
use cfnkit_operate::smoke::{Check, Smoke, problem};

#[cfg(test)]
mod tests;

/// As long as API Gateway itself waits.
const TIMEOUT: Duration = Duration::from_secs(29);

/// How long a new key may take to be known everywhere.
const KEY_TAKES: Duration = Duration::from_secs(60);
const INTERVAL: Duration = Duration::from_secs(2);

/// No key of API Gateway looks like this.
const WRONG_KEY: &str = "this-is-the-wrong-key";

/// Sends the requests one after the other. A key that API Gateway does not know yet is waited
/// for, which `reporter` is told: it takes up to a minute to be known everywhere.
pub fn run(
    probes: &'static [Probe],
    stack: &str,
    endpoint: &str,
    key: Option<&str>,
    reporter: &dyn Reporter,
) -> Smoke {
    let mut checks = Vec::new();
    for probe in probes {
        let begin = Instant::now();
        let mut check = send(endpoint, key, probe);
        let mut announced = false;
        while is_right_key_refused(probe, &check) && begin.elapsed() < patient(KEY_TAKES) {
            if !announced {
                reporter.step("API Gateway does not know the key yet; waiting for it");
                announced = true;
            }
            std::thread::sleep(patient(INTERVAL));
            check = send(endpoint, key, probe);
        }
        checks.push(check);
    }
    Smoke {
        stack: stack.to_owned(),
        endpoint: endpoint.to_owned(),
        passed: checks.iter().all(|check| check.passed),
        checks,
    }
}

fn is_right_key_refused(probe: &Probe, check: &Check) -> bool {
    probe.key == Key::Right && !check.passed && check.status == Some(403)
}

fn send(endpoint: &str, key: Option<&str>, probe: &Probe) -> Check {
    let begin = Instant::now();
    let answer = ask(endpoint, key, probe);
    let latency_ms = begin.elapsed().as_secs_f64() * 1000.0;
    let (status, problem) = match answer {
        Ok((status, body)) => (Some(status), problem(probe, status, &body)),
        Err(err) => (None, Some(chain(&err))),
    };
    Check {
        name: probe.name,
        expected: probe.expected,
        status,
        latency_ms: (latency_ms * 10.0).round() / 10.0,
        passed: problem.is_none(),
        problem,
    }
}

fn ask(endpoint: &str, key: Option<&str>, probe: &Probe) -> Result<(u16, String)> {
    let url = format!("{}{}", endpoint.trim_end_matches('/'), probe.path);
    let key = match probe.key {
        Key::Right => key,
        Key::Wrong => Some(WRONG_KEY),
        Key::None => None,
    };
    let mut request = Request::builder().method(probe.method).uri(&url);
    if let Some(key) = key {
        request = request.header("x-api-key", key);
    }
    if probe.body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let agent = agent(&url, patient(TIMEOUT));
    let answer = match probe.body {
        Some(body) => request.body(body).map(|request| agent.run(request)),
        None => request.body(()).map(|request| agent.run(request)),
    };
    let mut answer = answer.context("no such request")?.context("no answer")?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().read_to_string();
    Ok((status, body.context("the answer broke off")?))
}
