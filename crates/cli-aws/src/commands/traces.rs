//! The steps of `traces`.

use xshell::Shell;

use crate::deployed::deployed;
use crate::live;
use cfnkit_aws::aws::xray::{self, Trace, TraceSummary};
use cfnkit_cli::commands::traces::Traces;
use cfnkit_console::screen::{self, QUIET, STRONG};
use cfnkit_operate::trace;
use cfnkit_tools::workspace::Workspace;

pub(crate) async fn run(flags: Traces, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
    if flags.environment.local {
        anyhow::bail!(
            "the local cloud traces nothing; traces show on AWS only, \
             and `cargo xtask logs --local` shows the function's log"
        );
    }
    let deployed = deployed(&flags.stage, &flags.environment, sh, workspace).await?;
    let connection = &deployed.environment.connection;
    let (ids, summaries) = match &flags.trace_id {
        Some(id) => (vec![id.clone()], Vec::new()),
        None => {
            let expression = expression(&flags);
            let now = live::now() / 1000;
            let since = i64::try_from(flags.since.as_secs()).unwrap_or(i64::MAX);
            let time = (now.saturating_sub(since).max(0), now);
            let most = usize::from(flags.most);
            let found = xray::summaries(connection, time, &expression, most).await?;
            (found.iter().map(|one| one.id.clone()).collect(), found)
        }
    };
    let traces = xray::traces(connection, &ids).await?;
    if let (Some(id), true) = (&flags.trace_id, traces.is_empty()) {
        anyhow::bail!("X-Ray has no trace `{id}`: it was not sampled, or is older than 30 days");
    }
    if flags.json {
        let shown = traces.into_iter().map(|trace| trace::Trace {
            id: trace.id,
            segments: trace.segments,
        });
        let shown: Vec<trace::Trace> = shown.collect();
        screen::data(serde_json::to_string_pretty(&shown)?);
        return Ok(());
    }
    if traces.is_empty() {
        let since = humantime::format_duration(flags.since);
        screen::say(format!("X-Ray has no such trace of the last {since}"));
    }
    for id in &ids {
        if let Some(trace) = traces.iter().find(|trace| trace.id == *id) {
            show(trace, summaries.iter().find(|one| one.id == *id));
        }
    }
    Ok(())
}

/// Requests that came through this stage. API Gateway calls itself by the names of API and
/// stage.
fn expression(flags: &Traces) -> String {
    let stage = &flags.stage.stage;
    let own = format!("service(\"{}/{stage}\")", stage.stack_name());
    match &flags.filter {
        Some(filter) => format!("{own} AND ({filter})"),
        None => own,
    }
}

fn show(trace: &Trace, summary: Option<&TraceSummary>) {
    let mut said = String::new();
    if let Some(summary) = summary {
        said = format!("  {:.1} ms", summary.response_time * 1000.0);
        if let Some(status) = summary.status {
            said.push_str(&format!("  {status}"));
        }
        if let Some(trouble) = summary.trouble {
            said.push_str(&format!("  {trouble}"));
        }
    }
    screen::show(format!(
        "{STRONG}{}{STRONG:#}{QUIET}{said}{QUIET:#}\n{}",
        trace.id,
        trace::render(&trace.segments)
    ));
}
