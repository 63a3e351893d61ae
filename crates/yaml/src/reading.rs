//! YAML as CloudFormation reads it. Its reader is one for YAML 1.1, and what it takes for a number
//! reaches a parameter, a property or a comparison as text: so a scalar is what is written, unless
//! a number or a boolean is written in no other way.

use std::ops::Range;

use saphyr::{MarkedYaml, ScalarStyle, ScanError, Tag, YamlData, YamlLoader};
use saphyr_parser::{Event, Parser, Span, SpannedEventReceiver};
use serde_json::{Map, Value};

use crate::positions::{Lines, Positions};

/// What CloudFormation does not take.
#[derive(Debug)]
pub struct Fault {
    /// What is wrong, without a full stop.
    pub title: String,
    /// What to do about it.
    pub advice: &'static str,
    /// Where it is, in bytes of the text.
    pub span: Range<usize>,
}

impl Fault {
    fn at(title: impl Into<String>, advice: &'static str, span: Range<usize>) -> Self {
        let title = title.into();
        Self {
            title,
            advice,
            span,
        }
    }
}

/// What a text says.
#[derive(Debug)]
pub struct Document {
    /// In long form: `!Ref X` is `{"Ref": "X"}`, and `!GetAtt A.B` is `{"Fn::GetAtt": ["A", "B"]}`.
    pub value: Value,
    /// Where its parts stand.
    pub positions: Positions,
}

/// Reads a text that is one document.
///
/// # Errors
///
/// `text` is not YAML, or none or more than one document, or has what CloudFormation does not take.
pub fn read(text: &str) -> Result<Document, Fault> {
    let lines = Lines::of(text);
    let (documents, alias) = load(text).map_err(|err| {
        let start = lines.byte(*err.marker());
        let advice = advice(err.info(), lines.line(*err.marker()));
        let title = format!("not valid YAML: {}", err.info());
        Fault::at(title, advice, start..start + 1)
    })?;
    let document = match documents.as_slice() {
        [document] => document,
        [] => return Err(Fault::at("the template is empty", MAPPING, 0..0)),
        [_, second, ..] => {
            let title = format!("expected one YAML document, found {}", documents.len());
            let start = lines.byte(second.span.start);
            let advice = "a template has no `---` between its parts";
            return Err(Fault::at(title, advice, start..start));
        }
    };
    let value = value_of(document, &lines)?;
    if let Some(alias) = alias {
        let span = lines.bytes(alias);
        let name = lines.written(&span);
        let title = format!("`{name}` is an alias, which CloudFormation does not take");
        return Err(Fault::at(title, "write out what it stands for", span));
    }
    Ok(Document {
        value,
        positions: Positions::of(document, &lines),
    })
}

/// A text's documents, their scalars as they are written, and the first alias in it, in whose
/// place the documents have what it stands for.
fn load(text: &str) -> Result<(Vec<MarkedYaml<'_>>, Option<Span>), ScanError> {
    let mut receiver = Receiver {
        loader: YamlLoader::default(),
        alias: None,
    };
    receiver.loader.early_parse(false);
    Parser::new_from_iter(text.chars()).load(&mut receiver, true)?;
    match receiver.loader.error() {
        Some(err) => Err(err.clone()),
        None => Ok((receiver.loader.into_documents(), receiver.alias)),
    }
}

struct Receiver<'input> {
    loader: YamlLoader<'input, MarkedYaml<'input>>,
    alias: Option<Span>,
}

impl<'input> SpannedEventReceiver<'input> for Receiver<'input> {
    fn on_event(&mut self, event: Event<'input>, span: Span) {
        if matches!(event, Event::Alias(_)) {
            self.alias.get_or_insert(span);
        }
        self.loader.on_event(event, span);
    }
}

fn value_of(node: &MarkedYaml<'_>, lines: &Lines<'_>) -> Result<Value, Fault> {
    let fault = |title: &str, advice| Err(Fault::at(title, advice, lines.bytes(node.span)));
    Ok(match &node.data {
        YamlData::Representation(text, style, tag) => {
            let plain = *style == ScalarStyle::Plain;
            match tag.as_deref() {
                None if plain && is_null(text) => {
                    let title = "no value is here, and CloudFormation takes no null";
                    return fault(title, NO_NULL);
                }
                None if plain => plain_value(text),
                None => text.as_ref().into(),
                Some(tag) if tag.handle == "!" => intrinsic(&tag.suffix, text.as_ref().into()),
                Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => {
                    text.as_ref().into()
                }
                Some(tag) if tag.is_yaml_core_schema() && is_known(&tag.suffix) => {
                    plain_value(text)
                }
                Some(tag) => return fault(&unknown(tag), PLAIN),
            }
        }
        YamlData::Sequence(items) => {
            let items = items.iter().map(|item| value_of(item, lines));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        YamlData::Mapping(entries) => {
            let mut object = Map::new();
            for (key, value) in entries {
                let name = key_of(key, node, lines)?;
                let fault = |title, advice| Err(Fault::at(title, advice, lines.bytes(key.span)));
                if is_null_node(value) {
                    let title = format!("`{name}` has no value, and CloudFormation takes no null");
                    return fault(title, NO_NULL);
                }
                if object.contains_key(&name) {
                    return fault(format!("`{name}` is there twice"), TWICE);
                }
                object.insert(name, value_of(value, lines)?);
            }
            Value::Object(object)
        }
        YamlData::Tagged(tag, inner) if tag.handle == "!" => {
            intrinsic(&tag.suffix, value_of(inner, lines)?)
        }
        YamlData::Tagged(tag, _) => return fault(&unknown(tag), PLAIN),
        YamlData::Value(_) | YamlData::Alias(_) | YamlData::BadValue => {
            return fault("a value that cannot be read", PLAIN);
        }
    })
}

const MAPPING: &str = "a template is a mapping with a `Resources` section";
const NO_NULL: &str = "write a value, `''` for an empty text, or remove the key";
const PLAIN: &str = "write the value out, without YAML's own extras";
const QUOTE_REFERENCE: &str = "put the whole value in quotes, as in `'{{resolve:ssm:NAME}}'`";
const TWICE: &str = "rename one of the two, or remove it";

/// A key's name, as it is written; `node` is the mapping that has it.
fn key_of(key: &MarkedYaml<'_>, node: &MarkedYaml<'_>, lines: &Lines<'_>) -> Result<String, Fault> {
    let fault = |title: &str, advice, span| Err(Fault::at(title, advice, lines.bytes(span)));
    let Some(name) = name_of(key).filter(|_| !is_null_node(key)) else {
        if lines.written(&lines.bytes(node.span)).starts_with("{{") {
            let title = "`{{..}}` without quotes is a mapping inside a mapping, and no text";
            return fault(title, QUOTE_REFERENCE, node.span);
        }
        return fault("a key must be a string", PLAIN, key.span);
    };
    if name == "<<" {
        let title = "`<<` is YAML's merge key, which CloudFormation does not take";
        return fault(title, "write out what is merged", key.span);
    }
    if name.starts_with("Fn::ForEach") {
        let title =
            format!("`{name}` is a loop, which needs the transform `AWS::LanguageExtensions`");
        let advice = "write out what it repeats; transforms are not expanded here, and a deploy \
                      does not allow them";
        return fault(&title, advice, key.span);
    }
    Ok(name.to_owned())
}

/// The name that a key is; `None` for one that is no scalar.
pub(crate) fn name_of<'a>(key: &'a MarkedYaml<'_>) -> Option<&'a str> {
    match &key.data {
        YamlData::Representation(text, ..) => Some(text),
        _ => None,
    }
}

/// JSON writes a number and a boolean in one way; written in another it is text to whoever does
/// not calculate.
fn plain_value(text: &str) -> Value {
    let value = serde_json::from_str::<Value>(text).ok();
    let value = value.filter(|value| {
        value.is_number() && serde_json::to_string(value).is_ok_and(|again| again == text)
    });
    match text {
        _ if is_true(text) => true.into(),
        _ if is_false(text) => false.into(),
        _ => value.unwrap_or_else(|| text.into()),
    }
}

fn is_null_node(node: &MarkedYaml<'_>) -> bool {
    let text = match &node.data {
        YamlData::Representation(text, ScalarStyle::Plain, None) => text,
        _ => return false,
    };
    is_null(text)
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// The tags of YAML's own that a scalar may have.
fn is_known(suffix: &str) -> bool {
    matches!(suffix, "int" | "float" | "bool")
}

fn unknown(tag: &Tag) -> String {
    match tag.is_yaml_core_schema() {
        true => format!("unknown tag `!!{}`", tag.suffix),
        false => format!("unknown tag `{}{}`", tag.handle, tag.suffix),
    }
}

/// YAML 1.1 has more words for it.
fn is_true(text: &str) -> bool {
    matches!(
        text,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON"
    )
}

fn is_false(text: &str) -> bool {
    matches!(
        text,
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF"
    )
}

/// What to do about a line that the parser stops at.
fn advice(said: &str, line: &str) -> &'static str {
    let content = line.trim_start();
    let value = content.split_once(": ").map_or(content, |(_, value)| value);
    let value = value.trim_start_matches("- ").trim_start();
    let indent = &line[..line.len() - content.len()];
    match value.chars().next() {
        _ if said.contains("duplicated key") => TWICE,
        _ if indent.contains('\t') || value.starts_with('\t') => {
            "YAML has no tabs; indent with spaces"
        }
        _ if value.contains("{{resolve:") => QUOTE_REFERENCE,
        Some('*') => "`*` begins an alias in YAML; as text it stands in quotes: `'*'`",
        Some('@' | '`' | '%') => {
            "a value that begins with `@`, `%` or a backtick must be in quotes"
        }
        _ if said.contains("mapping values are not allowed") => {
            "a value with `: ` in it must be in quotes; else look at the indentation"
        }
        _ => {
            "from here on it makes no sense; look above, too, for a bracket or a quote that \
             is not closed, and at the indentation"
        }
    }
}

fn intrinsic(tag: &str, inner: Value) -> Value {
    let (key, inner) = match (tag, inner) {
        ("Ref" | "Condition", inner) => (tag.to_owned(), inner),
        ("GetAtt", Value::String(path)) => {
            let parts = match path.split_once('.') {
                Some((logical_id, attribute)) => vec![logical_id.into(), attribute.into()],
                None => vec![Value::String(path)],
            };
            ("Fn::GetAtt".to_owned(), Value::Array(parts))
        }
        (_, inner) => (format!("Fn::{tag}"), inner),
    };
    Value::Object(Map::from_iter([(key, inner)]))
}
