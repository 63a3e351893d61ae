//! A call to a service that failed, as the rest of the program sees it. It names no service and no SDK.

use std::error::Error;
use std::fmt;

use crate::text::printable;

/// A call that failed, in one line.
#[derive(Debug)]
pub struct ServiceError {
    /// What went wrong, its cause included.
    pub text: String,
    /// What follows from it.
    pub trouble: Trouble,
}

/// What a failed call says of the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The credentials have ended; nothing can be seen or done with them any more.
    Expired,
    /// It may work if it is tried again: throttling, a broken connection, an error of AWS's.
    Passing,
    /// The service understood and refused.
    Refused,
    /// It was refused for the state that a stack is in: somebody else was sooner.
    Overtaken,
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A service's words are in it.
        f.write_str(&printable(&self.text))
    }
}

impl Error for ServiceError {}

/// What the call at the bottom of `err` ran into; `None` where no call failed.
pub fn trouble(err: &anyhow::Error) -> Option<Trouble> {
    let err = err.downcast_ref::<ServiceError>();
    err.map(|err| err.trouble)
}
