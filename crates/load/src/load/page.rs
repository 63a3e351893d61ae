//! A finished load test as one HTML page: no script, nothing from a network, every text escaped.

mod charts;

use super::progress::milliseconds;
use super::report::{Percentiles, Report};
use super::verdict::Outcome;
use charts::figures;

const STYLE: &str = include_str!("page/page.css");

/// Text as HTML and as an attribute's value.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// The page, whole, as HTML.
pub fn render(report: &Report) -> String {
    let title = format!("Load test of {}", report.stack);
    let title = escape(&title);
    let body = [
        head(report, &title),
        verdicts(report),
        phases(report),
        figures(report),
        comparison(report),
        generator(report),
        not_shown(report),
    ]
    .concat();
    // The policy lets nothing load, should an escape ever be missing.
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}\
         </main>\n</body>\n</html>\n"
    )
}

fn head(report: &Report, title: &str) -> String {
    let prefix = escape(&report.id_prefix);
    let items = report.table.as_deref().map(|table| {
        let table = escape(table);
        format!(
            "Stored items have ids that begin with <code>{prefix}</code>, in the table \
             <code>{table}</code>."
        )
    });
    let items = items.unwrap_or_default();
    let mut text = format!(
        "<h1>{title}</h1>\n<p class=\"quiet\"><code>{}</code>, {} key; {} UTC; {:.0} s; {} \
         requests sent.\n{items}</p>\n",
        escape(&report.endpoint),
        report.tier,
        escape(&report.started_at.trim_end_matches('Z').replace('T', " ")),
        report.seconds,
        report.overall.sent
    );
    if report.is_interrupted {
        text.push_str("<p class=\"warning\">It was stopped before its end.</p>\n");
    }
    if let Some(doubt) = &report.generator.doubt {
        text.push_str(&format!(
            "<p class=\"warning\">Do not trust these figures: {}.</p>\n",
            escape(doubt)
        ));
    }
    text
}

/// A table whose first `texts` columns are not numbers; the cells are HTML.
pub(super) fn table(
    headings: &[&str],
    texts: usize,
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let class = |index: usize| match index < texts {
        true => " class=\"text\"",
        false => "",
    };
    let mut text = "<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr>".to_owned();
    for (index, heading) in headings.iter().enumerate() {
        text.push_str(&format!("<th scope=\"col\"{}>{heading}</th>", class(index)));
    }
    text.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        text.push_str("<tr>");
        for (index, cell) in row.iter().enumerate() {
            text.push_str(&format!("<td{}>{cell}</td>", class(index)));
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</tbody></table></div>\n");
    text
}

fn verdicts(report: &Report) -> String {
    let rows = report.verdicts.iter().map(|verdict| {
        let (class, sign) = match verdict.outcome {
            Outcome::Passed => ("passed", "✓"),
            Outcome::Failed => ("failed", "✗"),
            Outcome::NotShown => ("notShown", "–"),
        };
        let word = verdict.outcome.words();
        let outcome = format!("<span class=\"outcome {class}\">{sign} {word}</span>");
        vec![outcome, escape(verdict.check), escape(&verdict.reason)]
    });
    let table = table(&["Verdict", "Check", "Why"], 3, rows);
    // On a phone three columns of words are too many; there each line is three lines.
    format!("<h2>Checklist</h2>\n<div class=\"checklist\">\n{table}</div>\n")
}

fn phases(report: &Report) -> String {
    let rows = report.latencies().map(|(name, of)| latency_row(name, of));
    let headings = ["", "Requests", "p50", "p90", "p99", "p99.9", "Longest"];
    let latencies = table(&headings, 1, rows);

    let rows = report.sections().flat_map(|section| {
        section.answers.iter().map(|one| {
            let share = 100.0 * one.count as f64 / section.sent.max(1) as f64;
            let status = one.status.map(|status| format!("{status} "));
            let answer = status.unwrap_or_default() + &escape(one.layer.words());
            let (count, share) = (one.count.to_string(), format!("{share:.1} %"));
            vec![escape(&section.name), answer, count, share]
        })
    });
    let headings = ["Phase", "Answer", "Requests", "Of those sent"];
    let answers = table(&headings, 2, rows);
    let rows = report.sections().map(|one| {
        let counts = [one.offered, one.sent, one.not_sent, one.unanswered];
        let counts = counts.iter().map(ToString::to_string);
        [escape(&one.name)].into_iter().chain(counts).collect()
    });
    let last = "Without an answer at the end";
    let sent = table(&["Phase", "Offered", "Sent", "Not sent", last], 1, rows);
    format!(
        "<h2>Latency</h2>\n<p class=\"quiet\">From when each request was due, so that a request \
         that waits to be sent has waited. “Let through” are those that no limit and no check \
         refused; “since sending” leaves out the wait.</p>\n{latencies}\
         <h2>Answers</h2>\n{answers}<h2>Requests</h2>\n{sent}"
    )
}

fn latency_row(name: &str, of: &Percentiles) -> Vec<String> {
    let values = [of.p50_ms, of.p90_ms, of.p99_ms, of.p999_ms, of.max_ms];
    let mut row = vec![escape(name), of.count.to_string()];
    row.extend(values.iter().map(|value| match of.count {
        0 => "–".to_owned(),
        _ => milliseconds(*value),
    }));
    row
}

fn comparison(report: &Report) -> String {
    if report.comparison.is_none() {
        return String::new();
    }
    let rows = report.compared().map(|(name, one)| {
        let (expected, seen) = (format!("{:.0}", one.expected), one.seen.to_string());
        vec![escape(name), one.status.to_string(), expected, seen]
    });
    let headings = ["Phase", "Status", "Expected", "Seen"];
    let table = table(&headings, 2, rows);
    format!("<h2>Expected by the limits, and seen</h2>\n{table}")
}

fn generator(report: &Report) -> String {
    let generator = &report.generator;
    format!(
        "<h2>Generator</h2>\n<p>99 % of the requests were sent at most {} late, the worst {}. \
         At most {} were in flight at once; {} are allowed.</p>\n",
        milliseconds(generator.lag_p99_ms),
        milliseconds(generator.lag_max_ms),
        generator.most_in_flight,
        generator.in_flight_limit
    )
}

fn not_shown(report: &Report) -> String {
    if report.not_shown_here.is_empty() {
        return String::new();
    }
    let items: String = report
        .not_shown_here
        .iter()
        .map(|line| format!("<li>{}</li>\n", escape(line)))
        .collect();
    format!("<h2>What this cloud cannot show</h2>\n<ul>\n{items}</ul>\n")
}

#[cfg(test)]
mod tests {
    use super::charts::Kind;
    use super::*;

    #[test]
    fn nothing_of_a_text_is_markup() {
        assert_eq!(
            escape("<a href=\"x\" b='y'>&"),
            "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;"
        );
    }

    #[test]
    fn every_kind_of_answer_has_a_colour_of_its_own() {
        let colours: std::collections::BTreeSet<&str> =
            Kind::ALL.iter().map(|kind| kind.look().1).collect();
        assert_eq!(colours.len(), Kind::ALL.len());
    }
}
