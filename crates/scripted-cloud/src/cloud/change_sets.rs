//! CloudFormation's actions on change sets.

use super::http::Response;
use super::kept::settings;
use super::state::{ChangeSet, Stack, State, Values};
use super::template::{Block, NESTED, Row, rows, scan};
use super::xml::{Refusal, answer, tag};

pub(super) type Answer = Result<Response, Refusal>;

const NO_CHANGES: &str = "The submitted information didn't contain changes. Submit different information to create a change set.";

pub(super) const UPDATABLE: [&str; 5] = [
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
];

pub(super) fn text<'a>(form: &'a Values, name: &str) -> &'a str {
    form.get(name).map_or("", String::as_str)
}

/// The values of a list of pairs.
fn listed(form: &Values, name: &str, key: &str, value: &str) -> Values {
    let numbers = 1..;
    let pairs = numbers.map_while(|number| {
        let field = |field: &str| form.get(&format!("{name}.member.{number}.{field}"));
        Some((
            field(key)?.clone(),
            field(value).cloned().unwrap_or_default(),
        ))
    });
    pairs.collect()
}

impl State {
    pub(super) fn change_set(&self, form: &Values) -> Result<usize, Refusal> {
        let name = text(form, "ChangeSetName");
        let stack = self.stack(text(form, "StackName"));
        let found = self.change_sets.iter().position(|set| {
            set.id == name
                || (set.name == name && stack.is_some_and(|stack| stack.id == set.stack_id))
        });
        found.ok_or_else(|| {
            let message = format!("ChangeSet [{name}] does not exist");
            Refusal::new(404, "ChangeSetNotFound", message)
        })
    }

    pub(crate) fn create_change_set(&mut self, form: &Values) -> Answer {
        let name = text(form, "StackName");
        let set_name = text(form, "ChangeSetName");
        let creates = match text(form, "ChangeSetType") {
            "CREATE" => true,
            "UPDATE" | "" => false,
            other => {
                return Err(self.wrong(Refusal::invalid(format!("change set of type {other}"))));
            }
        };
        let done = |set: &ChangeSet| {
            let ids = tag("Id", &set.id) + &tag("StackId", &set.stack_id);
            answer("CreateChangeSet", &ids)
        };
        let stack = self.stack(name);
        let same = self.change_sets.iter().find(|set| {
            set.name == set_name && stack.is_some_and(|stack| stack.id == set.stack_id)
        });
        if let Some(same) = same {
            if same.token == text(form, "ClientToken") && !same.token.is_empty() {
                return Ok(done(same));
            }
            return Err(Refusal::new(
                400,
                "AlreadyExistsException",
                format!(
                    "ChangeSet {set_name} cannot be created due to a mismatch with existing attribute ClientToken"
                ),
            ));
        }
        let status = stack.map(|stack| (stack.id.clone(), stack.status.clone()));
        match (creates, &status) {
            (true, None) => {}
            (true, Some((_, status))) if status == "REVIEW_IN_PROGRESS" => {}
            (true, Some(_)) => {
                return Err(self.wrong(Refusal::invalid(format!(
                    "Stack [{name}] already exists and cannot be created again with the changeSet [{set_name}]."
                ))));
            }
            (false, None) => {
                return Err(self.wrong(Refusal::invalid(format!("Stack [{name}] does not exist"))));
            }
            (false, Some((_, status))) if UPDATABLE.contains(&status.as_str()) => {}
            (false, Some((id, status))) => {
                return Err(self.wrong(Refusal::invalid(format!(
                    "Stack:{id} is in {status} state and can not be updated."
                ))));
            }
        }
        let reverts_drift = text(form, "DeploymentMode") == "REVERT_DRIFT";
        let is_rollback = matches!(text(form, "OnStackFailure"), "" | "ROLLBACK");
        // What AWS's own language server knows of it.
        let beside = ["IncludeNestedStacks", "ImportExistingResources"];
        if reverts_drift
            && (creates || !is_rollback || beside.iter().any(|name| text(form, name) == "true"))
        {
            let message = "REVERT_DRIFT is not supported for this change set";
            return Err(self.wrong(Refusal::invalid(message)));
        }
        let form = &self.with_previous(form);
        let (template, parameters) = self.requested(form)?;
        let stack_id = match status {
            Some((id, _)) => id,
            None => self.new_empty_stack(name, None),
        };
        let set = ChangeSet {
            id: self.new_change_set_id(set_name),
            name: set_name.to_owned(),
            stack_id,
            token: text(form, "ClientToken").to_owned(),
            creates,
            imports: text(form, "ImportExistingResources") == "true",
            reverts_drift,
            template,
            parameters,
            tags: listed(form, "Tags", "Key", "Value"),
            settings: settings(form),
            rows: Vec::new(),
            parent: None,
            status: "CREATE_PENDING",
            execution: "UNAVAILABLE",
            reason: None,
            looks: self.looks(),
            keeps_on_failure: text(form, "OnStackFailure") == "DO_NOTHING",
        };
        let response = done(&set);
        self.change_sets.push(set);
        Ok(response)
    }

    fn requested(&mut self, form: &Values) -> Result<(String, Values), Refusal> {
        let mut template = text(form, "TemplateBody").to_owned();
        if let Some((_, key)) = text(form, "TemplateURL").rsplit_once('/') {
            let object = self.objects.get(key);
            let object = object.ok_or_else(|| Refusal::invalid("S3 error: Access Denied"))?;
            template = String::from_utf8_lossy(&object.0).into_owned();
        } else if template.len() > 51_200 {
            return Err(self.wrong(Refusal::invalid(
                "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to 51200",
            )));
        }
        if template.contains("AWS::CloudFormation::Stack") {
            if !form.values().any(|value| value == "CAPABILITY_IAM") {
                return Err(self.wrong(Refusal::new(
                    400,
                    "InsufficientCapabilitiesException",
                    "Requires capabilities : [CAPABILITY_IAM]",
                )));
            }
            if text(form, "IncludeNestedStacks") != "true" {
                self.violations
                    .push("a change set leaves the nested stacks out".to_owned());
            }
        }
        let declared = scan(&template).parameters;
        let parameters = listed(form, "Parameters", "ParameterKey", "ParameterValue");
        if let Some(name) = parameters.keys().find(|name| !declared.contains_key(*name)) {
            return Err(self.wrong(Refusal::invalid(format!(
                "Parameters: [{name}] do not exist in the template"
            ))));
        }
        let missing = declared
            .iter()
            .find(|(name, has_default)| !**has_default && !parameters.contains_key(*name));
        if let Some((name, _)) = missing {
            return Err(self.wrong(Refusal::invalid(format!(
                "Parameters: [{name}] must have values"
            ))));
        }
        Ok((template, parameters))
    }

    /// A stack in `REVIEW_IN_PROGRESS`, as a first change set makes it. Returns its ID.
    pub fn new_empty_stack(&mut self, name: &str, parent: Option<(String, String)>) -> String {
        let id = self.new_stack_id(name);
        self.stacks.push(Stack {
            id: id.clone(),
            name: name.to_owned(),
            parent,
            ..Stack::default()
        });
        let index = self.stacks.len() - 1;
        self.settle(index, "REVIEW_IN_PROGRESS", Some("User Initiated"));
        id
    }

    /// Another look at a change set that is not ready yet, or not deleted yet.
    pub(super) fn look_at_change_set(&mut self, index: usize) {
        let set = &mut self.change_sets[index];
        if !matches!(
            set.status,
            "CREATE_PENDING" | "CREATE_IN_PROGRESS" | "DELETE_IN_PROGRESS"
        ) {
            return;
        }
        set.looks = set.looks.saturating_sub(1);
        if set.looks > 0 {
            set.status = match set.status {
                "CREATE_PENDING" => "CREATE_IN_PROGRESS",
                other => other,
            };
            return;
        }
        match set.status {
            "DELETE_IN_PROGRESS" => self.remove_change_set(index),
            _ => self.complete_change_set(index),
        }
    }

    pub(super) fn remove_change_set(&mut self, index: usize) {
        let id = self.change_sets[index].id.clone();
        let nested = self.change_sets.iter();
        let nested = nested.filter(|set| set.parent.as_deref() == Some(&id));
        let empty: Vec<String> = nested.map(|set| set.stack_id.clone()).collect();
        self.stacks
            .retain(|stack| stack.status != "REVIEW_IN_PROGRESS" || !empty.contains(&stack.id));
        self.change_sets
            .retain(|set| set.id != id && set.parent.as_deref() != Some(&id));
    }

    fn complete_change_set(&mut self, index: usize) {
        let set = self.change_sets[index].clone();
        let outcome = self.contents(&set);
        let (status, execution, reason) = match &outcome {
            Ok(_) => ("CREATE_COMPLETE", "AVAILABLE", None),
            Err(reason) => ("FAILED", "UNAVAILABLE", Some(reason.clone())),
        };
        let set = &mut self.change_sets[index];
        set.status = status;
        set.execution = execution;
        set.reason = reason;
        if let Ok((rows, nested)) = outcome {
            set.rows = rows;
            self.change_sets.extend(nested);
        }
    }

    /// The rows of a change set, and the change sets of its nested stacks.
    fn contents(&mut self, set: &ChangeSet) -> Result<(Vec<Row>, Vec<ChangeSet>), String> {
        let stack = self.stack(&set.stack_id).cloned();
        let stack = stack.ok_or("the stack is gone")?;
        if set.reverts_drift {
            let rows = self.drift_of(&set.stack_id);
            return match rows.is_empty() {
                true => Err(NO_CHANGES.to_owned()),
                false => Ok((rows, Vec::new())),
            };
        }
        let deployed = match set.creates {
            true => None,
            false => stack.template.clone(),
        };
        if deployed.is_some() && self.changes_nothing(&stack, set) {
            return Err(NO_CHANGES.to_owned());
        }
        let old = deployed.as_deref().map(scan);
        let new = scan(&set.template);
        let old = old.as_ref().map(|old| (old, &stack.parameters));
        let mut rows = rows(old, (&new, &set.parameters));
        let mut nested = Vec::new();
        for row in &mut rows {
            let block = new
                .resources
                .iter()
                .find(|block| block.logical_id == row.logical_id);
            let Some(block) = block.filter(|block| block.kind() == NESTED) else {
                continue;
            };
            let key = block.template_key().unwrap_or_default();
            let key = set.parameters.get(key).map_or("", String::as_str);
            let object = self.objects.get(key);
            let object = object.ok_or_else(|| {
                format!("Template for nested stack [{}] could not be read: S3 error: The specified key does not exist.", row.logical_id)
            })?;
            let template = String::from_utf8_lossy(&object.0).into_owned();
            nested.push(self.nested_change_set(
                set,
                row,
                template,
                block.nested_parameters(&set.parameters),
            ));
        }
        Ok((rows, nested))
    }

    fn drift_of(&self, stack_id: &str) -> Vec<Row> {
        let parent = self.stack(stack_id).and_then(|stack| stack.parent.as_ref());
        let place = parent.map_or("", |(_, logical_id)| logical_id);
        let drift = self.drift.iter().filter(|(of, _)| *of == place);
        drift.map(|(_, row)| row.clone()).collect()
    }

    fn nested_change_set(
        &mut self,
        set: &ChangeSet,
        row: &mut Row,
        template: String,
        parameters: Values,
    ) -> ChangeSet {
        let parent = self.stack(&set.stack_id).cloned().unwrap_or_default();
        let deployed = parent
            .resources
            .iter()
            .find(|one| one.logical_id == row.logical_id);
        let creates = deployed.is_none();
        let stack_id = match deployed {
            Some(one) => one.physical_id.clone(),
            None => {
                let name = format!("{}-{}-{:04X}", parent.name, row.logical_id, self.next());
                self.new_empty_stack(&name, Some((parent.id.clone(), row.logical_id.clone())))
            }
        };
        let before = self.stack(&stack_id).cloned().unwrap_or_default();
        let old = before.template.as_deref().map(scan);
        let new = scan(&template);
        let old = old.as_ref().map(|old| (old, &before.parameters));
        let name = format!("{}-{}", set.name, row.logical_id);
        let id = self.new_change_set_id(&name);
        row.change_set = Some(id.clone());
        let mut rows = rows(old, (&new, &parameters));
        for row in &mut rows {
            let block = new.resources.iter();
            let mut block = block.filter(|block| block.logical_id == row.logical_id);
            let takes_over = |block: &Block| {
                let name = block.literal_name().unwrap_or_default();
                block.is_retained() && self.tables.contains(name)
            };
            if set.imports && row.action == "Add" && block.any(takes_over) {
                row.action = "Import";
            }
        }
        ChangeSet {
            id,
            name,
            stack_id,
            token: String::new(),
            creates,
            imports: set.imports,
            reverts_drift: false,
            rows,
            template,
            parameters,
            tags: set.tags.clone(),
            settings: Values::new(),
            parent: Some(set.id.clone()),
            status: "CREATE_COMPLETE",
            execution: "AVAILABLE",
            reason: None,
            looks: 0,
            keeps_on_failure: false,
        }
    }

    pub(crate) fn delete_change_set(&mut self, form: &Values) -> Answer {
        let done = answer("DeleteChangeSet", "");
        let Ok(index) = self.change_set(form) else {
            return Ok(done);
        };
        let looks = self.looks();
        let set = &mut self.change_sets[index];
        if set.execution == "EXECUTE_IN_PROGRESS" {
            let message = format!(
                "ChangeSet [{}] cannot be deleted in its current status",
                set.id
            );
            return Err(Refusal::new(400, "InvalidChangeSetStatus", message));
        }
        set.status = "DELETE_IN_PROGRESS";
        set.execution = "UNAVAILABLE";
        set.looks = looks;
        Ok(done)
    }
}
