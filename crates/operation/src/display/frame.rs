//! One frame of the live display: a bar, the failures, and what is in progress.

use anstyle::{AnsiColor, Style};

use super::progress::{Counts, Failure, InProgress, Progress};
use cfnkit_console::terminal::Size;
use cfnkit_console::text::{Line, clock, columns, left, took, wrap};

const STRONG: Style = Style::new().bold();
const DONE: Style = AnsiColor::Green.on_default();
const FAILED: Style = AnsiColor::Red.on_default();
const QUIET: Style = Style::new().dimmed();
const PLAIN: Style = Style::new();

/// A bar below this says nothing, and one above is only far to look.
const BAR: std::ops::RangeInclusive<usize> = 10..=60;

/// Resources in progress that are named, where the terminal has room.
const NAMED: usize = 10;

/// Lines for a failure and its reason.
const FAILURE: usize = 4;

/// The block's lines. Their number depends on the plan and the terminal alone, so that the block
/// needs its room once and never moves.
pub(super) fn frame(progress: &Progress, now: i64, size: Size) -> Vec<String> {
    let height = height(progress, size);
    let mut lines = vec![header(progress, now, size.width)];
    let room = height - 1;
    let running = progress.in_progress(now);
    let for_failures = room.saturating_sub(running.len()).max(room.div_ceil(2));
    lines.extend(failure_lines(progress.failures(), for_failures, size.width));
    let room = height.saturating_sub(lines.len());
    lines.extend(running_lines(&running, room, size.width));
    if running.is_empty() && lines.len() < height {
        let mut line = Line::new(size.width);
        line.push(QUIET, "  waiting for CloudFormation");
        lines.push(line.finish());
    }
    lines.resize(height, String::new());
    lines
}

fn height(progress: &Progress, size: Size) -> usize {
    let named = match progress.subject.planned.len() {
        0 => NAMED,
        planned => planned.min(NAMED),
    };
    // One line stays for what the shell or a keypress may write.
    let most = size.height.saturating_sub(1).max(1);
    (1 + named + FAILURE).min(most)
}

fn header(progress: &Progress, now: i64, width: usize) -> String {
    let name = &progress.subject.stack_name;
    let (what, style) = if progress.is_rolling_back() {
        (format!("rolling back {name}"), FAILED)
    } else if progress.is_cleaning_up() {
        (format!("cleaning up {name}"), DONE)
    } else {
        (format!("{} {name}", progress.subject.verb.present()), DONE)
    };
    let (done, total) = progress.done();
    let counts = match total {
        0 => String::new(),
        total => format!("{done}/{total}"),
    };
    let elapsed = clock(progress.duration(now));
    let left = progress.remaining(now).map(left).unwrap_or_default();
    let fixed = columns(&what) + columns(&counts) + columns(&elapsed) + 6;
    // What a narrow terminal has no room for goes in this order: the estimate, the bar.
    let room = width.saturating_sub(fixed);
    let with_left = room.saturating_sub(columns(&left) + 2);
    let (bar, left) = match (with_left >= *BAR.start(), room >= *BAR.start()) {
        (true, _) if !left.is_empty() => (with_left, left),
        (_, true) => (room, String::new()),
        _ => (0, String::new()),
    };
    let bar = if total == 0 { 0 } else { bar };
    let mut line = Line::new(width);
    line.push(STRONG, &what).push(PLAIN, "  ");
    if bar > 0 {
        push_bar(&mut line, bar.min(*BAR.end()), done, total, style);
        line.push(PLAIN, "  ");
    }
    if !counts.is_empty() {
        line.push(PLAIN, &counts).push(PLAIN, "  ");
    }
    line.push(QUIET, &elapsed);
    if !left.is_empty() {
        line.push(PLAIN, "  ").push(QUIET, &left);
    }
    line.finish()
}

/// The two halves differ in more than their colours.
fn push_bar(line: &mut Line, width: usize, done: usize, total: usize, style: Style) {
    let filled = (width * done).checked_div(total).unwrap_or(0).min(width);
    line.push(style, &"━".repeat(filled));
    line.push(QUIET, &"─".repeat(width - filled));
}

/// The first failure with its reason, which is the root cause; the others on a line each, as many
/// as there is room for.
fn failure_lines(failures: &[Failure], room: usize, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, failure) in failures.iter().enumerate() {
        let hidden = failures.len() - index;
        if index > 0 && lines.len() + 1 >= room && hidden > 1 {
            // With one line, that is the root cause.
            if room > 1 {
                lines.truncate(room - 1);
                lines.push(and_more(hidden, width, " failed"));
            }
            break;
        }
        let Failure {
            place,
            status,
            resource_type,
            reason,
            ..
        } = failure;
        let mut line = Line::new(width);
        line.push(FAILED, &format!("  {status}  {place}"));
        if index > 0 {
            line.push(QUIET, &format!("  {reason}"));
            lines.push(line.finish());
            continue;
        }
        line.push(QUIET, &format!("  {resource_type}"));
        lines.push(line.finish());
        for text in wrap(reason, width.saturating_sub(4), FAILURE - 1) {
            let mut line = Line::new(width);
            line.push(PLAIN, "    ").push(PLAIN, &text);
            lines.push(line.finish());
        }
    }
    lines.truncate(room);
    lines
}

fn running_lines(running: &[InProgress<'_>], room: usize, width: usize) -> Vec<String> {
    let room = room.min(NAMED + 1);
    let named = match running.len() <= room.min(NAMED) {
        true => running.len(),
        false => room.saturating_sub(1),
    };
    let named = running.get(..named).unwrap_or_default();
    let widest = named.iter().map(|one| columns(one.place)).max();
    let widest = widest.unwrap_or(0).min(width / 2);
    let mut lines: Vec<String> = named
        .iter()
        .map(|one| {
            let mut line = Line::new(width);
            let clock = clock(one.elapsed);
            let padding = widest.saturating_sub(columns(one.place));
            line.push(PLAIN, &format!("{clock:>9}  "))
                .push(PLAIN, one.place)
                .push(PLAIN, &" ".repeat(padding))
                .push(QUIET, &format!("  {} {}", one.what, one.resource_type));
            line.finish()
        })
        .collect();
    let hidden = running.len() - named.len();
    if hidden > 0 && room > 0 {
        lines.push(and_more(hidden, width, ""));
    }
    lines
}

fn and_more(count: usize, width: usize, what: &str) -> String {
    let mut line = Line::new(width);
    line.push(QUIET, &format!("           and {count} more{what}"));
    line.finish()
}

/// What stays on the screen once the block is gone: the failures in full, and how it ended.
pub(super) fn closing(progress: &Progress, now: i64) -> String {
    let mut text = String::new();
    for failure in progress.failures() {
        let Failure {
            place,
            status,
            resource_type,
            reason,
            ..
        } = failure;
        let reason = cfnkit_console::text::clean(reason);
        text.push_str(&format!(
            "  {FAILED}{status:<27}{FAILED:#} {place}  {resource_type}  {reason}\n"
        ));
    }
    let counts = summary(&progress.counts());
    let took = took(progress.duration(now));
    text.push_str(&format!("  {counts} {QUIET}in {took}{QUIET:#}\n"));
    text
}

/// As in `3 created, 1 updated`.
fn summary(counts: &Counts) -> String {
    let parts = [
        (counts.created, "created"),
        (counts.updated, "updated"),
        (counts.replaced, "replaced"),
        (counts.imported, "imported"),
        (counts.deleted, "deleted"),
        (counts.failed, "failed"),
        (counts.cancelled, "cancelled"),
        (counts.undone, "rolled back"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    match parts.is_empty() {
        true => "no resource changed".to_owned(),
        false => parts.join(", "),
    }
}
