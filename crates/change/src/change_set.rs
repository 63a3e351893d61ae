//! Changes as plain data, what they add up to, and how they print: one tree over the root and its
//! nested stacks.

use std::collections::BTreeSet;

mod callout;
pub mod difference;
mod line;
pub mod row;
mod secret;
mod security;
#[cfg(test)]
mod tests;
mod tree;
mod warning;

pub use line::wrapped;
pub use warning::{Warning, Warnings};

/// What CloudFormation says of a value that it can know only when it has made the resource.
pub const KNOWN_AFTER_APPLY: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// What happens to one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is done.
    pub action: Action,
    /// In the template of its stack.
    pub logical_id: String,
    /// As in `AWS::DynamoDB::Table`.
    pub resource_type: String,
    /// As CloudFormation reports it; `effective_replacement` is what is left of it.
    pub replacement: Replacement,
    /// What becomes of a resource that is replaced or removed; `None` where nothing says so.
    pub fate: Option<Fate>,
    /// The properties that differ; empty where they are not known.
    pub properties: Vec<PropertyChange>,
    /// Sentences that explain the change, one line each.
    pub notes: Vec<String>,
    /// For a nested stack, the changes inside it; `None` where they are not known.
    pub nested: Option<Vec<Change>>,
}

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Made anew.
    Add,
    /// Changed in place, or replaced where `Change::replacement` says so.
    Modify,
    /// Taken out of the stack.
    Remove,
    /// There already, and taken into the stack.
    Import,
    /// An API's deployment is added and the one before it removed.
    Redeploy,
    /// Nothing is done to it: what is there is what the template wants, and CloudFormation takes
    /// note of that.
    Sync,
}

/// Whether another physical resource takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Replacement {
    /// It stays.
    Never,
    /// It depends on a value that only the deploy knows.
    Possible,
    /// It is replaced.
    Certain,
}

/// What becomes of the physical resource that a stack gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Gone, with what is in it.
    Deleted,
    /// It stays, outside of the stack.
    Retained,
    /// Deleted once a snapshot was taken.
    Snapshot,
}

/// One property that differs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PropertyChange {
    /// Dotted, as in `Throttle.RateLimit`.
    pub path: String,
    /// JSON where the value is not a scalar.
    pub before: Option<String>,
    /// JSON where the value is not a scalar, or `KNOWN_AFTER_APPLY`.
    pub after: Option<String>,
    /// Why CloudFormation lists it; a property can have several reasons.
    pub reasons: Vec<Reason>,
    /// What a value that is not known yet was traced to.
    pub source: Source,
}

/// Why CloudFormation lists a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Where the new value comes from.
    pub origin: ValueOrigin,
    /// The parameter, resource or attribute that the new value comes from.
    pub entity: Option<String>,
    /// Whether CloudFormation will know the value only during the deploy.
    pub is_dynamic: bool,
    /// Whether a new value means a new resource.
    pub recreation: Replacement,
}

/// Where a new value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueOrigin {
    /// The text of the template.
    Template,
    /// A parameter of the stack.
    Parameter,
    /// Another resource, through `Ref`.
    Resource,
    /// Another resource, through `GetAtt`.
    Attribute,
    /// The change itself, CloudFormation's doing, or a word of a later CloudFormation.
    Other,
}

/// What a value that CloudFormation does not know yet was traced to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Source {
    /// Nothing was found.
    #[default]
    NotTraced,
    /// Nothing behind it changes; what feeds it, as in `Data.Outputs.TableArn`.
    Unchanged(String),
    /// As in `Data / Table is replaced`.
    Changed(String),
    /// What is there was set behind CloudFormation's back, and is taken back.
    Drift,
}

impl Change {
    /// A change without properties, replacement and notes.
    pub fn new(action: Action, logical_id: &str, resource_type: &str) -> Self {
        Self {
            action,
            logical_id: logical_id.to_owned(),
            resource_type: resource_type.to_owned(),
            replacement: Replacement::Never,
            fate: None,
            properties: Vec::new(),
            notes: Vec::new(),
            nested: None,
        }
    }

    /// A nested stack that a change set lists although nothing of it changes.
    fn is_idle(&self) -> bool {
        let unchanged = |property: &PropertyChange| matches!(property.source, Source::Unchanged(_));
        self.action == Action::Modify
            && self.nested.as_ref().is_some_and(Vec::is_empty)
            && self.properties.iter().all(unchanged)
    }

    /// Whether CloudFormation lists it for values alone that turn out to stay.
    pub(crate) fn is_unfounded(&self) -> bool {
        let unchanged = |property: &PropertyChange| matches!(property.source, Source::Unchanged(_));
        self.action == Action::Modify
            && self.nested.is_none()
            && !self.properties.is_empty()
            && self.properties.iter().all(unchanged)
    }

    /// Whether nothing is done to the resource, though CloudFormation lists it.
    pub(crate) fn is_untouched(&self) -> bool {
        self.action == Action::Sync || self.is_unfounded()
    }

    /// The replacement without what rests on values that stay.
    pub(crate) fn effective_replacement(&self) -> Replacement {
        let mut causes = self.replacing_properties().peekable();
        let is_refuted = causes.peek().is_some()
            && causes.all(|property| matches!(property.source, Source::Unchanged(_)));
        match is_refuted {
            true => Replacement::Never,
            false => self.replacement,
        }
    }

    /// The properties that make CloudFormation replace the resource.
    pub(crate) fn replacing_properties(&self) -> impl Iterator<Item = &PropertyChange> {
        let replaces = |property: &&PropertyChange| {
            let mut reasons = property.reasons.iter();
            self.replacement != Replacement::Never
                && (property.reasons.is_empty()
                    || reasons.any(|reason| reason.recreation != Replacement::Never))
        };
        self.properties.iter().filter(replaces)
    }
}

/// Counts over the whole tree; nested stacks themselves are not counted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    pub(crate) added: usize,
    /// Resources changed in place, certain replacements aside.
    pub modified: usize,
    pub(crate) removed: usize,
    /// Resources that are certainly replaced.
    pub replaced: usize,
    /// Listed by CloudFormation, although nothing behind them changes.
    pub(crate) unfounded: usize,
    /// Drifted to where the template wants them.
    pub(crate) synced: usize,
}

/// Counts what `changes` and the nested ones do.
pub fn totals(changes: &[Change]) -> Totals {
    let mut totals = Totals::default();
    for (_, change) in resources(changes) {
        match change.action {
            Action::Add | Action::Import => totals.added += 1,
            Action::Remove => totals.removed += 1,
            Action::Redeploy => {
                totals.added += 1;
                totals.removed += 1;
            }
            Action::Sync => totals.synced += 1,
            Action::Modify if change.is_unfounded() => totals.unfounded += 1,
            Action::Modify if change.effective_replacement() == Replacement::Certain => {
                totals.replaced += 1;
            }
            Action::Modify => totals.modified += 1,
        }
    }
    totals
}

/// Every change of a resource with its place (`Data / Table`), nested stacks followed. A nested
/// stack whose inside is not known, or that changes by itself alone, stands for itself.
pub fn resources(changes: &[Change]) -> Vec<(String, &Change)> {
    let mut found = Vec::new();
    for change in changes {
        let Some(nested) = &change.nested else {
            found.push((change.logical_id.clone(), change));
            continue;
        };
        if nested.is_empty() && change.action == Action::Modify && !change.is_idle() {
            found.push((change.logical_id.clone(), change));
        }
        for (place, inner) in resources(nested) {
            found.push((format!("{} / {place}", change.logical_id), inner));
        }
    }
    found
}

impl Totals {
    /// As in `3 to add, 1 to change`.
    pub fn summary(self) -> String {
        let parts = [
            (self.added, "to add"),
            (self.modified, "to change"),
            (self.replaced, "to replace"),
            (self.removed, "to delete"),
            (self.unfounded, "listed with an unchanged source"),
            (self.synced, "to note as they are"),
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

/// The tree of `changes`, with colours as escape codes. Secrets are masked.
pub fn render(changes: &[Change]) -> String {
    tree::render(changes)
}

/// What to look at before saying yes: what is replaced, what goes although it holds data, what
/// touches who may do what. Empty where there is nothing of it.
pub fn callouts(changes: &[Change]) -> String {
    callout::render(changes)
}

/// Properties outside a resource, such as parameters, in the form of the tree.
pub(crate) fn render_properties(properties: &[PropertyChange]) -> String {
    tree::render_properties(properties)
}

/// Stands for a value that is not shown.
pub const MASK: &str = secret::MASK;

/// Whether the member `key` of `object` holds a secret, by its own name or by the one beside it.
pub fn is_secret_member(object: &serde_json::Map<String, serde_json::Value>, key: &str) -> bool {
    secret::is_secret_member(object, key)
}

/// The names among `names` that are those of secrets.
pub(crate) fn secret_names<'a>(names: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    names
        .filter(|name| secret::is_secret_name(name))
        .map(ToOwned::to_owned)
        .collect()
}
