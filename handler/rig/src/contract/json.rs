//! Rows about the body as a text: its encoding, and whether it is a JSON object that everybody
//! reads alike.

use serde_json::{Value, json};

use super::{MATRIX, Row, event, row};

/// The top object is the first.
const LEVELS_AT_MOST: usize = 16;

pub(super) fn rows() -> Vec<Row> {
    [encodings(), not_json(), not_objects(), keys(), depths()].concat()
}

/// The matrix with another member, given as JSON.
fn with_extra(extra: &str) -> String {
    format!(r#"{{"id": "tt0133093", "title": "The Matrix", "year": 1999, "extra": {extra}}}"#)
}

fn base64(body: &str) -> Value {
    let mut event = event(body);
    event["isBase64Encoded"] = json!(true);
    event
}

/// Base64 of RFC 4648, with padding. A crate for it would be more to build than these lines.
fn encoded(bytes: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for bytes in bytes.chunks(3) {
        let mut group = [0; 3];
        group[..bytes.len()].copy_from_slice(bytes);
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for place in 0..4 {
            let digit = usize::try_from(bits >> (18 - 6 * place) & 63).unwrap_or_default();
            text.push(match place <= bytes.len() {
                true => char::from(alphabet[digit]),
                false => '=',
            });
        }
    }
    text
}

fn encodings() -> Vec<Row> {
    let mut null = event("");
    null["body"] = json!(null);
    let mut absent = event("");
    if let Some(members) = absent.as_object_mut() {
        members.remove("body");
    }
    vec![
        row("body in base64", base64(&encoded(MATRIX.as_bytes()))),
        row("body is not the base64 it claims to be", base64(MATRIX)).fails(400),
        row("body is no base64", base64("====")).fails(400),
        row("body in base64 is not UTF-8", base64("//4=")).fails(400),
        // The matrix with a title of the byte FF.
        row(
            "text in base64 is not UTF-8",
            base64(&encoded(
                b"{\"id\": \"1\", \"title\": \"\xff\", \"year\": 1}",
            )),
        )
        .fails(400),
        row("body in base64 is empty", base64("")).fails(400),
        row("body is empty", event("")).fails(400),
        row("body is blank", event(" \r\n\t ")).fails(400),
        row("body is null", null).fails(400),
        row("body is absent", absent).fails(400),
        row(
            "body has blanks around it",
            event(&format!("\r\n\t {MATRIX} \n")),
        ),
        row(
            "title has escapes",
            event(r#"{"id": "tt0133093", "title": "The\u0020M\u0061trix", "year": 1999}"#),
        ),
        row(
            "title has half a surrogate pair",
            event(r#"{"id": "tt0133093", "title": "\ud83d", "year": 1999}"#),
        )
        .fails(422)
        .or(400)
        .pointers(&["#/title"]),
    ]
}

fn not_json() -> Vec<Row> {
    [
        r#"{"id": "tt0133093", "title": "The Matrix", "year": 1999"#,
        r#"{"id": "tt0133093", "title": "The Matrix", "year": 1999,}"#,
        r#"{"id": "tt0133093", "title": "The Matrix", "year": 1999} {}"#,
        r#"{"id": "tt0133093", "title": "The Matrix", "year": 1999}x"#,
        r#"{"id": tt0133093, "title": "The Matrix", "year": 1999}"#,
        r#"{'id': 'tt0133093', 'title': 'The Matrix', 'year': 1999}"#,
        r#"{id: "tt0133093", "title": "The Matrix", "year": 1999}"#,
        r#"{"id": "tt0133093", "title": "The Matrix", "year": NaN}"#,
        r#"{"id": "tt0133093", "title": "The Matrix", "year": 01999}"#,
        r#"{"id": "tt0133093", "title": "The Matrix", "year": 1999, "extra": [1,]}"#,
        r#"{"id": "tt0133093", "title": "The Matrix", "year": 1999, "extra": "\x"}"#,
        "{\"id\": \"tt0133093\", \"title\": \"The\nMatrix\", \"year\": 1999}",
        r#"{"id": "tt0133093", /* no */ "title": "The Matrix", "year": 1999}"#,
        "id=tt0133093&title=The+Matrix&year=1999",
        "{",
    ]
    .into_iter()
    .map(|body| {
        let name = format!("body is not JSON: {}", body.replace('\n', " "));
        row(name, event(body)).fails(400)
    })
    .collect()
}

fn not_objects() -> Vec<Row> {
    let array = format!("[{MATRIX}]");
    [
        &array,
        "[]",
        r#"["tt0133093", "The Matrix", 1999]"#,
        r#""The Matrix""#,
        "1999",
        "null",
        "true",
    ]
    .into_iter()
    .map(|body| row(format!("body is no object: {body}"), event(body)).fails(400))
    .collect()
}

fn keys() -> Vec<Row> {
    let twice = [
        r#"{"id": "tt0133093", "title": "The Matrix", "year": 1999, "id": "tt0133093"}"#,
        r#"{"id": "1", "id": "tt0133093", "title": "The Matrix", "year": 1999}"#,
        r#"{"id": "tt0133093", "title": "The Matrix", "title": 1, "year": 1999}"#,
        r#"{"id": "tt0133093", "title": "The Matrix", "year": 1999, "year": null}"#,
        r#"{"id": "tt0133093", "\u0069d": "2", "title": "The Matrix", "year": 1999}"#,
        r#"{"id": "tt0133093", "title": "The Matrix", "year": 1999, "a": 1, "a": 1}"#,
        r#"{"id": "tt0133093", "title": "The Matrix", "year": 1999, "a": 1, "\u0061": 1}"#,
        r#"{"id": "tt0133093", "title": "The Matrix", "year": 1999, "": 1, "": 2}"#,
        &with_extra(r#"{"a": 1, "b": 2, "a": 3}"#),
        &with_extra(r#"[1, {"b": {"a": 1, "a": 2}}]"#),
    ]
    .map(|body| row(format!("key is there twice: {body}"), event(body)).fails(400));
    let once = [
        r#"{"id": 1, "title": 2, "year": 3}"#,
        r#"[{"a": 1}, {"a": 2}]"#,
        r#"{"a": {"a": {"a": 1}}}"#,
        r#"{"a": 1, "A": 2}"#,
    ]
    .map(|extra| {
        row(
            format!("key is in several objects: {extra}"),
            event(&with_extra(extra)),
        )
    });
    [twice.to_vec(), once.to_vec()].concat()
}

fn depths() -> Vec<Row> {
    let arrays = |levels: usize| with_extra(&("[".repeat(levels) + &"]".repeat(levels)));
    let objects = |levels: usize| {
        with_extra(&(r#"{"a":"#.repeat(levels - 1) + "{}" + &"}".repeat(levels - 1)))
    };
    let below_top = LEVELS_AT_MOST - 1;
    vec![
        row("nested arrays at the limit", event(&arrays(below_top))),
        row("nested objects at the limit", event(&objects(below_top))),
        row(
            "siblings do not add up",
            event(&with_extra(&format!("[{}1]", "[],".repeat(100)))),
        ),
        row(
            "nested arrays past the limit",
            event(&arrays(below_top + 1)),
        )
        .fails(400),
        row(
            "nested objects past the limit",
            event(&objects(below_top + 1)),
        )
        .fails(400),
        row("nested arrays without end", event(&arrays(4000))).fails(400),
        row("nested objects without end", event(&objects(1300))).fails(400),
        row("nested arrays that never close", event(&"[".repeat(8192))).fails(400),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (text, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encoded(text.as_bytes()), expected);
        }
    }
}
