//! JSON that people write: read strictly, with the place of everything in it and every value as
//! it is written.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::source::{Place, Problem};
use crate::text_file::without_mark;
use cfnkit_yaml::positions::{Positions, push};

/// A file of JSON.
#[derive(Debug)]
pub struct JsonText {
    name: String,
    text: Arc<str>,
    value: Value,
    positions: Positions,
}

impl JsonText {
    /// Reads `text` of the file `name`. A member that is there twice is a problem: nobody knows
    /// which one is meant.
    ///
    /// # Errors
    ///
    /// `text` is no JSON, or a member is there twice; the problem is at its place.
    pub fn parse(name: &str, text: &str) -> Result<Self, Problem> {
        let shared: Arc<str> = without_mark(text).into();
        let at = |bytes: Range<usize>| Some(Place::new(name, &shared, bytes));
        let invalid = |err: &serde_json::Error| {
            let lines = shared.split_inclusive('\n');
            let lines = lines.take(err.line().saturating_sub(1));
            let byte = lines.map(str::len).sum::<usize>() + err.column().saturating_sub(1);
            let said = err.to_string();
            let said = said.split(" at line ").next().unwrap_or_default();
            Problem::new(format!("not valid JSON: {said}"))
                .at(at(byte..byte + 1))
                .mend("look at this line and the one above for a comma or a quote too many or too few")
        };
        let value: Value = serde_json::from_str(&shared).map_err(|err| invalid(&err))?;
        let root: &RawValue = serde_json::from_str(&shared).map_err(|err| invalid(&err))?;
        let mut reader = Reader {
            text: &shared,
            positions: Positions::default(),
            twice: None,
        };
        reader.positions.insert("", None, reader.bytes(root));
        let read = reader.add(root, &mut String::new());
        read.map_err(|err| invalid(&err))?;
        if let Some(Twice { name, first, again }) = reader.twice {
            let first = at(first).map(|place| place.to_string());
            return Err(Problem::new(format!("`{name}` is there twice"))
                .at(at(again))
                .note("the first", first.unwrap_or_default())
                .mend("remove one of the two"));
        }
        Ok(Self {
            name: name.to_owned(),
            positions: reader.positions,
            value,
            text: Arc::clone(&shared),
        })
    }

    /// What the text says, without places.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The place of the key that the JSON pointer names; of an item, the item.
    pub fn key(&self, pointer: &str) -> Option<Place> {
        self.place(self.positions.key(pointer)?)
    }

    /// The place of the value that the JSON pointer names.
    pub fn value_at(&self, pointer: &str) -> Option<Place> {
        self.place(self.positions.value(pointer)?)
    }

    /// The value as the file has it: `1.10` is no `1.1`, and a number may have any length.
    pub fn written(&self, pointer: &str) -> &str {
        let span = self.positions.value(pointer);
        span.and_then(|span| self.text.get(span))
            .unwrap_or_default()
    }

    fn place(&self, span: Range<usize>) -> Option<Place> {
        Some(Place::new(&self.name, &self.text, span))
    }
}

/// A member's name, and where it is.
struct Twice {
    name: String,
    first: Range<usize>,
    again: Range<usize>,
}

struct Reader<'a> {
    text: &'a str,
    positions: Positions,
    /// The first that was found.
    twice: Option<Twice>,
}

impl<'a> Reader<'a> {
    /// Everything in `value`, which is part of the text; it itself has its place already.
    fn add(&mut self, value: &'a RawValue, pointer: &mut String) -> serde_json::Result<()> {
        let length = pointer.len();
        if value.get().starts_with('{') {
            let Members(members) = serde_json::from_str(value.get())?;
            for (key, value) in members {
                let name: String = serde_json::from_str(key.get())?;
                let bytes = self.bytes(key);
                push(pointer, &name);
                match (self.positions.key(pointer), &self.twice) {
                    (Some(first), None) => {
                        let again = bytes.clone();
                        self.twice = Some(Twice { name, first, again });
                    }
                    _ => {
                        let value = self.bytes(value);
                        self.positions.insert(pointer, Some(bytes), value);
                    }
                }
                self.add(value, pointer)?;
                pointer.truncate(length);
            }
        } else if value.get().starts_with('[') {
            let items: Vec<&RawValue> = serde_json::from_str(value.get())?;
            for (index, item) in items.into_iter().enumerate() {
                push(pointer, &index.to_string());
                self.positions.insert(pointer, None, self.bytes(item));
                self.add(item, pointer)?;
                pointer.truncate(length);
            }
        }
        Ok(())
    }

    fn bytes(&self, part: &RawValue) -> Range<usize> {
        let part = part.get();
        let start = part.as_ptr().addr() - self.text.as_ptr().addr();
        start..start + part.len()
    }
}

/// An object's members as they are written, none left out.
struct Members<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collector;

        impl<'de> Visitor<'de> for Collector {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Collector)
    }
}
