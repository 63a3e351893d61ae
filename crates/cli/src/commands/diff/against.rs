//! `diff --against`: what the files of a commit and of the working tree come to, side by side. It
//! knows no account, and so works where there must be none.

use anyhow::Context as _;
use xshell::Shell;

use super::super::args::ValueArgs;
use super::Diff;
use crate::commit::Commit;
use cfnkit_assembly::assembly::{AssembledTemplates, Cloud};
use cfnkit_assembly::service::Function;
use cfnkit_assembly::stage::Stage;
use cfnkit_assembly::stage_file::StageFile;
use cfnkit_change::change_set::row::Rows;
use cfnkit_change::change_set::{self, Change};
use cfnkit_change::comparison::sections::{Sections, sections};
use cfnkit_change::comparison::{compare, explained, with_nested_parameters};
use cfnkit_console::exit::Exit;
use cfnkit_console::screen::{self, STRONG};
use cfnkit_console::workflow_run;
use cfnkit_package::packaging::{self, zip_name};
use cfnkit_template::parameters::{self, Parameters};
use cfnkit_template::stack_tree::StackTree;
use cfnkit_template::tag::Tags;
use cfnkit_tools::workspace::Workspace;

/// A stage as the files of one state of the repository have it.
struct State {
    tree: StackTree,
    tags: Tags,
}

/// What is between two states.
struct Difference {
    changes: Vec<Change>,
    beside: Sections,
    /// What a function is built from that is another.
    functions: Vec<(&'static Function, Vec<String>)>,
}

impl Diff {
    /// Whether it asks for nothing that is deployed.
    pub(crate) fn needs_no_account(&self) -> bool {
        self.against.is_some()
    }

    pub(crate) fn compare_with_commit(
        &self,
        sh: &Shell,
        workspace: &Workspace,
    ) -> anyhow::Result<()> {
        let revision = self
            .against
            .as_deref()
            .context("no commit to compare with")?;
        let commit = Commit::extract(workspace, revision)?;
        let stage = &self.stage.stage;
        let earlier = commit.workspace();
        let before = State::read(&earlier, stage, None)
            .with_context(|| format!("in commit `{}`", commit.id))?;
        let now = State::read(workspace, stage, Some(&self.choices.values))?;
        let functions = function_differences(sh, stage, &earlier, workspace)?;
        let difference = Difference::between(before, now, functions, &commit.id);
        self.tell(&stage.stack_name(), &commit.id, &difference)
    }

    fn tell(&self, stack: &str, commit: &str, difference: &Difference) -> anyhow::Result<()> {
        if self.json {
            let rows = Rows::of(stack, &difference.changes);
            screen::data(serde_json::to_string_pretty(&rows)?);
        }
        let text = difference.render();
        let summary = match text.is_empty() {
            true => format!("no changes since {commit}"),
            false => {
                let totals = change_set::totals(&difference.changes).summary();
                format!("{totals}, since {commit}")
            }
        };
        if !text.is_empty() {
            screen::say(format!("\n{STRONG}{stack}{STRONG:#}\n{text}"));
        }
        screen::say(format!("{stack}: {summary}"));
        workflow_run::summarize(&workflow_run::section(
            &format!("{stack}: {summary}"),
            &text,
        ))?;
        match self.exit_code && !text.is_empty() {
            true => Err(Exit::Different.into()),
            false => Ok(()),
        }
    }
}

impl State {
    fn read(
        workspace: &Workspace,
        stage: &Stage,
        values: Option<&ValueArgs>,
    ) -> anyhow::Result<Self> {
        let templates = AssembledTemplates::read(&workspace.templates(), Cloud::Aws)?;
        let root = &templates.root;
        let stage_file = StageFile::read(workspace, stage, root)?;
        let chosen = match values {
            Some(values) => values.over(&stage_file, root)?,
            None => stage_file.parameters().clone(),
        };
        // The zip is not built: what it would be made of says whether it is another.
        let mut known = templates.parameters(stage, zip_name);
        known.extend(chosen);
        Ok(Self {
            tree: templates.stack_tree(parameters::with_placeholders(root, &known)),
            tags: stage_file.tags().clone(),
        })
    }

    /// Calls a zip by what it is made of.
    fn name_zip(&mut self, function: &Function, place: &str) {
        let parameters: &mut Parameters = &mut self.tree.parameters;
        let zip = format!("{} of {place}", zip_name(function));
        parameters.insert(function.key_parameter.to_owned(), zip);
    }
}

impl Difference {
    fn between(
        mut before: State,
        mut now: State,
        functions: Vec<(&'static Function, Vec<String>)>,
        commit: &str,
    ) -> Self {
        for (function, _) in &functions {
            before.name_zip(function, commit);
            now.name_zip(function, "the working tree");
        }
        let before = State {
            tree: with_nested_parameters(before.tree),
            ..before
        };
        let changes = compare(Some(&before.tree), &now.tree);
        Self {
            changes: explained(changes, &before.tree, &now.tree),
            beside: sections((&before.tree, &before.tags), (&now.tree, &now.tags)),
            functions,
        }
    }

    /// Empty where there is none.
    fn render(&self) -> String {
        let mut text = String::new();
        if !self.changes.is_empty() {
            text.push_str(&change_set::render(&self.changes));
            text.push('\n');
        }
        let callouts = change_set::callouts(&self.changes);
        if !callouts.is_empty() {
            text.push_str(&format!("{callouts}\n"));
        }
        text.push_str(&self.beside.render());
        for (function, inputs) in &self.functions {
            text.push_str(&format!("{}, made of something else:\n", function.name));
            for input in inputs {
                text.push_str(&format!("  {input}\n"));
            }
        }
        text
    }
}

/// What functions are built from that is another, without a build.
fn function_differences(
    sh: &Shell,
    stage: &Stage,
    before: &Workspace,
    now: &Workspace,
) -> anyhow::Result<Vec<(&'static Function, Vec<String>)>> {
    let mut differences = Vec::new();
    for function in stage.service().functions {
        let target = Cloud::Aws.into();
        let [before, now] = packaging::inputs_of_both(sh, before, now, function, target)?;
        let found: Vec<String> = now
            .differences(&before)
            .iter()
            .map(ToString::to_string)
            .collect();
        if !found.is_empty() {
            differences.push((function, found));
        }
    }
    Ok(differences)
}
