//! A finished load test as text of 80 columns.

use anstyle::{AnsiColor, Style};

use super::progress::{milliseconds, status};
use super::report::{Percentiles, Report};
use super::verdict::Outcome;
use cfnkit_console::text::wrap;

const STRONG: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const QUIET: Style = Style::new().dimmed();

const WIDTH: usize = 79;
const BAR: usize = 40;

/// The report as text of 80 columns, with styles.
pub fn render(report: &Report) -> String {
    let mut text = String::new();
    heading(&mut text, "Requests");
    requests(&mut text, report);
    heading(&mut text, "Latency, from when each request was due");
    latencies(&mut text, report);
    heading(&mut text, "How many took how long");
    histogram(&mut text, report);
    if report.comparison.is_some() {
        heading(&mut text, "Expected by the limits, and seen");
        comparison(&mut text, report);
    }
    heading(&mut text, "Generator");
    generator(&mut text, report);
    heading(&mut text, "Checklist");
    for verdict in &report.verdicts {
        let style = match verdict.outcome {
            Outcome::Passed => GOOD,
            Outcome::Failed => BAD,
            Outcome::NotShown => QUIET,
        };
        let word = verdict.outcome.words();
        text.push_str(&format!("  {style}{word:<9}{style:#}  {}\n", verdict.check));
        paragraph(&mut text, 13, &verdict.reason);
    }
    if !report.not_shown_here.is_empty() {
        heading(&mut text, "What this cloud cannot show");
        for line in &report.not_shown_here {
            paragraph(&mut text, 2, line);
        }
    }
    text
}

fn heading(text: &mut String, title: &str) {
    let gap = if text.is_empty() { "" } else { "\n" };
    text.push_str(&format!("{gap}{STRONG}{title}{STRONG:#}\n"));
}

fn paragraph(text: &mut String, indent: usize, words: &str) {
    for line in wrap(words, WIDTH - indent, 8) {
        text.push_str(&format!("{:indent$}{line}\n", ""));
    }
}

fn requests(text: &mut String, report: &Report) {
    for section in report.sections() {
        let (name, sent) = (&section.name, section.sent);
        text.push_str(&format!("  {name:<18}  {sent} of {} sent", section.offered));
        let lacks = [
            (section.not_sent, "due and not sent"),
            (section.unanswered, "without an answer at the end"),
        ];
        for (count, words) in lacks.iter().filter(|(count, _)| *count > 0) {
            text.push_str(&format!(", {count} {words}"));
        }
        text.push('\n');
        for one in &section.answers {
            let share = 100.0 * one.count as f64 / sent.max(1) as f64;
            text.push_str(&format!(
                "    {:>6}  {:>8}  {share:>5.1} %  {}\n",
                status(one.status),
                one.count,
                one.layer.words()
            ));
        }
    }
}

fn latencies(text: &mut String, report: &Report) {
    text.push_str(&format!(
        "  {QUIET}{:<18} {:>8} {:>9} {:>9} {:>9} {:>9} {:>9}{QUIET:#}\n",
        "", "requests", "p50", "p90", "p99", "p99.9", "max"
    ));
    for (name, of) in report.latencies() {
        row(text, name, of);
    }
}

fn row(text: &mut String, name: &str, of: &Percentiles) {
    let columns = [of.p50_ms, of.p90_ms, of.p99_ms, of.p999_ms, of.max_ms];
    let columns: String = columns
        .iter()
        .map(|value| match of.count {
            0 => format!(" {:>9}", "-"),
            _ => format!(" {:>9}", milliseconds(*value)),
        })
        .collect();
    text.push_str(&format!("  {name:<18} {:>8}{columns}\n", of.count));
}

fn histogram(text: &mut String, report: &Report) {
    let most = report.histogram.iter().map(|bar| bar.count).max();
    let most = most.unwrap_or(0).max(1);
    if report.histogram.is_empty() {
        text.push_str("  no answer\n");
    }
    for bar in &report.histogram {
        let length = (BAR as u64 * bar.count).div_ceil(most) as usize;
        let line = format!(
            "  up to {:>8}  {:>8}  {}",
            up_to(bar.to_ms),
            bar.count,
            "█".repeat(length)
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

/// A bound, which is a whole number: `5 ms`, `2 s`.
pub(crate) fn up_to(milliseconds: f64) -> String {
    match milliseconds < 1000.0 {
        true => format!("{milliseconds} ms"),
        false => format!("{} s", milliseconds / 1000.0),
    }
}

fn comparison(text: &mut String, report: &Report) {
    text.push_str(&format!(
        "  {QUIET}{:<18} {:>6} {:>10} {:>10}{QUIET:#}\n",
        "", "status", "expected", "seen"
    ));
    for (name, one) in report.compared() {
        text.push_str(&format!(
            "  {name:<18} {:>6} {:>10.0} {:>10}\n",
            one.status, one.expected, one.seen
        ));
    }
}

fn generator(text: &mut String, report: &Report) {
    let generator = &report.generator;
    let words = format!(
        "sent 99 % of the requests at most {} late, the worst {}; at most {} in flight, of {} \
         allowed",
        milliseconds(generator.lag_p99_ms),
        milliseconds(generator.lag_max_ms),
        generator.most_in_flight,
        generator.in_flight_limit
    );
    paragraph(text, 2, &words);
    if let Some(doubt) = &generator.doubt {
        let words = format!("do not trust these figures: {doubt}");
        for line in wrap(&words, WIDTH - 2, 8) {
            text.push_str(&format!("  {BAD}{line}{BAD:#}\n"));
        }
    }
}
