//! What a template allows as a parameter's value. CloudFormation checks it too, but only after
//! the build and the upload.

use regex_lite::Regex;
use serde_json::Value;

use crate::source::{Place, Problem};
use crate::template::{Template, number_of, plain_string};

/// Fails unless `template` allows `value` for the parameter `name`, which it declares.
///
/// # Errors
///
/// `value` breaks a rule of the declaration; the problem is at the rule and says what it allows.
pub fn check_value(template: &Template, name: &str, value: &str) -> Result<(), Problem> {
    let Some((rule, allowed)) = broken_rule(template, name, value) else {
        return Ok(());
    };
    Err(Problem::new(format!(
        "parameter `{name}` is `{value}`, but {} allows {allowed}",
        template.name()
    ))
    .at(rule)
    .mend(format!(
        "choose another value for `{name}`, or change the rule"
    )))
}

/// The rule of `template` that `value` breaks, where it stands, and what it allows instead; `None`
/// where the value is fine or the parameter is not declared.
pub fn broken_rule(
    template: &Template,
    name: &str,
    value: &str,
) -> Option<(Option<Place>, String)> {
    let declared = template.value().pointer(&format!("/Parameters/{name}"))?;
    let (rule, allowed) = problem(declared, value)?;
    Some((template.key(&format!("/Parameters/{name}/{rule}")), allowed))
}

/// The rule that `value` breaks and what it allows instead; `None` where the value is fine.
fn problem(declared: &Value, value: &str) -> Option<(&'static str, String)> {
    let text = |key: &str| declared.get(key).map(plain_string);
    if text("Type").as_deref() == Some("Number") {
        let Ok(number) = value.parse::<f64>() else {
            return Some(("Type", "a number".to_owned()));
        };
        let limit = |key: &str| declared.get(key).and_then(number_of);
        if limit("MinValue").is_some_and(|least| number < least) {
            return Some(("MinValue", format!("at least {}", text("MinValue")?)));
        }
        if limit("MaxValue").is_some_and(|most| number > most) {
            return Some(("MaxValue", format!("at most {}", text("MaxValue")?)));
        }
    }
    if let Some(allowed) = declared.get("AllowedValues").and_then(Value::as_array) {
        let allowed: Vec<String> = allowed.iter().map(plain_string).collect();
        if !allowed.iter().any(|one| one == value) {
            return Some(("AllowedValues", format!("one of {}", allowed.join(", "))));
        }
    }
    if let Some(pattern) = text("AllowedPattern") {
        // A pattern that this engine cannot read is left to CloudFormation.
        let matches = Regex::new(&format!("^(?:{pattern})$"))
            .ok()
            .map(|regex| regex.is_match(value));
        if matches == Some(false) {
            let allowed = text("ConstraintDescription");
            let allowed = allowed.unwrap_or(format!("what matches `{pattern}`"));
            return Some(("AllowedPattern", allowed));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(name: &str, value: &str, expected: Expect) {
        let text = "Parameters:\n  Timeout: {Type: Number, MinValue: 1, MaxValue: 28}\n  \
                    Days: {Type: Number, AllowedValues: [1, 3]}\n  \
                    Count: {Type: String, AllowedPattern: '^(none|[1-9]+)$', ConstraintDescription: 'a count, or none'}\n  \
                    List: {Type: String, AllowedPattern: 'pl-[0-9a-f]+'}\nResources: {}\n";
        let template = Template::parse("root.yaml", text.to_owned()).unwrap();
        let problem = check_value(&template, name, value)
            .err()
            .map(|err| format!("error: {err:#}\n"))
            .unwrap_or_default();
        expected.assert_eq(&anstream::adapter::strip_str(&problem).to_string());
    }

    #[test]
    fn allowed_values_pass() {
        for (name, value) in [
            ("Timeout", "1"),
            ("Timeout", "28"),
            ("Days", "3"),
            ("Count", "none"),
            ("List", "pl-0a"),
        ] {
            check(name, value, expect![""]);
        }
    }

    #[test]
    fn a_limit_may_be_written_in_any_way() {
        let text =
            "Parameters: {N: {Type: Number, MinValue: 1e1, MaxValue: 20.0}}\nResources: {}\n";
        let template = Template::parse("root.yaml", text.to_owned()).unwrap();
        let is_right = |value: &str| check_value(&template, "N", value).is_ok();
        assert!(is_right("10") && is_right("2e1"));
        assert!(!is_right("9") && !is_right("20.5"));
    }

    #[test]
    fn other_values_are_refused_with_what_is_allowed() {
        check(
            "Timeout",
            "29",
            expect![[r#"
            error: parameter `Timeout` is `29`, but root.yaml allows at most 28
             --> root.yaml:2:40
              |
            2 |   Timeout: {Type: Number, MinValue: 1, MaxValue: 28}
              |                                        ^^^^^^^^
              |
              = to mend: choose another value for `Timeout`, or change the rule
        "#]],
        );
        check(
            "Timeout",
            "0",
            expect![[r#"
            error: parameter `Timeout` is `0`, but root.yaml allows at least 1
             --> root.yaml:2:27
              |
            2 |   Timeout: {Type: Number, MinValue: 1, MaxValue: 28}
              |                           ^^^^^^^^
              |
              = to mend: choose another value for `Timeout`, or change the rule
        "#]],
        );
        check(
            "Timeout",
            "x",
            expect![[r#"
            error: parameter `Timeout` is `x`, but root.yaml allows a number
             --> root.yaml:2:13
              |
            2 |   Timeout: {Type: Number, MinValue: 1, MaxValue: 28}
              |             ^^^^
              |
              = to mend: choose another value for `Timeout`, or change the rule
        "#]],
        );
        check(
            "Days",
            "2",
            expect![[r#"
            error: parameter `Days` is `2`, but root.yaml allows one of 1, 3
             --> root.yaml:3:24
              |
            3 |   Days: {Type: Number, AllowedValues: [1, 3]}
              |                        ^^^^^^^^^^^^^
              |
              = to mend: choose another value for `Days`, or change the rule
        "#]],
        );
        check(
            "Count",
            "0",
            expect![[r#"
            error: parameter `Count` is `0`, but root.yaml allows a count, or none
             --> root.yaml:4:25
              |
            4 |   Count: {Type: String, AllowedPattern: '^(none|[1-9]+)$', ConstraintDescription: 'a count, or none'}
              |                         ^^^^^^^^^^^^^^
              |
              = to mend: choose another value for `Count`, or change the rule
        "#]],
        );
        check(
            "List",
            "xpl-0a",
            expect![[r#"
            error: parameter `List` is `xpl-0a`, but root.yaml allows what matches `pl-[0-9a-f]+`
             --> root.yaml:5:24
              |
            5 |   List: {Type: String, AllowedPattern: 'pl-[0-9a-f]+'}
              |                        ^^^^^^^^^^^^^^
              |
              = to mend: choose another value for `List`, or change the rule
        "#]],
        );
    }
}
