//! Why something was not done. A caller goes on by what a failed call means for the next one; all
//! else is for a person to read.

use cfnkit_console::error::Error as Words;
use cfnkit_console::text::printable;

use crate::connection_failure::cause;

/// What was not done, and why.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A service was called, and did not do it.
    #[error(transparent)]
    Call {
        /// What came of the call.
        #[from]
        source: ServiceError,
    },
    /// Anything else, or what was to be done by the call that failed.
    #[error(transparent)]
    Words {
        /// What was not done, and why.
        #[from]
        source: Words,
    },
}

/// What was asked for, or why not.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A call that failed.
#[derive(Debug, Default, thiserror::Error)]
#[error("{}", printable(text))]
pub struct ServiceError {
    /// What went wrong, its cause included, in one line.
    pub text: String,
    /// What follows from it.
    pub trouble: Trouble,
    /// HTTP status; 0 where there was no answer.
    pub status: u16,
    /// The error's name, such as `AccessDeniedException`; empty where the answer has none.
    pub code: String,
}

/// What a failed call says of the next one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Trouble {
    /// The credentials have ended; nothing can be seen or done with them any more.
    Expired,
    /// It may work if it is tried again: throttling, a broken connection, an error of AWS's.
    Passing,
    /// The service understood and refused.
    #[default]
    Refused,
    /// It was refused for the state that a stack is in: somebody else was sooner.
    Overtaken,
}

impl Error {
    /// An error in words.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Words::new(message).into()
    }

    /// What was not done because of this.
    pub(crate) fn context(self, message: impl Into<String>) -> Self {
        Words::because(message, self).into()
    }

    /// The call that failed, whatever was to be done by it.
    pub fn call(&self) -> Option<&ServiceError> {
        match self {
            Self::Call { source } => Some(source),
            Self::Words { source } => cause::<Self>(source)?.call(),
        }
    }

    /// What the call that failed says of the next one; `None` where no call failed.
    pub fn trouble(&self) -> Option<Trouble> {
        self.call().map(|call| call.trouble)
    }
}

impl ServiceError {
    /// Whether it is these credentials that may not make the call.
    pub fn is_denial(&self) -> bool {
        let names = ["AccessDenied", "Unauthorized", "Forbidden"];
        self.status == 403 || names.iter().any(|name| self.code.contains(name))
    }
}

#[cfg(test)]
mod tests {
    use cfnkit_console::error::{Context as _, chain};

    use super::*;

    #[test]
    fn a_failed_call_is_found_through_the_words_around_it() {
        let call = ServiceError {
            text: "Rate exceeded (Throttling)".to_owned(),
            trouble: Trouble::Passing,
            ..ServiceError::default()
        };
        let answer: Result<()> = Err(Error::from(call).context("cannot describe stack `a`"));
        let err = Error::from(answer.context("cannot look").unwrap_err());
        assert_eq!(err.trouble(), Some(Trouble::Passing));
        let text = "cannot look: cannot describe stack `a`: Rate exceeded (Throttling)";
        assert_eq!(chain(&err), text);
        assert_eq!(Error::new("no region").trouble(), None);
    }
}
