//! Where a value comes from that CloudFormation does not know yet. A change set takes every output
//! of another stack for a new value; the templates and the other changes show which of them stay.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::place::{at_path, below, descend, is_identity, place};
use super::secret_parameters;
use crate::change_set::difference::is_same;
use crate::change_set::{Action, Change, KNOWN_AFTER_APPLY, PropertyChange, Replacement, Source};
use cfnkit_template::intrinsics::single_entry;
use cfnkit_template::references::names_in;
use cfnkit_template::stack_tree::NESTED_STACK;
use cfnkit_template::stack_tree::StackTree;

mod place;
#[cfg(test)]
mod tests;

/// Whether CloudFormation left a value of the change open.
pub(super) fn is_open(change: &Change) -> bool {
    change.action == Action::Modify && change.properties.iter().any(is_open_property)
}

fn is_open_property(property: &PropertyChange) -> bool {
    let after = property.after.as_deref().unwrap_or_default();
    after.contains(KNOWN_AFTER_APPLY) || property.reasons.iter().any(|reason| reason.is_dynamic)
}

/// `changes` with every open value traced.
pub(super) fn traced(changes: Vec<Change>, old: &StackTree, new: &StackTree) -> Vec<Change> {
    let tracer = Tracer {
        changes: &changes,
        old,
        new,
        known: RefCell::default(),
    };
    let traced = tracer.level(&[], &changes);
    drop(changes);
    traced
}

/// What feeds a value that stays.
type Sources = BTreeSet<String>;

type Trace = Result<Sources, Doubt>;

#[derive(Debug, Clone)]
enum Doubt {
    /// The value is another one, because of this.
    Changed(String),
    /// The template itself says another value.
    Edited,
    /// Only CloudFormation can tell.
    Unknown,
}

struct Tracer<'a> {
    changes: &'a [Change],
    old: &'a StackTree,
    new: &'a StackTree,
    /// By place and path; `None` while it is being traced.
    known: RefCell<BTreeMap<(String, String), Option<Trace>>>,
}

impl Tracer<'_> {
    /// The changes of the stack `at` (logical IDs from the root on).
    fn level(&self, at: &[String], changes: &[Change]) -> Vec<Change> {
        let mut traced = changes.to_vec();
        for (change, original) in traced.iter_mut().zip(changes) {
            if original.action == Action::Modify {
                let properties = change.properties.iter_mut();
                for property in properties.filter(|property| is_open_property(property)) {
                    property.source = match self.property(at, original, property) {
                        Ok(sources) if sources.is_empty() => Source::NotTraced,
                        Ok(sources) => {
                            Source::Unchanged(sources.into_iter().collect::<Vec<_>>().join(", "))
                        }
                        Err(Doubt::Changed(cause)) => Source::Changed(cause),
                        Err(Doubt::Edited | Doubt::Unknown) => Source::NotTraced,
                    };
                }
            }
            if let Some(nested) = &original.nested {
                let below = below(at, &original.logical_id);
                change.nested = Some(self.level(&below, nested));
            }
        }
        traced
    }

    fn property(&self, at: &[String], change: &Change, property: &PropertyChange) -> Trace {
        let key = (place(at, &change.logical_id), property.path.clone());
        match self.known.borrow().get(&key) {
            Some(Some(known)) => return known.clone(),
            Some(None) => return Err(Doubt::Unknown),
            None => {}
        }
        self.known.borrow_mut().insert(key.clone(), None);
        let result = self.property_anew(at, change, property);
        self.known.borrow_mut().insert(key, Some(result.clone()));
        result
    }

    fn property_anew(&self, at: &[String], change: &Change, property: &PropertyChange) -> Trace {
        if !is_open_property(property) {
            return Err(Doubt::Edited);
        }
        let resource = |tree: &StackTree| -> Option<Value> {
            let pointer = format!("/Resources/{}/Properties", change.logical_id);
            descend(tree, at)?
                .template
                .value()
                .pointer(&pointer)
                .cloned()
        };
        let (Some(old), Some(new)) = (resource(self.old), resource(self.new)) else {
            return Err(Doubt::Unknown);
        };
        let (old, new) = at_path(&old, &new, &property.path).ok_or(Doubt::Unknown)?;
        self.value(at, Some(old), Some(new))
    }

    /// What feeds `new` in the stack `at`, if it comes to the same as `old`.
    fn value(&self, at: &[String], old: Option<&Value>, new: Option<&Value>) -> Trace {
        match (old, new) {
            (None, None) => Ok(Sources::new()),
            (Some(old), Some(new)) if is_same(old, new) => self.expression(at, new),
            _ => Err(Doubt::Edited),
        }
    }

    fn expression(&self, at: &[String], value: &Value) -> Trace {
        match value {
            Value::Object(object) => match single_entry(object) {
                Some(("Ref" | "Fn::GetAtt" | "Fn::Sub", _)) => {
                    self.all(names_in(value).iter(), |name| self.name(at, name))
                }
                Some(("Condition", Value::String(name))) => self.condition(at, name),
                Some(("Fn::If", Value::Array(parts))) => {
                    let name = parts.first().and_then(Value::as_str);
                    let mut sources = self.condition(at, name.ok_or(Doubt::Unknown)?)?;
                    sources
                        .extend(self.all(parts.iter().skip(1), |part| self.expression(at, part))?);
                    Ok(sources)
                }
                Some(("Fn::FindInMap", parts)) => {
                    self.section(at, "/Mappings")?;
                    self.expression(at, parts)
                }
                Some((function, argument)) if function.starts_with("Fn::") => match function {
                    "Fn::And" | "Fn::Base64" | "Fn::Cidr" | "Fn::Equals" | "Fn::GetAZs"
                    | "Fn::Join" | "Fn::Length" | "Fn::Not" | "Fn::Or" | "Fn::Select"
                    | "Fn::Split" | "Fn::ToJsonString" => self.expression(at, argument),
                    _ => Err(Doubt::Unknown),
                },
                _ => self.all(object.values(), |member| self.expression(at, member)),
            },
            Value::Array(items) => self.all(items.iter(), |item| self.expression(at, item)),
            Value::String(text) if text.contains("{{resolve:") => Err(Doubt::Unknown),
            _ => Ok(Sources::new()),
        }
    }

    fn all<T>(&self, items: impl Iterator<Item = T>, trace: impl Fn(T) -> Trace) -> Trace {
        let mut sources = Sources::new();
        for item in items {
            sources.extend(trace(item)?);
        }
        Ok(sources)
    }

    /// Fails where a part of the template that has no values from outside is another one.
    fn section(&self, at: &[String], pointer: &str) -> Result<(), Doubt> {
        let part = |tree: &StackTree| {
            descend(tree, at)?
                .template
                .value()
                .pointer(pointer)
                .cloned()
        };
        match part(self.old) == part(self.new) {
            true => Ok(()),
            false => Err(Doubt::Edited),
        }
    }

    fn condition(&self, at: &[String], name: &str) -> Trace {
        let part = |tree: &StackTree| -> Option<Value> {
            let conditions = descend(tree, at)?.template.value().get("Conditions")?;
            conditions.get(name).cloned()
        };
        let (old, new) = (part(self.old), part(self.new));
        self.value(at, old.as_ref(), new.as_ref())
    }

    /// A parameter, a resource, or an attribute of one (`Table.Arn`).
    fn name(&self, at: &[String], name: &str) -> Trace {
        if name.starts_with("AWS::") {
            return Ok(Sources::new());
        }
        let (id, attribute) = match name.split_once('.') {
            Some((id, attribute)) => (id, Some(attribute)),
            None => (name, None),
        };
        let template = descend(self.new, at).map(|tree| &tree.template);
        let parameters = template.and_then(|template| template.value().get("Parameters"));
        match parameters.and_then(|parameters| parameters.get(id)) {
            Some(declaration) => self.parameter(at, id, declaration),
            None => self.resource(at, id, attribute),
        }
    }

    fn parameter(&self, at: &[String], name: &str, declared: &Value) -> Trace {
        let (Some(old), Some(new)) = (descend(self.old, at), descend(self.new, at)) else {
            return Err(Doubt::Unknown);
        };
        // Read anew by every deploy, or not to be read at all.
        let kind = declared.get("Type").and_then(Value::as_str);
        if kind.is_some_and(|kind| kind.starts_with("AWS::SSM::Parameter"))
            || secret_parameters(&new.template).contains(name)
        {
            return Err(Doubt::Unknown);
        }
        let default = |tree: &StackTree| {
            let pointer = format!("/Parameters/{name}/Default");
            tree.template.value().pointer(&pointer).cloned()
        };
        let Some((id, parent)) = at.split_last() else {
            return match (old.parameters.get(name), new.parameters.get(name)) {
                (None, None) if default(old) == default(new) => Ok(Sources::new()),
                (old, new) if old == new && old.is_some() => Ok(Sources::from([name.to_owned()])),
                _ => Err(Doubt::Changed(format!("the parameter {name} changes"))),
            };
        };
        let passed = |tree: &StackTree| {
            let pointer = format!("/Resources/{id}/Properties/Parameters/{name}");
            descend(tree, parent)?
                .template
                .value()
                .pointer(&pointer)
                .cloned()
        };
        match (passed(self.old), passed(self.new)) {
            (None, None) if default(old) == default(new) => Ok(Sources::new()),
            (old, new) => self.value(parent, old.as_ref(), new.as_ref()),
        }
    }

    fn resource(&self, at: &[String], id: &str, attribute: Option<&str>) -> Trace {
        let kind = |tree: &StackTree| -> Option<Value> {
            let pointer = format!("/Resources/{id}/Type");
            descend(tree, at)?
                .template
                .value()
                .pointer(&pointer)
                .cloned()
        };
        let (old_kind, kind) = (kind(self.old), kind(self.new));
        let changed = |how: &str| Err(Doubt::Changed(format!("{} {how}", place(at, id))));
        if old_kind.is_none() || old_kind != kind {
            return changed("is created");
        }
        let kind = kind.as_ref().and_then(Value::as_str).unwrap_or_default();
        let output = attribute.and_then(|attribute| attribute.strip_prefix("Outputs."));
        if let (NESTED_STACK, Some(output)) = (kind, output) {
            self.output(&below(at, id), output)?;
            return Ok(Sources::from([format!("{id}.Outputs.{output}")]));
        }
        let unchanged = || {
            let attribute = attribute.map(|attribute| format!(".{attribute}"));
            let source = format!("{}{}", place(at, id), attribute.unwrap_or_default());
            Ok(Sources::from([source]))
        };
        let Some(change) = self.change(at, id)? else {
            return unchanged();
        };
        match change.action {
            Action::Sync => unchanged(),
            Action::Modify if self.is_unfounded(at, change) => unchanged(),
            Action::Modify => match self.replacement(at, change) {
                Replacement::Certain => changed("is replaced"),
                Replacement::Possible => changed("may be replaced"),
                Replacement::Never if is_identity(kind, attribute) => unchanged(),
                Replacement::Never => changed("changes"),
            },
            Action::Remove => changed("is deleted"),
            Action::Add | Action::Import | Action::Redeploy => changed("is created"),
        }
    }

    fn output(&self, at: &[String], output: &str) -> Trace {
        let part = |tree: &StackTree| -> Option<Value> {
            let pointer = format!("/Outputs/{output}/Value");
            descend(tree, at)?
                .template
                .value()
                .pointer(&pointer)
                .cloned()
        };
        match (part(self.old), part(self.new)) {
            (None, None) => Err(Doubt::Unknown),
            (old, new) => match self.value(at, old.as_ref(), new.as_ref()) {
                Err(Doubt::Edited) => Err(Doubt::Changed(format!(
                    "the output {} changes",
                    place(at, output)
                ))),
                traced => traced,
            },
        }
    }

    /// What the change set says of a resource; an error where the stack's changes are not known.
    fn change(&self, at: &[String], id: &str) -> Result<Option<&Change>, Doubt> {
        let mut level = self.changes;
        for step in at {
            match level.iter().find(|change| change.logical_id == *step) {
                None => return Ok(None),
                Some(change) => level = change.nested.as_deref().ok_or(Doubt::Unknown)?,
            }
        }
        Ok(level.iter().find(|change| change.logical_id == id))
    }

    fn is_unfounded(&self, at: &[String], change: &Change) -> bool {
        let stays = |property: &PropertyChange| self.property(at, change, property).is_ok();
        change.nested.is_none()
            && !change.properties.is_empty()
            && change.properties.iter().all(stays)
    }

    fn replacement(&self, at: &[String], change: &Change) -> Replacement {
        let mut causes = change.replacing_properties().peekable();
        let is_refuted = causes.peek().is_some()
            && causes.all(|property| self.property(at, change, property).is_ok());
        match is_refuted {
            true => Replacement::Never,
            false => change.replacement,
        }
    }
}
