//! CloudFormation's actions on stacks, each with the statuses it is allowed from.

use super::http::Response;
use super::kept::{described, given_back, pairs_given_back};
use super::state::{Effect, Outcome, Stack, State, Step, Values};
use super::xml::{Refusal, answer, list, optional, pairs, raw, tag, time};

type Answer = Result<Response, Refusal>;

fn absent(name: &str) -> Refusal {
    Refusal::invalid(format!("Stack with id {name} does not exist"))
}

impl State {
    fn named(&self, form: &Values) -> Result<usize, Refusal> {
        let name = form.get("StackName").map_or("", String::as_str);
        self.find(name).ok_or_else(|| absent(name))
    }

    /// Whether a request with this token was answered before.
    pub(crate) fn is_repeated(&mut self, action: &str, form: &Values) -> bool {
        let token = form.get("ClientRequestToken");
        token.is_some_and(|token| {
            !self
                .used_tokens
                .insert((action.to_owned(), token.to_owned()))
        })
    }

    pub(crate) fn describe_stacks(&mut self, form: &Values) -> Answer {
        let shown = if form.contains_key("StackName") {
            let index = self.named(form)?;
            self.look(index);
            // It may have gone with this look.
            vec![self.named(form)?]
        } else {
            (0..self.stacks.len())
                .filter(|index| self.stacks[*index].status != "DELETE_COMPLETE")
                .collect()
        };
        let shown = shown.into_iter().map(|index| stack(&self.stacks[index]));
        Ok(answer("DescribeStacks", &list("Stacks", shown)))
    }

    pub(crate) fn get_template(&self, form: &Values) -> Answer {
        let index = self.named(form)?;
        let stack = &self.stacks[index];
        let template = stack.template.as_deref();
        let template = template.ok_or_else(|| absent(&stack.name))?;
        Ok(answer(
            "GetTemplate",
            &tag("TemplateBody", &given_back(template)),
        ))
    }

    pub(crate) fn list_stack_resources(&self, action: &str, form: &Values) -> Answer {
        let stack = &self.stacks[self.named(form)?];
        let (name, time_of) = match action {
            "ListStackResources" => ("StackResourceSummaries", "LastUpdatedTimestamp"),
            _ => ("StackResources", "Timestamp"),
        };
        let resources = stack.resources.iter().map(|one| {
            [
                tag("LogicalResourceId", &one.logical_id),
                tag("PhysicalResourceId", &one.physical_id),
                tag("ResourceType", &one.kind),
                tag("ResourceStatus", "CREATE_COMPLETE"),
                tag(time_of, &time(0)),
            ]
            .concat()
        });
        Ok(answer(action, &list(name, resources)))
    }

    pub(crate) fn describe_stack_events(&mut self, form: &Values) -> Answer {
        let mut stack = self.stacks[self.named(form)?].clone();
        if let Some(seed) = self
            .disorder
            .as_mut()
            .filter(|_| !form.contains_key("NextToken"))
        {
            *seed = seed.wrapping_add(1);
            disarrange(&mut stack, *seed);
        }
        let begin: usize = form
            .get("NextToken")
            .and_then(|token| token.parse().ok())
            .unwrap_or(0);
        let end = (begin + self.page()).min(stack.events.len());
        let newest_first = stack.events.iter().rev();
        let events = newest_first.skip(begin).take(end - begin).map(|event| {
            [
                tag("StackId", &stack.id),
                tag("EventId", &event.id),
                tag("StackName", &stack.name),
                tag("LogicalResourceId", &event.logical_id),
                tag("PhysicalResourceId", &event.physical_id),
                tag("ResourceType", &event.kind),
                tag("Timestamp", &time(event.at)),
                tag("ResourceStatus", &event.status),
                optional("ResourceStatusReason", event.reason.as_deref()),
                optional("ClientRequestToken", event.token.as_deref()),
            ]
            .concat()
        });
        let events = list("StackEvents", events);
        let next = (end < stack.events.len()).then(|| end.to_string());
        Ok(answer(
            "DescribeStackEvents",
            &(events + &optional("NextToken", next.as_deref())),
        ))
    }

    pub(crate) fn update_termination_protection(&mut self, form: &Values) -> Answer {
        let index = self.named(form)?;
        self.stacks[index].is_protected = form
            .get("EnableTerminationProtection")
            .is_some_and(|on| on == "true");
        let id = tag("StackId", &self.stacks[index].id);
        Ok(answer("UpdateTerminationProtection", &id))
    }

    pub(crate) fn delete_stack(&mut self, form: &Values) -> Answer {
        let done = answer("DeleteStack", "");
        // A stack that is not there is deleted.
        let Ok(index) = self.named(form) else {
            return Ok(done);
        };
        let Stack {
            id,
            name,
            status,
            is_protected,
            parent,
            ..
        } = self.stacks[index].clone();
        if self.is_repeated("DeleteStack", form)
            || status == "DELETE_COMPLETE"
            || status == "DELETE_IN_PROGRESS"
        {
            return Ok(done);
        }
        if parent.is_some() {
            return Err(self.wrong(Refusal::invalid(format!(
                "Nested stack [{name}] must not be deleted by itself"
            ))));
        }
        if is_protected {
            return Err(self.wrong(Refusal::invalid(format!(
                "Stack [{name}] cannot be deleted while TerminationProtection is enabled"
            ))));
        }
        let busy = status.ends_with("_IN_PROGRESS")
            && status != "REVIEW_IN_PROGRESS"
            && status != "CREATE_IN_PROGRESS";
        if busy {
            return Err(self.wrong(Refusal::invalid(format!(
                "Stack [{id}] cannot be deleted while in status {status}"
            ))));
        }
        let retains = form.keys().any(|key| key.starts_with("RetainResources."));
        if retains && status != "DELETE_FAILED" {
            return Err(self.wrong(Refusal::invalid(format!(
                "Invalid operation on stack [{id}]. When you delete a stack, specify which resources to retain only when the stack is in the DELETE_FAILED state."
            ))));
        }
        self.stacks[index].token = form.get("ClientRequestToken").cloned();
        self.settle(index, "DELETE_IN_PROGRESS", Some("User Initiated"));
        // An empty stack is gone at once.
        let looks = match status.as_str() {
            "REVIEW_IN_PROGRESS" => 1,
            _ => self.looks(),
        };
        let step = match self.outcomes.pop_front() {
            None | Some(Outcome::Success) => Step {
                looks,
                status: "DELETE_COMPLETE",
                effect: Effect::Remove,
            },
            Some(Outcome::Failure | Outcome::Stuck) => Step {
                looks,
                status: "DELETE_FAILED",
                effect: Effect::None,
            },
        };
        self.stacks[index].steps = [step].into();
        if status == "REVIEW_IN_PROGRESS" {
            self.look(index);
        }
        Ok(done)
    }

    /// The actions that take a stack out of a failed or a running update.
    pub(crate) fn roll_back(&mut self, action: &'static str, form: &Values) -> Answer {
        let index = self.named(form)?;
        let Stack { id, status, .. } = self.stacks[index].clone();
        let done = match action {
            "RollbackStack" => answer(action, &tag("StackId", &id)),
            _ => answer(action, ""),
        };
        if self.is_repeated(action, form) {
            return Ok(done);
        }
        let (allowed, refusal): (&[&str], String) = match action {
            "CancelUpdateStack" => (
                &["UPDATE_IN_PROGRESS"],
                "CancelUpdateStack cannot be called from current stack status".to_owned(),
            ),
            "ContinueUpdateRollback" => (
                &["UPDATE_ROLLBACK_FAILED"],
                format!("Stack:{id} is in {status} state and can not continue update rollback."),
            ),
            _ => (
                &["CREATE_FAILED", "UPDATE_FAILED"],
                format!("Stack:{id} is in {status} state and can not be rolled back."),
            ),
        };
        if !allowed.contains(&status.as_str()) {
            let refusal = Refusal::invalid(refusal);
            // An update may end before its cancellation arrives.
            return Err(match action {
                "CancelUpdateStack" => refusal,
                _ => self.wrong(refusal),
            });
        }
        if form.keys().any(|key| key.starts_with("ResourcesToSkip.")) {
            self.violations
                .push("resources were skipped without being asked for".to_owned());
        }
        self.stacks[index].token = form.get("ClientRequestToken").cloned();
        let running = self.change_sets.iter().find(|set| {
            set.stack_id == id && set.parent.is_none() && set.execution == "EXECUTE_IN_PROGRESS"
        });
        if let Some(running) = running.map(|set| set.id.clone()) {
            self.executed(&running, "EXECUTE_FAILED");
        }
        let (begin, end) = match status.as_str() {
            "CREATE_FAILED" => ("ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"),
            _ => ("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"),
        };
        let reason = match action {
            "CancelUpdateStack" => "User Initiated cancel update",
            _ => "User Initiated",
        };
        self.settle(index, begin, Some(reason));
        let end = match self.outcomes.pop_front() {
            None | Some(Outcome::Success) => end,
            Some(_) => "UPDATE_ROLLBACK_FAILED",
        };
        let step = Step {
            looks: self.looks(),
            status: end,
            effect: Effect::None,
        };
        self.stacks[index].steps = [step].into();
        Ok(done)
    }
}

/// Those of the operation that goes on: some come later, all in any order.
fn disarrange(stack: &mut Stack, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let of_operation = stack
        .events
        .iter()
        .rev()
        .take_while(|event| event.token == stack.token && event.token.is_some());
    let begin = stack.events.len() - of_operation.count();
    if !stack.steps.is_empty() {
        let late = random.usize(..=stack.events.len() - begin);
        stack.events.truncate(stack.events.len() - late);
    }
    random.shuffle(&mut stack.events[begin..]);
}

fn stack(stack: &Stack) -> String {
    let parent = stack.parent.as_ref().map(|(parent, _)| parent.as_str());
    [
        tag("StackId", &stack.id),
        tag("StackName", &stack.name),
        tag("CreationTime", &time(0)),
        tag("StackStatus", &stack.status),
        optional("StackStatusReason", stack.reason.as_deref()),
        tag(
            "EnableTerminationProtection",
            &stack.is_protected.to_string(),
        ),
        tag("DisableRollback", "false"),
        optional("ParentId", parent),
        optional("RootId", parent),
        raw("DriftInformation", &tag("StackDriftStatus", "NOT_CHECKED")),
        pairs(
            "Parameters",
            ("ParameterKey", "ParameterValue"),
            &pairs_given_back(&stack.parameters),
        ),
        pairs(
            "Outputs",
            ("OutputKey", "OutputValue"),
            &pairs_given_back(&stack.outputs),
        ),
        pairs("Tags", ("Key", "Value"), &pairs_given_back(&stack.tags)),
        described(&stack.settings),
    ]
    .concat()
}
