//! What an answer means: which layer of the service gave or refused it. The gateway responses of
//! `api.yaml`, API Gateway's own words for them and the handler's answers are what it knows.

use serde::Serialize;

/// Who answered, in the order in which a request passes them.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Answerer {
    /// The item is in the table.
    Stored,
    /// The web ACL.
    Firewall,
    /// The request had no valid key.
    ApiKey,
    /// One of the two, with the words that both have.
    KeyOrFirewall,
    /// Rate or burst, of the key or of the stage; API Gateway does not say which.
    Throttle,
    /// The day's quota of the key.
    Quota,
    /// Another refusal of API Gateway.
    Gateway,
    /// The function crashed, ran out of time, or had no execution left.
    Lambda,
    /// Another refusal or failure of the handler.
    Handler,
    /// DynamoDB throttled it.
    TableThrottle,
    /// DynamoDB could not be reached, or did not answer in time.
    Table,
    /// Nothing came within the time that this test waits.
    TimedOut,
    /// No connection was made.
    NotConnected,
    /// The connection ended before the answer did.
    BrokenOff,
    /// An answer that nothing here gives.
    Unknown,
}

/// A kind of answer; without a status there was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Answer {
    /// HTTP status.
    pub status: Option<u16>,
    /// Who answered, or why nobody did.
    pub layer: Answerer,
}

impl Answerer {
    /// As a table calls it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Firewall => "refused by the firewall",
            Self::ApiKey => "refused for the API key",
            Self::KeyOrFirewall => "refused by key check or firewall",
            Self::Throttle => "over the rate of key or stage",
            Self::Quota => "over the key's quota of the day",
            Self::Gateway => "refused by API Gateway",
            Self::Lambda => "the function failed or was not run",
            Self::Handler => "refused by the handler",
            Self::TableThrottle => "throttled by DynamoDB",
            Self::Table => "DynamoDB not reached in time",
            Self::TimedOut => "no answer in time",
            Self::NotConnected => "no connection",
            Self::BrokenOff => "connection broke off",
            Self::Unknown => "an answer not known here",
        }
    }

    /// Whether a limit or a check kept it from the function, so that its latency says nothing
    /// about the service's work.
    pub(crate) fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::Firewall
                | Self::ApiKey
                | Self::KeyOrFirewall
                | Self::Throttle
                | Self::Quota
                | Self::Gateway
        )
    }
}

/// The layer that gave an answer. `error_type` is the header `x-amzn-ErrorType`, which API Gateway
/// sets on the answers that are its own.
pub fn classify(status: u16, error_type: Option<&str>, body: &[u8]) -> Answerer {
    let text = message(body).to_lowercase();
    let says = |words: &str| text.contains(words);
    let is_gateways = error_type.is_some();
    match status {
        200 => Answerer::Stored,
        429 if error_type == Some("LimitExceededException") => Answerer::Quota,
        429 if says("quota") || says("limit exceeded") => Answerer::Quota,
        429 => Answerer::Throttle,
        403 if says("firewall") || says("<html") => Answerer::Firewall,
        403 if says("api key") => Answerer::ApiKey,
        403 if text == "forbidden" => Answerer::KeyOrFirewall,
        403 => Answerer::Gateway,
        500 if says("internal error") => Answerer::Handler,
        503 if says("busy") => Answerer::TableThrottle,
        503 if says("temporarily unavailable") => Answerer::Table,
        503 => Answerer::Gateway,
        504 if says("may be stored or not") => Answerer::Table,
        500 | 502 | 504 => Answerer::Lambda,
        400 | 404 | 413 | 415 if is_gateways || is_gateways_refusal(&text) => Answerer::Gateway,
        400 | 404 | 405 | 412 | 413 | 415 | 422 => Answerer::Handler,
        _ => Answerer::Unknown,
    }
}

/// As `api.yaml` words them, and as API Gateway does without it.
fn is_gateways_refusal(text: &str) -> bool {
    [
        "the body is not a json object",
        "invalid request body",
        "no such path or method",
        "missing authentication token",
        "the body is above 8 kib",
        "the content type is not supported",
    ]
    .iter()
    .any(|words| text.contains(words))
}

/// The body's `message`, or the body itself where it is no JSON with one.
fn message(body: &[u8]) -> String {
    let json: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let of = |name: &str| json.as_ref()?.get(name)?.as_str().map(ToOwned::to_owned);
    of("message")
        .or_else(|| of("Message"))
        .unwrap_or_else(|| String::from_utf8_lossy(body).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AWS's documented defaults: what an API without those responses sends.
    #[test]
    fn api_gateways_own_words_name_their_layer() {
        let check = |status, error_type, message: &str, expected| {
            let body = format!("{{\"message\":\"{message}\"}}");
            let layer = classify(status, Some(error_type), body.as_bytes());
            assert_eq!(layer, expected, "{status} {message}");
        };
        check(
            429,
            "TooManyRequestsException",
            "Too Many Requests",
            Answerer::Throttle,
        );
        check(
            429,
            "LimitExceededException",
            "Limit Exceeded",
            Answerer::Quota,
        );
        check(
            403,
            "ForbiddenException",
            "Forbidden",
            Answerer::KeyOrFirewall,
        );
        let token = "Missing Authentication Token";
        check(
            403,
            "MissingAuthenticationTokenException",
            token,
            Answerer::Gateway,
        );
        check(
            400,
            "BadRequestException",
            "Invalid request body",
            Answerer::Gateway,
        );
        let internal = "InternalServerErrorException";
        check(500, internal, "Internal server error", Answerer::Lambda);
        check(502, internal, "Internal server error", Answerer::Lambda);
        check(
            504,
            internal,
            "Endpoint request timed out",
            Answerer::Lambda,
        );
        let html = b"<html><head><title>403 Forbidden</title></head></html>";
        assert_eq!(classify(403, None, html), Answerer::Firewall);
        let quota = classify(429, Some("LimitExceededException"), b"");
        assert_eq!(quota, Answerer::Quota);
    }

    /// The words are those of `handler/src/event/reply.rs`.
    #[test]
    fn the_handlers_answers_are_told_from_api_gateways() {
        let check = |status, message: &str, expected| {
            let body = format!("{{\"type\":\"about:blank\",\"message\":\"{message}\"}}");
            assert_eq!(
                classify(status, None, body.as_bytes()),
                expected,
                "{status}"
            );
        };
        check(200, "Successfully inserted data!", Answerer::Stored);
        check(503, "busy, try again later", Answerer::TableThrottle);
        check(
            503,
            "temporarily unavailable, try again later",
            Answerer::Table,
        );
        let late = "no answer in time; the movie may be stored or not";
        check(504, late, Answerer::Table);
        check(500, "internal error", Answerer::Handler);
        check(422, "`year` is not a number", Answerer::Handler);
        check(413, "body is larger than 8192 bytes", Answerer::Handler);
        check(418, "teapot", Answerer::Unknown);
    }
}
