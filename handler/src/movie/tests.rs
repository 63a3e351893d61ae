use super::*;

/// Reads a body; `expected` is the error's text, or empty for a movie.
fn check(body: impl AsRef<[u8]>, expected: &str) {
    let text = match Movie::from_json(body.as_ref()) {
        Ok(_) => String::new(),
        Err(err) => err.to_string(),
    };
    assert_eq!(text, expected);
}

/// Reads a movie and compares what it holds.
fn check_movie(body: &str, expected: (&str, &str, &str)) {
    let movie = Movie::from_json(body.as_bytes()).unwrap();
    let held = (movie.id(), movie.title(), movie.year());
    assert_eq!(held, expected);
}

/// Reads a movie of this year, given as JSON.
fn check_year(year: &str, expected: &str) {
    check(
        format!(r#"{{"id": "1", "title": "t", "year": {year}}}"#),
        expected,
    );
}

/// Reads a movie whose id has this many bytes.
fn check_id(bytes: usize, expected: &str) {
    let id = "x".repeat(bytes);
    check(
        format!(r#"{{"id": "{id}", "title": "t", "year": 1}}"#),
        expected,
    );
}

/// Reads a movie whose title has this many bytes.
fn check_title(bytes: usize, expected: &str) {
    let title = "x".repeat(bytes);
    check(
        format!(r#"{{"id": "1", "title": "{title}", "year": 1}}"#),
        expected,
    );
}

const NO_NUMBER: &str = "`year` must be a number of at most 38 significant digits \
                         between 1E-130 and 9.99E+125, or its negative, or 0";

const TITLE_TOO_LONG: &str = "`title` must have at most 2048 bytes";

#[test]
fn movie_is_read() {
    check_movie(
        r#"{"year": 1999, "title": "The Matrix", "id": "tt0133093"}"#,
        ("tt0133093", "The Matrix", "1999"),
    );
}

#[test]
fn year_may_be_a_string() {
    check_movie(
        r#"{"year": "1999", "title": "The Matrix", "id": "tt0133093"}"#,
        ("tt0133093", "The Matrix", "1999"),
    );
}

#[test]
fn year_keeps_its_digits() {
    let digits = "12345678901234567890123456789012345678";
    for year in [digits, "0.1", "1.50", "-44", "1E-130"] {
        check_movie(
            &format!(r#"{{"year": {year}, "title": "t", "id": "1"}}"#),
            ("1", "t", year),
        );
        check_movie(
            &format!(r#"{{"year": "{year}", "title": "t", "id": "1"}}"#),
            ("1", "t", year),
        );
    }
}

#[test]
fn text_is_unescaped() {
    check_movie(
        r#"{"y\u0065ar": "19\u00399", "title": "\"Am\u00e9lie\" \ud83c\udfac", "id": "ü"}"#,
        ("ü", "\"Amélie\" 🎬", "1999"),
    );
}

#[test]
fn title_may_be_empty() {
    check_movie(r#"{"id": "1", "title": "", "year": 0}"#, ("1", "", "0"));
}

#[test]
fn other_members_are_ignored() {
    check_movie(
        r#" {"id": "1", "title": "t", "year": 1, "cast": [{"id": null}, {"id": 2}], "x": 1e999} "#,
        ("1", "t", "1"),
    );
}

/// Reads a movie with a member of this many levels, the body's own included.
fn check_depth(levels: usize, open: &str, close: &str, expected: &str) {
    let value = open.repeat(levels - 1) + "1" + &close.repeat(levels - 1);
    check(
        format!(r#"{{"id": "1", "title": "t", "year": 1, "x": {value}}}"#),
        expected,
    );
}

#[test]
fn nesting_stops_at_16_levels() {
    let too_deep = "body nests deeper than 16 levels";
    for (open, close) in [("[", "]"), (r#"{"x":"#, "}"), (r#"[{"x":["#, "]}]")] {
        let levels = open.matches(['[', '{']).count();
        check_depth(15 / levels + 1, open, close, "");
        check_depth(15 / levels + 2, open, close, too_deep);
        check_depth(1000 / levels, open, close, too_deep);
    }
    check_year(
        &("[".repeat(15) + &"]".repeat(15)),
        "`year` must be a number or a string",
    );
    check_year(&("[".repeat(16) + &"]".repeat(16)), too_deep);
}

#[test]
fn empty_body_is_malformed() {
    check("", "body is empty");
    check(" \r\n\t", "body is empty");
}

#[test]
fn broken_json_is_malformed() {
    check(
        r#"{"x": "1""#,
        "body is not valid JSON: EOF while parsing an object at line 1 column 9",
    );
    check(
        r#"{"x": "1"} {}"#,
        "body is not valid JSON: trailing characters at line 1 column 12",
    );
    check(
        r#"{"x": NaN}"#,
        "body is not valid JSON: expected value at line 1 column 7",
    );
}

#[test]
fn duplicate_member_is_malformed() {
    for body in [
        r#"{"id": "1", "id": "1"}"#,
        r#"{"id": "1", "\u0069d": "1"}"#,
        r#"{"x": 1, "y": 2, "x": 3}"#,
        r#"{"x": [1, {"y": {"z": 1, "z": 1}}]}"#,
    ] {
        check(body, "body has an object with the same member twice");
    }
    check(
        r#"{"id": "1", "title": "t", "year": 1, "x": [{"y": 1}, {"y": 1}]}"#,
        "",
    );
}

#[test]
fn body_that_is_no_object_is_malformed() {
    for body in [r#"["1", "t", 1]"#, r#""id""#, "1", "null", "id=1"] {
        check(body, "body is not a JSON object");
    }
}

#[test]
fn invalid_utf8_is_malformed() {
    check(b"{\"id\": \"\xff\"}", "body is not valid UTF-8");
}

#[test]
fn every_problem_is_reported() {
    check(
        "{}",
        "`id` is missing; `title` is missing; `year` is missing",
    );
    check(
        r#"{"id": 1, "title": ["t"], "year": true}"#,
        "`id` must be a string; `title` must be a string; `year` must be a number or a string",
    );
    check(
        r#"{"id": "", "title": null, "year": "soon"}"#,
        &format!("`id` must not be empty; `title` must be a string; {NO_NUMBER}"),
    );
}

#[test]
fn half_a_surrogate_pair_is_invalid() {
    check(
        r#"{"id": "\ud800", "title": "t", "year": "\ud800"}"#,
        &format!("`id` must be valid Unicode; {NO_NUMBER}"),
    );
}

#[test]
fn year_must_be_a_storable_number() {
    check_year("1e125", "");
    check_year("1e126", NO_NUMBER);
    check_year(r#""1e126""#, NO_NUMBER);
    check_year(r#"" 1999""#, NO_NUMBER);
    check_year(r#""""#, NO_NUMBER);
    check_year(&"9".repeat(38), "");
    check_year(&"9".repeat(39), NO_NUMBER);
}

#[test]
fn id_stops_at_2048_bytes() {
    check_id(1, "");
    check_id(2047, "");
    check_id(2048, "");
    check_id(2049, "`id` must have at most 2048 bytes");
}

#[test]
fn id_is_measured_in_bytes() {
    let id = "é".repeat(1025);
    check(
        format!(r#"{{"id": "{id}", "title": "t", "year": 1}}"#),
        "`id` must have at most 2048 bytes",
    );
}

#[test]
fn title_stops_at_2048_bytes() {
    check_title(2047, "");
    check_title(2048, "");
    check_title(2049, TITLE_TOO_LONG);
}

#[test]
fn beyond_8_kib_a_body_is_too_large() {
    let too_large = "body is larger than 8192 bytes";
    let padded = |bytes: usize| format!("{:bytes$}", r#"{"id": "1", "title": "t", "year": 1}"#);
    check(padded(8192), "");
    check(padded(8193), too_large);
    // Before anything in it is looked at.
    check("[".repeat(8193), too_large);
}

#[test]
fn what_nobody_sees_before_the_object_is_named() {
    for mark in ["\u{feff}", " \u{feff}\n"] {
        check(
            format!("{mark}{{}}"),
            "body begins with a byte order mark, which JSON does without",
        );
    }
    for (first, name) in [
        ("\u{a0}", "U+00A0"),
        ("\u{200b}", "U+200B"),
        ("\u{2060}\u{feff}", "U+2060"),
        ("\u{b}", "U+000B"),
    ] {
        let expected =
            format!("body begins with the invisible character {name}, which is no blank in JSON");
        check(format!(" {first} {{}}"), &expected);
    }
    check("\u{a0}[]", "body is not a JSON object");
    check("\u{a0}", "body is not a JSON object");
    check(b"\xff\xfe{\0", "body is not valid UTF-8");
}
