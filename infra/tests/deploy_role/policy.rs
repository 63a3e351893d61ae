//! As much of IAM's evaluation as the policies here have: whether documents allow an action on a
//! resource. What it does not know it refuses to judge.

use std::collections::BTreeMap;

use serde_json::Value;

/// What a request is, beside action and resource: condition keys.
pub(super) type Context = BTreeMap<&'static str, &'static str>;

pub(super) fn statements(document: &Value) -> Vec<Value> {
    let statements = document["Statement"].as_array();
    statements.cloned().unwrap_or_default()
}

pub(super) fn actions(statement: &Value) -> Vec<String> {
    assert!(statement.get("NotAction").is_none(), "{statement}");
    assert!(statement.get("NotResource").is_none(), "{statement}");
    list(&statement["Action"])
}

/// Whether one of `documents` allows it; none of them may deny anything.
pub(super) fn allows<'a>(
    documents: impl IntoIterator<Item = &'a Value>,
    action: &str,
    resource: &str,
    context: &Context,
) -> bool {
    let mut statements = documents.into_iter().flat_map(statements);
    statements.any(|statement| {
        assert_eq!(statement["Effect"], "Allow");
        actions(&statement).iter().any(|one| one == action)
            && list(&statement["Resource"])
                .iter()
                .any(|pattern| is_like(pattern, resource))
            && holds(&statement["Condition"], context)
    })
}

fn holds(condition: &Value, context: &Context) -> bool {
    let operators = condition.as_object().into_iter().flatten();
    let mut tests = operators.flat_map(|(operator, keys)| {
        let keys = keys.as_object().unwrap();
        keys.iter()
            .map(move |(key, values)| (operator, key, values))
    });
    tests.all(|(operator, key, values)| {
        let value = context.get(key.as_str()).copied();
        let values = list(values);
        let equals = |value: &str| values.iter().any(|one| one == value);
        match operator.as_str() {
            "StringEquals" | "Bool" => value.is_some_and(equals),
            "StringEqualsIfExists" => value.is_none_or(equals),
            "ArnLike" => value.is_some_and(|value| values.iter().any(|one| is_like(one, value))),
            "Null" => equals(&value.is_none().to_string()),
            other => panic!("no judgement about {other}"),
        }
    })
}

/// The texts of one or several values, as in the account 123456789012 in eu-west-1.
fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(list).collect(),
        Value::String(text) => vec![text.clone()],
        value => vec![substituted(value)],
    }
}

fn substituted(value: &Value) -> String {
    let text = match (value.get("Fn::Sub"), value.get("Ref")) {
        (Some(text), None) => text.as_str().unwrap().to_owned(),
        (None, Some(name)) => format!("${{{}}}", name.as_str().unwrap()),
        _ => match value["Fn::GetAtt"].as_array() {
            Some(path) => format!(
                "${{{}.{}}}",
                path[0].as_str().unwrap(),
                path[1].as_str().unwrap()
            ),
            None => panic!("no judgement about {value}"),
        },
    };
    let known = [
        ("${AWS::Partition}", "aws"),
        ("${AWS::Region}", "eu-west-1"),
        ("${AWS::AccountId}", "123456789012"),
        ("${AWS::URLSuffix}", "amazonaws.com"),
        ("${BootstrapAssetBucket}", "assets"),
        (
            "${BootstrapKey.Arn}",
            "arn:aws:kms:eu-west-1:123456789012:key/k",
        ),
        (
            "${GithubBoundary}",
            "arn:aws:iam::123456789012:policy/movies-github-dev-Boundary-1A",
        ),
    ];
    let text = known
        .iter()
        .fold(text, |text, (name, value)| text.replace(name, value));
    assert!(!text.contains("${"), "no judgement about {text}");
    text
}

/// `*` is any text, `?` one character.
fn is_like(pattern: &str, text: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = &pattern[1..];
            let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.any(|at| is_like(rest, &text[at..]))
        }
        Some(first) => {
            let mut left = text.chars();
            left.next().is_some_and(|one| first == '?' || one == first)
                && is_like(&pattern[first.len_utf8()..], left.as_str())
        }
    }
}

#[test]
fn patterns_match_as_iam_matches() {
    for (pattern, text, is) in [
        ("a:movies-dev-*", "a:movies-dev-Data-1", true),
        ("a:movies-dev-*", "a:movies-dev", false),
        ("a:movies-dev-*", "a:movies-devel-Data", false),
        ("*/dev", "x/y/dev", true),
        ("*/dev", "x/dev/y", false),
        ("a?c", "abc", true),
        ("", "a", false),
    ] {
        assert_eq!(is_like(pattern, text), is, "{pattern} {text}");
    }
}
