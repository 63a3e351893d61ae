//! `graph`: the resources and their references as a picture.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::graph::overview::Overview;
use crate::graph::{self, drawing, mermaid, picture};
use cfnkit_console::screen;
use cfnkit_template::flattening::Templates;
use cfnkit_template::source::nearest;
use cfnkit_tools::workspace::Workspace;

/// Draw the resources of all stacks and what refers to what.
///
/// An arrow leads from a resource to one that it refers to, through the root's
/// parameters where that is in another stack. Everything is read from the
/// templates; needs no credentials.
///
///   cargo xtask graph --stack Api --format svg --output api.svg
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Graph {
    /// What to write; JSON has stacks, resources and references as data.
    #[arg(long, value_enum, default_value_t = Format::Mermaid, conflicts_with = "json")]
    format: Format,

    /// Write JSON, as `--format json` does.
    #[arg(long)]
    json: bool,

    /// Only this nested stack, or `Bootstrap`, and what it has to do with in the others.
    #[arg(long, value_name = "NAME")]
    stack: Option<String>,

    /// Draw the services and what flows between them instead: the picture of the README.
    #[arg(long, conflicts_with = "stack")]
    overview: bool,

    /// Write to this file instead of stdout.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Mermaid,
    Svg,
    Json,
}

impl Graph {
    pub(crate) fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        let templates = Templates::read(&workspace.templates())?;
        let format = match self.json {
            true => Format::Json,
            false => self.format,
        };
        let text = match self.overview {
            true => overview(&Overview::of(&templates), format)?,
            false => self.graph(&graph::Graph::of(&templates), format)?,
        };
        match &self.output {
            Some(file) => {
                std::fs::write(file, text)
                    .with_context(|| format!("cannot write `{}`", file.display()))?;
                screen::progress(format!("wrote `{}`", file.display()));
            }
            None => screen::data(text.trim_end()),
        }
        Ok(())
    }

    fn graph(&self, whole: &graph::Graph, format: Format) -> anyhow::Result<String> {
        let shown = match &self.stack {
            Some(stack) => whole.around(stack).with_context(|| unknown(whole, stack))?,
            None => whole.clone(),
        };
        Ok(match format {
            Format::Mermaid => mermaid::mermaid(&shown),
            Format::Svg => drawing::svg(&shown)?,
            Format::Json => serde_json::to_string_pretty(&shown)? + "\n",
        })
    }
}

fn overview(overview: &Overview, format: Format) -> anyhow::Result<String> {
    Ok(match format {
        Format::Mermaid => mermaid::flows(overview),
        Format::Svg => picture::svg(overview),
        Format::Json => serde_json::to_string_pretty(overview)? + "\n",
    })
}

fn unknown(graph: &graph::Graph, stack: &str) -> String {
    let names = || graph.stacks.iter().map(|one| one.name.as_str());
    let advice = match nearest(stack, names()) {
        Some(choice) => format!("did you mean `{choice}`?"),
        None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
    };
    format!("there is no stack `{stack}`; {advice}")
}
