//! Why something was not done, where only a person can do something about it. A crate whose callers
//! go on differently for one reason than for another has an error of its own beside this one.

use std::error::Error as StdError;

/// What was not done, why, and what to do next; in words.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// Ends a function with an error in words, as `format!` takes them.
#[macro_export]
macro_rules! bail {
    ($($words:tt)*) => {
        return Err($crate::error::Error::new(format!($($words)*)).into())
    };
}

/// The same, unless something holds.
#[macro_export]
macro_rules! ensure {
    ($holds:expr, $($words:tt)*) => {
        if !$holds {
            $crate::bail!($($words)*);
        }
    };
}

/// What was asked for, or why not.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error without a cause.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
        }
    }

    /// An error with its cause.
    pub fn because(
        message: impl Into<String>,
        cause: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self {
            message: message.into(),
            source: Some(cause.into()),
        }
    }

    /// What another library says, where nothing is to be added.
    pub fn said(err: impl StdError + 'static) -> Self {
        Self::new(chain(&err))
    }
}

/// Says what was not done, where something else says why.
pub trait Context<T> {
    /// The cause is what there was instead of a value.
    ///
    /// # Errors
    ///
    /// There is no value.
    fn context(self, message: impl Into<String>) -> Result<T>;

    /// The same, for a text that has to be made.
    ///
    /// # Errors
    ///
    /// There is no value.
    fn with_context<M: Into<String>>(self, message: impl FnOnce() -> M) -> Result<T>;
}

impl<T, E: Into<Box<dyn StdError + Send + Sync>>> Context<T> for Result<T, E> {
    fn context(self, message: impl Into<String>) -> Result<T> {
        self.with_context(|| message)
    }

    fn with_context<M: Into<String>>(self, message: impl FnOnce() -> M) -> Result<T> {
        self.map_err(|err| Error::because(message(), err))
    }
}

impl<T> Context<T> for Option<T> {
    fn context(self, message: impl Into<String>) -> Result<T> {
        self.with_context(|| message)
    }

    fn with_context<M: Into<String>>(self, message: impl FnOnce() -> M) -> Result<T> {
        self.ok_or_else(|| Error::new(message()))
    }
}

/// An error and its causes in one line.
pub fn chain(err: &(dyn StdError + 'static)) -> String {
    let mut text = err.to_string();
    let mut cause = err.source();
    while let Some(err) = cause {
        text.push_str(": ");
        text.push_str(&err.to_string());
        cause = err.source();
    }
    text
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn causes_follow_what_was_not_done() {
        let run = || -> Result<()> {
            let read: std::io::Result<()> = Err(std::io::Error::other("the disk is gone"));
            read.with_context(|| format!("cannot read `{}`", "a"))
        };
        let err = run().unwrap_err();
        assert_eq!(chain(&err), "cannot read `a`: the disk is gone");
        let run = || -> Result<()> { bail!("nothing is {}", "there") };
        assert_eq!(chain(&run().unwrap_err()), "nothing is there");
    }
}
