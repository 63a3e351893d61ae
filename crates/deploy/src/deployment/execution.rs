//! A change set from its request to its execution, or to its deletion.

use std::cell::Cell;
use std::time::Duration;

use super::warnings::warnings;
use super::{Engine, Plan, lacks_outputs, unless, with_nested, without_absent};
use crate::error::{Error, Result};
use crate::failure;
use crate::follow::{Followed, Kind, Operation, Pace};
use crate::pending::Note;
use cfnkit_aws::aws::cloudformation::change_sets::{
    self, ChangeSetId, ChangeSetRequest, ChangeSetState, Execution,
};
use cfnkit_aws::aws::cloudformation::{self, changes, events};
use cfnkit_aws::error::Trouble;
use cfnkit_change::change_set::{Change, Warnings};
use cfnkit_console::defect;
use cfnkit_console::error::chain;
use cfnkit_console::vigil::vigil;
use cfnkit_operation::diagnosis::{CHANGE_SET_FAILED, EXECUTION_FAILED, Sources};
use cfnkit_operation::options::Options;
use cfnkit_operation::stack::{DeployAction, Stack};
use cfnkit_template::stack_tree::StackTree;

/// How long the making of a change set may take, and the reading of it.
const PREPARE_TIMEOUT: Duration = Duration::from_secs(1800);

/// A change set that can be executed, and what it would change.
#[derive(Debug)]
pub struct Prepared {
    /// Name of its stack.
    pub(super) stack_name: String,
    /// Its ARN, and its stack's.
    pub change_set: ChangeSetId,
    /// What it would do, nested change sets opened.
    pub changes: Vec<Change>,
    /// What CloudFormation warns of.
    pub warnings: Warnings,
    /// Whether executing it creates the stack.
    pub(super) creates: bool,
    /// What removes it again if it is not executed; nothing for one that somebody keeps.
    pub(super) note: Option<Note>,
}

impl Prepared {
    /// The change set's name, which its ARN ends with before the ID.
    pub fn name(&self) -> &str {
        let mut parts = self.change_set.id.rsplit('/');
        parts.nth(1).unwrap_or(&self.change_set.id)
    }
}

impl Engine<'_> {
    /// A change set for `plan`, ready to execute; `None` where it has no changes. What fails, is
    /// interrupted or overtaken leaves no change set and no empty stack behind.
    ///
    /// # Errors
    ///
    /// `Error::Declined` after an interrupt, `Error::Overtaken` where somebody else changed the
    /// stack first, `Error::Words` where the change set cannot be noted down, CloudFormation
    /// refuses it or has not made it within half an hour, and `Error::Aws` where another call
    /// fails. `Error::Unclean` says what could not be deleted again, which the next run does.
    pub async fn prepare(
        &mut self,
        stack: Option<&Stack>,
        plan: &Plan,
    ) -> Result<Option<Prepared>> {
        let name = match plan.options.keep_change_set {
            true => self.unique_name().replace("xtask-", "kept-"),
            false => self.unique_name(),
        };
        let creates =
            stack.is_none_or(|stack| stack.status.deploy_action() == DeployAction::Create);
        self.reporter
            .step(&format!("creating a change set for {}", plan.stack_name));
        let request = ChangeSetRequest {
            stack_name: &plan.stack_name,
            name: &name,
            creates,
            template: plan.root_template(),
            parameters: &plan.tree.parameters,
            tags: &plan.tags,
            options: &plan.options,
        };
        let sources = self.sources(&plan.stack_name, Some(&plan.tree));
        let note = self.pending.note(&plan.stack_name, &name)?;
        let cfn = self.cfn.clone();
        let cloud = self.cloud;
        let mut pace = Pace::new(cloud);
        let is_accepted = Cell::new(false);
        let work = async {
            let change_set = change_sets::create(&cfn, &request).await?;
            is_accepted.set(true);
            let state = loop {
                match change_sets::state(&cfn, &change_set).await? {
                    ChangeSetState::Pending => pace.wait().await,
                    state => break state,
                }
            };
            match state {
                ChangeSetState::NoChanges => Ok(None),
                ChangeSetState::Failed(reason) => {
                    Err(failure::of_change_set(&cfn, &change_set.id, reason, &sources).await)
                }
                ChangeSetState::Lost(status) => Err(Error::new(format!(
                    "change set `{name}` for `{}` is {status} and cannot be executed; \
                     nothing was changed, run the same command again",
                    plan.stack_name
                ))),
                ChangeSetState::Pending | ChangeSetState::Ready => {
                    let listed = changes::read(&cfn, &change_set.id).await?;
                    let sets = &listed.change_sets;
                    let warnings = warnings(&cfn, cloud, sets, &sources).await;
                    let changes = without_absent(listed.changes, plan);
                    let changes = with_nested(&cfn, stack, plan, changes).await?;
                    Ok(Some((change_set, changes, warnings)))
                }
            }
        };
        let work = async {
            let made = vigil(
                self.reporter,
                "waiting for the change set",
                PREPARE_TIMEOUT,
                work,
            )
            .await;
            made.unwrap_or_else(|| {
                Err(Error::new(format!(
                    "change set `{name}` for `{}` is not ready after half an hour; \
                     nothing was changed, run the same command again",
                    plan.stack_name
                )))
            })
        };
        match unless(&mut self.interrupts, work).await {
            Ok(Some((change_set, changes, warnings))) => {
                let note = match plan.options.keep_change_set {
                    true => {
                        note.strike();
                        None
                    }
                    false => Some(note),
                };
                Ok(Some(Prepared {
                    stack_name: plan.stack_name.clone(),
                    change_set,
                    changes,
                    warnings,
                    creates,
                    note,
                }))
            }
            Ok(None) => {
                self.remove(&plan.stack_name, note).await?;
                Ok(None)
            }
            // Refused, or made without our hearing of it: either can leave an empty stack.
            Err(err) => {
                let name = &plan.stack_name;
                let overtaken = self
                    .is_overtaken(&err, name, stack, is_accepted.get())
                    .await;
                let err = match (overtaken, is_accepted.get()) {
                    (true, _) => Error::overtaken(name),
                    (false, true) => err,
                    (false, false) => {
                        let verdict = format!(
                            "CloudFormation refuses a change set for `{name}`; nothing was changed"
                        );
                        failure::of_refusal(err, CHANGE_SET_FAILED, &verdict, &sources)
                    }
                };
                let cleanup = self.remove(name, note).await;
                Err(err.after(cleanup))
            }
        }
    }

    /// Deletes a change set that will not be executed, and the empty stack it was made in.
    ///
    /// # Errors
    ///
    /// One of the two cannot be deleted, or the change set is not gone within five minutes; the
    /// next run deletes what is left.
    pub async fn discard(&self, prepared: Prepared) -> Result<()> {
        match prepared.note {
            Some(note) => self.remove(&prepared.stack_name, note).await,
            None => Ok(()),
        }
    }

    async fn remove(&self, stack_name: &str, note: Note) -> Result<()> {
        self.delete_change_set(stack_name, &note.change_set).await?;
        self.remove_if_empty(stack_name).await?;
        note.strike();
        Ok(())
    }

    /// Executes the change set and follows it until the stack has settled well. The place of what
    /// fails is looked up in `tree`.
    ///
    /// # Errors
    ///
    /// `Error::Overtaken` where somebody else changed the stack first, `Error::Failed` where it
    /// settles otherwise, and `Error::Unknown` where nobody watches it any more and it may go on,
    /// as after an interrupt. Where a call fails before anything has begun, the change set is
    /// deleted; `Error::Unclean` says that it could not be.
    pub async fn execute(
        &mut self,
        prepared: Prepared,
        tree: Option<&StackTree>,
        options: &Options,
    ) -> Result<Stack> {
        let name = &prepared.stack_name.clone();
        let sources = &self.sources(name, tree);
        let change_set = prepared.change_set.clone();
        let since = match self.begin_of_events(&change_set.stack_id).await {
            Ok(since) => since,
            Err(err) => {
                let cleanup = self.discard(prepared).await;
                return Err(err.after(cleanup));
            }
        };
        let token = self.unique_name();
        defect::cloudformation_begins();
        if let Err(err) = change_sets::execute(&self.cfn, &change_set, &token).await {
            match self.fate(&change_set, &token).await {
                // Begun, though the answer was lost.
                Ok(Execution::Begun) => {}
                Ok(Execution::Waiting) => {
                    defect::cloudformation_ended();
                    let is_overtaken = err.trouble() == Some(Trouble::Overtaken)
                        || self.is_busy(&change_set.stack_id).await;
                    let cleanup = self.discard(prepared).await;
                    if is_overtaken && cleanup.is_ok() {
                        return Err(Error::overtaken(name));
                    }
                    let verdict = format!(
                        "CloudFormation refuses to execute the change set for `{name}`; \
                         nothing was changed"
                    );
                    let err = failure::of_refusal(err.into(), EXECUTION_FAILED, &verdict, sources);
                    return Err(err.after(cleanup));
                }
                Ok(Execution::Obsolete(_) | Execution::Gone) => {
                    defect::cloudformation_ended();
                    self.discard(prepared).await?;
                    return Err(Error::overtaken(name));
                }
                Err(_) => {
                    return Err(Error::unknown(&format!(
                        "whether `{name}` is being deployed is not known: {}",
                        chain(&err)
                    )));
                }
            }
        }
        self.reporter.step(&format!("deploying {name}"));
        let operation = Operation {
            stack_id: &change_set.stack_id,
            name,
            since,
            kind: match prepared.creates {
                true => Kind::Create,
                false => Kind::Update,
            },
            planned: &prepared.changes,
            follow_for: options.follow_for,
            token: &self.unique_name(),
        };
        let followed = self.follow(operation).await?;
        // Not before: an answer that could not be understood passes for a yes.
        if let Some(note) = prepared.note {
            note.strike();
        }
        let Followed { stack, log, .. } = &followed;
        // A stack can say that it failed, and end as if it had not.
        if !stack.status.is_deployed() || log.own_failure(&stack.id).is_some() {
            let text = self.failed(&followed, "deployed", sources).await;
            return Err(Error::Failed { text });
        }
        let lacks_outputs = tree.is_some_and(|tree| lacks_outputs(stack, tree));
        if lacks_outputs && !options.express {
            return Err(Error::Failed {
                text: format!(
                    "`{name}` is {} and has none of its template's outputs, so that it is not what was \
                 asked for; look at its events in the CloudFormation console, then mend it there \
                 or delete it with `cargo xtask destroy`",
                    stack.status
                ),
            });
        }
        Ok(followed.stack)
    }

    /// The time after which events belong to what begins now. Events are best effort: where they
    /// cannot be read, this machine's clock has to do.
    pub(super) async fn begin_of_events(&self, stack_id: &str) -> Result<i64> {
        match events::newest_event(&self.cfn, stack_id).await {
            Err(err) if err.trouble() == Some(Trouble::Expired) => Err(err.into()),
            newest => Ok(newest.unwrap_or_else(|_| (self.clock)())),
        }
    }

    /// What to say of an operation that ended, and not as asked.
    pub(super) async fn failed(
        &self,
        followed: &Followed,
        verb: &str,
        sources: &Sources<'_>,
    ) -> String {
        let Followed {
            stack,
            log,
            recording,
        } = followed;
        let cause = log.root_cause();
        failure::of_stack(&self.cfn, stack, cause, verb, sources, recording.as_deref()).await
    }

    /// What became of a change set whose execution was answered with an error.
    async fn fate(&self, change_set: &ChangeSetId, token: &str) -> Result<Execution> {
        let execution = change_sets::execution(&self.cfn, change_set).await?;
        match execution {
            // The stack's change sets go when one is executed; whose it was, the events tell.
            Execution::Obsolete(_) | Execution::Gone
                if events::mention(&self.cfn, &change_set.stack_id, token).await? =>
            {
                Ok(Execution::Begun)
            }
            execution => Ok(execution),
        }
    }

    /// A name no other change set or request has.
    pub(super) fn unique_name(&self) -> String {
        let seconds = (self.clock)() / 1000;
        format!("xtask-{seconds}-{:08x}", fastrand::u32(..))
    }

    async fn is_busy(&self, stack_id: &str) -> bool {
        let stack = cloudformation::find_stack(&self.cfn, stack_id).await;
        matches!(stack, Ok(Some(stack)) if !stack.status.is_settled())
    }
}
