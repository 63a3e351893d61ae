//! Exit codes: 0 done or nothing to do, 1 failed, 2 wrong usage (clap), 3 the stack settled in a
//! failed state, 4 state unknown, run the same command again, 5 `diff --exit-code` found changes.

use std::fmt;

/// An end that is not an ordinary failure.
#[derive(Debug)]
pub enum Exit {
    /// The user said no; nothing was changed and nothing went wrong.
    Declined,
    /// Somebody was to be asked, and could not be; nothing was changed.
    Unasked(String),
    /// The operation ended, and not as asked.
    Failed(String),
    /// The operation may still be going on.
    Unknown(String),
    /// A program's own report said everything.
    Silent,
    /// `diff --exit-code` found changes.
    Different,
}

impl Exit {
    /// The exit code: 1 nothing more to say, 3 failed, 4 unknown, 5 different.
    pub fn code(&self) -> u8 {
        match self {
            Self::Declined | Self::Unasked(_) | Self::Silent => 1,
            Self::Failed(_) => 3,
            Self::Unknown(_) => 4,
            Self::Different => 5,
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Declined => f.write_str("nothing was changed"),
            Self::Silent | Self::Different => Ok(()),
            Self::Unasked(text) | Self::Failed(text) | Self::Unknown(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Exit {}
