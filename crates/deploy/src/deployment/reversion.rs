//! Drift taken back: every stack of a stage is brought to what its deployed template and parameters
//! say, and nothing else is deployed.
//!
//! CloudFormation compares with what is there in change sets that include no nested stacks, so each
//! stack has one of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::kept::takes_change;
use super::{Engine, Plan, Prepared, unless};
use crate::error::{Error, Result};
use cfnkit_aws::aws::cloudformation;
use cfnkit_change::change_set::{Action, Change, Warnings};
use cfnkit_operation::options::Options;
use cfnkit_operation::stack::Stack;
use cfnkit_template::stack_tree::NESTED_STACK;
use cfnkit_template::stack_tree::StackTree;
use cfnkit_template::template::Template;

/// What would be done to take the drift of a stage back.
#[derive(Debug)]
pub struct Reversions {
    /// The change sets of the stacks that have drifted.
    stacks: Vec<Prepared>,
    /// The same as one tree.
    pub changes: Vec<Change>,
    pub warnings: Warnings,
    /// How it is to be done.
    options: Options,
}

/// A stack and the logical IDs that lead to it from the root.
type Placed = (Vec<String>, Stack);

impl Engine<'_> {
    /// What of `root` and of the stacks nested in it has drifted and can be taken back; `None`
    /// where nothing has. What fails or is interrupted leaves no change set behind.
    ///
    /// # Errors
    ///
    /// As of [`Self::settled`] and [`Self::prepare`]; `Error::Failed` where no change set can start
    /// from a stack's status, and `Error::Overtaken` where one of the stacks is gone.
    /// `Error::Unclean` says that a change set could not be deleted again, which the next run does.
    pub async fn reversions(
        &mut self,
        root: &Stack,
        follow_for: Option<Duration>,
    ) -> Result<Option<Reversions>> {
        let mut found = Reversions {
            stacks: Vec::new(),
            changes: Vec::new(),
            warnings: Warnings::default(),
            options: options(follow_for),
        };
        match self.collect(&mut found, root).await {
            Ok(()) if found.stacks.is_empty() => Ok(None),
            Ok(()) => Ok(Some(found)),
            Err(err) => {
                let cleanup = self.discard_all(found.stacks).await;
                Err(err.after(cleanup))
            }
        }
    }

    async fn collect(&mut self, found: &mut Reversions, root: &Stack) -> Result<()> {
        let looking = stacks_with_resources(&self.cfn, root);
        let stacks = unless(&mut self.interrupts, looking).await?;
        for (place, stack) in stacks {
            let Some(stack) = self.settled(&stack.name).await? else {
                return Err(Error::overtaken(&root.name));
            };
            takes_change(&stack)?;
            let text = async { Ok(cloudformation::template_of(&self.cfn, &stack.id).await?) };
            let text = unless(&mut self.interrupts, text).await?;
            let file = format!("the deployed template of {}", stack.name);
            let tree = StackTree {
                template: Template::parse(&file, text)
                    .map_err(cfnkit_console::error::Error::from)?,
                parameters: stack.parameters.clone(),
                nested: BTreeMap::new(),
            };
            let (name, tags) = (stack.name.clone(), BTreeMap::new());
            let plan = Plan::new(name, tree, tags, found.options.clone());
            let Some(mut prepared) = self.prepare(Some(&stack), &plan).await? else {
                continue;
            };
            insert(&mut found.changes, &place, prepared.changes.clone());
            let warnings = std::mem::take(&mut prepared.warnings);
            found.warnings.all.extend(warnings.all);
            found.warnings.unread = found.warnings.unread.take().or(warnings.unread);
            found.stacks.push(prepared);
        }
        Ok(())
    }

    /// Takes the drift back, one stack after the other.
    ///
    /// # Errors
    ///
    /// As of [`Self::execute`], for the first stack that fails. Those before it are done, and the
    /// change sets of those after it are deleted; `Error::Unclean` where one could not be.
    pub async fn take_back(&mut self, found: Reversions) -> Result<()> {
        let mut stacks = found.stacks.into_iter();
        while let Some(prepared) = stacks.next() {
            if let Err(err) = self.execute(prepared, None, &found.options).await {
                let cleanup = self.discard_all(stacks.collect()).await;
                return Err(err.after(cleanup));
            }
        }
        Ok(())
    }

    /// Leaves the drift as it is.
    ///
    /// # Errors
    ///
    /// As of [`Self::discard`], for the first change set that could not be deleted; the others are
    /// deleted all the same.
    pub async fn leave(&self, found: Reversions) -> Result<()> {
        self.discard_all(found.stacks).await
    }

    /// Deletes all of them; the first error counts.
    async fn discard_all(&self, stacks: Vec<Prepared>) -> Result<()> {
        let mut outcome = Ok(());
        for prepared in stacks {
            let discarded = self.discard(prepared).await;
            outcome = outcome.and(discarded);
        }
        outcome
    }
}

/// Template, parameters and tags stay as CloudFormation has them.
fn options(follow_for: Option<Duration>) -> Options {
    Options {
        reverts_drift: true,
        only_parameters: Some(BTreeSet::new()),
        follow_for,
        ..Options::default()
    }
}

/// The stacks that hold something beside other stacks. Of a nested stack's resource nothing can
/// drift but what is in it.
async fn stacks_with_resources(
    cfn: &cloudformation::CloudFormation,
    root: &Stack,
) -> Result<Vec<Placed>> {
    let mut open = vec![(Vec::new(), root.clone())];
    let mut found = Vec::new();
    while let Some((place, stack)) = open.pop() {
        let resources = cloudformation::resources_of(cfn, &stack.id).await?;
        let (nested, own): (Vec<_>, Vec<_>) = resources
            .into_iter()
            .partition(|resource| resource.resource_type == NESTED_STACK);
        for resource in nested.iter().rev() {
            if let Some(child) = cloudformation::nested_stack(cfn, resource).await? {
                let mut below = place.clone();
                below.push(resource.logical_id.clone());
                open.push((below, child));
            }
        }
        if !own.is_empty() {
            found.push((place, stack));
        }
    }
    Ok(found)
}

/// Puts the changes of the stack at `place` where the tree of all stacks has them.
fn insert(changes: &mut Vec<Change>, place: &[String], inner: Vec<Change>) {
    let Some((first, rest)) = place.split_first() else {
        changes.extend(inner);
        return;
    };
    let known = changes.iter().position(|one| one.logical_id == *first);
    let index = known.unwrap_or_else(|| {
        changes.push(Change::new(Action::Modify, first, NESTED_STACK));
        changes.len() - 1
    });
    insert(changes[index].nested.get_or_insert_default(), rest, inner);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_in_one_stack_share_its_line() {
        let topic = |id: &str| vec![Change::new(Action::Modify, id, "AWS::SNS::Topic")];
        let place = |place: &str| -> Vec<String> {
            let parts = place.split('.').filter(|part| !part.is_empty());
            parts.map(ToOwned::to_owned).collect()
        };
        let mut tree = Vec::new();
        for (at, id) in [("Api", "A"), ("Api.Keys", "B"), ("Data", "C"), ("", "D")] {
            insert(&mut tree, &place(at), topic(id));
        }
        let places = cfnkit_change::change_set::resources(&tree);
        let places: Vec<&str> = places.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(places, ["Api / A", "Api / Keys / B", "Data / C", "D"]);
    }
}
