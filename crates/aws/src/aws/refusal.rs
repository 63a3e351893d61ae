//! A service's refusal, read from an answer in whichever of AWS's protocols it is.

use std::time::SystemTime;

use serde_json::Value;

use super::clock;
use super::reason::{SIGN_IN_AGAIN, is_expired, is_passing};
use super::signed::element;
use crate::error::{ServiceError, Trouble};

/// More of what is no answer of AWS's says nothing.
const EXCERPT: usize = 120;

/// What an answer is read from beside its status.
#[derive(Debug, Default)]
pub(super) struct Answer<'a> {
    pub(super) status: u16,
    /// `x-amzn-ErrorType`.
    pub(super) error_type: Option<&'a str>,
    pub(super) date: Option<&'a str>,
    pub(super) body: &'a str,
}

/// What went wrong at `base`.
pub(super) fn read(base: &str, answer: &Answer<'_>) -> ServiceError {
    let (code, message) = match answer.body.trim_start() {
        body if body.starts_with('<') => of_xml(body),
        body => of_json(body),
    };
    let code = answer.error_type.map(ToOwned::to_owned).or(code);
    let code = code.map(|code| short(&code).to_owned()).unwrap_or_default();
    let message = message.unwrap_or_else(|| excerpt(answer.body));
    let status = answer.status;
    let (trouble, text) = if is_expired(&code) {
        (Trouble::Expired, SIGN_IN_AGAIN.to_owned())
    } else {
        let clock = clock::blame(&code, answer.date, SystemTime::now());
        let said = || {
            let text = format!("`{base}` answered {status} {code}");
            match message.is_empty() {
                true => text.trim_end().to_owned(),
                false => format!("{}: {message}", text.trim_end()),
            }
        };
        let trouble = match is_passing(&code, status) {
            true => Trouble::Passing,
            false => Trouble::Refused,
        };
        (trouble, clock.unwrap_or_else(said))
    };
    ServiceError {
        text,
        trouble,
        status,
        code,
    }
}

/// `com.amazonaws.logs#ResourceNotFoundException`, and `Code:http://...` of the gateway.
fn short(code: &str) -> &str {
    let code = code.split(':').next().unwrap_or_default();
    code.rsplit('#').next().unwrap_or_default().trim()
}

fn of_json(body: &str) -> (Option<String>, Option<String>) {
    let answer: Value = serde_json::from_str(body).unwrap_or_default();
    let member = |names: &[&str]| {
        let found = names.iter().find_map(|name| answer.get(name)?.as_str());
        found.map(ToOwned::to_owned)
    };
    let code = member(&["__type", "code", "Code"]);
    (code, member(&["message", "Message", "errorMessage"]))
}

/// `<Response><Errors><Error>` of EC2, `<ErrorResponse><Error>` of others, `<Error>` of S3.
fn of_xml(body: &str) -> (Option<String>, Option<String>) {
    let Ok(document) = roxmltree::Document::parse(body) else {
        return (None, None);
    };
    let Some(error) = element(document.root(), "Error") else {
        return (None, None);
    };
    let member = |name| Some(element(error, name)?.text()?.trim().to_owned());
    (member("Code"), member("Message"))
}

/// The beginning of what is no answer of AWS's, in one line.
fn excerpt(body: &str) -> String {
    let words: Vec<&str> = body.split_whitespace().collect();
    let text = words.join(" ");
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn told(error_type: Option<&str>, body: &str) -> String {
        let answer = Answer {
            status: 403,
            error_type,
            body,
            ..Answer::default()
        };
        read("https://x", &answer).to_string()
    }

    /// The shapes of the protocols' documentation.
    #[test]
    fn a_code_is_found_in_every_protocol() {
        expect!["`https://x` answered 403 UnauthorizedOperation: You are not authorized"]
            .assert_eq(&told(
                None,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>\
                 <Code>UnauthorizedOperation</Code><Message>You are not authorized</Message>\
                 </Error></Errors><RequestID>1</RequestID></Response>",
            ));
        expect!["`https://x` answered 403 AccessDenied: no"].assert_eq(&told(
            None,
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
             <Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error>\
             </ErrorResponse>",
        ));
        expect!["`https://x` answered 403 AccessDeniedException: not authorized"].assert_eq(&told(
            Some("AccessDeniedException:http://internal.amazon.com/coral/com.amazon.coral/"),
            "{\"Message\": \"not authorized\"}",
        ));
        expect!["`https://x` answered 403 ResourceNotFoundException: gone"].assert_eq(&told(
            None,
            "{\"__type\": \"com.amazonaws.logs#ResourceNotFoundException\", \"message\": \"gone\"}",
        ));
    }

    #[test]
    fn what_is_no_answer_of_aws_is_told_in_one_line() {
        expect!["`https://x` answered 403: <html> <body>Blocked by the hotel</body></html>"]
            .assert_eq(&told(
                None,
                "<html>\n <body>Blocked by the hotel</body></html>",
            ));
        expect!["`https://x` answered 403"].assert_eq(&told(None, ""));
        assert!(told(None, &"long ".repeat(100)).ends_with(".."));
    }
}
