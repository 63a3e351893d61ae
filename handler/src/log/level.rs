//! How much a line matters.

use std::str::FromStr;

use serde::Serialize;

/// Of a line, or the least that a log has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// What only helps to find a fault.
    Debug,
    /// Requests that were answered as asked.
    Info,
    /// Requests that were refused.
    Warn,
    /// Requests that failed, and what stops the function.
    Error,
}

/// A text that names no level.
#[derive(Debug, thiserror::Error)]
#[error("it has to be DEBUG, INFO, WARN or ERROR")]
pub struct LevelError;

impl FromStr for Level {
    type Err = LevelError;

    fn from_str(text: &str) -> Result<Self, LevelError> {
        match text.to_ascii_uppercase().as_str() {
            "DEBUG" => Ok(Self::Debug),
            "INFO" => Ok(Self::Info),
            "WARN" => Ok(Self::Warn),
            "ERROR" => Ok(Self::Error),
            _ => Err(LevelError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_in_any_case() {
        for (text, expected) in [
            ("DEBUG", Some(Level::Debug)),
            ("info", Some(Level::Info)),
            ("Warn", Some(Level::Warn)),
            ("ERROR", Some(Level::Error)),
            ("", None),
            ("TRACE", None),
        ] {
            assert_eq!(text.parse().ok(), expected, "{text}");
        }
    }
}
