//! What a change set says of a resource's properties: which differ, from what to what, and why.

use aws_sdk_cloudformation::types::{
    self, AttributeChangeType, BeforeValueFrom, ChangeSource, EvaluationType, RequiresRecreation,
    ResourceAttribute,
};
use serde_json::Value;

use cfnkit_change::change_set::difference::{differences, expanded};
use cfnkit_change::change_set::{
    MASK, PropertyChange, Reason, Replacement, Source, ValueOrigin, is_secret_member,
};
use cfnkit_template::template::plain_string;

/// One entry per place that differs; CloudFormation repeats a property for every reason it has.
pub(super) fn properties(change: &types::ResourceChange) -> Vec<PropertyChange> {
    let resource_type = change.resource_type().unwrap_or_default();
    let before = context(change.before_context());
    let after = context(change.after_context());
    let mut properties: Vec<PropertyChange> = Vec::new();
    for detail in change.details() {
        let Some(target) = detail.target() else {
            continue;
        };
        let Some(pointer) = pointer(target) else {
            continue;
        };
        let path = dotted(&pointer);
        let reason = reason(detail, target);
        match properties.iter_mut().find(|known| known.path == path) {
            Some(known) if known.reasons.contains(&reason) => {}
            Some(known) => known.reasons.push(reason),
            None => properties.push(PropertyChange {
                before: value(live(target), before.as_ref(), &pointer),
                after: value(target.after_value(), after.as_ref(), &pointer),
                reasons: vec![reason],
                source: source(target),
                path,
            }),
        }
    }
    // Values without details come with what surrounds the properties.
    if properties.is_empty()
        && let (Some(before), Some(after)) = (&before, &after)
    {
        let found = differences(resource_type, "", Some(before), Some(after));
        return found
            .into_iter()
            .map(|found| PropertyChange {
                path: found.path.trim_start_matches("Properties.").to_owned(),
                ..found
            })
            .collect();
    }
    properties
        .iter()
        .map(|property| masked_by_name(property, before.as_ref(), after.as_ref()))
        .flat_map(|property| expanded(resource_type, &property))
        .collect()
}

/// What is there before the change: where CloudFormation compared with that, the live value.
fn live(target: &types::ResourceTargetDefinition) -> Option<&str> {
    let drift = target.drift().and_then(|drift| drift.actual_value());
    target.before_value().or(drift)
}

fn source(target: &types::ResourceTargetDefinition) -> Source {
    let is_synced = target.attribute_change_type() == Some(&AttributeChangeType::SyncWithActual);
    let has_drifted = target.drift().is_some()
        || target.before_value_from() == Some(&BeforeValueFrom::ActualState);
    match has_drifted && !is_synced {
        true => Source::Drift,
        false => Source::NotTraced,
    }
}

/// A resource before or after the change, as CloudFormation encodes it.
fn context(text: Option<&str>) -> Option<Value> {
    serde_json::from_str(text?).ok()
}

/// Where the target is, as a JSON pointer into the resource.
fn pointer(target: &types::ResourceTargetDefinition) -> Option<String> {
    match (target.path(), target.name(), target.attribute()) {
        (Some(path), _, _) => Some(path.to_owned()),
        (None, Some(name), _) => Some(format!("/Properties/{name}")),
        // Tags of the stack spread to every resource; the tree would be all tags. A nested stack
        // without changes of its own has no more than `Properties`.
        (None, None, Some(ResourceAttribute::Tags | ResourceAttribute::Properties)) => None,
        (None, None, Some(attribute)) => Some(format!("/{}", attribute.as_str())),
        (None, None, None) => None,
    }
}

fn dotted(pointer: &str) -> String {
    let path = pointer.strip_prefix("/Properties/");
    let path = path.unwrap_or_else(|| pointer.trim_start_matches('/'));
    path.replace('/', ".")
}

/// The value CloudFormation gives; where it gives none, or cuts a document off, the one in the
/// context.
fn value(given: Option<&str>, context: Option<&Value>, pointer: &str) -> Option<String> {
    let inside = || context.and_then(|context| context.pointer(pointer));
    match given {
        Some(text) => {
            let is_cut = text.starts_with(['{', '['])
                && !text.starts_with("{{")
                && serde_json::from_str::<Value>(text).is_err();
            let whole = inside().map(plain_string).filter(|_| is_cut);
            Some(whole.unwrap_or_else(|| text.to_owned()))
        }
        None => inside().map(plain_string),
    }
}

/// A `Value` whose `Name` is that of a secret is one too. Only the context has the name; without
/// it, a variable of an environment is taken for a secret.
fn masked_by_name(
    property: &PropertyChange,
    before: Option<&Value>,
    after: Option<&Value>,
) -> PropertyChange {
    let pointer = format!("/Properties/{}", property.path.replace('.', "/"));
    let Some((parent, key)) = pointer.rsplit_once('/') else {
        return property.clone();
    };
    let contexts = [before, after].into_iter().flatten();
    let mut objects = contexts
        .filter_map(|context| context.pointer(parent)?.as_object())
        .peekable();
    let is_secret = match objects.peek() {
        Some(_) => objects.any(|object| is_secret_member(object, key)),
        None => key == "Value" && parent.contains("Environment"),
    };
    let masked = |value: &Option<String>| match is_secret {
        true => value.as_ref().map(|_| MASK.to_owned()),
        false => value.clone(),
    };
    PropertyChange {
        before: masked(&property.before),
        after: masked(&property.after),
        ..property.clone()
    }
}

fn reason(
    detail: &types::ResourceChangeDetail,
    target: &types::ResourceTargetDefinition,
) -> Reason {
    Reason {
        origin: detail
            .change_source()
            .and_then(origin)
            .unwrap_or(ValueOrigin::Other),
        entity: detail.causing_entity().map(ToOwned::to_owned),
        is_dynamic: detail.evaluation().is_some_and(is_dynamic),
        recreation: match target.requires_recreation() {
            Some(RequiresRecreation::Always) => Replacement::Certain,
            Some(RequiresRecreation::Never) | None => Replacement::Never,
            // On a condition, or in a word that is not known.
            Some(_) => Replacement::Possible,
        },
    }
}

/// `None` for one that is not known.
pub(super) fn origin(source: &ChangeSource) -> Option<ValueOrigin> {
    Some(match source {
        ChangeSource::DirectModification => ValueOrigin::Template,
        ChangeSource::ParameterReference => ValueOrigin::Parameter,
        ChangeSource::ResourceReference => ValueOrigin::Resource,
        ChangeSource::ResourceAttribute => ValueOrigin::Attribute,
        ChangeSource::Automatic | ChangeSource::NoModification => ValueOrigin::Other,
        _ => return None,
    })
}

/// What is not said to be known before the deploy is not.
pub(super) fn is_dynamic(evaluation: &EvaluationType) -> bool {
    *evaluation != EvaluationType::Static
}
