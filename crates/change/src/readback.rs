//! What CloudFormation gives back of a text: `?` for each character beyond ASCII, in templates,
//! parameters, outputs and tags alike, while what it keeps and compares by itself is unharmed.

use serde_json::Value;

use crate::comparison::with_nested_parameters;
use cfnkit_template::stack_tree::StackTree;
use cfnkit_template::tag::Tags;
use cfnkit_template::template::Template;

/// Whether `given` may be what CloudFormation gives back of `text`.
pub(crate) fn is_readback(given: &str, text: &str) -> bool {
    given == text || (!text.is_ascii() && lossy_forms(text).contains(&given.to_owned()))
}

/// One `?` a character is what is seen. Documented it is nowhere, and what is encoded in several
/// units may be lost unit by unit.
fn lossy_forms(text: &str) -> [String; 3] {
    let form = |marks: fn(char) -> usize| -> String {
        let parts = text.chars().map(|c| match c.is_ascii() {
            true => c.to_string(),
            false => "?".repeat(marks(c)),
        });
        parts.collect()
    };
    [form(|_| 1), form(char::len_utf16), form(char::len_utf8)]
}

/// Whether the pairs that were given back may be `ours`.
pub fn are_pairs(given: &Tags, ours: &Tags) -> bool {
    given.len() == ours.len() && restored_pairs(given, ours) == *ours
}

/// The pairs that were given back, with our own characters wherever they may be ours.
pub fn restored_pairs(given: &Tags, ours: &Tags) -> Tags {
    let restored = given.iter().map(|(key, value)| {
        let same_key = || ours.iter().filter(|(name, _)| is_readback(key, name));
        let same = same_key().find(|(_, text)| is_readback(value, text));
        match same.or_else(|| same_key().next()) {
            Some((name, text)) if is_readback(value, text) => (name.clone(), text.clone()),
            Some((name, _)) => (name.clone(), value.clone()),
            None => (key.clone(), value.clone()),
        }
    });
    restored.collect()
}

/// The deployed tree with our own characters wherever they may be those of `ours`, so that only
/// what differs is left to be found.
pub fn restored_tree(deployed: StackTree, ours: &StackTree) -> StackTree {
    restored(deployed, &with_nested_parameters(ours.clone()))
}

fn restored(deployed: StackTree, ours: &StackTree) -> StackTree {
    let nested = deployed.nested.into_iter().map(|(logical_id, child)| {
        let child = match ours.nested.get(&logical_id) {
            Some(ours) => restored(child, ours),
            None => child,
        };
        (logical_id, child)
    });
    StackTree {
        template: restored_template(&deployed.template, &ours.template),
        parameters: restored_pairs(&deployed.parameters, &ours.parameters),
        nested: nested.collect(),
    }
}

/// Whether the text that was given back may be that of `ours`.
pub fn is_template(given: &str, ours: &Template) -> bool {
    is_readback(given.trim_end(), ours.text().trim_end())
}

fn restored_template(deployed: &Template, ours: &Template) -> Template {
    if ours.text().is_ascii() {
        return deployed.clone();
    }
    if is_template(deployed.text(), ours) {
        return ours.clone();
    }
    let mut texts = Vec::new();
    collect_beyond_ascii(ours.value(), &mut texts);
    let value = restored_value(deployed.value(), Some(ours.value()), &texts);
    deployed.with_value(value)
}

/// The value at the same place is looked at first, then any other, as items of lists move.
fn restored_value(given: &Value, ours: Option<&Value>, texts: &[&str]) -> Value {
    match given {
        Value::String(given) => {
            let here = ours.and_then(Value::as_str).into_iter();
            let mut candidates = here.chain(texts.iter().copied());
            let text = candidates.find(|text| is_readback(given, text));
            Value::String(text.unwrap_or(given).to_owned())
        }
        Value::Array(items) => {
            let at = |index: usize| ours.and_then(|ours| ours.get(index));
            let items = items.iter().enumerate();
            items
                .map(|(index, item)| restored_value(item, at(index), texts))
                .collect()
        }
        Value::Object(object) => {
            let at = |key: &str| ours.and_then(|ours| ours.get(key));
            let members = object.iter();
            let members =
                members.map(|(key, value)| (key.clone(), restored_value(value, at(key), texts)));
            Value::Object(members.collect())
        }
        scalar => scalar.clone(),
    }
}

fn collect_beyond_ascii<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) if !text.is_ascii() => texts.push(text),
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect_beyond_ascii(item, texts)),
        Value::Object(object) => object
            .values()
            .for_each(|value| collect_beyond_ascii(value, texts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use expect_test::expect;

    use super::*;
    use crate::comparison::compare;
    use crate::comparison::sections::sections;

    fn tree(text: &str) -> StackTree {
        StackTree {
            template: Template::parse("root.yaml", text.to_owned()).unwrap(),
            parameters: BTreeMap::new(),
            nested: BTreeMap::new(),
        }
    }

    fn pairs(pairs: &[(&str, &str)]) -> Tags {
        let pairs = pairs.iter();
        pairs
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_question_mark_stands_for_a_character_beyond_ascii_alone() {
        for (given, text) in [
            ("plain?", "plain?"),
            ("T?r", "T\u{fc}r"),
            ("T\u{fc}r", "T\u{fc}r"),
            ("????", "\u{8acb}\u{4ea4}\u{6708}\u{5831}"),
            ("?!", "\u{1f926}!"),
            ("??!", "\u{1f926}!"),
            ("????!", "\u{1f926}!"),
        ] {
            assert!(is_readback(given, text), "{given} {text}");
        }
        for (given, text) in [
            ("T?r", "Tor"),
            ("T?r", "Tr"),
            ("Tor", "T\u{fc}r"),
            ("T\u{fc}r", "T?r"),
            ("T\u{f6}r", "T\u{fc}r"),
            ("T???r", "T\u{fc}r"),
        ] {
            assert!(!is_readback(given, text), "{given} {text}");
        }
    }

    #[test]
    fn pairs_are_told_apart_by_what_is_left_of_them() {
        let ours = pairs(&[
            ("m\u{fc}ller", "gr\u{fc}n"),
            ("team", "a"),
            ("x\u{e4}", "1"),
        ]);
        let given = pairs(&[("m?ller", "gr?n"), ("team", "a"), ("x?", "1")]);
        assert!(are_pairs(&given, &ours));
        let other = pairs(&[("m?ller", "rot"), ("team", "a"), ("x?", "1")]);
        assert!(!are_pairs(&other, &ours));
        assert_eq!(restored_pairs(&other, &ours)["m\u{fc}ller"], "rot");
        assert!(!are_pairs(&pairs(&[("team", "a")]), &ours));
    }

    #[test]
    fn only_what_differs_is_left() {
        let ours = "Description: Gr\u{fc}n\nResources:\n  Topic:\n    Type: AWS::SNS::Topic\n    \
                    Properties: {DisplayName: \u{8acb}\u{4ea4}, Tags: [{Key: b, Value: \u{fc}}]}\n\
                    Outputs:\n  Name: {Value: \u{e4}, Description: new}\n";
        let given = "Description: Gr?n\nResources:\n  Topic:\n    Type: AWS::SNS::Topic\n    \
                     Properties: {DisplayName: ??, Tags: [{Key: a, Value: A}, {Key: b, Value: '?'}]}\n\
                     Outputs:\n  Name: {Value: '?', Description: old}\n";
        let ours = tree(ours);
        let deployed = restored_tree(tree(given), &ours);
        let changes = compare(Some(&deployed), &ours);
        let tags = Tags::new();
        let text = crate::change_set::render(&changes)
            + &sections((&deployed, &tags), (&ours, &tags)).render();
        expect![[r#"
              ~ Topic  AWS::SNS::Topic
                └─ Tags.a
                   ├─ Key: a (removed)
                   └─ Value: A (removed)
            outputs:
              └─ Name.Description: old -> new
        "#]]
        .assert_eq(&anstream::adapter::strip_str(&text).to_string());
    }

    #[test]
    fn the_same_template_is_not_called_reworded() {
        let text = "# Gr\u{fc}n\nResources: {}\n";
        let (ours, tags) = (tree(text), Tags::new());
        let deployed = restored_tree(tree(&text.replace('\u{fc}', "?")), &ours);
        assert!(sections((&deployed, &tags), (&ours, &tags)).is_empty());
    }
}
