//! What a template's values come to when its parameters are known: `Ref`, `Fn::Sub`, `Fn::If`,
//! `Fn::Select`, `Fn::Split` and conditions. What only CloudFormation can know (attributes, pseudo
//! parameters) stays.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::parameters::Parameters;
use crate::template::{Template, plain_string};

/// The `Resources` of `template` with parameters and conditions resolved, by logical ID.
/// A resource whose condition is false is absent, as it is in the stack.
pub fn resolved_resources(template: &Template, parameters: &Parameters) -> BTreeMap<String, Value> {
    resolved_section(template.value(), "Resources", parameters)
}

/// The same of any section of `template`, whose parts may have a condition.
pub(crate) fn resolved_section(
    template: &Value,
    section: &str,
    parameters: &Parameters,
) -> BTreeMap<String, Value> {
    let resolver = Resolver {
        template,
        parameters,
    };
    let parts = template.get(section).and_then(Value::as_object);
    parts
        .into_iter()
        .flatten()
        .filter(
            |(_, part)| match part.get("Condition").and_then(Value::as_str) {
                Some(name) => resolver.condition(name) != Some(false),
                None => true,
            },
        )
        .map(|(name, part)| (name.clone(), resolver.resolve(part)))
        .collect()
}

/// Whether a condition or an assertion that names no other condition holds; `None` where that
/// cannot be told.
pub(crate) fn truth(value: &Value, parameters: &Parameters) -> Option<bool> {
    let template = &Value::Null;
    Resolver {
        template,
        parameters,
    }
    .truth(value)
}

struct Resolver<'a> {
    template: &'a Value,
    parameters: &'a Parameters,
}

impl Resolver<'_> {
    fn resolve(&self, value: &Value) -> Value {
        match value {
            Value::Object(object) => match single_entry(object) {
                Some(("Ref", Value::String(name))) => match self.parameters.get(name) {
                    Some(value) => Value::String(value.clone()),
                    None => value.clone(),
                },
                Some(("Fn::Sub", Value::String(text))) => self.substitute(text),
                Some(("Fn::If", Value::Array(parts))) => self.choose(parts),
                Some(("Fn::Select", parts)) => self.apply("Fn::Select", parts, selected),
                Some(("Fn::Split", parts)) => self.apply("Fn::Split", parts, split),
                _ => self.resolve_object(object),
            },
            Value::Array(items) => items
                .iter()
                .map(|item| self.resolve(item))
                .filter(|item| !is_no_value(item))
                .collect(),
            scalar => scalar.clone(),
        }
    }

    fn resolve_object(&self, object: &Map<String, Value>) -> Value {
        let resolved = object
            .iter()
            .map(|(key, value)| (key.clone(), self.resolve(value)))
            .filter(|(_, value)| !is_no_value(value));
        Value::Object(resolved.collect())
    }

    /// What `function` makes of its two resolved parts; where that is not known yet, the call.
    fn apply(
        &self,
        name: &str,
        parts: &Value,
        function: fn(&Value, &Value) -> Option<Value>,
    ) -> Value {
        let parts = self.resolve(parts);
        let value = match parts.as_array().map(Vec::as_slice) {
            Some([first, second]) => function(first, second),
            _ => None,
        };
        value.unwrap_or_else(|| json!({ name: parts }))
    }

    fn choose(&self, parts: &[Value]) -> Value {
        let [Value::String(name), then, otherwise] = parts else {
            return json!({ "Fn::If": parts });
        };
        match self.condition(name) {
            Some(true) => self.resolve(then),
            Some(false) => self.resolve(otherwise),
            None => json!({ "Fn::If": [name, self.resolve(then), self.resolve(otherwise)] }),
        }
    }

    /// `${Name}` becomes the parameter's value. Text that still holds a reference stays a
    /// `Fn::Sub`; text without one becomes a plain string.
    fn substitute(&self, text: &str) -> Value {
        let mut result = String::new();
        let mut rest = text;
        let mut open = false;
        while let Some((before, after)) = rest.split_once("${") {
            result.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            match self.parameters.get(name) {
                Some(value) => result.push_str(value),
                None => {
                    open = true;
                    result.extend(["${", name, "}"]);
                }
            }
            rest = after;
        }
        result.push_str(rest);
        match open {
            true => json!({ "Fn::Sub": result }),
            false => Value::String(result),
        }
    }

    /// The condition's value, or `None` where it depends on more than parameters.
    fn condition(&self, name: &str) -> Option<bool> {
        self.truth(self.template.get("Conditions")?.get(name)?)
    }

    fn truth(&self, value: &Value) -> Option<bool> {
        let (function, argument) = single_entry(value.as_object()?)?;
        if let ("Condition", Value::String(name)) = (function, argument) {
            return self.condition(name);
        }
        let parts = argument.as_array()?;
        // One part that says so decides, whatever is not known of the others.
        let decided_by = |decisive: bool| {
            let truths = || parts.iter().map(|part| self.truth(part));
            match truths().any(|one| one == Some(decisive)) {
                true => Some(decisive),
                false => truths().all(|one| one.is_some()).then_some(!decisive),
            }
        };
        match (function, parts.as_slice()) {
            ("Fn::And", _) => decided_by(false),
            ("Fn::Or", _) => decided_by(true),
            ("Fn::Not", [one, ..]) => self.truth(one).map(|value| !value),
            ("Fn::Equals", [left, right]) => {
                let (left, right) = (self.resolve(left), self.resolve(right));
                // CloudFormation compares text; `50` is what a parameter of that value is.
                match (&left, &right) {
                    (Value::Object(_), _) | (_, Value::Object(_)) => None,
                    (Value::Array(_), _) | (_, Value::Array(_)) => Some(left == right),
                    _ => Some(plain_string(&left) == plain_string(&right)),
                }
            }
            ("Fn::Contains", [list, one]) => Some(self.list(list)?.contains(&self.text(one)?)),
            ("Fn::EachMemberEquals", [list, one]) => {
                let one = self.text(one)?;
                Some(self.list(list)?.iter().all(|item| *item == one))
            }
            ("Fn::EachMemberIn", [list, among]) => {
                let among = self.list(among)?;
                Some(self.list(list)?.iter().all(|item| among.contains(item)))
            }
            _ => None,
        }
    }

    fn text(&self, value: &Value) -> Option<String> {
        match self.resolve(value) {
            Value::Object(_) | Value::Array(_) | Value::Null => None,
            scalar => Some(plain_string(&scalar)),
        }
    }

    fn list(&self, value: &Value) -> Option<Vec<String>> {
        match value {
            Value::Array(items) => items.iter().map(|item| self.text(item)).collect(),
            // A parameter that is a list is its members with commas between.
            one => Some(self.text(one)?.split(',').map(str::to_owned).collect()),
        }
    }
}

/// An index may be a number or, as a parameter's value is, the text of one.
fn selected(index: &Value, list: &Value) -> Option<Value> {
    let index: usize = match index {
        Value::String(text) => text.parse().ok()?,
        number => number.as_u64()?.try_into().ok()?,
    };
    list.as_array()?.get(index).cloned()
}

fn split(delimiter: &Value, text: &Value) -> Option<Value> {
    Some(text.as_str()?.split(delimiter.as_str()?).collect())
}

/// Whether any part of `value` is left for CloudFormation to resolve.
pub fn is_open(value: &Value) -> bool {
    match value {
        Value::Object(object) => {
            let intrinsic = single_entry(object)
                .is_some_and(|(key, _)| key == "Ref" || key.starts_with("Fn::"));
            intrinsic || object.values().any(is_open)
        }
        Value::Array(items) => items.iter().any(is_open),
        _ => false,
    }
}

fn is_no_value(value: &Value) -> bool {
    value
        .as_object()
        .and_then(single_entry)
        .is_some_and(|(key, value)| key == "Ref" && value == "AWS::NoValue")
}

/// The one member of an object that has one, which is how functions are written.
pub fn single_entry(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut entries = object.iter();
    let (key, value) = entries.next()?;
    entries.next().is_none().then_some((key.as_str(), value))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(parameters: &[(&str, &str)], properties: &str, expected: Expect) {
        let text = format!(
            "Conditions:\n  IsBig: !Equals [!Ref Size, big]\n  IsSmall: !Not [!Condition IsBig]\n  \
             IsHere: !Equals [!Ref AWS::Region, here]\nResources:\n  Thing:\n    Type: T\n    \
             Properties: {properties}\n  Small:\n    Type: T\n    Condition: IsSmall\n"
        );
        let template = Template::parse("t.yaml", text).unwrap();
        let parameters = parameters
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        let resolved = resolved_resources(&template, &parameters.collect());
        expected.assert_eq(&serde_json::to_string(&resolved).unwrap());
    }

    #[test]
    fn parameters_and_conditions_are_resolved() {
        check(
            &[("Size", "big")],
            "{A: !Ref Size, B: !Sub 'x-${Size}', C: !If [IsBig, 1, 2], D: !If [IsBig, !Ref AWS::NoValue, 2]}",
            expect![[r#"{"Thing":{"Type":"T","Properties":{"A":"big","B":"x-big","C":1}}}"#]],
        );
    }

    #[test]
    fn a_resource_with_a_true_condition_is_there() {
        check(
            &[("Size", "small")],
            "{C: !If [IsBig, 1, 2]}",
            expect![[
                r#"{"Small":{"Type":"T","Condition":"IsSmall"},"Thing":{"Type":"T","Properties":{"C":2}}}"#
            ]],
        );
    }

    /// A parameter's value is text; what it is compared with may be written as a number.
    #[test]
    fn a_number_equals_the_text_that_it_is_written_as() {
        for (size, compared, equal) in [
            ("50", "50", true),
            ("50", "'50'", true),
            ("1.10", "1.10", true),
            ("1.1", "1.10", false),
            ("012", "12", false),
            ("true", "True", true),
        ] {
            let text = format!(
                "Conditions: {{C: !Equals [!Ref Size, {compared}]}}\n\
                 Resources: {{Thing: {{Type: T, Condition: C}}}}\n"
            );
            let template = Template::parse("t.yaml", text).unwrap();
            let parameters = Parameters::from([("Size".to_owned(), size.to_owned())]);
            let resolved = resolved_resources(&template, &parameters);
            assert_eq!(
                resolved.contains_key("Thing"),
                equal,
                "{size} and {compared}"
            );
        }
    }

    #[test]
    fn a_part_of_a_text_is_selected() {
        check(
            &[("Size", "big"), ("Key", "ab12.zip"), ("Index", "1")],
            "{A: !Select [0, !Split ['.', !Ref Key]], B: !Select [!Ref Index, [1, !Ref Size]], \
             C: !Split [b, !Ref Size]}",
            expect![[
                r#"{"Thing":{"Type":"T","Properties":{"A":"ab12","B":"big","C":["","ig"]}}}"#
            ]],
        );
    }

    #[test]
    fn what_cannot_be_selected_stays() {
        check(
            &[("Size", "big")],
            "{A: !Select [0, !GetAZs ''], B: !Select [0, !Split ['.', !GetAtt X.Arn]], \
             C: !Select [2, [!Ref Size]], D: !Select [0]}",
            expect![[
                r#"{"Thing":{"Type":"T","Properties":{"A":{"Fn::Select":[0,{"Fn::GetAZs":""}]},"B":{"Fn::Select":[0,{"Fn::Split":[".",{"Fn::GetAtt":["X","Arn"]}]}]},"C":{"Fn::Select":[2,["big"]]},"D":{"Fn::Select":[0]}}}}"#
            ]],
        );
    }

    #[test]
    fn what_only_cloudformation_knows_stays() {
        check(
            &[("Size", "big")],
            "{A: !GetAtt X.Arn, B: !Sub '${AWS::Region}-${Size}', C: !If [IsHere, !Ref Size, 2]}",
            expect![[
                r#"{"Thing":{"Type":"T","Properties":{"A":{"Fn::GetAtt":["X","Arn"]},"B":{"Fn::Sub":"${AWS::Region}-big"},"C":{"Fn::If":["IsHere","big",2]}}}}"#
            ]],
        );
    }
}
