//! What the screen shows while a load test runs: a function of what was seen, the time and the
//! terminal's size.

use std::time::Duration;

use anstyle::{AnsiColor, Style};

use super::answer::{Answer, Answerer};
use super::phases::{Phase, total_duration, total_requests};
use super::tally::{Part, Tally};
use cfnkit_console::terminal::Size;
use cfnkit_console::text::{Line, clock, columns};

const STRONG: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const QUIET: Style = Style::new().dimmed();
const PLAIN: Style = Style::new();

/// Kinds of answers that have a line.
const KINDS: usize = 5;

/// The time over which a rate is taken.
const WINDOW: usize = 3;

/// A running test.
#[derive(Debug)]
pub struct Progress<'a> {
    /// Name of the stack.
    pub name: &'a str,
    /// What was asked for.
    pub phases: &'a [Phase],
    /// What was seen so far.
    pub tally: &'a Tally,
    /// Requests beyond which the generator sends no more.
    pub most_in_flight: usize,
}

impl Progress<'_> {
    /// The phase at `now`, and its number from 1; `None` once all is sent.
    fn phase(&self, now: Duration) -> Option<(usize, &Phase)> {
        let mut end = Duration::ZERO;
        self.phases.iter().enumerate().find_map(|(index, phase)| {
            end += phase.duration;
            (now < end).then_some((index + 1, phase))
        })
    }

    /// Requests per second of late, by how many there were in each whole second.
    fn rate(&self, now: Duration, of: impl Fn(&super::tally::Second) -> u64) -> f64 {
        let end = (now.as_secs() as usize).min(self.tally.seconds.len());
        let begin = end.saturating_sub(WINDOW);
        let seconds = self.tally.seconds.get(begin..end).unwrap_or_default();
        let sum: u64 = seconds.iter().map(of).sum();
        sum as f64 / seconds.len().max(1) as f64
    }

    /// The block's lines `now` after the start of the first phase; their number never changes.
    pub fn frame(&self, now: Duration, size: Size) -> Vec<String> {
        // A character in the last column leaves the cursor where terminals disagree.
        let width = size.width.saturating_sub(1);
        let overall = &self.tally.overall;
        let mut lines = vec![self.header(now, width)];
        let row = |label: &str, text: &str| {
            let mut line = Line::new(width);
            line.push(QUIET, &format!("  {label:<9}"));
            line.push(PLAIN, text);
            line.finish()
        };
        lines.push(row("phase", &self.phase_words(now)));
        let sent = self.rate(now, |second| second.sent);
        let answered = self.rate(now, |second| second.ended.values().sum());
        let in_flight = format!("{} of {}", self.tally.in_flight, self.most_in_flight);
        let rates = format!("{sent:.1}/s sent, {answered:.1}/s answered, {in_flight} in flight");
        lines.push(row("rate", &rates));
        let latency = format!("{}; {} sent", latency(overall, &[50.0, 99.0]), overall.sent);
        lines.push(row("latency", &latency));
        let mut kinds: Vec<(&Answer, &u64)> = overall.answers.iter().collect();
        kinds.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (answer, count) in kinds.iter().take(KINDS) {
            let mut line = Line::new(width);
            let style = match answer.layer == Answerer::Stored {
                true => GOOD,
                false => BAD,
            };
            line.push(style, &format!("  {:<9}", status(answer.status)));
            line.push(PLAIN, &format!("{count:>7}  {}", answer.layer.words()));
            lines.push(line.finish());
        }
        lines.resize(4 + KINDS, String::new());
        lines.truncate(size.height.saturating_sub(1).max(1));
        lines
    }

    fn header(&self, now: Duration, width: usize) -> String {
        let whole = total_duration(self.phases);
        let what = format!("loading {}", self.name);
        let elapsed = clock(now.as_millis() as i64);
        let left = match whole.checked_sub(now) {
            Some(left) => format!("{} left", clock(left.as_millis() as i64)),
            None => "waiting for answers".to_owned(),
        };
        let fixed = columns(&what) + columns(&elapsed) + columns(&left) + 6;
        let room = width.saturating_sub(fixed).min(60);
        let share = now.as_secs_f64() / whole.as_secs_f64().max(1.0);
        let filled = ((room as f64 * share) as usize).min(room);
        let mut line = Line::new(width);
        line.push(STRONG, &what).push(PLAIN, "  ");
        line.push(GOOD, &"━".repeat(filled));
        line.push(QUIET, &"─".repeat(room - filled));
        line.push(PLAIN, "  ").push(QUIET, &elapsed);
        line.push(PLAIN, "  ").push(QUIET, &left);
        line.finish()
    }

    fn phase_words(&self, now: Duration) -> String {
        let count = self.phases.len();
        match self.phase(now) {
            Some((number, phase)) => format!("{number} of {count}, {}", phase.words()),
            None => "all is sent".to_owned(),
        }
    }

    /// One line `now` after the start, for where nothing can be drawn again.
    pub fn line(&self, now: Duration) -> String {
        let overall = &self.tally.overall;
        let stored = overall.of(Answerer::Stored);
        let failed = overall.ended().saturating_sub(stored);
        format!(
            "  {:>5}  {}: {} of {} sent, {stored} stored, {failed} not, {} in flight, {}",
            clock(now.as_millis() as i64),
            match self.phase(now) {
                Some((number, _)) => format!("phase {number}"),
                None => "waiting".to_owned(),
            },
            overall.sent,
            total_requests(self.phases),
            self.tally.in_flight,
            latency(overall, &[99.0]),
        )
    }
}

fn latency(part: &Part, percentiles: &[f64]) -> String {
    let shown = percentiles.iter().map(|percentile| {
        let at = milliseconds(part.latency.at(*percentile));
        format!("p{percentile} {at}")
    });
    match part.latency.count() {
        0 => "no answer yet".to_owned(),
        _ => shown.collect::<Vec<_>>().join(", "),
    }
}

/// As in `429`, or `none` where there was no answer.
pub fn status(status: Option<u16>) -> String {
    status.map_or("none".to_owned(), |status| status.to_string())
}

/// A number of milliseconds, as in `0.42 ms`, `18 ms` or `1.2 s`.
pub fn milliseconds(value: f64) -> String {
    match value {
        ..1.0 => format!("{value:.2} ms"),
        ..10.0 => format!("{value:.1} ms"),
        ..1000.0 => format!("{value:.0} ms"),
        _ => format!("{:.1} s", value / 1000.0),
    }
}
