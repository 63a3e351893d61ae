//! Changes as plain data, and how they print: one tree over the root and its nested stacks.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

pub(crate) const NESTED_STACK: &str = "AWS::CloudFormation::Stack";

const ADDED: Style = AnsiColor::Green.on_default();
const MODIFIED: Style = AnsiColor::Yellow.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const QUIET: Style = Style::new().dimmed();

/// What happens to one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) action: Action,
    pub(crate) logical_id: String,
    pub(crate) resource_type: String,
    pub(crate) replacement: Replacement,
    pub(crate) properties: Vec<PropertyChange>,
    /// For a nested stack, the changes inside it; `None` where they are not known.
    pub(crate) nested: Option<Vec<Change>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Add,
    Modify,
    Remove,
    Import,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replacement {
    Never,
    Possible,
    Certain,
}

/// One property that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PropertyChange {
    /// Dotted, as in `Throttle.RateLimit`.
    pub(crate) path: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

impl Change {
    /// A nested stack that a change set lists although nothing in it changes.
    fn is_idle(&self) -> bool {
        self.action == Action::Modify && self.nested.as_ref().is_some_and(Vec::is_empty)
    }

    /// Whether the change touches who may do what, or who may reach what.
    fn is_security_relevant(&self) -> bool {
        const PREFIXES: [&str; 5] = [
            "AWS::IAM::",
            "AWS::KMS::",
            "AWS::WAFv2::",
            "AWS::EC2::SecurityGroup",
            "AWS::EC2::VPCEndpoint",
        ];
        let by_type = PREFIXES
            .iter()
            .any(|prefix| self.resource_type.starts_with(prefix))
            || self.resource_type.ends_with("Policy")
            || self.resource_type == "AWS::Lambda::Permission";
        by_type
            || self
                .properties
                .iter()
                .any(|property| property.path.contains("Policy"))
    }
}

/// Counts over the whole tree; nested stacks themselves are not counted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) added: usize,
    pub(crate) modified: usize,
    pub(crate) removed: usize,
    pub(crate) replaced: usize,
}

pub(crate) fn totals(changes: &[Change]) -> Totals {
    let mut totals = Totals::default();
    for change in changes {
        if let Some(nested) = &change.nested {
            let inner = self::totals(nested);
            totals.added += inner.added;
            totals.modified += inner.modified;
            totals.removed += inner.removed;
            totals.replaced += inner.replaced;
        } else {
            match change.action {
                Action::Add | Action::Import => totals.added += 1,
                Action::Remove => totals.removed += 1,
                Action::Modify if change.replacement == Replacement::Certain => {
                    totals.replaced += 1;
                }
                Action::Modify => totals.modified += 1,
            }
        }
    }
    totals
}

impl Totals {
    /// As in `3 to add, 1 to change`.
    pub(crate) fn summary(self) -> String {
        let parts = [
            (self.added, "to add"),
            (self.modified, "to change"),
            (self.replaced, "to replace"),
            (self.removed, "to delete"),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        match parts.is_empty() {
            true => "no resource changes".to_owned(),
            false => parts.join(", "),
        }
    }
}

/// The tree of `changes`, one line per resource and property, with colours as escape codes.
pub(crate) fn render(changes: &[Change]) -> String {
    let mut text = String::new();
    render_level(&mut text, changes, 1);
    text
}

fn render_level(text: &mut String, changes: &[Change], depth: usize) {
    let indent = "  ".repeat(depth);
    let shown: Vec<&Change> = changes.iter().filter(|change| !change.is_idle()).collect();
    let width = shown
        .iter()
        .map(|change| change.logical_id.len())
        .max()
        .unwrap_or(0);
    for change in shown {
        let (sign, style) = sign(change);
        let Change {
            logical_id,
            resource_type,
            ..
        } = change;
        let note = note(change);
        let _ = writeln!(
            text,
            "{indent}{style}{sign} {logical_id:width$}{style:#}  {QUIET}{resource_type}{QUIET:#}{note}"
        );
        for property in &change.properties {
            let _ = writeln!(text, "{indent}    {}", property_line(property));
        }
        render_level(
            text,
            change.nested.as_deref().unwrap_or_default(),
            depth + 1,
        );
    }
    let idle: Vec<&str> = changes
        .iter()
        .filter(|change| change.is_idle())
        .map(|change| change.logical_id.as_str())
        .collect();
    if !idle.is_empty() {
        let _ = writeln!(
            text,
            "{indent}{QUIET}= unchanged: {}{QUIET:#}",
            idle.join(", ")
        );
    }
}

fn sign(change: &Change) -> (char, Style) {
    match (change.action, change.replacement) {
        (Action::Add | Action::Import, _) => ('+', ADDED),
        (Action::Remove, _) => ('-', REMOVED),
        (Action::Modify, Replacement::Certain) => ('!', REMOVED),
        (Action::Modify, _) => ('~', MODIFIED),
    }
}

fn note(change: &Change) -> String {
    let mut notes = Vec::new();
    match (change.action, change.replacement) {
        (Action::Modify, Replacement::Certain) => notes.push("replaced"),
        (Action::Modify, Replacement::Possible) if change.nested.is_none() => {
            notes.push("may be replaced");
        }
        (Action::Import, _) => notes.push("imported"),
        _ => {}
    }
    if change.action != Action::Add && change.is_security_relevant() {
        notes.push("security");
    }
    match notes.is_empty() {
        true => String::new(),
        false => format!("  {REMOVED}[{}]{REMOVED:#}", notes.join(", ")),
    }
}

fn property_line(property: &PropertyChange) -> String {
    let PropertyChange {
        path,
        before,
        after,
    } = property;
    match (before, after) {
        (Some(before), Some(after)) => format!("{path}: {before} -> {after}"),
        (None, Some(after)) => format!("{path}: {after} (new)"),
        (Some(before), None) => format!("{path}: {before} (removed)"),
        (None, None) => path.clone(),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn change(action: Action, logical_id: &str, resource_type: &str) -> Change {
        Change {
            action,
            logical_id: logical_id.to_owned(),
            resource_type: resource_type.to_owned(),
            replacement: Replacement::Never,
            properties: Vec::new(),
            nested: None,
        }
    }

    fn nested(logical_id: &str, changes: Vec<Change>) -> Change {
        Change {
            nested: Some(changes),
            ..change(Action::Modify, logical_id, NESTED_STACK)
        }
    }

    fn example() -> Vec<Change> {
        let rate = PropertyChange {
            path: "Throttle.RateLimit".to_owned(),
            before: Some("50".to_owned()),
            after: Some("60".to_owned()),
        };
        let plan = Change {
            properties: vec![rate],
            ..change(Action::Modify, "StandardPlan", "AWS::ApiGateway::UsagePlan")
        };
        let table = Change {
            replacement: Replacement::Certain,
            ..change(Action::Modify, "Table", "AWS::DynamoDB::Table")
        };
        vec![
            nested(
                "Api",
                vec![
                    plan,
                    change(Action::Remove, "Old", "AWS::ApiGateway::Deployment"),
                ],
            ),
            nested("Data", vec![table]),
            nested(
                "Identity",
                vec![change(Action::Modify, "Role", "AWS::IAM::Role")],
            ),
            nested("Network", vec![]),
        ]
    }

    #[test]
    fn the_tree_shows_what_changes_and_names_what_does_not() {
        // The first line keeps the indentation of the others visible.
        let tree = format!("movies-dev\n{}", render(&example()));
        let plain = anstream::adapter::strip_str(&tree).to_string();
        expect![[r#"
            movies-dev
              ~ Api       AWS::CloudFormation::Stack
                ~ StandardPlan  AWS::ApiGateway::UsagePlan
                    Throttle.RateLimit: 50 -> 60
                - Old           AWS::ApiGateway::Deployment
              ~ Data      AWS::CloudFormation::Stack
                ! Table  AWS::DynamoDB::Table  [replaced]
              ~ Identity  AWS::CloudFormation::Stack
                ~ Role  AWS::IAM::Role  [security]
              = unchanged: Network
        "#]]
        .assert_eq(&plain);
    }

    #[test]
    fn totals_count_resources_and_not_nested_stacks() {
        assert_eq!(
            totals(&example()).summary(),
            "2 to change, 1 to replace, 1 to delete"
        );
        assert_eq!(totals(&[]).summary(), "no resource changes");
    }
}
