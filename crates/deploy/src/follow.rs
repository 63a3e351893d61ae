//! Watching CloudFormation at work: events as they come, until the stack has settled.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use tokio::time::MissedTickBehavior;

use crate::deployment::Engine;
use crate::error::{Error, Result};
use crate::watcher::Watch;
use cfnkit_assembly::assembly::Cloud;
use cfnkit_aws::aws::cloudformation::{self, CloudFormation, operations};
use cfnkit_aws::error::Trouble;
use cfnkit_change::change_set::Change;
use cfnkit_console::defect;
use cfnkit_console::error::{Context as _, chain};
use cfnkit_console::interrupt::Interruption;
use cfnkit_console::patience::patient;
use cfnkit_operation::display::subject::{Subject, Verb, planned};
use cfnkit_operation::estimate::Estimate;
use cfnkit_operation::event::{EventLog, StackEvent};
use cfnkit_operation::stack::Stack;

/// How often the live display is drawn.
const FRAME: Duration = Duration::from_millis(100);

/// How long a status may be the one from before the request.
const LAG: Duration = Duration::from_secs(60);

/// How long passing troubles may keep this program from seeing anything.
const BLIND: Duration = Duration::from_secs(600);

/// How long after the first interrupt a second one is waited for.
const SECOND_THOUGHT: Duration = Duration::from_secs(5);

/// What has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A stack is made.
    Create,
    /// A stack is changed.
    Update,
    /// A stack goes back to what it was.
    RollBack,
    /// A stack goes away.
    Delete,
}

impl Kind {
    fn verb(self) -> Verb {
        match self {
            Self::Create | Self::Update => Verb::Deploy,
            Self::RollBack => Verb::RollBack,
            Self::Delete => Verb::Destroy,
        }
    }
}

/// What is followed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation<'a> {
    pub(crate) stack_id: &'a str,
    /// Name of the stack.
    pub(crate) name: &'a str,
    /// The time of the last event before it, in milliseconds since the epoch.
    pub(crate) since: i64,
    /// What has begun.
    pub(crate) kind: Kind,
    /// What it will touch; empty where that is not known.
    pub(crate) planned: &'a [Change],
    /// For how long it is followed at most.
    pub(crate) follow_for: Option<Duration>,
    /// Repeated in the events of a cancellation.
    pub(crate) token: &'a str,
}

/// An operation that has ended.
#[derive(Debug)]
pub(crate) struct Followed {
    /// As it has settled.
    pub(crate) stack: Stack,
    pub(crate) log: EventLog,
    /// Where everything that happened can be read.
    pub(crate) recording: Option<String>,
}

impl Engine<'_> {
    /// Reports the events of the root and its nested stacks until the root has settled.
    /// Events are best effort; the verdict is the stack's own status. The first interrupt stops
    /// watching; a second one stops an update.
    pub(crate) async fn follow(&mut self, operation: Operation<'_>) -> Result<Followed> {
        let (cfn, interrupts) = (&self.cfn, &mut self.interrupts);
        let name = operation.name;
        defect::cloudformation_begins();
        let subject = operation.subject((self.clock)());
        let watch = RefCell::new(self.watcher.begin(subject));
        let settle = settle(cfn, self.cloud, operation, &watch);
        let redraw = async {
            let mut frames = tokio::time::interval(FRAME);
            frames.set_missed_tick_behavior(MissedTickBehavior::Skip);
            loop {
                frames.tick().await;
                watch.borrow_mut().tick();
            }
        };
        let end = async {
            match operation.follow_for {
                Some(limit) => tokio::time::sleep(patient(limit)).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(settle, redraw, end);
        let (stack, log) = loop {
            let first = tokio::select! {
                settled = &mut settle => break settled?,
                () = &mut redraw => continue,
                () = &mut end => {
                    return Err(Error::unknown(&format!(
                        "no longer watching after the given time; CloudFormation goes on with `{name}`"
                    )));
                }
                first = interrupts.interruption() => first,
            };
            // Nobody is there who could think again.
            if first == Interruption::HungUp {
                return Err(detached(operation, false));
            }
            watch.borrow_mut().say(match operation.kind {
                Kind::Update => "Ctrl-C again within five seconds cancels the update",
                Kind::Create | Kind::RollBack | Kind::Delete => {
                    "Ctrl-C again within five seconds stops watching at once"
                }
            });
            let again = tokio::select! {
                settled = &mut settle => break settled?,
                () = &mut redraw => false,
                () = tokio::time::sleep(SECOND_THOUGHT) => false,
                second = interrupts.interruption() => second == Interruption::Asked,
            };
            if operation.kind != Kind::Update || !again {
                return Err(detached(operation, again));
            }
            operations::cancel_update(cfn, operation.stack_id, operation.token).await?;
            watch
                .borrow_mut()
                .say(&format!("cancelling the update of {name}"));
        };
        let recording = watch.borrow().recording();
        watch.borrow_mut().end(&stack);
        defect::cloudformation_ended();
        Ok(Followed {
            stack,
            log,
            recording,
        })
    }
}

/// Looks until the stack has settled. A look that fails is taken again where that may help.
async fn settle(
    cfn: &CloudFormation,
    cloud: Cloud,
    operation: Operation<'_>,
    watch: &RefCell<Box<dyn Watch>>,
) -> Result<(Stack, EventLog)> {
    let Operation { stack_id, name, .. } = operation;
    let mut log = EventLog::new(stack_id, operation.since);
    let mut pace = Pace::new(cloud);
    let begin = Instant::now();
    let mut blind_since = None;
    loop {
        let stack = match cloudformation::find_stack(cfn, stack_id).await {
            Ok(stack) => stack.with_context(|| format!("stack `{name}` vanished"))?,
            Err(err) => {
                let since = *blind_since.get_or_insert_with(Instant::now);
                let is_passing = err.trouble() == Some(Trouble::Passing);
                if !is_passing || since.elapsed() > patient(BLIND) {
                    return Err(Error::unknown(&format!(
                        "cannot see how `{name}` goes on: {}; CloudFormation goes on with it",
                        chain(&err)
                    )));
                }
                pace.wait().await;
                continue;
            }
        };
        blind_since = None;
        let fresh = new_events(cfn, &mut log).await;
        watch.borrow_mut().set_status(stack.status.as_str());
        watch.borrow_mut().absorb(fresh);
        // The status lags behind the request; only an event of this operation proves that a
        // settled status is its result and not the one before. Without events, time has to do.
        // A stack that is gone comes back as another one.
        let proven = log.has_settled(&stack.id, stack.status.as_str());
        let overdue = begin.elapsed() > patient(LAG) && !stack.status.is_empty();
        let is_gone = stack.status.as_str() == "DELETE_COMPLETE";
        if stack.status.is_settled() && (proven || overdue || is_gone) {
            return Ok((stack, log));
        }
        pace.wait().await;
    }
}

fn detached(operation: Operation<'_>, again: bool) -> Error {
    let name = operation.name;
    let not_possible = match (again, operation.kind) {
        (true, Kind::Create) => {
            ". A creation cannot be cancelled; `cargo xtask destroy` deletes the stack"
        }
        (true, Kind::RollBack | Kind::Delete) => ". This cannot be cancelled",
        _ => "",
    };
    Error::Unknown {
        text: format!(
            "no longer watching; CloudFormation goes on with `{name}`{not_possible}. \
         The same command waits for it and goes on from there"
        ),
    }
}

impl Operation<'_> {
    fn subject(&self, begin: i64) -> Subject {
        Subject {
            stack_name: self.name.to_owned(),
            stack_id: self.stack_id.to_owned(),
            verb: self.kind.verb(),
            begin,
            planned: planned(self.planned),
            estimate: Estimate::default(),
        }
    }
}

/// What one look at all stacks brings. A nested stack seen in this look has events in this look.
async fn new_events(cfn: &CloudFormation, log: &mut EventLog) -> Vec<StackEvent> {
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
    fresh
}

/// How long to wait between two looks: short at first, longer later, never in step with others.
#[derive(Debug)]
pub struct Pace {
    delay: Duration,
    longest: Duration,
}

impl Pace {
    /// As often as `cloud` takes well.
    pub fn new(cloud: Cloud) -> Self {
        let longest = match cloud {
            Cloud::Aws => Duration::from_secs(5),
            Cloud::Local => Duration::from_millis(200),
        };
        Self {
            delay: Duration::from_millis(100),
            longest,
        }
    }

    /// Waits for the present delay, which then grows up to the longest.
    pub async fn wait(&mut self) {
        let delay = self.delay.mul_f64(0.75 + fastrand::f64() / 2.0);
        tokio::time::sleep(patient(delay)).await;
        self.delay = (self.delay * 2).min(self.longest);
    }
}
