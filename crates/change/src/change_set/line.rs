//! Fitting text into 80 columns: values shortened around what differs, phrases moved to the next
//! line, long values wrapped.

/// Columns of a line.
pub(crate) const WIDTH: usize = 80;

/// What stays of the common beginning and end of two values.
const CONTEXT: usize = 8;

/// The columns that `text` takes; it has no escape codes.
pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

/// `text` with its middle left out where it is wider than `limit`.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    let length = width(text);
    if length <= limit {
        return text.to_owned();
    }
    let kept = limit.max(3) - 1;
    let begin = kept.div_ceil(2);
    let first: String = text.chars().take(begin).collect();
    let last: String = text.chars().skip(length - (kept - begin)).collect();
    format!("{first}…{last}")
}

/// Two values without most of what they begin and end with in common.
pub(crate) fn focused(before: &str, after: &str, limit: usize) -> (String, String) {
    if width(before) <= limit && width(after) <= limit {
        return (before.to_owned(), after.to_owned());
    }
    let (old, new): (Vec<char>, Vec<char>) = (before.chars().collect(), after.chars().collect());
    let begin = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let end = old[begin..]
        .iter()
        .rev()
        .zip(new[begin..].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let part = |text: &[char]| -> String {
        let from = begin.saturating_sub(CONTEXT);
        let to = text.len() - end.saturating_sub(CONTEXT);
        let inner: String = text[from..to].iter().collect();
        let first = if from > 0 { "…" } else { "" };
        let last = if to < text.len() { "…" } else { "" };
        shortened(&format!("{first}{inner}{last}"), limit)
    };
    (part(&old), part(&new))
}

/// `text` in lines of at most `limit` columns, broken after a space or comma where there is one.
pub fn wrapped(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(10);
    let mut lines = Vec::new();
    let mut rest: Vec<char> = text.chars().collect();
    while rest.len() > limit {
        let breaks = rest[..limit].iter().rposition(|c| matches!(c, ' ' | ','));
        let end = match breaks {
            Some(position) if position > limit / 2 => position + 1,
            _ => limit,
        };
        let line: String = rest.drain(..end).collect();
        lines.push(line.trim_end().to_owned());
    }
    lines.push(rest.into_iter().collect());
    lines
}

/// Phrases on one line, two spaces apart, and on further lines `indent` columns in where they do
/// not fit. Each phrase comes with what paints it.
pub(crate) fn flowed(first: &str, phrases: &[(String, anstyle::Style)], indent: usize) -> String {
    let mut text = first.to_owned();
    let mut column = width(&anstream::adapter::strip_str(first).to_string());
    for (phrase, style) in phrases {
        if column + 2 + width(phrase) <= WIDTH {
            text.push_str(&format!("  {style}{phrase}{style:#}"));
            column += 2 + width(phrase);
            continue;
        }
        for line in wrapped(phrase, WIDTH - indent.min(WIDTH / 2)) {
            column = indent + width(&line);
            text = format!(
                "{}\n{}{style}{line}{style:#}",
                text.trim_end(),
                " ".repeat(indent)
            );
        }
    }
    text
}
