//! JSON read strictly: one object, no member twice, no deep nesting. Values stay text, so that a
//! number keeps its digits and a wrong type is reported beside the other problems.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Levels of objects and arrays, the body's own object included.
pub(super) const MAX_DEPTH: usize = 16;

/// The members of the body that are read.
#[derive(Default)]
pub(super) struct Members<'a> {
    pub(super) id: Option<&'a RawValue>,
    pub(super) title: Option<&'a RawValue>,
    pub(super) year: Option<&'a RawValue>,
}

impl<'a> Members<'a> {
    /// Reads a body; the error continues a sentence that begins with `body`. It quotes nothing.
    pub(super) fn read(body: &'a [u8]) -> Result<Self, String> {
        let text = str::from_utf8(body).map_err(|_| "is not valid UTF-8")?;
        match text.trim_ascii_start().as_bytes().first() {
            None => return Err("is empty".to_owned()),
            Some(b'{') => {}
            Some(_) => return Err(not_an_object(text)),
        }
        let mut members = Self::default();
        let fault = Cell::new(None);
        let level = Level {
            depth: 1,
            fault: &fault,
        };
        let object = Object {
            level,
            member: |name: &str, value| match name {
                "id" => members.id = Some(value),
                "title" => members.title = Some(value),
                "year" => members.year = Some(value),
                _ => {}
            },
        };
        match (parse(text, object), fault.get()) {
            (Ok(()), _) => Ok(members),
            (Err(_), Some(fault)) => Err(fault.to_string()),
            (Err(err), None) => Err(format!("is not valid JSON: {err}")),
        }
    }
}

/// What a body is that does not begin with a brace, and why where nobody can see it: the first
/// character may have no shape.
fn not_an_object(text: &str) -> String {
    let is_invisible = |character: char| {
        character.is_whitespace()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
    };
    let text = text.trim_ascii_start();
    let first = text.chars().next().unwrap_or_default();
    if first == '\u{feff}' {
        "begins with a byte order mark, which JSON does without".to_owned()
    } else if text.trim_start_matches(is_invisible).starts_with('{') {
        let first = u32::from(first);
        format!("begins with the invisible character U+{first:04X}, which is no blank in JSON")
    } else {
        "is not a JSON object".to_owned()
    }
}

/// What JSON allows and a movie's body does not.
#[derive(Clone, Copy, thiserror::Error, Debug)]
enum Fault {
    #[error("has an object with the same member twice")]
    Duplicate,
    #[error("nests deeper than {MAX_DEPTH} levels")]
    Depth,
}

/// How deep a value is, and where its fault is left: the parser's own errors are texts.
#[derive(Clone, Copy)]
struct Level<'a> {
    depth: usize,
    fault: &'a Cell<Option<Fault>>,
}

impl Level<'_> {
    fn fail<E: serde::de::Error>(self, fault: Fault) -> E {
        self.fault.set(Some(fault));
        E::custom(fault)
    }

    /// Checks what is inside a value one level further down. Its scalars are not looked at: the
    /// parser has seen that they are well formed.
    fn check<E: serde::de::Error>(self, value: &RawValue) -> Result<(), E> {
        let level = Level {
            depth: self.depth + 1,
            ..self
        };
        let text = value.get();
        let result = match text.as_bytes().first() {
            Some(b'{' | b'[') if level.depth > MAX_DEPTH => return Err(level.fail(Fault::Depth)),
            Some(b'{') => parse(
                text,
                Object {
                    level,
                    member: |_: &str, _| {},
                },
            ),
            Some(b'[') => parse(text, Array { level }),
            _ => return Ok(()),
        };
        result.map_err(E::custom)
    }
}

fn parse<'a, S: DeserializeSeed<'a>>(text: &'a str, seed: S) -> serde_json::Result<S::Value> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = seed.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

struct Object<'f, F> {
    level: Level<'f>,
    member: F,
}

impl<'de, F: FnMut(&str, &'de RawValue)> DeserializeSeed<'de> for Object<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F: FnMut(&str, &'de RawValue)> Visitor<'de> for Object<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut names = BTreeSet::new();
        while let Some(Name(name)) = map.next_key()? {
            let value: &RawValue = map.next_value()?;
            self.level.check(value)?;
            (self.member)(&name, value);
            if !names.insert(name) {
                return Err(self.level.fail(Fault::Duplicate));
            }
        }
        Ok(())
    }
}

struct Array<'f> {
    level: Level<'f>,
}

impl<'de> DeserializeSeed<'de> for Array<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Array<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        while let Some(value) = values.next_element::<&RawValue>()? {
            self.level.check(value)?;
        }
        Ok(())
    }
}

/// A member's name, borrowed from the body unless it is written with escapes.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);
