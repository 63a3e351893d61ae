//! Several deploys of different content at once: each operation has one winner, the others wait
//! or say that they have lost, and nothing of anybody is left.

use crate::site::{STACK, Site, check_each_of, last_words};

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
    let with = |code: i32| runs.iter().filter(move |run| run.code == code).count();
    for run in &runs {
        if ![0, 1, 4].contains(&run.code) {
            problems.push(format!("exit code {}: {}", run.code, last_words(run)));
        }
        let said = run.stderr.lines().last().unwrap_or_default();
        if run.code != 0 && !said.contains(STACK) {
            problems.push(format!("does not say who lost what: {said}"));
        }
    }
    if with(0) == 0 {
        problems.push("nobody has won".to_owned());
    }
    let state = site.cloud.state();
    let mut executions = state.used_tokens.clone();
    executions.retain(|(action, _)| action == "ExecuteChangeSet");
    // All contents differ, so every success was an operation of its own.
    if !(with(0)..=with(0) + with(4)).contains(&executions.len()) {
        let (count, wins) = (executions.len(), with(0));
        problems.push(format!("{count} operations and {wins} successes"));
    }
    let status = state.status_of(STACK);
    if !["CREATE_COMPLETE", "UPDATE_COMPLETE"].contains(&status) {
        problems.push(format!("it ended as {status}"));
    }
    let deployed = state
        .stack(STACK)
        .and_then(|stack| stack.parameters.get(PARAMETER));
    let deployed = format!("{PARAMETER}={}", deployed.map_or("", String::as_str));
    let winners = runs.iter().zip(&contents);
    let mut winners = winners.filter(|(run, _)| run.code != 1);
    if !winners.any(|(_, content)| *content == deployed) {
        problems.push(format!("{deployed} is deployed, which no winner wanted"));
    }
    problems
}

fn rounds(count: usize, contenders: usize) {
    let cases = (0..count).map(|number| (format!("round {number} of {contenders}"), number));
    check_each_of(8 / contenders, cases, |number| {
        // Creations and updates in turn.
        let site = match number % 2 {
            0 => Site::new(),
            _ => Site::deployed(),
        };
        round(&site, contenders)
    });
}

#[test]
fn two_at_once() {
    rounds(84, 2);
}

#[test]
fn eight_at_once() {
    rounds(16, 8);
}
