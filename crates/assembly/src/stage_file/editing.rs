//! A parameter written into a stage file's text; the rest of it stays as its author has it.

use regex_lite::Regex;
use serde_json::Value;

use cfnkit_console::bail;
use cfnkit_console::error::{Context as _, Result};

/// The text of a stage file with the value of one more parameter, or with another value of one
/// that it has. `text` is empty where there is no file.
///
/// # Errors
///
/// A text that is no stage file, or one in which the place is not found.
pub fn with_parameter(text: &str, name: &str, value: u64) -> Result<String> {
    let edited = edited(text, name, value);
    let parse = |text: &str| serde_json::from_str::<Value>(text);
    let read: Value = parse(&edited).context("the stage file cannot be edited")?;
    let mut expected: Value = match text.trim() {
        "" => Value::Object(serde_json::Map::new()),
        text => parse(text).context("the stage file is not JSON")?,
    };
    expected["Parameters"][name] = value.to_string().into();
    if read != expected {
        bail!("the stage file cannot be edited; set `{name}` to {value} in it by hand");
    }
    Ok(edited)
}

fn edited(text: &str, name: &str, value: u64) -> String {
    if text.trim().is_empty() {
        return format!("{{\n  \"Parameters\": {{\n    \"{name}\": \"{value}\"\n  }}\n}}\n");
    }
    let present = format!(r#"("{name}"\s*:\s*)"?\d+"?"#);
    if let Ok(present) = Regex::new(&present)
        && present.is_match(text)
    {
        return present
            .replace(text, format!("${{1}}\"{value}\""))
            .into_owned();
    }
    // Before the first parameter, or before all else; what follows needs a comma, if anything does.
    let insert = |after: usize, entry: &str, indent: &str| {
        let (head, tail) = text.split_at(after);
        let comma = match tail.trim_start().starts_with('}') {
            true => "",
            false => ",",
        };
        format!("{head}\n{indent}{entry}{comma}{tail}")
    };
    let parameters = Regex::new(r#""Parameters"\s*:\s*\{"#).ok();
    match parameters.and_then(|parameters| Some(parameters.find(text)?.end())) {
        Some(end) => insert(end, &format!("\"{name}\": \"{value}\""), "    "),
        None => {
            let end = text.find('{').map_or(0, |position| position + 1);
            let entry = format!("\"Parameters\": {{\n    \"{name}\": \"{value}\"\n  }}");
            insert(end, &entry, "  ")
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn edit(text: &str) -> String {
        with_parameter(text, "StandardKeyGeneration", 2).unwrap()
    }

    #[test]
    fn a_parameter_is_added_and_the_rest_stays() {
        let file = "{\n  \"Parameters\": {\n    \"LogLevel\": \"WARN\"\n  },\n  \"RollbackAlarms\": [\"A\"]\n}\n";
        let added = edit(file);
        expect![[r#"
            {
              "Parameters": {
                "StandardKeyGeneration": "2",
                "LogLevel": "WARN"
              },
              "RollbackAlarms": ["A"]
            }
        "#]]
        .assert_eq(&added);
        let again = with_parameter(&added, "StandardKeyGeneration", 3).unwrap();
        assert_eq!(again, added.replace(r#": "2","#, r#": "3","#));
    }

    #[test]
    fn a_file_without_parameters_and_no_file_at_all_get_them() {
        let new = "{\n  \"Parameters\": {\n    \"StandardKeyGeneration\": \"2\"\n  }\n}\n";
        assert_eq!(edit(""), new);
        assert_eq!(edit("{}"), new.trim_end().replace("\n}", "}"));
        assert_eq!(
            edit("{\n  \"Production\": true\n}\n"),
            new.replace("  }\n", "  },\n  \"Production\": true\n")
        );
        assert_eq!(
            edit("{\"Parameters\": {}}"),
            "{\"Parameters\": {\n    \"StandardKeyGeneration\": \"2\"}}"
        );
    }

    #[test]
    fn a_text_in_which_the_place_cannot_be_found_is_left_alone() {
        for text in [
            "[1]",
            "{",
            r#"{"Tags": {"Parameters": {}}, "Parameters": {}}"#,
        ] {
            assert!(
                std::panic::catch_unwind(|| with_parameter(text, "X", 2))
                    .is_ok_and(|edited| edited.is_err()),
                "{text}"
            );
        }
    }
}
