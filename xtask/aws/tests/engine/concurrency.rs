//! Several deploys of different content at once: each operation has one winner, the others wait
//! and come after it, and nothing of anybody is left.

use crate::site::{STACK, Site, check_each_of, chosen, last_words};

const PARAMETER: &str = "StandardQuotaPerDay";

fn round(site: &Site, contenders: usize) -> Vec<String> {
    site.cloud.state().looks = 2;
    let contents: Vec<String> = (0..contenders)
        .map(|number| format!("{PARAMETER}={}", 100 + number))
        .collect();
    let running: Vec<_> = contents
        .iter()
        .map(|content| site.start_elsewhere(&["deploy", "--yes", "--param", content]))
        .collect();
    let runs: Vec<_> = running.into_iter().map(|running| running.end()).collect();
    let mut problems = site.left_behind();
    for run in &runs {
        if run.code != 0 {
            problems.push(format!("exit code {}: {}", run.code, last_words(run)));
        }
    }
    let state = site.cloud.state();
    let mut executions = state.used_tokens.clone();
    executions.retain(|(action, _)| action == "ExecuteChangeSet");
    // All contents differ, so every success was an operation of its own.
    if executions.len() != contenders {
        let count = executions.len();
        problems.push(format!("{count} operations of {contenders}"));
    }
    let status = state.status_of(STACK);
    if !["CREATE_COMPLETE", "UPDATE_COMPLETE"].contains(&status) {
        problems.push(format!("it ended as {status}"));
    }
    let deployed = state
        .stack(STACK)
        .and_then(|stack| stack.parameters.get(PARAMETER));
    let deployed = format!("{PARAMETER}={}", deployed.map_or("", String::as_str));
    if !contents.contains(&deployed) {
        problems.push(format!("{deployed} is deployed, which nobody wanted"));
    }
    problems
}

fn rounds(count: usize, contenders: usize) {
    let cases =
        chosen(0..count, 13).map(|number| (format!("round {number} of {contenders}"), number));
    check_each_of(8 / contenders, cases, |number| {
        // Creations and updates in turn.
        let mut site = match number % 2 {
            0 => Site::new(),
            _ => Site::deployed(),
        };
        // So many programs take their time to answer, too.
        site.patience = "0.04";
        round(&site, contenders)
    });
}

#[test]
fn two_at_once() {
    rounds(84, 2);
}

#[test]
fn three_at_once() {
    rounds(16, 3);
}

#[test]
fn eight_at_once() {
    rounds(16, 8);
}
