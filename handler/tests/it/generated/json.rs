//! JSON as text: quoted strings, and values of every shape from a few bytes.

use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any};

/// How deep a value here is nested at most, its own level included.
const LEVELS: usize = 6;

const SCALARS: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0.0e-0",
    "1999",
    "1e400",
    "123456789012345678901234567890123456789012345678901234567890",
    "\"\"",
    "\"*\"",
    "\"id\"",
    "\"POST\"",
    "\"application/json\"",
    "\"\\ud83c\\udfac\"",
    "\"\\ud800\"",
    "\"\\u0000\\\"\\\\\\/\"",
    "\"\u{10ffff}\u{feff}\"",
];

/// Which characters of a string are written as escapes, beside those that have to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Escapes {
    None,
    All,
}

/// A string as JSON.
pub(crate) fn quoted(text: &str, escapes: Escapes) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for char in text.chars() {
        match (char, escapes) {
            (_, Escapes::All) => {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    write!(json, "\\u{unit:04x}").unwrap();
                }
            }
            ('"' | '\\', _) => json.extend(['\\', char]),
            ('\0'..='\x1f', _) => write!(json, "\\u{:04X}", u32::from(char)).unwrap(),
            _ => json.push(char),
        }
    }
    json.push('"');
    json
}

/// A value that is not nested deeper than a body may be, and has no name twice.
pub(crate) fn value() -> impl Strategy<Value = String> {
    vec(any::<u8>(), 0..8).prop_map(|bytes| written(&bytes))
}

/// The value that bytes stand for, each for a scalar or for an array or object around those that
/// follow. Shorter bytes are simpler values, which is what a failing test looks for.
pub(crate) fn written(bytes: &[u8]) -> String {
    let mut json = String::new();
    write_value(&mut bytes.iter().copied(), LEVELS, &mut json);
    json
}

fn write_value(bytes: &mut impl Iterator<Item = u8>, levels: usize, json: &mut String) {
    let byte = bytes.next().unwrap_or_default();
    let count = usize::from(byte % 4);
    match byte {
        192.. if levels > 1 => {
            json.push('[');
            for at in 0..count {
                json.push_str(if at > 0 { "," } else { "" });
                write_value(bytes, levels - 1, json);
            }
            json.push(']');
        }
        128.. if levels > 1 => {
            json.push('{');
            for at in 0..count {
                json.push_str(if at > 0 { "," } else { "" });
                write!(json, "\"{at}\":").unwrap();
                write_value(bytes, levels - 1, json);
            }
            json.push('}');
        }
        _ => json.push_str(SCALARS[usize::from(byte) % SCALARS.len()]),
    }
}
