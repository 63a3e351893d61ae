//! What an operation does to the stacks: change sets executed, stacks rolled back and emptied.

use super::state::{ChangeSet, Resource, State};
use super::template::{Row, scan};

impl State {
    pub(super) fn nested_sets(&self, change_set: &str) -> Vec<ChangeSet> {
        let sets = self.change_sets.iter();
        sets.filter(|set| set.parent.as_deref() == Some(change_set))
            .cloned()
            .collect()
    }

    /// The first events of an execution, and the nested stacks that take part in it.
    pub(crate) fn begin(&mut self, index: usize, change_set: &ChangeSet) {
        let verb = verb(change_set.creates);
        self.settle(
            index,
            &format!("{verb}_IN_PROGRESS"),
            Some("User Initiated"),
        );
        for set in self.nested_sets(&change_set.id) {
            let Some(nested) = self.find(&set.stack_id) else {
                continue;
            };
            if set.rows.is_empty() {
                continue;
            }
            let verb = self::verb(set.creates);
            self.settle(nested, &format!("{verb}_IN_PROGRESS"), None);
            for row in &set.rows {
                let what = (row.logical_id.as_str(), "", row.kind.as_str());
                let status = format!("{}_IN_PROGRESS", row_verb(row));
                self.event(nested, what, &status, None);
            }
        }
    }

    pub(super) fn apply(&mut self, index: usize, change_set: &str) {
        for set in self.nested_sets(change_set) {
            if let Some(nested) = self.find(&set.stack_id)
                && !set.rows.is_empty()
            {
                self.take_over(nested, &set);
                for row in &set.rows {
                    let physical_id = format!("{}-physical", row.logical_id);
                    let what = (
                        row.logical_id.as_str(),
                        physical_id.as_str(),
                        row.kind.as_str(),
                    );
                    let status = format!("{}_COMPLETE", row_verb(row));
                    self.event(nested, what, &status, None);
                }
                self.settle(nested, &format!("{}_COMPLETE", verb(set.creates)), None);
            }
        }
        let set = self.change_sets.iter().find(|set| set.id == change_set);
        if let Some(set) = set.cloned() {
            if set.reverts_drift {
                let place = self.stacks[index].parent.clone();
                let place = place.map_or(String::new(), |(_, logical_id)| logical_id);
                self.drift.retain(|(of, _)| *of != place);
            }
            self.take_over(index, &set);
        }
        self.executed(change_set, "EXECUTE_COMPLETE");
    }

    pub(crate) fn executed(&mut self, change_set: &str, execution: &'static str) {
        for set in &mut self.change_sets {
            if set.id == change_set || set.parent.as_deref() == Some(change_set) {
                set.execution = execution;
            }
        }
    }

    /// The change set's template, parameters and tags are the stack's.
    fn take_over(&mut self, index: usize, set: &ChangeSet) {
        let scanned = scan(&set.template);
        let nested = self.nested_sets(&set.id);
        let name = self.stacks[index].name.clone();
        self.tables.retain(|table| {
            !scanned
                .resources
                .iter()
                .any(|one| one.literal_name() == Some(table))
        });
        let resources = scanned.resources.iter().map(|block| {
            let set = set
                .rows
                .iter()
                .find(|row| row.logical_id == block.logical_id);
            let set = set.and_then(|row| row.change_set.as_deref());
            let nested = nested.iter().find(|one| Some(one.id.as_str()) == set);
            let physical_id = match block.literal_name() {
                Some(name) => name.to_owned(),
                None => format!("{name}-{}-physical", block.logical_id),
            };
            Resource {
                logical_id: block.logical_id.clone(),
                physical_id: nested.map_or(physical_id, |one| one.stack_id.clone()),
                kind: block.kind().to_owned(),
                is_retained: block.is_retained(),
            }
        });
        let stack = &mut self.stacks[index];
        stack.resources = resources.collect();
        let outputs = scanned.outputs_with(&set.parameters);
        stack.outputs = outputs
            .map(|name| match (name.as_str(), self.endpoint.as_str()) {
                ("Endpoint", endpoint) if !endpoint.is_empty() => (name.clone(), endpoint.into()),
                _ => (name.clone(), format!("value-of-{name}")),
            })
            .collect();
        stack.template = Some(set.template.clone());
        stack.parameters = set.parameters.clone();
        stack.tags = set.tags.clone();
        self.keep(index, set);
    }

    pub(super) fn fail(&mut self, index: usize, change_set: &str) {
        let mut failing = self.nested_sets(change_set).into_iter();
        let failing = failing.rfind(|set| !set.rows.is_empty());
        if let Some(set) = failing
            && let Some(nested) = self.find(&set.stack_id)
        {
            let row = &set.rows[0];
            let failed = format!("{}_FAILED", row_verb(row));
            let what = (row.logical_id.as_str(), "", row.kind.as_str());
            self.event(nested, what, &failed, Some("Limit exceeded"));
            let failed = format!("{}_FAILED", verb(set.creates));
            let cancelled = Some("Resource creation cancelled");
            if let Some(row) = set.rows.get(1) {
                let what = (row.logical_id.as_str(), "", row.kind.as_str());
                self.event(nested, what, &failed, cancelled);
            }
            let reason = format!(
                "Embedded stack {} was not successfully updated: The following resource(s) failed: [{}].",
                set.stack_id, row.logical_id
            );
            self.settle(nested, &failed, Some(&reason));
        }
        if self.stacks[index].status == "CREATE_IN_PROGRESS" {
            // What can be seen of a failed creation is what it was asked for.
            let set = self.change_sets.iter().find(|set| set.id == change_set);
            if let Some(set) = set.cloned() {
                self.stacks[index].template = Some(set.template);
                self.stacks[index].parameters = set.parameters;
            }
        }
        self.executed(change_set, "EXECUTE_FAILED");
    }

    /// Deletes the nested stacks, and keeps what is to be kept.
    pub(super) fn remove_content(&mut self, index: usize) {
        let id = self.stacks[index].id.clone();
        for nested in 0..self.stacks.len() {
            let is_nested = self.stacks[nested]
                .parent
                .as_ref()
                .is_some_and(|(parent, _)| *parent == id);
            if is_nested && self.stacks[nested].status != "DELETE_COMPLETE" {
                let resources = std::mem::take(&mut self.stacks[nested].resources);
                let kept = resources.into_iter().filter(|one| one.is_retained);
                self.retained.extend(kept.map(|one| one.physical_id));
                self.settle(nested, "DELETE_COMPLETE", None);
            }
        }
        self.stacks[index].resources.clear();
        self.stacks[index].outputs.clear();
    }
}

pub(crate) fn verb(creates: bool) -> &'static str {
    match creates {
        true => "CREATE",
        false => "UPDATE",
    }
}

fn row_verb(row: &Row) -> &'static str {
    match row.action {
        "Add" => "CREATE",
        "Remove" => "DELETE",
        "Import" => "IMPORT",
        _ => "UPDATE",
    }
}
