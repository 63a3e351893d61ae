//! Which values nobody may see, and how they are taken out of what is shown.

use serde_json::{Map, Value};

/// Stands for a value that is not shown; CloudFormation masks `NoEcho` parameters with the same.
pub(super) const MASK: &str = "****";

/// Whether a property, parameter or variable of this name holds a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    const PARTS: [&str; 7] = [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "token",
        "credential",
        "privatekey",
    ];
    let plain: String = name
        .chars()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    // API Gateway's `Credentials` is the ARN of a role.
    plain != "credentials" && PARTS.iter().any(|part| plain.contains(part))
}

/// Whether the value at the dotted `path` of a resource is one.
pub(crate) fn is_secret_path(resource_type: &str, path: &str) -> bool {
    (resource_type == "AWS::ApiGateway::ApiKey" && path == "Value")
        || path.split('.').any(is_secret_name)
}

/// Whether the member `key` of `object` is one: by its own name, or, as in
/// `{Name: DB_PASSWORD, Value: ..}`, by the name beside it.
pub(super) fn is_secret_member(object: &Map<String, Value>, key: &str) -> bool {
    const NAMES: [&str; 5] = ["Name", "Key", "ParameterKey", "OptionName", "name"];
    let is_named = |name: &&str| {
        let name = object.get(*name).and_then(Value::as_str);
        name.is_some_and(is_secret_name)
    };
    is_secret_name(key)
        || (!NAMES.contains(&key)
            && key.to_lowercase().ends_with("value")
            && NAMES.iter().any(is_named))
}

/// Whether a value says where a secret is, and not what it is.
pub(crate) fn is_reference(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            text.starts_with("{{resolve:")
                && text.ends_with("}}")
                && text.matches("{{").count() == 1
        }
        Value::Object(object) => {
            object.len() == 1 && (object.contains_key("Ref") || object.contains_key("Fn::GetAtt"))
        }
        _ => false,
    }
}

/// `value` with every secret in it masked.
pub(crate) fn redacted(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let members = object.iter().map(|(key, member)| {
                let member = match is_secret_member(object, key) && !is_reference(member) {
                    true => MASK.into(),
                    false => redacted(member),
                };
                (key.clone(), member)
            });
            Value::Object(members.collect())
        }
        Value::Array(items) => items.iter().map(redacted).collect(),
        Value::String(text) => redacted_text(text).into(),
        scalar => scalar.clone(),
    }
}

/// A text may be a JSON document, whole or cut off by CloudFormation.
fn redacted_text(text: &str) -> String {
    let trimmed = text.trim_start();
    if !trimmed.starts_with(['{', '[']) || trimmed.starts_with("{{") {
        return text.to_owned();
    }
    match serde_json::from_str::<Value>(trimmed) {
        Ok(document) => {
            let masked = redacted(&document);
            match masked == document {
                true => text.to_owned(),
                false => masked.to_string(),
            }
        }
        Err(_) if is_secret_name(trimmed) => MASK.to_owned(),
        Err(_) => text.to_owned(),
    }
}
