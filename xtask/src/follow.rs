//! Watching CloudFormation at work: events as they come, until the stack has settled.

use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::assembly::Cloud;
use crate::aws::cloudformation::{self, CloudFormation};
use crate::event::{self, EventLog};
use crate::exit::Exit;
use crate::patience::patient;
use crate::screen;
use crate::stack::Stack;

/// How long a status may be the one from before the request.
const LAG: Duration = Duration::from_secs(60);

/// Prints the events of the root and its nested stacks until the root has settled. Events are
/// best effort; the verdict is the stack's own status.
pub(crate) async fn follow(
    cfn: &CloudFormation,
    stack_id: &str,
    name: &str,
    since: i64,
    cloud: Cloud,
) -> anyhow::Result<(Stack, EventLog)> {
    let work = async {
        let mut log = EventLog::new(stack_id, since);
        let mut pace = Pace::new(cloud);
        let begin = Instant::now();
        loop {
            let stack = cloudformation::find_stack(cfn, stack_id)
                .await
                .map_err(|err| {
                    Exit::Unknown(format!(
                        "cannot see how `{name}` goes on: {err:#}; run the same command again"
                    ))
                })?;
            let stack = stack.with_context(|| format!("stack `{name}` vanished"))?;
            print_new_events(cfn, &mut log, name).await;
            // The status lags behind the request; only an event of this operation proves that a
            // settled status is its result and not the one before. Without events, time has to do.
            let proven = log.has_settled(&stack.id, stack.status.as_str());
            let overdue = begin.elapsed() > patient(LAG) && !stack.status.is_empty();
            if stack.status.is_settled() && (proven || overdue) {
                return Ok((stack, log));
            }
            pace.wait().await;
        }
    };
    tokio::select! {
        result = work => result,
        _ = tokio::signal::ctrl_c() => Err(Exit::Unknown(format!(
            "no longer watching; CloudFormation goes on with `{name}`. The same command waits for it"
        )).into()),
    }
}

async fn print_new_events(cfn: &CloudFormation, log: &mut EventLog, name: &str) {
    // A nested stack seen in this round has events to show in this round.
    let mut asked: Vec<String> = Vec::new();
    let mut fresh = Vec::new();
    while let Some(next) = log
        .stacks()
        .into_iter()
        .find(|stack| !asked.contains(stack))
    {
        if let Ok(events) = cloudformation::events::new_events(cfn, &next, log).await {
            fresh.extend(log.absorb(events));
        }
        asked.push(next);
    }
    for event in event::digest(fresh, name) {
        screen::say(event::render(&event, name));
    }
}

/// How long to wait between two looks: short at first, longer later, never in step with others.
#[derive(Debug)]
pub(crate) struct Pace {
    delay: Duration,
    longest: Duration,
}

impl Pace {
    pub(crate) fn new(cloud: Cloud) -> Self {
        let longest = match cloud {
            Cloud::Aws => Duration::from_secs(5),
            Cloud::Local => Duration::from_millis(200),
        };
        Self {
            delay: Duration::from_millis(100),
            longest,
        }
    }

    pub(crate) async fn wait(&mut self) {
        let delay = self.delay.mul_f64(0.75 + fastrand::f64() / 2.0);
        tokio::time::sleep(patient(delay)).await;
        self.delay = (self.delay * 2).min(self.longest);
    }
}
