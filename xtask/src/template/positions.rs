//! Where the parts of a template stand in its text, by JSON pointer.

use std::collections::BTreeMap;
use std::ops::Range;

use saphyr::{MarkedYaml, Marker, YamlData};

/// The bytes of one part.
#[derive(Debug, Clone)]
struct Spans {
    /// Of the key; absent for a list's item.
    key: Option<Range<usize>>,
    value: Range<usize>,
}

/// The places of everything in a template, as in `/Resources/Stage/Properties/StageName`. A
/// tag's value is also found by its long form, `.../StageName/Ref`.
#[derive(Debug, Default)]
pub(crate) struct Positions(BTreeMap<String, Spans>);

impl Positions {
    pub(super) fn of(document: &MarkedYaml<'_>, text: &str) -> Self {
        let mut positions = Self::default();
        let lines = Lines::of(text);
        positions.add(document, &lines, &mut String::new());
        positions
    }

    fn add(&mut self, node: &MarkedYaml<'_>, lines: &Lines<'_>, pointer: &mut String) {
        let length = pointer.len();
        match &node.data {
            YamlData::Mapping(entries) => {
                for (key, value) in entries {
                    let Some(name) = name_of(key) else { continue };
                    push(pointer, &name);
                    self.insert(pointer, Some(lines.bytes(key)), lines.bytes(value));
                    self.add(value, lines, pointer);
                    pointer.truncate(length);
                }
            }
            YamlData::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    push(pointer, &index.to_string());
                    self.insert(pointer, None, lines.bytes(item));
                    self.add(item, lines, pointer);
                    pointer.truncate(length);
                }
            }
            YamlData::Tagged(tag, inner) => {
                match tag.suffix.as_str() {
                    name @ ("Ref" | "Condition") => push(pointer, name),
                    name => push(pointer, &format!("Fn::{name}")),
                }
                self.insert(pointer, None, lines.bytes(node));
                self.add(inner, lines, pointer);
                pointer.truncate(length);
            }
            _ => {}
        }
    }

    pub(crate) fn insert(&mut self, pointer: &str, key: Option<Range<usize>>, value: Range<usize>) {
        self.0.insert(pointer.to_owned(), Spans { key, value });
    }

    /// The key of what `pointer` names, or the item where it names one of a list.
    pub(crate) fn key(&self, pointer: &str) -> Option<Range<usize>> {
        let spans = self.0.get(pointer)?;
        Some(spans.key.clone().unwrap_or_else(|| spans.value.clone()))
    }

    pub(crate) fn value(&self, pointer: &str) -> Option<Range<usize>> {
        self.0.get(pointer).map(|spans| spans.value.clone())
    }
}

/// Adds one step to a JSON pointer.
pub(crate) fn push(pointer: &mut String, step: &str) {
    pointer.push('/');
    pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
}

/// The JSON pointer of one step below another.
pub(crate) fn below(pointer: &str, step: &str) -> String {
    let mut pointer = pointer.to_owned();
    push(&mut pointer, step);
    pointer
}

fn name_of(key: &MarkedYaml<'_>) -> Option<String> {
    match super::to_json(key).ok()? {
        serde_json::Value::Array(_) | serde_json::Value::Object(_) => None,
        scalar => Some(super::plain_string(&scalar)),
    }
}

/// The parser counts lines and characters, and what shows places wants bytes.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let ends = text.match_indices('\n').map(|(end, _)| end + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(ends).collect(),
        }
    }

    fn bytes(&self, node: &MarkedYaml<'_>) -> Range<usize> {
        let start = self.byte(node.span.start);
        start..self.byte(node.span.end).max(start)
    }

    fn byte(&self, marker: Marker) -> usize {
        let line = marker.line().saturating_sub(1);
        let Some(start) = self.starts.get(line) else {
            return self.text.len();
        };
        let column = self.text[*start..].char_indices().nth(marker.col());
        column.map_or(self.text.len(), |(offset, _)| start + offset)
    }
}

/// The byte that a marker of the parser stands for.
pub(super) fn byte_of(text: &str, marker: Marker) -> usize {
    Lines::of(text).byte(marker)
}
