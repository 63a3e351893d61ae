//! A person's yes before anything changes.

use crate::bail;
use crate::error::{Context as _, Error, Result, chain};
use crate::exit::Exit;
use crate::interrupt::Interrupts;
use crate::screen;

/// Whether a person is asked before anything changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Somebody at a terminal is asked.
    Ask,
    /// Agreed to already, as by `--yes`.
    Given,
}

impl Consent {
    /// Whether to ask, decided before any work is done.
    ///
    /// # Errors
    ///
    /// When somebody must be asked and nobody is there.
    pub fn from_flag(yes: bool) -> Result<Self> {
        if yes {
            return Ok(Self::Given);
        }
        somebody_is_there()?;
        Ok(Self::Ask)
    }

    /// The same for work that asks in some cases only: whether somebody is there matters at the
    /// question.
    pub fn at_the_question(yes: bool) -> Self {
        match yes {
            true => Self::Given,
            false => Self::Ask,
        }
    }

    /// Asks, where that is to be done.
    ///
    /// # Errors
    ///
    /// [`Exit::Declined`] unless the answer is yes, [`Exit::Unasked`] where there can be none.
    pub async fn obtain(self, question: &str, interrupts: &mut Interrupts) -> Result<(), Exit> {
        if self == Self::Given {
            return Ok(());
        }
        match agreed(question, interrupts).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Exit::Declined),
            Err(err) => Err(Exit::Unasked(chain(&err))),
        }
    }
}

async fn agreed(question: &str, interrupts: &mut Interrupts) -> Result<bool> {
    somebody_is_there()?;
    let question = question.to_owned();
    // On a thread of its own, so that Ctrl-C is heard while it waits.
    let answer = tokio::task::spawn_blocking(move || screen::ask(&question));
    tokio::select! {
        answer = answer => answer.context("cannot ask")?.map_err(Error::said),
        () = interrupts.next() => {
            screen::say("");
            Ok(false)
        }
    }
}

fn somebody_is_there() -> Result<()> {
    if !screen::can_ask() {
        bail!("nobody can be asked, stdin is not a terminal; pass `--yes`");
    }
    Ok(())
}
