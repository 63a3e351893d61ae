//! The imitated table: items by `id`, with the conditions and limits the function can meet. It
//! knows requests as JSON and no connection.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::step::error_body;
use crate::decimal::Decimal;

const ITEM_BYTES_AT_MOST: usize = 409_600;
const KEY_BYTES_AT_MOST: usize = 2048;

#[derive(Default)]
pub(super) struct Table {
    items: BTreeMap<String, Value>,
}

/// The body of the error that the table answers.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) Value);

impl Table {
    pub(super) fn items(&self) -> &BTreeMap<String, Value> {
        &self.items
    }

    pub(super) fn clear(&mut self) {
        self.items.clear();
    }

    /// Executes the body of a `PutItem`.
    pub(super) fn put(&mut self, body: &[u8]) -> Result<(), Refusal> {
        let request: Value = serde_json::from_slice(body)
            .map_err(|_| Refusal(error_body("SerializationException", "Not JSON")))?;
        let item = request["Item"]
            .as_object()
            .ok_or_else(|| invalid("The parameter 'Item' is required but was not present"))?;
        let id = check_item(item)?;
        let old = self.items.get(id);
        if !condition_holds(&request, old)? {
            let mut body = error_body(
                "ConditionalCheckFailedException",
                "The conditional request failed",
            );
            if let Some(old) = old
                && request["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"
            {
                body["Item"] = old.clone();
            }
            return Err(Refusal(body));
        }
        self.items.insert(id.to_owned(), request["Item"].clone());
        Ok(())
    }
}

fn invalid(message: &str) -> Refusal {
    Refusal(error_body("ValidationException", message))
}

/// The item's key, if the item is one that the table takes.
fn check_item(item: &Map<String, Value>) -> Result<&str, Refusal> {
    let id = item.get("id").and_then(|id| id["S"].as_str());
    let id = id.ok_or_else(|| {
        invalid(
            "One or more parameter values were invalid: \
             Missing the key id in the item or type mismatch",
        )
    })?;
    if id.is_empty() {
        return Err(invalid(
            "One or more parameter values are not valid. The AttributeValue for a key attribute \
             cannot contain an empty string value. Key: id",
        ));
    }
    if id.len() > KEY_BYTES_AT_MOST {
        return Err(invalid(
            "One or more parameter values were invalid: \
             Size of hashkey has exceeded the maximum size limit of2048 bytes",
        ));
    }
    let mut size = 0;
    for (name, value) in item {
        size += name.len() + value_size(value)?;
    }
    if size > ITEM_BYTES_AT_MOST {
        return Err(invalid("Item size has exceeded the maximum allowed size"));
    }
    Ok(id)
}

fn value_size(value: &Value) -> Result<usize, Refusal> {
    let member = value.as_object().and_then(|members| members.iter().next());
    let (kind, value) =
        member.ok_or_else(|| invalid("Supplied AttributeValue is empty, must contain a type"))?;
    let text = value.as_str().unwrap_or_default();
    match kind.as_str() {
        "S" => Ok(text.len()),
        "N" => number_size(text),
        // Base64 stands for three bytes with four characters.
        "B" => Ok(text.trim_end_matches('=').len() * 3 / 4),
        "BOOL" | "NULL" => Ok(1),
        _ => Err(invalid("The rig knows no attributes of this type")),
    }
}

fn number_size(text: &str) -> Result<usize, Refusal> {
    let number = Decimal::parse(text).ok_or_else(|| {
        invalid(&format!(
            "The parameter cannot be converted to a numeric value: {text}"
        ))
    })?;
    if number.has_too_many_digits() {
        return Err(invalid(
            "Attempting to store more than 38 significant digits in a Number",
        ));
    }
    if number.is_out_of_range() {
        return Err(invalid(
            "Number overflow. Attempting to store a number with magnitude \
             larger than supported range",
        ));
    }
    Ok(number.size())
}

/// Whether an item may be put over `old`: one of the condition's alternatives is true.
fn condition_holds(request: &Value, old: Option<&Value>) -> Result<bool, Refusal> {
    let expression = request["ConditionExpression"].as_str();
    for (names, is_used_as) in [
        ("ExpressionAttributeNames", "names"),
        ("ExpressionAttributeValues", "values"),
    ] {
        let keys = request[names].as_object().into_iter().flat_map(Map::keys);
        for key in keys {
            if !words(expression.unwrap_or_default()).any(|word| word == key) {
                return Err(invalid(&format!(
                    "Value provided in {names} unused in expressions: {is_used_as}: {{{key}}}"
                )));
            }
        }
    }
    let Some(expression) = expression else {
        return Ok(true);
    };
    let mut holds = false;
    for alternative in expression.split(" OR ") {
        holds |= alternative_holds(alternative.trim(), request, old)?;
    }
    Ok(holds)
}

fn alternative_holds(
    alternative: &str,
    request: &Value,
    old: Option<&Value>,
) -> Result<bool, Refusal> {
    let function = alternative
        .strip_prefix("attribute_not_exists")
        .and_then(|rest| rest.trim().strip_prefix('(')?.strip_suffix(')'));
    if let Some(argument) = function {
        let name = attribute_name(argument.trim(), request)?;
        return Ok(old.is_none_or(|old| old.get(name).is_none()));
    }
    if let Some((name, value)) = alternative.split_once('=') {
        let name = attribute_name(name.trim(), request)?;
        let value = request["ExpressionAttributeValues"].get(value.trim());
        let value = value.ok_or_else(|| {
            invalid("Invalid ConditionExpression: An expression attribute value is not defined")
        })?;
        return Ok(old.is_some_and(|old| old.get(name) == Some(value)));
    }
    Err(invalid(&format!(
        "Invalid ConditionExpression: the rig does not know `{alternative}`"
    )))
}

/// The attribute a word of the expression stands for.
fn attribute_name<'a>(word: &'a str, request: &'a Value) -> Result<&'a str, Refusal> {
    if !word.starts_with('#') {
        return Ok(word);
    }
    request["ExpressionAttributeNames"][word]
        .as_str()
        .ok_or_else(|| {
            invalid("Invalid ConditionExpression: An expression attribute name is not defined")
        })
}

fn words(expression: &str) -> impl Iterator<Item = &str> {
    expression.split(|character: char| " ()=,".contains(character))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn put(table: &mut Table, id: &str, token: &str, condition: Value) -> Result<(), Refusal> {
        let mut request = json!({
            "TableName": "movies",
            "Item": { "id": { "S": id }, "writeToken": { "S": token } },
        });
        for (name, value) in condition.as_object().into_iter().flatten() {
            request[name] = value.clone();
        }
        table.put(request.to_string().as_bytes())
    }

    fn check_refusal(result: Result<(), Refusal>, kind: &str) {
        let Refusal(body) = result.unwrap_err();
        let found = body["__type"].as_str().unwrap();
        assert!(found.ends_with(&format!("#{kind}")), "{body}");
    }

    #[test]
    fn items_are_replaced_without_a_condition() {
        let mut table = Table::default();
        put(&mut table, "1", "a", json!({})).unwrap();
        put(&mut table, "1", "b", json!({})).unwrap();
        assert_eq!(table.items()["1"]["writeToken"], json!({ "S": "b" }));
    }

    #[test]
    fn conditions_are_judged_by_the_old_item() {
        let plain = json!({ "ConditionExpression": "attribute_not_exists(id)" });
        let named = json!({
            "ConditionExpression": "attribute_not_exists(#id) OR #token = :token",
            "ExpressionAttributeNames": { "#id": "id", "#token": "writeToken" },
            "ExpressionAttributeValues": { ":token": { "S": "a" } },
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        });
        let mut table = Table::default();
        put(&mut table, "1", "a", plain.clone()).unwrap();
        check_refusal(
            put(&mut table, "1", "a", plain),
            "ConditionalCheckFailedException",
        );
        put(&mut table, "1", "a", named.clone()).unwrap();
        put(&mut table, "1", "b", json!({})).unwrap();
        let Refusal(body) = put(&mut table, "1", "a", named).unwrap_err();
        assert_eq!(body["Item"]["writeToken"], json!({ "S": "b" }));
    }

    #[test]
    fn expressions_are_checked() {
        let mut table = Table::default();
        for condition in [
            json!({ "ConditionExpression": "size(id) > :one" }),
            json!({ "ConditionExpression": "attribute_not_exists(#id)" }),
            json!({ "ConditionExpression": "writeToken = :token" }),
            json!({ "ExpressionAttributeNames": { "#id": "id" } }),
            json!({
                "ConditionExpression": "attribute_not_exists(id)",
                "ExpressionAttributeValues": { ":token": { "S": "a" } },
            }),
        ] {
            check_refusal(put(&mut table, "1", "a", condition), "ValidationException");
        }
    }

    #[test]
    fn items_have_limits() {
        let check = |item: Value, is_taken: bool| {
            let request = json!({ "Item": item }).to_string();
            let result = Table::default().put(request.as_bytes());
            assert_eq!(result.is_ok(), is_taken, "{}", &request[..60]);
        };
        let title =
            |length: usize| json!({ "id": { "S": "1" }, "title": { "S": "x".repeat(length) } });
        // The names and the id of one byte count too.
        let rest = "id".len() + "title".len() + 1;
        check(title(409_600 - rest), true);
        check(title(409_600 - rest + 1), false);
        check(json!({ "id": { "S": "x".repeat(2048) } }), true);
        check(json!({ "id": { "S": "x".repeat(2049) } }), false);
        check(
            json!({ "id": { "S": "" }, "title": { "S": "x".repeat(60) } }),
            false,
        );
        let year = |text: &str| json!({ "id": { "S": "x".repeat(60) }, "year": { "N": text } });
        check(year("1999"), true);
        check(year("1E126"), false);
        check(year("many"), false);
    }
}
