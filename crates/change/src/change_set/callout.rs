//! What a reader has to see before saying yes, by place: replacements, data that goes, and what
//! touches security.

use anstyle::Style;

use super::line::flowed;
use super::tree::{QUIET, REMOVED, is_creation, sign};
use super::{Action, Change, Fate, Replacement, Source, resources, security};

const HEADING: Style = Style::new().bold();

pub(super) fn render(changes: &[Change]) -> String {
    if is_creation(changes) {
        return String::new();
    }
    let all = resources(changes);
    let replaced = |wanted: Replacement| {
        all.iter().filter(move |(_, change)| {
            change.action == Action::Modify && change.effective_replacement() == wanted
        })
    };
    let lost = all.iter().filter(|(_, change)| {
        change.action == Action::Remove && security::data_of(&change.resource_type).is_some()
    });
    let relevant = relevant(changes);
    let sections = [
        section("replaced", replaced(Replacement::Certain)),
        section("may be replaced", replaced(Replacement::Possible)),
        section("deleted with data", lost),
        section("security", relevant.iter()),
    ];
    sections.concat()
}

/// Inside a new nested stack everything is new, which its own line says.
fn relevant(changes: &[Change]) -> Vec<(String, &Change)> {
    let mut found = Vec::new();
    for change in changes {
        match &change.nested {
            Some(_) if change.action == Action::Add => {}
            Some(nested) => {
                let inner = relevant(nested).into_iter();
                found.extend(
                    inner.map(|(place, inner)| (format!("{} / {place}", change.logical_id), inner)),
                );
            }
            None if security::is_relevant(change) && !change.is_untouched() => {
                found.push((change.logical_id.clone(), change));
            }
            None => {}
        }
    }
    found
}

fn section<'a>(title: &str, entries: impl Iterator<Item = &'a (String, &'a Change)>) -> String {
    let mut text = String::new();
    for (place, change) in entries {
        let (sign, style) = sign(change);
        let first = format!("  {style}{sign} {place}{style:#}");
        let phrases = [(change.resource_type.clone(), QUIET)];
        text.push_str(&flowed(&first, &phrases, 6));
        text.push('\n');
        if title != "security" {
            for line in consequences(change) {
                text.push_str(&flowed("   ", &[(line, REMOVED)], 5));
                text.push('\n');
            }
        }
    }
    match text.is_empty() {
        true => text,
        false => format!("{HEADING}{title}:{HEADING:#}\n{text}"),
    }
}

/// Why it is replaced, and what becomes of what it holds.
fn consequences(change: &Change) -> Vec<String> {
    let mut lines = Vec::new();
    let mut causes: Vec<String> = Vec::new();
    for property in change.replacing_properties() {
        let cause = match &property.source {
            Source::Changed(cause) => format!("{} ({cause})", property.path),
            Source::Unchanged(_) => continue,
            Source::NotTraced | Source::Drift => property.path.clone(),
        };
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    if !causes.is_empty() {
        lines.push(format!("because of {}", causes.join(", ")));
    }
    let Some(data) = security::data_of(&change.resource_type) else {
        return lines;
    };
    let it = match change.action {
        Action::Remove => "it",
        _ => "the old one",
    };
    lines.push(match change.fate {
        Some(Fate::Retained) => format!("{it} is retained, and with it {data}"),
        Some(Fate::Snapshot) => format!("a snapshot keeps {data}"),
        Some(Fate::Deleted) => format!("{it} is deleted, and with it {data}"),
        None => format!("no policy keeps {it}: it is deleted, and with it {data}"),
    });
    lines
}
