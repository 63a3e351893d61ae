//! `graph`: the resources and their references, for what draws Mermaid or reads JSON.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::graph::{self, mermaid};
use cfnkit_console::screen;
use cfnkit_template::source::nearest;
use cfnkit_template::templates::Templates;
use cfnkit_tools::workspace::Workspace;

/// Show the resources of all stacks and what refers to what.
///
/// Written as Mermaid, which GitHub and editors draw. An arrow leads from a
/// resource to one that it refers to, through the root's parameters where that
/// is in another stack. Everything is read from the templates; needs no
/// credentials.
///
///   cargo xtask graph --stack Api --output api.mmd
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Graph {
    /// Write stacks, resources and references as JSON.
    #[arg(long)]
    pub json: bool,

    /// Only this nested stack, or `Bootstrap`, and what it has to do with in the others.
    #[arg(long, value_name = "NAME")]
    pub stack: Option<String>,

    /// Write to this file instead of stdout.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl Graph {
    /// Shows the references, or writes them to the file.
    ///
    /// # Errors
    ///
    /// A template cannot be read, there is no stack of this name, or the file cannot be written.
    pub fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        let whole = graph::Graph::of(&Templates::read(&workspace.templates())?);
        let shown = match &self.stack {
            Some(stack) => whole
                .around(stack)
                .with_context(|| unknown(&whole, stack))?,
            None => whole,
        };
        let text = match self.json {
            true => serde_json::to_string_pretty(&shown)? + "\n",
            false => mermaid::mermaid(&shown),
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
}

fn unknown(graph: &graph::Graph, stack: &str) -> String {
    let names = || graph.stacks.iter().map(|one| one.name.as_str());
    let advice = match nearest(stack, names()) {
        Some(choice) => format!("did you mean `{choice}`?"),
        None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
    };
    format!("there is no stack `{stack}`; {advice}")
}
