//! How changes print: a line per resource, below it a tree of what differs, nested stacks inside
//! the one that holds them.

use anstyle::{AnsiColor, Style};

use super::difference::expanded;
use super::line::{WIDTH, flowed, focused, width, wrapped};
use super::secret::MASK;
use super::{
    Action, Change, Fate, KNOWN_AFTER_APPLY, PropertyChange, Replacement, Source, resources,
    security,
};
use cfnkit_console::text::printable;

pub(crate) const ADDED: Style = AnsiColor::Green.on_default();
pub(crate) const MODIFIED: Style = AnsiColor::Yellow.on_default();
pub(crate) const REMOVED: Style = AnsiColor::Red.on_default();
pub(crate) const QUIET: Style = Style::new().dimmed();

/// How many replaced resources a nested stack's line names.
const NAMED: usize = 2;

pub(super) fn render(changes: &[Change]) -> String {
    let mut lines = Vec::new();
    render_level(&mut lines, changes, 1, is_creation(changes));
    joined(&lines)
}

pub(crate) fn render_properties(properties: &[PropertyChange]) -> String {
    let mut lines = Vec::new();
    let leaves: Vec<PropertyChange> = properties
        .iter()
        .flat_map(|property| expanded("", property))
        .collect();
    render_nodes(&mut lines, &tree_of(&leaves), "  ");
    joined(&lines)
}

fn joined(lines: &[String]) -> String {
    lines
        .iter()
        .flat_map(|line| [line.as_str(), "\n"])
        .collect()
}

/// Where everything is new, nothing of it is worth a warning.
pub(crate) fn is_creation(changes: &[Change]) -> bool {
    changes.iter().all(|change| change.action == Action::Add)
}

fn render_level(lines: &mut Vec<String>, changes: &[Change], depth: usize, is_new: bool) {
    let indent = "  ".repeat(depth);
    let shown: Vec<&Change> = changes.iter().filter(|change| !change.is_idle()).collect();
    let column = shown
        .iter()
        .map(|change| width(&change.logical_id))
        .filter(|width| *width <= WIDTH / 3)
        .max()
        .unwrap_or(0);
    for change in shown {
        let (sign, style) = sign(change);
        let id = format!("{:column$}", change.logical_id);
        let first = format!("{indent}{style}{sign} {id}{style:#}");
        let mut phrases = vec![(change.resource_type.clone(), QUIET)];
        if let Some(notes) = notes(change, is_new) {
            phrases.push((notes, REMOVED));
        }
        lines.extend(
            flowed(&first, &phrases, indent.len() + 4)
                .lines()
                .map(ToOwned::to_owned),
        );
        let leaves: Vec<PropertyChange> = change
            .properties
            .iter()
            .flat_map(|property| expanded(&change.resource_type, property))
            .collect();
        let mut nodes = tree_of(&leaves);
        nodes.extend(change.notes.iter().map(|note| Node {
            label: note.clone(),
            ..Node::default()
        }));
        render_nodes(lines, &nodes, &format!("{indent}  "));
        let nested = change.nested.as_deref().unwrap_or_default();
        render_level(
            lines,
            nested,
            depth + 1,
            is_new || change.action == Action::Add,
        );
    }
    let idle: Vec<&str> = changes
        .iter()
        .filter(|change| change.is_idle())
        .map(|change| change.logical_id.as_str())
        .collect();
    if !idle.is_empty() {
        let text = format!("= unchanged: {}", idle.join(", "));
        for line in wrapped(&text, WIDTH - indent.len()) {
            lines.push(format!("{indent}{QUIET}{line}{QUIET:#}"));
        }
    }
}

pub(super) fn sign(change: &Change) -> (char, Style) {
    match change.action {
        Action::Add | Action::Import => ('+', ADDED),
        Action::Remove => ('-', REMOVED),
        Action::Redeploy => ('~', MODIFIED),
        Action::Sync => ('=', QUIET),
        Action::Modify if !replaced_below(change, Replacement::Certain).is_empty() => {
            ('!', REMOVED)
        }
        Action::Modify => ('~', MODIFIED),
    }
}

/// The places of what is replaced: the resource itself, or resources of a nested stack.
fn replaced_below(change: &Change, wanted: Replacement) -> Vec<String> {
    resources(std::slice::from_ref(change))
        .into_iter()
        .filter(|(_, inner)| {
            inner.action == Action::Modify && inner.effective_replacement() == wanted
        })
        .map(|(place, _)| place)
        .collect()
}

fn notes(change: &Change, is_new: bool) -> Option<String> {
    let mut notes = Vec::new();
    match change.nested {
        Some(_) => escalated(&mut notes, change),
        None => own(&mut notes, change),
    }
    let mut inner = resources(std::slice::from_ref(change)).into_iter();
    let is_relevant = inner.any(|(_, inner)| security::is_relevant(inner) && !inner.is_untouched());
    if is_relevant && !is_new {
        notes.push("security".to_owned());
    }
    (!notes.is_empty()).then(|| format!("[{}]", notes.join(", ")))
}

fn escalated(notes: &mut Vec<String>, change: &Change) {
    let prefix = format!("{} / ", change.logical_id);
    for (verb, wanted) in [
        ("replaces", Replacement::Certain),
        ("may replace", Replacement::Possible),
    ] {
        let places = replaced_below(change, wanted);
        let names: Vec<&str> = places
            .iter()
            .map(|place| place.strip_prefix(&prefix).unwrap_or(place))
            .collect();
        match names.as_slice() {
            [] => {}
            few if few.len() <= NAMED => notes.push(format!("{verb} {}", few.join(" and "))),
            many => notes.push(format!("{verb} {} resources", many.len())),
        }
    }
}

fn own(notes: &mut Vec<String>, change: &Change) {
    let is_modified = change.action == Action::Modify;
    let effective = change.effective_replacement();
    match effective {
        Replacement::Certain if is_modified => notes.push("replaced".to_owned()),
        Replacement::Possible if is_modified => notes.push("may be replaced".to_owned()),
        _ => {}
    }
    if is_modified && effective != change.replacement {
        notes.push("replacement reported, source unchanged".to_owned());
    } else if change.is_unfounded() {
        notes.push("source unchanged".to_owned());
    }
    let gives_up = effective != Replacement::Never;
    let kept = match (change.action, change.fate) {
        (Action::Remove, Some(Fate::Retained)) => Some("retained"),
        (Action::Remove, Some(Fate::Snapshot)) => Some("leaves a snapshot"),
        (Action::Modify, Some(Fate::Retained)) if gives_up => Some("the old one is retained"),
        (Action::Modify, Some(Fate::Snapshot)) if gives_up => Some("the old one leaves a snapshot"),
        _ => None,
    };
    notes.extend(kept.map(ToOwned::to_owned));
    match change.action {
        Action::Import => notes.push("imported".to_owned()),
        Action::Redeploy => notes.push("redeploys the API".to_owned()),
        Action::Sync => notes.push("left as it is".to_owned()),
        _ => {}
    }
}

/// A step of a property's path, or several of them where no other property shares them.
#[derive(Debug, Default)]
struct Node {
    label: String,
    property: Option<PropertyChange>,
    children: Vec<Node>,
}

fn tree_of(leaves: &[PropertyChange]) -> Vec<Node> {
    let mut root = Node::default();
    for leaf in leaves {
        let mut node = &mut root;
        for step in leaf.path.split('.') {
            let known = node
                .children
                .iter()
                .position(|child| child.label == step && child.property.is_none());
            let index = known.unwrap_or_else(|| {
                node.children.push(Node {
                    label: step.to_owned(),
                    ..Node::default()
                });
                node.children.len() - 1
            });
            node = &mut node.children[index];
        }
        node.property = Some(leaf.clone());
    }
    root.children.into_iter().map(compressed).collect()
}

fn compressed(mut node: Node) -> Node {
    while node.property.is_none()
        && node.children.len() == 1
        && let Some(child) = node.children.pop()
    {
        node = Node {
            label: format!("{}.{}", node.label, child.label),
            ..child
        };
    }
    node.children = node.children.into_iter().map(compressed).collect();
    node
}

fn render_nodes(lines: &mut Vec<String>, nodes: &[Node], indent: &str) {
    for (index, node) in nodes.iter().enumerate() {
        let (branch, below) = match index + 1 == nodes.len() {
            true => ("└─ ", "   "),
            false => ("├─ ", "│  "),
        };
        let below = format!("{indent}{below}");
        let room = WIDTH.saturating_sub(width(&below)).max(20);
        let text = match &node.property {
            Some(property) => property_lines(&printable(&node.label), property, room),
            None => wrapped(&printable(&node.label), room),
        };
        for (number, line) in text.iter().enumerate() {
            match number {
                0 => lines.push(format!("{indent}{QUIET}{branch}{QUIET:#}{line}")),
                _ => lines.push(format!("{QUIET}{below}{QUIET:#}{line}")),
            }
        }
        render_nodes(lines, &node.children, &below);
    }
}

/// A property on one line, or where that is too long with a line for each value.
fn property_lines(label: &str, property: &PropertyChange, room: usize) -> Vec<String> {
    let after_apply = property.after.as_deref();
    let is_open = after_apply.is_some_and(|after| after.contains(KNOWN_AFTER_APPLY));
    let mut entities = property
        .reasons
        .iter()
        .filter_map(|reason| reason.entity.as_deref());
    let source = match &property.source {
        Source::NotTraced if is_open => entities.next().map(|entity| format!("from {entity}")),
        Source::NotTraced => None,
        Source::Unchanged(source) => Some(format!("unchanged source: {source}")),
        Source::Changed(cause) => Some(format!("because {cause}")),
        Source::Drift => Some("drift, taken back".to_owned()),
    };
    let (before, after) = (shown(&property.before), shown(&property.after));
    let is_secret = [&before, &after].iter().any(|value| {
        let value = value.as_deref();
        value.is_some_and(|text| text.contains(MASK) && !text.starts_with(['{', '[']))
    });
    let inline = match (&before, &after) {
        (Some(_), Some(_)) if is_secret => format!("{label}: (secret, changed)"),
        (None, Some(_)) if is_secret => format!("{label}: (secret, new)"),
        (Some(_), None) if is_secret => format!("{label}: (secret, removed)"),
        (Some(before), Some(after)) => format!("{label}: {before} -> {after}"),
        (None, Some(after)) if is_open => format!("{label}: {after}"),
        (None, Some(after)) => format!("{label}: {after} (new)"),
        (Some(before), None) => format!("{label}: {before} (removed)"),
        (None, None) => label.to_owned(),
    };
    let mut lines = match width(&inline) <= room {
        true => vec![inline],
        false => block(label, property, before.as_deref(), after.as_deref(), room),
    };
    if let Some(source) = source {
        let last = lines.last().map_or(0, |line| width(line));
        match lines.as_mut_slice() {
            [only] if last + width(&source) + 3 <= room => {
                only.push_str(&format!(" ({source})"));
            }
            _ => {
                let source = wrapped(&format!("({source})"), room - 2);
                lines.extend(source.iter().map(|line| format!("  {line}")));
            }
        }
    }
    lines
}

/// A line for each value, shortened around what differs; what says who may do what is shown whole.
fn block(
    label: &str,
    property: &PropertyChange,
    before: Option<&str>,
    after: Option<&str>,
    room: usize,
) -> Vec<String> {
    let mut lines = wrapped(&format!("{label}:"), room);
    let room = room - 4;
    let (before, after) = match (before, after) {
        _ if security::is_relevant_path(&property.path) => {
            (before.map(ToOwned::to_owned), after.map(ToOwned::to_owned))
        }
        (Some(before), Some(after)) => {
            let (before, after) = focused(before, after, room);
            (Some(before), Some(after))
        }
        (before, after) => (
            before.map(|text| super::line::shortened(text, room)),
            after.map(|text| super::line::shortened(text, room)),
        ),
    };
    for (sign, style, value) in [('-', REMOVED, before), ('+', ADDED, after)] {
        for (number, line) in value
            .iter()
            .flat_map(|value| wrapped(value, room))
            .enumerate()
        {
            let sign = if number == 0 { sign } else { ' ' };
            lines.push(format!("  {style}{sign}{style:#} {line}"));
        }
    }
    lines
}

fn shown(value: &Option<String>) -> Option<String> {
    let value = value.as_ref()?;
    Some(printable(
        &value.replace(KNOWN_AFTER_APPLY, "(known after the deploy)"),
    ))
}
