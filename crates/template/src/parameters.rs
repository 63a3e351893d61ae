//! Root parameters: from the command line and a file to the set a deploy passes.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::constraint::check_value;
use crate::json_text::JsonText;
use crate::rules::check_rules;
use crate::source::{Problem, nearest};
use crate::template::Template;
use crate::text_file;
use cfnkit_console::bail;
use cfnkit_console::error::{Context as _, Result};
use cfnkit_yaml::positions::below;

/// Parameter values by name.
pub type Parameters = BTreeMap<String, String>;

/// Parses one `NAME=VALUE` of the command line.
///
/// # Errors
///
/// There is no `=`, or no name before it.
pub fn parse_assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

/// Reads a parameters file: an object of names and values, or the list of
/// `ParameterKey`/`ParameterValue` pairs that the AWS CLI takes.
///
/// # Errors
///
/// The file cannot be read or is neither of the two, a value is no string, number or boolean, or a
/// name is there twice. The error names the place and shows no line of the file.
pub fn read_file(path: &Path) -> Result<Parameters> {
    let name = path.display().to_string();
    let text = text_file::read(path)
        .with_context(|| format!("cannot read the parameters file `{name}`"))?;
    // A value that is secret stays so.
    parse_file(&name, &text).map_err(|problem| problem.unquoted().into())
}

fn parse_file(name: &str, text: &str) -> Result<Parameters, Problem> {
    let file = JsonText::parse(name, text)?;
    let mut parameters = Parameters::new();
    match file.value() {
        Value::Object(object) => {
            for name in object.keys() {
                insert_once(&mut parameters, name, &file, &below("", name))?;
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let pointer = below("", &index.to_string());
                let name = item.get("ParameterKey").and_then(Value::as_str);
                let (Some(name), Some(_)) = (name, item.get("ParameterValue")) else {
                    let title = "an entry lacks `ParameterKey` or `ParameterValue`";
                    return Err(Problem::new(title).at(file.value_at(&pointer)).mend(
                        "write `{\"ParameterKey\": \"NAME\", \"ParameterValue\": \"VALUE\"}`",
                    ));
                };
                let pointer = below(&pointer, "ParameterValue");
                insert_once(&mut parameters, name, &file, &pointer)?;
            }
        }
        _ => {
            return Err(
                Problem::new("a parameters file is an object of names and values")
                    .at(file.value_at(""))
                    .mend("`{\"NAME\": \"VALUE\"}` is one"),
            );
        }
    }
    Ok(parameters)
}

/// Takes the value at `pointer`; a number as its digits are written.
fn insert_once(
    parameters: &mut Parameters,
    name: &str,
    file: &JsonText,
    pointer: &str,
) -> Result<(), Problem> {
    let value = match file.value().pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(_) | Value::Bool(_)) => file.written(pointer).to_owned(),
        _ => {
            let title = format!("parameter `{name}` must be a string, a number or a boolean");
            return Err(Problem::new(title)
                .at(file.value_at(pointer))
                .mend("write it in quotes, items of a list with commas between"));
        }
    };
    match parameters.insert(name.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(Problem::new(format!("parameter `{name}` is there twice"))
            .at(file.value_at(pointer))
            .mend("remove one of the two")),
    }
}

/// The full set of values for `root`: what the tool supplies, what the user chose, and the
/// template's default for the rest. The repository and the command line decide alone; values of
/// an earlier deploy are not carried over, so that an edited default takes effect.
///
/// # Errors
///
/// A name that `root` does not declare, a name that the tool itself supplies, or a required
/// parameter without a value.
pub fn complete(root: &Template, supplied: &Parameters, chosen: &Parameters) -> Result<Parameters> {
    check(root, supplied, chosen)?;
    let mut complete = Parameters::new();
    for parameter in root.parameters() {
        let value = chosen
            .get(&parameter.name)
            .or_else(|| supplied.get(&parameter.name))
            .or(parameter.default.as_ref())
            .ok_or_else(|| {
                let name = &parameter.name;
                Problem::new(format!(
                    "parameter `{name}` of `{}` needs a value",
                    root.name()
                ))
                .at(root.key(&format!("/Parameters/{name}")))
                .mend(format!("pass `--param {name}=..`, or give it a `Default`"))
            })?;
        complete.insert(parameter.name.clone(), value.clone());
    }
    check_rules(root, &complete)?;
    Ok(complete)
}

/// A value for every parameter of `root` where no account is asked: what is `known`, else the
/// default, else the parameter's name in angle brackets.
pub fn with_placeholders(root: &Template, known: &Parameters) -> Parameters {
    let declared = root.parameters().into_iter();
    let complete = declared.map(|parameter| {
        let name = parameter.name;
        let value = known.get(&name).cloned().or(parameter.default);
        let value = value.unwrap_or_else(|| format!("<{name}>"));
        (name, value)
    });
    complete.collect()
}

/// Fails on a chosen name that `root` does not declare or that the tool itself supplies, and on a
/// value that `root` does not allow, alone or beside the others.
///
/// # Errors
///
/// There is such a name or value; the first is told.
pub fn check(root: &Template, supplied: &Parameters, chosen: &Parameters) -> Result<()> {
    let declared = root.parameters();
    for (name, value) in chosen {
        if !declared.iter().any(|parameter| parameter.name == *name) {
            bail!("{}", unknown(root, name, supplied));
        }
        if supplied.contains_key(name) {
            bail!("parameter `{name}` is set by this tool and cannot be chosen");
        }
        check_value(root, name, value)?;
    }
    // What the tool supplies is not known yet, and the rules about it wait.
    let known = declared.into_iter().filter_map(|parameter| {
        let value = chosen.get(&parameter.name).cloned().or(parameter.default)?;
        (!supplied.contains_key(&parameter.name)).then_some((parameter.name, value))
    });
    Ok(check_rules(root, &known.collect())?)
}

fn unknown(root: &Template, name: &str, supplied: &Parameters) -> String {
    let declared = root
        .parameters()
        .into_iter()
        .map(|parameter| parameter.name);
    let choices: Vec<String> = declared
        .filter(|name| !supplied.contains_key(name))
        .collect();
    let root = root.name();
    match nearest(name, choices.iter().map(String::as_str)) {
        Some(choice) => format!("`{root}` has no parameter `{name}`; did you mean `{choice}`?"),
        None => {
            let choices = choices.join(", ");
            format!("`{root}` has no parameter `{name}`; it has: {choices}")
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn root() -> Template {
        let text = "Parameters:\n  Rate: {Type: Number, Default: 50}\n  HandlerKey: {Type: String}\n  \
                    ListId: {Type: String}\nResources: {}\n";
        Template::parse("root.yaml", text.to_owned()).unwrap()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Parameters {
        let owned = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        owned.collect()
    }

    fn check_complete(supplied: &[(&str, &str)], chosen: &[(&str, &str)], expected: Expect) {
        let actual = match complete(&root(), &pairs(supplied), &pairs(chosen)) {
            Ok(parameters) => format!("{parameters:?}"),
            Err(err) => format!("{err:#}"),
        };
        expected.assert_eq(&anstream::adapter::strip_str(&actual).to_string());
    }

    #[test]
    fn choice_beats_default_and_supplied_fills_the_rest() {
        check_complete(
            &[("HandlerKey", "k")],
            &[("Rate", "60"), ("ListId", "pl-1")],
            expect![[r#"{"HandlerKey": "k", "ListId": "pl-1", "Rate": "60"}"#]],
        );
    }

    #[test]
    fn wrong_names_are_explained() {
        let supplied = [("HandlerKey", "k")];
        check_complete(
            &supplied,
            &[("Rat", "60")],
            expect!["`root.yaml` has no parameter `Rat`; did you mean `Rate`?"],
        );
        check_complete(
            &supplied,
            &[("Xyz", "1")],
            expect!["`root.yaml` has no parameter `Xyz`; it has: Rate, ListId"],
        );
        check_complete(
            &supplied,
            &[("HandlerKey", "1")],
            expect!["parameter `HandlerKey` is set by this tool and cannot be chosen"],
        );
        check_complete(
            &supplied,
            &[],
            expect![[r#"
            parameter `ListId` of `root.yaml` needs a value
             --> root.yaml:4:3
              |
            4 |   ListId: {Type: String}
              |   ^^^^^^
              |
              = to mend: pass `--param ListId=..`, or give it a `Default`"#]],
        );
    }

    #[test]
    fn both_file_shapes_are_read() {
        let object = parse_file("p.json", r#"{"Rate": 60, "On": true, "Name": "x"}"#).unwrap();
        let list = parse_file(
            "p.json",
            r#"[{"ParameterKey": "Rate", "ParameterValue": 60},
                {"ParameterKey": "On", "ParameterValue": "true"},
                {"ParameterKey": "Name", "ParameterValue": "x"}]"#,
        );
        assert_eq!(object, list.unwrap());
    }

    #[test]
    fn a_value_is_what_is_written() {
        for (written, expected) in [
            ("1.10", "1.10"),
            ("1e3", "1e3"),
            ("1E+3", "1E+3"),
            ("-0", "-0"),
            ("12345678901234567890123", "12345678901234567890123"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("false", "false"),
            (r#""012345678901""#, "012345678901"),
            (r#""\ud83c\udfac \/ \n""#, "\u{1f3ac} / \n"),
        ] {
            let text = format!("\u{feff}{{\"A~/B\":\t{written} }}");
            let parameters = parse_file("p.json", &text).unwrap();
            assert_eq!(parameters["A~/B"], expected, "{written}");
        }
    }

    #[test]
    fn broken_files_say_where() {
        let check = |text: &str, expected: Expect| {
            let shown = format!("{}\n", parse_file("p.json", text).unwrap_err().unquoted());
            expected.assert_eq(&anstream::adapter::strip_str(&shown).to_string());
        };
        check(
            "{\n  \"a\" 1}",
            expect![[r#"
            not valid JSON: expected `:`
             |
             = at: p.json:2:7
             = to mend: look at this line and the one above for a comma or a quote too many or too few
        "#]],
        );
        check(
            r#"{"a": []}"#,
            expect![[r#"
            parameter `a` must be a string, a number or a boolean
             |
             = at: p.json:1:7
             = to mend: write it in quotes, items of a list with commas between
        "#]],
        );
        check(
            r#"[{"ParameterKey": "a"}]"#,
            expect![[r#"
            an entry lacks `ParameterKey` or `ParameterValue`
             |
             = at: p.json:1:2
             = to mend: write `{"ParameterKey": "NAME", "ParameterValue": "VALUE"}`
        "#]],
        );
        check(
            "7",
            expect![[r#"
            a parameters file is an object of names and values
             |
             = at: p.json:1:1
             = to mend: `{"NAME": "VALUE"}` is one
        "#]],
        );
        check(
            "{\"a\": 1,\n \"\\u0061\": 1}",
            expect![[r#"
            `a` is there twice
             |
             = at: p.json:2:2
             = the first: p.json:1:2
             = to mend: remove one of the two
        "#]],
        );
        check(
            r#"[{"ParameterKey": "a", "ParameterValue": "1"},
                {"ParameterKey": "a", "ParameterValue": "1"}]"#,
            expect![[r#"
                parameter `a` is there twice
                 |
                 = at: p.json:2:57
                 = to mend: remove one of the two
            "#]],
        );
    }
}
