//! `ls`: the stacks this repository describes.

use comfy_table::{Table, presets};

use super::args::{StageArgs, read_stage_file};
use crate::listing::Row;
use cfnkit_assembly::stage_file::StageFile;
use cfnkit_console::screen;
use cfnkit_template::stack_tree::{nested_stacks, read_template};
use cfnkit_template::template::Template;
use cfnkit_tools::workspace::Workspace;

/// List the stacks, root and nested, with their templates, and what the stage's file says.
///
/// Needs no credentials.
#[derive(Debug, clap::Args)]
pub(crate) struct Ls {
    #[command(flatten)]
    pub stage: StageArgs,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

impl Ls {
    pub(crate) fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        let directory = workspace.templates();
        let root = read_template(&directory, "root.yaml")?;
        let stage_file = read_stage_file(workspace, &self.stage.stage, &root)?;
        let stack = self.stage.stage.stack_name();
        let mut rows = vec![row(stack.clone(), &root)];
        for logical_id in nested_stacks(&root) {
            let nested = read_template(&directory, &format!("{}.yaml", logical_id.to_lowercase()))?;
            rows.push(row(format!("{stack}/{logical_id}"), &nested));
        }
        if self.json {
            screen::data(serde_json::to_string_pretty(&rows)?);
        } else {
            screen::show(table(&rows));
            if stage_file.absence().is_none() {
                screen::say(said(&stage_file));
            }
        }
        Ok(())
    }
}

fn row(stack: String, template: &Template) -> Row {
    Row {
        stack,
        template: template.name().to_owned(),
        bytes: template.text().len(),
        resources: template.resource_count(),
    }
}

/// What a stage's file chooses and turns on, a line each.
fn said(stage_file: &StageFile) -> String {
    let mut lines = vec![format!("\n{}", stage_file.name())];
    let parameters = stage_file.parameters().iter();
    lines.extend(parameters.map(|(name, value)| format!("  {name}={value}")));
    let tags = stage_file.tags().iter();
    lines.extend(tags.map(|(key, value)| format!("  tag {key}={value}")));
    if stage_file.is_production() {
        lines.push("  production".to_owned());
    }
    if stage_file.termination_protection() == Some(true) {
        lines.push("  protected from being deleted".to_owned());
    }
    let alarms = stage_file.rollback_alarms();
    if !alarms.is_empty() {
        lines.push(format!("  rolled back by {}", alarms.join(", ")));
    }
    lines.join("\n")
}

fn table(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["STACK", "TEMPLATE", "BYTES", "RESOURCES"]);
    for row in rows {
        let (bytes, resources) = (row.bytes.to_string(), row.resources.to_string());
        table.add_row([
            row.stack.as_str(),
            row.template.as_str(),
            &bytes,
            &resources,
        ]);
    }
    table.trim_fmt()
}
