//! Exit codes: 0 done or nothing to do, 1 failed, 2 wrong usage (clap), 3 the stack settled in a
//! failed state, 4 state unknown, run the same command again, 5 `diff --exit-code` found changes.

use std::fmt;

/// An end that is not an ordinary failure.
#[derive(Debug)]
pub enum Exit {
    /// The user said no; nothing was changed and nothing went wrong.
    Declined,
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
    /// The operation may go on; `reason` says why this program does not know.
    pub fn unknown(reason: impl fmt::Display) -> Self {
        Self::Unknown(format!("{reason}; run the same command again"))
    }

    /// The exit code: 1 nothing more to say, 3 failed, 4 unknown, 5 different.
    pub fn code(&self) -> u8 {
        match self {
            Self::Declined | Self::Silent => 1,
            Self::Failed(_) => 3,
            Self::Unknown(_) => 4,
            Self::Different => 5,
        }
    }
}

/// The exit code of a program that failed with `err`.
pub fn code(err: &anyhow::Error) -> u8 {
    err.downcast_ref().map_or(1, Exit::code)
}

/// The end of a program whose results were `written` or not; a failure of its own counts for more.
pub fn if_written(result: anyhow::Result<()>, written: anyhow::Result<()>) -> anyhow::Result<()> {
    match (result, written) {
        (result, Ok(())) => result,
        (Ok(()), Err(unwritten)) => Err(unwritten),
        (Err(err), Err(unwritten)) => match err.downcast_ref::<Exit>() {
            // What would have said why was not written.
            Some(Exit::Silent | Exit::Different) => Err(unwritten),
            _ => Err(err),
        },
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Declined => f.write_str("nothing was changed"),
            Self::Silent | Self::Different => Ok(()),
            Self::Failed(text) | Self::Unknown(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Exit {}
