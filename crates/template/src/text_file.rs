//! Text files as editors leave them: without the byte order mark, and what is no UTF-8 is named.

use std::io::{Error, ErrorKind};
use std::path::Path;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// The text of a file. Some editors put a byte order mark before it, which is none of it.
///
/// # Errors
///
/// The file cannot be read, or is not UTF-8, which is [`ErrorKind::InvalidData`].
pub fn read(path: &Path) -> std::io::Result<String> {
    decoded(&std::fs::read(path)?)
}

/// What is left of a text without the byte order mark.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

fn decoded(bytes: &[u8]) -> std::io::Result<String> {
    let wrong = |what: String| Error::new(ErrorKind::InvalidData, what);
    if is_utf16(bytes) {
        return Err(wrong("it is UTF-16; save it as UTF-8".to_owned()));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(without_mark(text).to_owned()),
        Err(err) => {
            let before = bytes.iter().take(err.valid_up_to());
            let line = before.filter(|byte| **byte == b'\n').count() + 1;
            Err(wrong(format!("line {line} is not UTF-8; save it as UTF-8")))
        }
    }
}

/// By its byte order mark, or by an ASCII character at its beginning.
fn is_utf16(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=127, ..] | [1..=127, 0, ..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_taken_off_and_other_encodings_are_named() {
        let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(bytes).collect()
        };
        for (bytes, expected) in [
            (b"\xef\xbb\xbf{}\n".to_vec(), Ok("{}\n")),
            ("Ä: \u{feff}".into(), Ok("Ä: \u{feff}")),
            (Vec::new(), Ok("")),
            (
                utf16("\u{feff}{}", u16::to_le_bytes),
                Err("it is UTF-16; save it as UTF-8"),
            ),
            (
                utf16("\u{feff}{}", u16::to_be_bytes),
                Err("it is UTF-16; save it as UTF-8"),
            ),
            (
                utf16("{}", u16::to_le_bytes),
                Err("it is UTF-16; save it as UTF-8"),
            ),
            (
                utf16("{}", u16::to_be_bytes),
                Err("it is UTF-16; save it as UTF-8"),
            ),
            (
                b"A: 1\nB: \xe4".to_vec(),
                Err("line 2 is not UTF-8; save it as UTF-8"),
            ),
        ] {
            let text = decoded(&bytes).map_err(|err| err.to_string());
            assert_eq!(
                text.as_deref().map_err(String::as_str),
                expected,
                "{bytes:?}"
            );
        }
    }
}
