//! The line that a panic leaves in the log: where it happened and the way there, and never its
//! message, which can quote the text it was about.

mod backtrace;

use std::panic;

use serde::Serialize;

use self::backtrace::Addresses;
use crate::log;

/// Replaces the standard report, which is no JSON and repeats the message. The way to the place is
/// logged as addresses in the program; `handler` says which program: the SHA-256 of its zip.
pub fn install(handler: Option<String>) {
    panic::set_hook(Box::new(move |panic| {
        let reason = match panic.location() {
            Some(place) => place.to_string(),
            None => "unknown place".to_owned(),
        };
        let fields = Panic {
            reason,
            handler: handler.as_deref(),
            backtrace: Addresses::capture(),
        };
        log::write_error("panicked", &fields);
    }));
}

#[derive(Serialize)]
struct Panic<'a> {
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    handler: Option<&'a str>,
    #[serde(skip_serializing_if = "Addresses::is_empty")]
    backtrace: Addresses,
}
