//! What is shown of a prediction: a table, a chart and the contradictions, in 80 columns.

use std::ops::RangeInclusive;

use comfy_table::{CellAlignment, Table, presets};
use schemars::JsonSchema;
use serde::Serialize;

use super::contradiction::Contradiction;
use super::figure::{duration, number, per_second, per_window, percent};
use cfnkit_console::text::wrap;

use super::{Consumer, LayerName, Limit, PhasePrediction, Prediction, Span};

const WIDTH: usize = 80;

/// Within which WAF usually sees that a rate is too high; it can take minutes ("Rate-based rule
/// caveats", AWS WAF's developer guide).
const WAF_DELAY: f64 = 30.0;

/// Characters of a bar that stands for everything that is sent.
const BAR: usize = 30;

/// A prediction with what it is of; as JSON it is the same data.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The stage whose parameters these are.
    pub stage: String,
    /// Who sends.
    pub consumer: Consumer,
    /// What it gets.
    #[serde(flatten)]
    pub prediction: Prediction,
    /// What is expected of each phase, where phases were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phases: Vec<PhasePrediction>,
    /// Limits of the stage that do not fit together, whoever sends.
    pub contradictions: Vec<Contradiction>,
}

impl Report {
    /// The report as text of 80 columns: layers, verdict, rates over time, phases, contradictions.
    pub fn render(&self) -> String {
        let mut text = self.heading();
        text += &format!("\n{}\n", self.table());
        text += &self.verdict();
        text += &self.chart();
        if !self.phases.is_empty() {
            text += &format!(
                "\nThe phases, one after the other:\n\n{}\n",
                self.phase_table()
            );
        }
        if !self.contradictions.is_empty() {
            text += "\nWhat does not fit together:\n";
        }
        for one in &self.contradictions {
            let kind = match one.accepted {
                Some(_) => "accepted",
                None => "warning",
            };
            text += &format!("\n{kind}: {}", entry(one));
        }
        text
    }

    fn heading(&self) -> String {
        let consumer = &self.consumer;
        let addresses = match consumer.addresses {
            1 => "1 address".to_owned(),
            addresses => format!("{addresses} addresses"),
        };
        let tier = match consumer.tier.as_str() {
            "" => "",
            tier => &format!("{tier} "),
        };
        let heading = format!(
            "Stage {}: a {tier}consumer that sends {} from {addresses}; a request takes {} ms and \
             writes {} bytes.",
            self.stage,
            per_second(consumer.rate_per_second),
            number(consumer.latency_seconds * 1000.0),
            consumer.item_bytes,
        );
        wrapped(&heading, "")
    }

    fn table(&self) -> String {
        let first = self.prediction.first_refusal.as_ref();
        let rows = self.prediction.layers.iter().map(|row| {
            let is_first = first.is_some_and(|first| first.layer == row.layer.name);
            let (refuses, share) = match row.first_refusal_seconds {
                Some(first) => (duration(first), percent(row.refused_share)),
                None => ("holds".to_owned(), String::new()),
            };
            let marker = if is_first { ">" } else { " " };
            [
                format!("{marker} {}", row.layer.name.label()),
                limit(&row.layer.limit),
                percent(row.used_share),
                refuses,
                share,
                row.layer.status.to_string(),
            ]
        });
        let headings = ["  LAYER", "LIMIT", "USED", "REFUSES AFTER", "SHARE", "WITH"];
        table(headings, 2..=5, rows)
    }

    fn verdict(&self) -> String {
        let Some(first) = &self.prediction.first_refusal else {
            let horizon = duration(self.prediction.horizon_seconds);
            return format!("\nNo layer refuses within {horizon}.\n");
        };
        let text = format!(
            "> refuses first: {} after {}. REFUSES AFTER and SHARE are of each layer alone, as if \
             the others let everything through.",
            first.status,
            duration(first.first_seconds)
        );
        let more = number(self.consumer.rate_per_second * WAF_DELAY);
        let of_waf = match first.layer {
            LayerName::Waf => wrapped(
                &format!(
                    "WAF estimates the rate, usually within {}, so {more} requests more may pass.",
                    duration(WAF_DELAY)
                ),
                "",
            ),
            _ => String::new(),
        };
        format!("\n{}{of_waf}", wrapped(&text, ""))
    }

    fn chart(&self) -> String {
        let horizon = duration(self.prediction.horizon_seconds);
        let title = format!(
            "All layers together, over {horizon} (# answered, . refused; a full bar is {}):",
            per_second(self.consumer.rate_per_second)
        );
        let mut text = format!("\n{}\n", wrapped(&title, ""));
        for span in &self.prediction.timeline {
            text += &self.chart_line(span);
        }
        text
    }

    fn chart_line(&self, span: &Span) -> String {
        let sent = self.consumer.rate_per_second;
        let share = (span.answered_per_second / sent).clamp(0.0, 1.0);
        let answered = share_of_bar(share);
        let from = duration(span.start_seconds);
        let bar = format!("{}{}", "#".repeat(answered), ".".repeat(BAR - answered));
        let mut words = vec![format!("{} answered", per_second(span.answered_per_second))];
        words.extend(span.refused.iter().map(|refused| {
            let name = Self::label_of(refused.layer);
            format!(
                "{} {} {name}",
                per_second(refused.per_second),
                refused.status
            )
        }));
        let indent = " ".repeat(from.len().max(12) + BAR + 4);
        let lines = words.join(&format!("\n{indent}"));
        format!("{from:>12}  {bar}  {lines}\n")
    }

    fn phase_table(&self) -> String {
        let rows = self.phases.iter().map(|phase| {
            let refusals = phase.refusals.iter().map(|one| {
                let name = Self::label_of(one.layer);
                format!("{} {} {name}", number(one.count.round()), one.status)
            });
            [
                duration(phase.start_seconds),
                per_second(phase.rate_per_second),
                duration(phase.duration_seconds),
                number(phase.sent.round()),
                number(phase.answered.round()),
                refusals.collect::<Vec<_>>().join("\n"),
            ]
        });
        let headings = ["FROM", "RATE", "FOR", "SENT", "ANSWERED", "REFUSED"];
        table(headings, 0..=4, rows)
    }

    fn label_of(name: LayerName) -> &'static str {
        match name {
            LayerName::TierQuota => "tier quota",
            LayerName::TierThrottle => "tier rate",
            LayerName::Waf => "WAF",
            other => other.label(),
        }
    }
}

/// A table without lines, some of whose columns are of numbers.
fn table(
    headings: [&str; 6],
    numbers: RangeInclusive<usize>,
    rows: impl Iterator<Item = [String; 6]>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(headings).add_rows(rows);
    for column in numbers {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// Characters for a share; something of either kind is shown where there is some.
fn share_of_bar(share: f64) -> usize {
    let exact = share * BAR as f64;
    let most = if share < 1.0 { BAR - 1 } else { BAR };
    let least = usize::from(share > 0.0);
    (0..=BAR)
        .find(|filled| *filled as f64 + 0.5 > exact)
        .unwrap_or(BAR)
        .clamp(least, most)
}

fn limit(limit: &Limit) -> String {
    match *limit {
        Limit::Lookback {
            requests,
            window_seconds,
        }
        | Limit::Window {
            requests,
            window_seconds,
        } => per_window(requests, window_seconds),
        Limit::Bucket {
            rate_per_second,
            burst,
        } => format!("{}, burst {}", per_second(rate_per_second), number(burst)),
        Limit::Slots { executions } => format!("{} at a time", number(executions)),
        Limit::Writes {
            units_per_second, ..
        } => format!("{} units/s", number(units_per_second)),
    }
}

/// A contradiction with its place, rule and, if it is accepted, the reason.
pub fn entry(contradiction: &Contradiction) -> String {
    let mut text = format!("{} {}\n", contradiction.place, contradiction.rule);
    text += &wrapped(&contradiction.message, "  ");
    if let Some(reason) = &contradiction.accepted {
        text += &wrapped(&format!("because: {reason}"), "  ");
    }
    text
}

/// Lines of at most 80 columns, each with `indent` before it.
pub fn wrapped(text: &str, indent: &str) -> String {
    let lines = wrap(text, WIDTH - indent.len(), usize::MAX);
    let lines = lines.iter().map(|line| format!("{indent}{line}\n"));
    lines.collect()
}
