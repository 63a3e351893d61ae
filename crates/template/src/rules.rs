//! A template's `Rules`: which parameters fit together. CloudFormation checks them too, but only
//! after the build and the upload.

use serde_json::Value;

use crate::intrinsics::{single_entry, truth};
use crate::parameters::Parameters;
use crate::source::Problem;
use crate::template::{Template, plain_string};

/// Fails on an assertion that does not hold for `parameters`. One that needs a parameter which is
/// not among them, or a function that is unknown here, is left to CloudFormation.
///
/// # Errors
///
/// There is one; the problem is at the assertion, and has the values that it is about.
pub fn check_rules(template: &Template, parameters: &Parameters) -> Result<(), Problem> {
    for (name, rule) in template.section("Rules") {
        let applies = match rule.get("RuleCondition") {
            Some(condition) => truth(condition, parameters),
            None => Some(true),
        };
        let assertions = rule.get("Assertions").and_then(Value::as_array);
        if applies != Some(true) {
            continue;
        }
        for (index, assertion) in assertions.into_iter().flatten().enumerate() {
            let holds = assertion
                .get("Assert")
                .and_then(|one| truth(one, parameters));
            if holds != Some(false) {
                continue;
            }
            let says = assertion.get("AssertDescription").map(plain_string);
            let says = says.unwrap_or_else(|| format!("rule `{name}` does not hold"));
            let pointer = format!("/Rules/{name}/Assertions/{index}");
            return Err(
                Problem::new(format!("{says} ({})", values(rule, parameters)))
                    .at(template.value_at(&pointer))
                    .mend("choose values that fit together, or change the rule"),
            );
        }
    }
    Ok(())
}

/// The parameters that a rule is about, each with its value.
fn values(rule: &Value, parameters: &Parameters) -> String {
    let mut names = Vec::new();
    parameters_in(rule, &mut names);
    let values = names.iter().filter_map(|name| {
        let value = parameters.get(*name)?;
        Some(format!("{name} is `{value}`"))
    });
    values.collect::<Vec<_>>().join(", ")
}

fn parameters_in<'a>(value: &'a Value, names: &mut Vec<&'a str>) {
    match value {
        Value::Object(object) => match single_entry(object) {
            Some(("Ref", Value::String(name))) if !names.contains(&name.as_str()) => {
                names.push(name);
            }
            _ => object.values().for_each(|one| parameters_in(one, names)),
        },
        Value::Array(items) => items.iter().for_each(|one| parameters_in(one, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    const TEXT: &str = "\
Rules:
  Fits:
    RuleCondition: !Equals [!Ref Kind, small]
    Assertions:
      - Assert:
          Fn::Contains: [['1', '2'], !Ref Size]
        AssertDescription: a small one has a size of 1 or 2
  Unknown:
    Assertions:
      - Assert:
          Fn::ValueOf: [Size, Tag]
Resources: {}
";

    fn check(parameters: &[(&str, &str)]) -> String {
        let template = Template::parse("root.yaml", TEXT.to_owned()).unwrap();
        let parameters = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let problem = check_rules(&template, &parameters).err();
        let problem = problem.map(|err| format!("{err:#}")).unwrap_or_default();
        anstream::adapter::strip_str(&problem).to_string()
    }

    #[test]
    fn an_assertion_that_does_not_hold_is_shown_with_its_values() {
        expect![[r#"
            a small one has a size of 1 or 2 (Kind is `small`, Size is `3`)
             --> root.yaml:5:9
              |
            5 |       - Assert:
              |         ^^^^^^^
              |
              = to mend: choose values that fit together, or change the rule"#]]
        .assert_eq(&check(&[("Kind", "small"), ("Size", "3")]));
    }

    #[test]
    fn what_fits_does_not_apply_or_is_not_known_passes() {
        for parameters in [
            &[("Kind", "small"), ("Size", "2")][..],
            &[("Kind", "big"), ("Size", "3")],
            &[("Kind", "small")],
            &[("Size", "3")],
        ] {
            assert_eq!(check(parameters), "");
        }
    }

    #[test]
    fn functions_are_as_documented() {
        let parameters = Parameters::from([("A".to_owned(), "x".to_owned())]);
        let holds = |text: &str| {
            let text = format!("Rule: {text}\nResources: {{}}\n");
            let template = Template::parse("t.yaml", text).unwrap();
            truth(&template.value()["Rule"], &parameters)
        };
        for (text, expected) in [
            ("!Equals [!Ref A, x]", Some(true)),
            ("!Not [!Equals [!Ref A, x]]", Some(false)),
            ("{Fn::EachMemberEquals: [[x, !Ref A], x]}", Some(true)),
            ("{Fn::EachMemberEquals: [[x, y], x]}", Some(false)),
            ("{Fn::EachMemberIn: [[!Ref A], [x, y]]}", Some(true)),
            ("{Fn::EachMemberIn: [[!Ref A, z], [x, y]]}", Some(false)),
            ("!And [!Equals [a, b], !Equals [!Ref B, x]]", Some(false)),
            ("!And [!Equals [a, a], !Equals [!Ref B, x]]", None),
            ("!Or [!Equals [a, a], !Equals [!Ref B, x]]", Some(true)),
            ("!Or [!Equals [a, b], !Equals [!Ref B, x]]", None),
            ("{Fn::RefAll: Kind}", None),
        ] {
            assert_eq!(holds(text), expected, "{text}");
        }
    }
}
