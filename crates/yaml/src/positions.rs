//! Where the parts of a template stand in its text, by JSON pointer.

use std::collections::BTreeMap;
use std::ops::Range;

use saphyr::{MarkedYaml, Marker, Tag, YamlData};
use saphyr_parser::Span;

use crate::reading;

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
pub struct Positions(BTreeMap<String, Spans>);

impl Positions {
    pub(crate) fn of(document: &MarkedYaml<'_>, lines: &Lines<'_>) -> Self {
        let mut positions = Self::default();
        positions.add(document, lines, &mut String::new());
        positions
    }

    fn add(&mut self, node: &MarkedYaml<'_>, lines: &Lines<'_>, pointer: &mut String) {
        let length = pointer.len();
        match &node.data {
            YamlData::Mapping(entries) => {
                for (key, value) in entries {
                    let Some(name) = reading::name_of(key) else {
                        continue;
                    };
                    push(pointer, name);
                    let (key, bytes) = (lines.bytes(key.span), lines.bytes(value.span));
                    self.insert(pointer, Some(key), bytes);
                    self.add(value, lines, pointer);
                    pointer.truncate(length);
                }
            }
            YamlData::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    push(pointer, &index.to_string());
                    self.insert(pointer, None, lines.bytes(item.span));
                    self.add(item, lines, pointer);
                    pointer.truncate(length);
                }
            }
            YamlData::Tagged(tag, inner) => {
                self.insert_tagged(tag, node, lines, pointer);
                self.add(inner, lines, pointer);
                pointer.truncate(length);
            }
            YamlData::Representation(_, _, Some(tag)) => {
                self.insert_tagged(tag, node, lines, pointer);
                pointer.truncate(length);
            }
            _ => {}
        }
    }

    /// Steps into a tag's long form.
    fn insert_tagged(
        &mut self,
        tag: &Tag,
        node: &MarkedYaml<'_>,
        lines: &Lines<'_>,
        pointer: &mut String,
    ) {
        match tag.suffix.as_str() {
            name @ ("Ref" | "Condition") => push(pointer, name),
            name => push(pointer, &format!("Fn::{name}")),
        }
        self.insert(pointer, None, lines.bytes(node.span));
    }

    /// Notes where the value at the JSON pointer `pointer` stands, and its key if it has one; in
    /// bytes of the text.
    pub fn insert(&mut self, pointer: &str, key: Option<Range<usize>>, value: Range<usize>) {
        self.0.insert(pointer.to_owned(), Spans { key, value });
    }

    /// The key of what `pointer` names, or the item where it names one of a list.
    pub fn key(&self, pointer: &str) -> Option<Range<usize>> {
        let spans = self.0.get(pointer)?;
        Some(spans.key.clone().unwrap_or_else(|| spans.value.clone()))
    }

    /// Where the value at the JSON pointer `pointer` stands, in bytes of the text.
    pub fn value(&self, pointer: &str) -> Option<Range<usize>> {
        self.0.get(pointer).map(|spans| spans.value.clone())
    }
}

/// Adds one step to a JSON pointer.
pub fn push(pointer: &mut String, step: &str) {
    pointer.push('/');
    pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
}

/// The JSON pointer of one step below another.
pub fn below(pointer: &str, step: &str) -> String {
    let mut pointer = pointer.to_owned();
    push(&mut pointer, step);
    pointer
}

/// The parser counts lines and characters, and what shows places wants bytes.
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let ends = text.match_indices('\n').map(|(end, _)| end + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(ends).collect(),
        }
    }

    pub(crate) fn bytes(&self, span: Span) -> Range<usize> {
        let start = self.byte(span.start);
        start..self.byte(span.end).max(start)
    }

    /// What the text has there.
    pub(crate) fn written(&self, bytes: &Range<usize>) -> &'a str {
        self.text.get(bytes.clone()).unwrap_or_default()
    }

    /// The whole line of a marker.
    pub(crate) fn line(&self, marker: Marker) -> &'a str {
        let start = self.starts.get(marker.line().saturating_sub(1));
        let rest = start.and_then(|start| self.text.get(*start..));
        rest.and_then(|rest| rest.lines().next())
            .unwrap_or_default()
    }

    /// The byte that a marker of the parser stands for.
    pub(crate) fn byte(&self, marker: Marker) -> usize {
        let line = marker.line().saturating_sub(1);
        let Some(start) = self.starts.get(line) else {
            return self.text.len();
        };
        // A character is a byte in nearly every line.
        let before = self.text.as_bytes().get(*start..start + marker.col());
        if let Some(before) = before
            && before.is_ascii()
        {
            return start + before.len();
        }
        let column = self.text[*start..].char_indices().nth(marker.col());
        column.map_or(self.text.len(), |(offset, _)| start + offset)
    }
}
