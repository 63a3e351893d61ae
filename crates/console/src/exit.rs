//! Exit codes: 0 done or nothing to do, 1 failed, 2 wrong usage (clap), 3 the stack settled in a
//! failed state, 4 state unknown, run the same command again, 5 `diff --exit-code` found changes.

/// An end that is not an ordinary failure.
#[derive(Debug, thiserror::Error)]
pub enum Exit {
    /// The user said no; nothing was changed and nothing went wrong.
    #[error("nothing was changed")]
    Declined,
    /// Somebody was to be asked, and could not be; nothing was changed.
    #[error("{0}")]
    Unasked(String),
    /// The operation ended, and not as asked.
    #[error("{0}")]
    Failed(String),
    /// The operation may still be going on.
    #[error("{0}")]
    Unknown(String),
    /// A program's own report said everything.
    #[error("")]
    Silent,
    /// `diff --exit-code` found changes.
    #[error("")]
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
