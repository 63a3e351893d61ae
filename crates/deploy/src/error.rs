//! Why a stack is not what it should be. A caller goes on by what is known of the stack; all else
//! is for a person to read.

use cfnkit_aws::error::{ServiceError, Trouble};

/// What was not done, and what became of the stack.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An interrupt came before anything had begun.
    #[error("nothing was changed")]
    Declined,
    /// Somebody else changed the stack first, so that what was shown is not what would happen.
    #[error(
        "somebody else changed `{stack}` meanwhile and nothing was done; run the same command again"
    )]
    Overtaken {
        /// Name of the stack.
        stack: String,
    },
    /// The stack has settled, and not as asked.
    #[error("{text}")]
    Failed {
        /// Why, and what to do next.
        text: String,
    },
    /// What was begun may still go on.
    #[error("{text}")]
    Unknown {
        /// Why its end is not known, and what to do next.
        text: String,
    },
    /// What was begun for something that failed is still there.
    #[error("{}", left_behind(cleanup))]
    Unclean {
        /// Why it is.
        cleanup: Box<Error>,
        /// What failed first.
        #[source]
        first: Box<Error>,
    },
    /// What the crate that calls AWS says.
    #[error(transparent)]
    Aws {
        /// In its words.
        #[from]
        source: cfnkit_aws::error::Error,
    },
    /// Anything else, which left the stack as it was.
    #[error(transparent)]
    Words {
        /// What was not done, and why.
        #[from]
        source: cfnkit_console::error::Error,
    },
}

/// What was asked for, or why not.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error in words.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        cfnkit_console::error::Error::new(message).into()
    }

    /// What was begun may go on; `reason` says why this program does not know.
    pub(crate) fn unknown(reason: &str) -> Self {
        Self::Unknown {
            text: format!("{reason}; run the same command again"),
        }
    }

    pub(crate) fn overtaken(stack: &str) -> Self {
        Self::Overtaken {
            stack: stack.to_owned(),
        }
    }

    /// The error that came first; what could not be cleaned up after it is added.
    pub(crate) fn after(self, cleanup: Result<()>) -> Self {
        match cleanup {
            Ok(()) => self,
            Err(cleanup) => Self::Unclean {
                cleanup: Box::new(cleanup),
                first: Box::new(self),
            },
        }
    }

    /// What failed first, whatever was left behind.
    pub fn first(&self) -> &Self {
        match self {
            Self::Unclean { first, .. } => first.first(),
            err => err,
        }
    }

    /// The call that failed; `None` where none did.
    pub fn call(&self) -> Option<&ServiceError> {
        match self.first() {
            Self::Aws { source } => source.call(),
            _ => None,
        }
    }

    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.call().map(|call| call.trouble)
    }
}

/// What to say where `cleanup` left something behind.
pub fn left_behind(cleanup: &Error) -> String {
    let why = cfnkit_console::error::chain(cleanup);
    format!("what was begun could not be taken back ({why}), and the next run does it")
}
