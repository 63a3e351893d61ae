//! What a stack keeps beside its content, and what of it is read or given back otherwise than it
//! was sent: settings, stored parameters, previous values, characters.

use super::change_sets::text;
use super::state::{ChangeSet, Stack, State, Values};
use super::xml::{list, optional, raw, tag};

/// The parts of a request that are settings of the stack.
const SETTINGS: [&str; 3] = ["NotificationARNs", "RoleARN", "RollbackConfiguration"];

/// A text as CloudFormation's answers have it.
pub(super) fn given_back(text: &str) -> String {
    text.replace(|c: char| !c.is_ascii(), "?")
}

pub(super) fn pairs_given_back(pairs: &Values) -> Values {
    let pairs = pairs.iter();
    pairs
        .map(|(key, value)| (given_back(key), given_back(value)))
        .collect()
}

/// The settings that a request names.
pub(super) fn settings(form: &Values) -> Values {
    let named = form.iter().filter(|(name, _)| {
        let part = name.split('.').next().unwrap_or_default();
        SETTINGS.contains(&part)
    });
    named
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// What is left of the stack's settings where a request names others: each of the three is
/// replaced as a whole, and stays where it is not named.
fn merged(before: &Values, named: &Values) -> Values {
    let part = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let kept = before
        .iter()
        .filter(|(name, _)| !named.keys().any(|other| part(other) == part(name)));
    let named = named.iter().filter(|(_, value)| !value.is_empty());
    kept.chain(named)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The settings as `DescribeStacks` tells them.
pub(super) fn described(settings: &Values) -> String {
    let values = |begin: &str, end: &str| -> Vec<String> {
        let named = settings
            .iter()
            .filter(|(name, _)| name.starts_with(begin) && name.ends_with(end));
        named.map(|(_, value)| value.clone()).collect()
    };
    let topics = values("NotificationARNs.member.", "");
    let topics = topics
        .iter()
        .map(|topic| format!("<member>{topic}</member>"));
    let triggers = values("RollbackConfiguration.RollbackTriggers.member.", ".Arn");
    let triggers = triggers
        .iter()
        .map(|arn| tag("Arn", arn) + &tag("Type", "AWS::CloudWatch::Alarm"));
    let minutes = settings.get("RollbackConfiguration.MonitoringTimeInMinutes");
    let rollback = list("RollbackTriggers", triggers)
        + &optional("MonitoringTimeInMinutes", minutes.map(String::as_str));
    [
        raw("NotificationARNs", &topics.collect::<String>()),
        optional("RoleARN", settings.get("RoleARN").map(String::as_str)),
        raw("RollbackConfiguration", &rollback),
    ]
    .concat()
}

impl State {
    /// The request with what the stack has where it asks for the previous.
    pub(super) fn with_previous(&self, form: &Values) -> Values {
        let mut form = form.clone();
        let Some(stack) = self.stack(text(&form, "StackName")).cloned() else {
            return form;
        };
        if text(&form, "UsePreviousTemplate") == "true" {
            form.insert(
                "TemplateBody".to_owned(),
                stack.template.unwrap_or_default(),
            );
        }
        for number in 1.. {
            let field = |name: &str| format!("Parameters.member.{number}.{name}");
            let Some(key) = form.get(&field("ParameterKey")).cloned() else {
                break;
            };
            if text(&form, &field("UsePreviousValue")) == "true" {
                let value = stack.parameters.get(&key).cloned().unwrap_or_default();
                form.insert(field("ParameterValue"), value);
            }
        }
        if !form.keys().any(|name| name.starts_with("Tags")) {
            for (number, (key, value)) in stack.tags.iter().enumerate() {
                let field = |name: &str| format!("Tags.member.{}.{name}", number + 1);
                form.insert(field("Key"), key.clone());
                form.insert(field("Value"), value.clone());
            }
        }
        form
    }

    /// The values of the parameters that are stored.
    fn looked_up(&self, parameters: &Values) -> Values {
        let looked_up = parameters
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), self.stored.get(value)?.clone())));
        looked_up.collect()
    }

    /// Whether the change set would leave the stack as it is.
    pub(super) fn changes_nothing(&self, stack: &Stack, set: &ChangeSet) -> bool {
        let settings = merged(&stack.settings, &set.settings);
        stack.template.as_deref() == Some(&set.template)
            && stack.parameters == set.parameters
            && stack.looked_up == self.looked_up(&set.parameters)
            && stack.tags == set.tags
            && (settings == stack.settings || self.ignores_settings)
    }

    /// What the stack keeps of an executed change set beside its content.
    pub(super) fn keep(&mut self, index: usize, set: &ChangeSet) {
        let looked_up = self.looked_up(&set.parameters);
        let stack = &mut self.stacks[index];
        stack.looked_up = looked_up;
        stack.settings = merged(&stack.settings, &set.settings);
    }
}
