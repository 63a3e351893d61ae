//! What CloudFormation tells of change sets: one by one in pages, and the list of a stack's.

use super::change_sets::{Answer, text};
use super::state::{State, Values};
use super::template::Row;
use super::xml::{Refusal, answer, list, optional, pairs, raw, tag, time};

impl State {
    pub(crate) fn describe_change_set(&mut self, form: &Values) -> Answer {
        let index = self.change_set(form)?;
        self.look_at_change_set(index);
        let set = &self.change_sets[self.change_set(form)?];
        let with_values = text(form, "IncludePropertyValues") == "true";
        let begin: usize = text(form, "NextToken").parse().unwrap_or(0);
        let end = (begin + self.page()).min(set.rows.len());
        let page = &set.rows[begin..end];
        // With values, the last resource of a page that is not the only one is dropped, as
        // CloudFormation does.
        let is_dropping = with_values && set.rows.len() > self.page();
        let shown = page.iter().take(page.len() - usize::from(is_dropping));
        let changes = list("Changes", shown.map(|one| row(one, with_values)));
        let next = (end < set.rows.len()).then(|| end.to_string());
        let stack = self.stack(&set.stack_id);
        let result = [
            tag("ChangeSetName", &set.name),
            tag("ChangeSetId", &set.id),
            tag("StackId", &set.stack_id),
            tag("StackName", stack.map_or("", |stack| &stack.name)),
            tag("CreationTime", &time(0)),
            tag("Status", set.status),
            tag("ExecutionStatus", set.execution),
            optional("StatusReason", set.reason.as_deref()),
            optional("ParentChangeSetId", set.parent.as_deref()),
            tag("IncludeNestedStacks", "true"),
            pairs(
                "Parameters",
                ("ParameterKey", "ParameterValue"),
                &set.parameters,
            ),
            pairs("Tags", ("Key", "Value"), &set.tags),
            changes,
            optional("NextToken", next.as_deref()),
        ];
        Ok(answer("DescribeChangeSet", &result.concat()))
    }

    /// The events of the making of a change set, newest first; no operation on a stack has any.
    pub(crate) fn describe_events(&self, form: &Values) -> Answer {
        if text(form, "ChangeSetName").is_empty() {
            return Ok(answer("DescribeEvents", &list("OperationEvents", None)));
        }
        let set = &self.change_sets[self.change_set(form)?];
        let stack = self.stack(&set.stack_id);
        let place = stack.and_then(|stack| stack.parent.as_ref());
        let place = place.map_or("", |(_, logical_id)| logical_id);
        let warnings = self.warnings.iter().filter(|(of, _)| *of == place);
        let mut events: Vec<String> = warnings
            .map(|(_, members)| members.iter().map(|(name, text)| tag(name, text)).collect())
            .collect();
        events.push(tag("EventType", "STACK_EVENT") + &tag("OperationStatus", "SUCCEEDED"));
        let begin: usize = text(form, "NextToken").parse().unwrap_or(0);
        let end = (begin + self.page()).min(events.len());
        let next = (end < events.len()).then(|| end.to_string());
        let page = events[begin..end]
            .iter()
            .enumerate()
            .map(|(number, event)| {
                let id = format!("{}-{}", set.name, begin + number);
                let own = tag("EventId", &id) + &tag("StackId", &set.stack_id);
                own + &tag("OperationType", "CREATE_CHANGESET") + event
            });
        let result = list("OperationEvents", page) + &optional("NextToken", next.as_deref());
        Ok(answer("DescribeEvents", &result))
    }

    pub(crate) fn list_change_sets(&self, form: &Values) -> Answer {
        let name = text(form, "StackName");
        let stack = self.stack(name);
        let stack =
            stack.ok_or_else(|| Refusal::invalid(format!("Stack [{name}] does not exist")))?;
        let sets = self.change_sets.iter();
        let sets = sets.filter(|set| set.stack_id == stack.id).map(|set| {
            [
                tag("StackId", &set.stack_id),
                tag("StackName", &stack.name),
                tag("ChangeSetId", &set.id),
                tag("ChangeSetName", &set.name),
                tag("ExecutionStatus", set.execution),
                tag("Status", set.status),
                optional("StatusReason", set.reason.as_deref()),
                tag("CreationTime", &time(0)),
                tag("IncludeNestedStacks", "true"),
            ]
            .concat()
        });
        Ok(answer("ListChangeSets", &list("Summaries", sets)))
    }
}

fn row(row: &Row, with_values: bool) -> String {
    let detail = row.property.as_ref().map(|(name, before, after)| {
        let mut target = tag("Attribute", "Properties") + &tag("Name", name);
        target += &tag("RequiresRecreation", "Never");
        target += &tag("Path", &format!("/Properties/{name}"));
        if with_values {
            target += &(tag("BeforeValue", before) + &tag("AfterValue", after));
        }
        if row.drift.is_some() {
            target +=
                &(tag("BeforeValueFrom", "ACTUAL_STATE") + &tag("AfterValueFrom", "TEMPLATE"));
            let drift = tag("PreviousValue", after) + &tag("ActualValue", before);
            target += &raw(
                "Drift",
                &(drift + &tag("DriftDetectionTimestamp", &time(0))),
            );
        }
        raw("Target", &target) + &tag("Evaluation", "Static")
    });
    let replacement = (row.action == "Modify").then_some("False");
    let change = [
        tag("Action", row.action),
        tag("LogicalResourceId", &row.logical_id),
        tag("ResourceType", &row.kind),
        optional("Replacement", replacement),
        list("Details", detail),
        optional("ChangeSetId", row.change_set.as_deref()),
        optional("ResourceDriftStatus", row.drift),
    ];
    tag("Type", "Resource") + &raw("ResourceChange", &change.concat())
}
