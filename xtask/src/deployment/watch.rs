//! Watching an operation to its end, and what an interrupt means meanwhile: the first one stops
//! watching, a second one stops the operation where that is possible.

use std::time::Duration;

use super::Engine;
use super::execution::unique_name;
use crate::aws::cloudformation::operations;
use crate::change_set::Change;
use crate::event::EventLog;
use crate::exit::Exit;
use crate::follow::follow;
use crate::patience::patient;
use crate::screen;
use crate::stack::Stack;

/// How long after the first interrupt a second one is waited for.
const SECOND_THOUGHT: Duration = Duration::from_secs(5);

/// What is done to a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Create,
    Update,
    RollBack,
    Delete,
}

/// An operation that has begun.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watched<'a> {
    pub(super) stack_id: &'a str,
    pub(super) name: &'a str,
    /// The time of the newest event before it, in milliseconds since the epoch.
    pub(super) since: i64,
    pub(super) verb: Verb,
    pub(super) planned: &'a [Change],
    pub(super) follow_for: Option<Duration>,
}

impl Engine {
    /// Follows the operation until the stack has settled.
    pub(super) async fn watch(
        &mut self,
        watched: Watched<'_>,
    ) -> anyhow::Result<(Stack, EventLog)> {
        let name = watched.name;
        let cfn = self.cfn.clone();
        let work = follow(&cfn, watched.stack_id, name, watched.since, self.cloud);
        tokio::pin!(work);
        let limit = async {
            match watched.follow_for {
                Some(limit) => tokio::time::sleep(patient(limit)).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(limit);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = &mut limit => {
                    return Err(Exit::unknown(format!(
                        "no longer watching after the given time; CloudFormation goes on with `{name}`"
                    )).into());
                }
                () = self.interrupts.next() => {}
            }
            screen::say(match watched.verb {
                Verb::Update => "Ctrl-C again within five seconds cancels the update",
                Verb::Create | Verb::RollBack | Verb::Delete => {
                    "Ctrl-C again within five seconds stops watching at once"
                }
            });
            let again = tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(SECOND_THOUGHT) => false,
                () = self.interrupts.next() => true,
            };
            match watched.verb {
                Verb::Update if again => {
                    operations::cancel_update(&self.cfn, watched.stack_id, &unique_name()).await?;
                    screen::progress(format!("cancelling the update of {name}"));
                }
                verb => return Err(detached(name, verb, again).into()),
            }
        }
    }
}

fn detached(name: &str, verb: Verb, again: bool) -> Exit {
    let goes_on = format!("no longer watching; CloudFormation goes on with `{name}`");
    let not_possible = match (again, verb) {
        (true, Verb::Create) => {
            ". A creation cannot be cancelled; `cargo xtask destroy` deletes the stack"
        }
        (true, Verb::RollBack | Verb::Delete) => ". This cannot be cancelled",
        _ => "",
    };
    Exit::Unknown(format!(
        "{goes_on}{not_possible}. The same command waits for it and goes on from there"
    ))
}
