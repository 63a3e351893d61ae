//! Weakenings that fit one place, in `edits.json`: the stack, where, and what it becomes there;
//! without the last it is dropped.

use serde_json::Value;

use super::Mutant;
use super::operators::{remove, set};

const EDITS: &str = include_str!("edits.json");

/// The edits of one template.
pub(super) fn mutants(stack: &str, template: &Value) -> Vec<Mutant> {
    let edits: Vec<Vec<Value>> = serde_json::from_str(EDITS).unwrap();
    let of_this = edits.into_iter().filter(|edit| edit[0] == stack);
    let mutants = of_this.map(|edit| {
        let pointer = edit[1].as_str().unwrap();
        let mut template = template.clone();
        let name = match edit.get(2) {
            Some(value) => {
                add(&mut template, pointer, value.clone());
                format!("{stack}{pointer} is {value}")
            }
            None => {
                remove(&mut template, pointer);
                format!("{stack}{pointer} is gone")
            }
        };
        Mutant {
            name,
            stack: stack.to_owned(),
            template,
        }
    });
    mutants.collect()
}

/// Sets a member, or an item that may be one past the end.
fn add(template: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    if let Some(Value::Array(items)) = template.pointer_mut(parent)
        && key.parse() == Ok(items.len())
    {
        items.push(value);
        return;
    }
    set(template, pointer, value);
}
