//! Rows about the body as a movie: types, missing members and limits.

use serde_json::json;

use super::{Movie, Row, event, matrix, movie, row};

/// Bytes of the partition key, and what the service allows a title.
const TEXT_BYTES_AT_MOST: usize = 2048;

pub(super) fn rows() -> Vec<Row> {
    [
        wrong_types(),
        missing_members(),
        several_problems(),
        texts(),
        numbers(),
        no_numbers(),
        item_sizes(),
    ]
    .concat()
}

/// The matrix with one member's value, given as JSON.
fn with(member: &str, value: &str) -> String {
    let mut members = [
        ("id", r#""tt0133093""#),
        ("title", r#""The Matrix""#),
        ("year", "1999"),
    ];
    for (name, default) in &mut members {
        if *name == member {
            *default = value;
        }
    }
    let members = members.map(|(name, value)| format!(r#""{name}": {value}"#));
    format!("{{{}}}", members.join(", "))
}

fn invalid(name: String, body: &str, pointers: &[&'static str]) -> Row {
    row(name, event(body)).fails(422).pointers(pointers)
}

fn wrong_types() -> Vec<Row> {
    let mut rows = Vec::new();
    for (member, pointer, values) in [
        ("id", "#/id", ["1", "null", "true", "[]", "{}"]),
        ("title", "#/title", ["1", "null", "true", "[]", "{}"]),
        ("year", "#/year", ["[1999]", "null", "true", "[]", "{}"]),
    ] {
        for value in values {
            let name = format!("{member} is {value}");
            rows.push(invalid(name, &with(member, value), &[pointer]));
        }
    }
    rows
}

fn missing_members() -> Vec<Row> {
    [
        (r#"{"title": "The Matrix", "year": 1999}"#, "#/id"),
        (r#"{"id": "tt0133093", "year": 1999}"#, "#/title"),
        (r#"{"id": "tt0133093", "title": "The Matrix"}"#, "#/year"),
        // Names are told apart by case.
        (
            r#"{"ID": "tt0133093", "title": "The Matrix", "year": 1999}"#,
            "#/id",
        ),
    ]
    .into_iter()
    .map(|(body, pointer)| invalid(format!("{pointer} is missing: {body}"), body, &[pointer]))
    .collect()
}

fn several_problems() -> Vec<Row> {
    let all = ["#/id", "#/title", "#/year"].as_slice();
    let long = "x".repeat(TEXT_BYTES_AT_MOST + 1);
    let long = format!(r#"{{"id": "{long}", "title": "{long}", "year": "{long}"}}"#);
    [
        ("nothing is there", "{}", all),
        (
            "everything is wrong",
            r#"{"id": "", "title": 1, "year": "soon"}"#,
            all,
        ),
        ("everything is too long", &long, all),
        (
            "one is missing and one is wrong",
            r#"{"id": "tt0133093", "year": []}"#,
            &["#/title", "#/year"],
        ),
    ]
    .into_iter()
    .map(|(name, body, pointers)| invalid(name.to_owned(), body, pointers))
    .collect()
}

fn texts() -> Vec<Row> {
    let limit = TEXT_BYTES_AT_MOST;
    let mut rows = vec![
        invalid("id is empty".to_owned(), &with("id", r#""""#), &["#/id"]),
        text("id", "id has one byte", "x"),
        text(
            "title",
            "title has other scripts",
            "\u{1f3ac} マトリックス \u{0}",
        ),
    ];
    for (member, pointer) in [("id", "#/id"), ("title", "#/title")] {
        for length in [limit - 1, limit] {
            let name = format!("{member} has {length} bytes");
            rows.push(text(member, &name, &"x".repeat(length)));
        }
        let name = format!("{member} has {limit} bytes in half as many characters");
        rows.push(text(member, &name, &"é".repeat(limit / 2)));
        // A body of 8 KiB holds this many, at six bytes each.
        let escapes = 1300;
        let name = format!("{member} is written as {escapes} escapes");
        let escaped = format!(r#""{}""#, r"\u0078".repeat(escapes));
        rows.push(
            row(name, event(&with(member, &escaped)))
                .table(vec![replaced(member, &"x".repeat(escapes))]),
        );
        for value in ["x".repeat(limit + 1), "é".repeat(limit / 2) + "x"] {
            let name = format!(
                "{member} has {} bytes from {}",
                value.len(),
                &value[..value.len().min(2)]
            );
            let body = with(member, &json!(value).to_string());
            rows.push(invalid(name, &body, &[pointer]));
        }
    }
    rows
}

/// A row whose movie has another text.
fn text(member: &str, name: &str, value: &str) -> Row {
    let body = with(member, &json!(value).to_string());
    row(name, event(&body)).table(vec![replaced(member, value)])
}

fn replaced(member: &str, value: &str) -> Movie {
    let mut movie = matrix();
    match member {
        "id" => movie.id = value.to_owned(),
        _ => movie.title = value.to_owned(),
    }
    movie
}

/// Years at the limits of a DynamoDB number, as JSON's number and as a text.
fn numbers() -> Vec<Row> {
    let nines = "9".repeat(38);
    let taken = [
        "0",
        "-0",
        "-1",
        "1.5",
        "1.999E3",
        "1999.00",
        "0.00001",
        &nines[..37],
        &nines,
        &format!("-{nines}"),
        &format!("{}.{}", &nines[..19], &nines[19..]),
        &format!("{nines}00"),
        "1E-129",
        "1E-130",
        "-1E-130",
        "1E+124",
        "9.99E+125",
        "-9.99e125",
        &format!("9.{}E+125", &nines[..37]),
    ];
    let mut rows = Vec::new();
    for number in taken {
        for value in [number.to_owned(), format!(r#""{number}""#)] {
            let stored = vec![movie("tt0133093", "The Matrix", number)];
            let event = event(&with("year", &value));
            rows.push(row(format!("year is {value}"), event).table(stored));
        }
    }
    rows
}

fn no_numbers() -> Vec<Row> {
    let nines = "9".repeat(39);
    let numbers = [
        nines.as_str(),
        &format!("-{nines}"),
        &format!("{}.{}", &nines[..19], &nines[19..]),
        "1E-131",
        "-1E-131",
        "0.1E-130",
        "1E+126",
        "-1E126",
        "10E125",
        "1E+99999999999999999999",
        "1E-99999999999999999999",
    ];
    let both = numbers.map(|number| [number.to_owned(), format!(r#""{number}""#)]);
    let texts = [
        "", " ", "soon", "1999 ", " 1999", "+1999", "0x7cf", "1_999", "1,999", "NaN", "Infinity",
        "١٩٩٩", "1999\\n",
    ];
    let texts = texts.map(|text| format!(r#""{text}""#));
    both.into_iter()
        .flatten()
        .chain(texts)
        .map(|value| {
            let body = with("year", &value);
            invalid(format!("year is {value}"), &body, &["#/year"])
        })
        .collect()
}

fn item_sizes() -> Vec<Row> {
    // Blanks around a movie count too: what is limited is the body, as the firewall sees it.
    let padded = |bytes: usize| {
        let body = with("title", r#""The Matrix""#);
        let blanks = " ".repeat(bytes - body.len());
        event(&format!("{body}{blanks}"))
    };
    let title = json!("x".repeat(8192)).to_string();
    vec![
        row("body is over 8 KiB", event(&with("title", &title))).fails(413),
        row("body has 8193 bytes", padded(8193)).fails(413),
        row("body has 8192 bytes", padded(8192)),
    ]
}
