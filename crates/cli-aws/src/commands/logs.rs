//! The steps of `logs`.

use std::collections::BTreeSet;
use std::time::Duration;

use xshell::Shell;

use crate::deployed::Deployed;
use crate::deployed::deployed;
use crate::live;
use cfnkit_assembly::log_source::LogSource;
use cfnkit_aws::aws::{Connection, logs, xray};
use cfnkit_cli::commands::logs::Logs;
use cfnkit_cli::program::service;
use cfnkit_console::exit::Exit;
use cfnkit_console::interrupt::Interrupts;
use cfnkit_console::patience::patient;
use cfnkit_console::screen::{self, QUIET, STRONG};
use cfnkit_operate::log_line::LogLine;
use cfnkit_operate::trace;
use cfnkit_tools::workspace::Workspace;

const INTERVAL: Duration = Duration::from_secs(2);

/// Events come late, so that each look back overlaps the one before.
const LATENESS_MS: i64 = 30_000;

const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

const NOT_SHOWN_LOCALLY: &str = "\
The local cloud runs the function and keeps its log. It has no firewall, writes no access log \
and no flow log, and traces nothing: those show on AWS only.";

pub(crate) async fn run(logs: Logs, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
    let mut interrupts = Interrupts::listen()?;
    let deployed = deployed(&logs.stage, &logs.environment, sh, workspace);
    let deployed = interrupts.unless(deployed).await?;
    let shown = match &logs.request_id {
        Some(id) => interrupts.unless(show_request(&logs, &deployed, id)).await,
        None => show(&logs, &deployed, &mut interrupts).await,
    };
    if deployed.is_local() {
        screen::note(NOT_SHOWN_LOCALLY);
    }
    shown
}

/// The logs to show, with the names of their groups.
fn groups(logs: &Logs, deployed: &Deployed) -> anyhow::Result<Vec<(LogSource, String)>> {
    let sources = match logs.source.is_empty() {
        true => vec![LogSource::Waf, LogSource::Api, LogSource::Function],
        false => logs.source.clone(),
    };
    let service = service();
    let mut named = Vec::new();
    for source in sources {
        let functions = service.functions.iter();
        let functions = functions.filter(|_| source == LogSource::Function);
        let others = service.log_groups.iter();
        let others = others.filter(|group| group.source == source);
        let outputs = functions.map(|function| function.log_group_output);
        for output in outputs.chain(others.map(|group| group.output)) {
            named.push((source, deployed.output(output)?.to_owned()));
        }
    }
    Ok(named)
}

async fn show(logs: &Logs, deployed: &Deployed, interrupts: &mut Interrupts) -> anyhow::Result<()> {
    let connection = &deployed.environment.connection;
    let groups = groups(logs, deployed)?;
    let since = logs.since.unwrap_or(Duration::from_secs(15 * 60));
    let mut from = live::now() - milliseconds(since);
    let mut seen = BTreeSet::new();
    let mut any = false;
    loop {
        let until = live::now();
        let found = interrupts
            .unless(find(connection, &groups, (from, until), ""))
            .await;
        let found = match found {
            // That is how following ends, also in the middle of a look.
            Err(err) if logs.follow && is_interrupted(&err) => break,
            found => found?,
        };
        for (id, line) in found {
            if seen.insert(id) {
                any = true;
                print(logs, &line)?;
            }
        }
        if !logs.follow || !screen::is_read() {
            break;
        }
        from = from.max(until - LATENESS_MS);
        tokio::select! {
            () = tokio::time::sleep(patient(INTERVAL)) => {}
            () = interrupts.next() => break,
        }
    }
    if !any && !logs.follow {
        let since = humantime::format_duration(since);
        screen::say(format!("nothing was logged in the last {since}"));
    }
    Ok(())
}

/// The lines of one request in the order of the layers, and its trace.
async fn show_request(logs: &Logs, deployed: &Deployed, id: &str) -> anyhow::Result<()> {
    let connection = &deployed.environment.connection;
    let since = logs.since.unwrap_or(A_DAY);
    let until = live::now();
    let time = (until - milliseconds(since), until);
    let groups = groups(logs, deployed)?;
    let mut ids = BTreeSet::from([id.to_owned()]);
    // The line that has the ID asked for knows the others, and those are in other layers.
    let mut lines = loop {
        let found = find(connection, &groups, time, &pattern(&ids)).await?;
        let lines: Vec<LogLine> = found.into_iter().map(|(_, line)| line).collect();
        let known: BTreeSet<String> = lines
            .iter()
            .flat_map(|line| line.ids())
            .map(ToOwned::to_owned)
            .collect();
        let before = ids.len();
        ids.extend(known);
        if ids.len() == before {
            break lines;
        }
    };
    if lines.is_empty() {
        anyhow::bail!(
            "no log of `{}` knows request `{id}` in the last {}; `--since` looks further back, \
             and a line takes up to a minute to be found",
            deployed.stack.name,
            humantime::format_duration(since)
        );
    }
    lines.sort_by_key(|line| (line.source, line.timestamp_ms));
    for line in &lines {
        print(logs, line)?;
        if !logs.json {
            for field in line.fields() {
                screen::show(format!("    {QUIET}{field}{QUIET:#}"));
            }
        }
    }
    let trace = lines.iter().find_map(LogLine::trace_id);
    match trace {
        Some(trace) if !deployed.is_local() && !logs.json => show_trace(connection, trace).await,
        _ => Ok(()),
    }
}

fn print(logs: &Logs, line: &LogLine) -> anyhow::Result<()> {
    match logs.json {
        true => screen::data(serde_json::to_string(line)?),
        false => screen::show(line.render()),
    }
    Ok(())
}

fn is_interrupted(err: &anyhow::Error) -> bool {
    matches!(err.downcast_ref(), Some(Exit::Declined))
}

/// A trace that was not sampled is not there.
async fn show_trace(connection: &Connection, id: &str) -> anyhow::Result<()> {
    let ids = [id.to_owned()];
    match xray::traces(connection, &ids).await?.first() {
        Some(trace) => {
            screen::show(format!("\n{STRONG}trace {}{STRONG:#}", trace.id));
            screen::show(trace::render(&trace.segments).trim_end());
        }
        None => screen::say(format!("X-Ray did not sample trace {id}")),
    }
    Ok(())
}

/// CloudWatch's pattern for a line that has any of the texts.
fn pattern(texts: &BTreeSet<String>) -> String {
    let quoted = |text: &String| format!("\"{}\"", text.replace('"', ""));
    match texts.len() {
        1 => texts.iter().map(quoted).collect(),
        _ => {
            let any: Vec<String> = texts
                .iter()
                .map(|text| format!("?{}", quoted(text)))
                .collect();
            any.join(" ")
        }
    }
}

/// The lines of all groups in the order of time, each with an ID of its own.
async fn find(
    connection: &Connection,
    groups: &[(LogSource, String)],
    time: (i64, i64),
    pattern: &str,
) -> anyhow::Result<Vec<(String, LogLine)>> {
    let mut lines = Vec::new();
    for (source, group) in groups {
        let found = logs::find(connection, group, time, pattern).await;
        let found = match found {
            Ok(found) => found,
            // The local cloud leaves some out.
            Err(err)
                if err
                    .call()
                    .is_some_and(|call| call.code == "ResourceNotFoundException") =>
            {
                screen::say(format!("there is no log group `{group}`"));
                continue;
            }
            Err(err) => return Err(err.into()),
        };
        if found.is_cut_off {
            screen::say(format!(
                "`{group}` has more than is shown; ask for less with `--since`"
            ));
        }
        for event in found.events {
            let line = LogLine::read(*source, event.timestamp, &event.message);
            lines.push((format!("{group} {}", event.id), line));
        }
    }
    lines.sort_by_key(|(_, line)| (line.timestamp_ms, line.source));
    Ok(lines)
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
