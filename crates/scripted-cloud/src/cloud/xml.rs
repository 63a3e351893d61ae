//! Answers of the query protocol.

use serde_json::json;

use super::http::{Request, Response};

/// What CloudFormation refuses, with the status, the code and the words it has for it.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            status,
            code,
            message,
        }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationError", message)
    }

    /// The refusal as the service that was asked says it.
    pub(crate) fn answer(&self, request: &Request) -> Response {
        let error = tag("Code", self.code) + &tag("Message", &self.message);
        let is_form = request.path == "/" && request.header("x-amz-target").is_none();
        match super::service::signed_for(request) {
            "s3" => Response::new(self.status, "application/xml", raw("Error", &error)),
            "ec2" => {
                let errors = raw("Errors", &raw("Error", &error)) + &tag("RequestID", "00000000");
                Response::new(self.status, "text/xml", raw("Response", &errors))
            }
            _ if is_form => self.response(),
            _ => {
                let body = json!({ "__type": self.code, "message": self.message }).to_string();
                Response::new(self.status, "application/json", body)
                    .with("x-amzn-errortype", self.code)
            }
        }
    }

    pub(crate) fn response(&self) -> Response {
        let error = [
            tag("Type", "Sender"),
            tag("Code", self.code),
            tag("Message", &self.message),
        ];
        let body = raw("Error", &error.concat()) + &tag("RequestId", "00000000");
        Response::new(self.status, "text/xml", raw("ErrorResponse", &body))
    }
}

/// An element with text.
pub fn tag(name: &str, text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    raw(name, &text.replace('>', "&gt;"))
}

/// An element, where there is a text for it.
pub fn optional(name: &str, text: Option<&str>) -> String {
    text.map(|text| tag(name, text)).unwrap_or_default()
}

/// An element around elements.
pub fn raw(name: &str, content: &str) -> String {
    format!("<{name}>{content}</{name}>")
}

/// A list of elements, as the query protocol has it.
pub fn list(name: &str, items: impl IntoIterator<Item = String>) -> String {
    let items = items.into_iter().map(|item| raw("member", &item));
    raw(name, &items.collect::<String>())
}

pub(crate) fn pairs<'a>(
    name: &str,
    keys: (&str, &str),
    pairs: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> String {
    let pairs = pairs.into_iter();
    list(
        name,
        pairs.map(|(key, value)| tag(keys.0, key) + &tag(keys.1, value)),
    )
}

/// The whole answer of an action.
pub(crate) fn answer(action: &str, result: &str) -> Response {
    let result = raw(&format!("{action}Result"), result);
    let metadata = raw("ResponseMetadata", &tag("RequestId", "00000000"));
    let body = raw(&format!("{action}Response"), &(result + &metadata));
    Response::new(200, "text/xml", body)
}

/// A time in milliseconds as the API writes it.
pub(crate) fn time(milliseconds: i64) -> String {
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
    let (days, second) = (seconds / 86400, seconds % 86400);
    // Days to a date: <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>
    let z = days + 719_468;
    let era = z / 146_097;
    let doe = z - era * 146_097;
    let yoe = (doe - doe / 1460 + doe / 36524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let month = (5 * doy + 2) / 153;
    let day = doy - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{rest:03}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

#[test]
fn times_are_written_as_dates() {
    assert_eq!(time(0), "1970-01-01T00:00:00.000Z");
    assert_eq!(time(1_709_210_096_789), "2024-02-29T12:34:56.789Z");
}
