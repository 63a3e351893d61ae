//! The handler's panics in a log, however the log was fetched: behind CloudWatch's prefixes, in
//! its JSON, over several lines. It knows no files and no symbols.

use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Deserializer, Map, Value};

use cfnkit_console::ensure;
use cfnkit_console::error::{Context as _, Error, Result};

/// The member of a line that has the addresses.
const MEMBER: &str = "backtrace";

/// A panic as the handler logs it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Panic {
    /// As it was logged; empty where the line has none.
    #[serde(default)]
    pub timestamp: String,
    /// Where it happened.
    #[serde(default)]
    pub reason: String,
    /// Which program it was.
    pub handler: Option<ZipHash>,
    /// Innermost first.
    pub backtrace: Vec<ReturnAddress>,
}

/// A place in the handler's ELF file that a call returns to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ReturnAddress(pub u64);

/// The SHA-256 of a handler's zip in hexadecimal digits; part of a file's name, and so nothing
/// else.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ZipHash(String);

impl ZipHash {
    /// 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The panics in a log, in its order; an error for each that cannot be read.
pub fn panics(log: &str) -> Vec<Result<Panic>> {
    let mut panics = Vec::new();
    let mut rest = log;
    while let Some(start) = rest.find('{') {
        rest = &rest[start..];
        let line = || 1 + newlines(&log[..log.len() - rest.len()]);
        let mut documents = Deserializer::from_str(rest).into_iter::<Value>();
        let length = match documents.next() {
            Some(Ok(document)) => {
                let mut found = Vec::new();
                collect(document, &mut found);
                let place = || format!("line {}", line());
                panics.extend(found.into_iter().map(|one| one.with_context(place)));
                documents.byte_offset()
            }
            // No document begins here; one may with the next brace.
            _ => {
                if is_cut_off(rest) {
                    panics.push(Err(Error::new(format!(
                        "line {}: `{MEMBER}` is in it, but it is not whole JSON",
                        line()
                    ))));
                }
                1
            }
        };
        rest = &rest[length..];
    }
    panics
}

/// Whether `text` begins with what was a panic's line, and no later brace of it begins another.
fn is_cut_off(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    line.contains(&format!("\"{MEMBER}")) && line.rfind('{') == Some(0)
}

/// Looks for panics inside what CloudWatch puts around a line, which may be a text in a document.
fn collect(value: Value, found: &mut Vec<Result<Panic>>) {
    match value {
        Value::Object(object) if object.contains_key(MEMBER) => found.push(panic(object)),
        Value::Object(object) => object
            .into_iter()
            .for_each(|(_, value)| collect(value, found)),
        Value::Array(items) => items.into_iter().for_each(|item| collect(item, found)),
        Value::String(text) if text.contains(MEMBER) => found.extend(panics(&text)),
        _ => {}
    }
}

fn panic(object: Map<String, Value>) -> Result<Panic> {
    serde_json::from_value(Value::Object(object)).context("cannot read the panic")
}

fn newlines(text: &str) -> usize {
    text.matches('\n').count()
}

impl FromStr for ReturnAddress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let address = u64::from_str_radix(digits, 16)
            .ok()
            .filter(|address| *address > 0);
        let address = address.with_context(|| format!("`{text}` is no hexadecimal address"))?;
        Ok(Self(address))
    }
}

impl TryFrom<String> for ReturnAddress {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl TryFrom<String> for ZipHash {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        let is_hash = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        ensure!(is_hash, "`{text}` is no SHA-256 of a zip");
        Ok(Self(text))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use cfnkit_console::error::chain;

    use super::*;

    const HASH: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn line(backtrace: &str) -> String {
        format!(
            r#"{{"timestamp":"2026-01-31T12:00:00.123Z","level":"ERROR","message":"panicked","reason":"handler/src/event.rs:72:9","handler":"{HASH}","backtrace":{backtrace}}}"#
        )
    }

    /// One line for each panic found: its place and addresses, or what is wrong with it.
    fn check(log: &str, expected: Expect) {
        let text: String = panics(log)
            .iter()
            .map(|panic| match panic {
                Ok(panic) => format!("{} {:x?}\n", panic.reason, panic.backtrace),
                Err(err) => chain(err) + "\n",
            })
            .collect();
        expected.assert_eq(&text);
    }

    #[test]
    fn a_line_is_read() {
        let panics = panics(&line(r#"["0x1a2b3c","0x4"]"#));
        let [Ok(panic)] = panics.as_slice() else {
            panic!("expected one panic, found {panics:?}");
        };
        assert_eq!(panic.timestamp, "2026-01-31T12:00:00.123Z");
        assert_eq!(panic.reason, "handler/src/event.rs:72:9");
        assert_eq!(panic.handler.as_ref().map(ZipHash::as_str), Some(HASH));
        let addresses = [0x1a_2b3c, 4].map(ReturnAddress);
        assert_eq!(panic.backtrace, addresses);
    }

    #[test]
    fn the_hash_may_be_unknown() {
        check(
            r#"{"message":"panicked","reason":"a.rs:1:2","backtrace":["0x1"]}"#,
            expect![[r#"
                a.rs:1:2 [ReturnAddress(1)]
            "#]],
        );
    }

    #[test]
    fn lines_are_found_among_others_and_behind_prefixes() {
        let tail = format!(
            "2026-01-31T12:00:00.123000+00:00 2026/01/31/[$LATEST]0123 {}\n\
             START RequestId: {{}} Version: $LATEST\n\
             {{\"message\":\"request\",\"reason\":\"panicked\"}}\n\
             {{a}} {}\r\n",
            line(r#"["0x1"]"#),
            line(r#"["0x2"]"#)
        );
        check(
            &tail,
            expect![[r#"
                handler/src/event.rs:72:9 [ReturnAddress(1)]
                handler/src/event.rs:72:9 [ReturnAddress(2)]
            "#]],
        );
    }

    #[test]
    fn lines_are_found_in_cloudwatchs_json() {
        let inner = serde_json::json!(line(r#"["0x1", "0xa"]"#) + "\n");
        let events = serde_json::json!({ "events": [{ "message": inner }, { "message": "{" }] });
        let mut text = serde_json::to_string_pretty(&events).unwrap();
        // As `aws logs tail --format json` prints them.
        let object: Value = serde_json::from_str(&line(r#"["0xb"]"#)).unwrap();
        text += &format!("\n{}", serde_json::to_string_pretty(&object).unwrap());
        check(
            &text,
            expect![[r#"
                handler/src/event.rs:72:9 [ReturnAddress(1), ReturnAddress(a)]
                handler/src/event.rs:72:9 [ReturnAddress(b)]
            "#]],
        );
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_line() {
        let log = [
            "first".to_owned(),
            line(r#""0x1""#),
            line(r#"["0x1", "1g"]"#),
            line(r#"["0x0"]"#),
            line(r#"["0x1"]"#).replace(HASH, "../../x"),
            line(r#"["0x1"#).replace("1}", "1"),
            r#"{"message": "{\"message\":\"panicked\",\"backtrace\":[\"0x1"#.to_owned(),
            line(r#"["0x7"]"#),
        ];
        check(
            &log.join("\n"),
            expect![[r#"
                line 2: cannot read the panic: invalid type: string "0x1", expected a sequence
                line 3: cannot read the panic: `1g` is no hexadecimal address
                line 4: cannot read the panic: `0x0` is no hexadecimal address
                line 5: cannot read the panic: `../../x` is no SHA-256 of a zip
                line 6: `backtrace` is in it, but it is not whole JSON
                line 7: `backtrace` is in it, but it is not whole JSON
                handler/src/event.rs:72:9 [ReturnAddress(7)]
            "#]],
        );
    }

    #[test]
    fn a_log_without_panics_has_none() {
        check("", expect![""]);
        check("{\"message\":\"request\"}\nbacktrace\n{", expect![""]);
    }
}
