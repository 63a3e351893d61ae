//! `schema`: what the JSON of a command looks like.

use crate::schema;
use cfnkit_console::screen;

/// Print the JSON Schema of what a command prints with `--json`.
///
/// The same documents are in `docs/schemas`. `logs` prints an object a line, each as its schema
/// says.
#[derive(Debug, clap::Args)]
pub(crate) struct Schema {
    /// The command; without it, the names of those that there are.
    #[arg(value_parser = schema::names())]
    pub command: Option<String>,
}

impl Schema {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.command {
            Some(name) => screen::data(schema::of(&name)?.trim_end()),
            None => schema::names().into_iter().for_each(screen::data),
        }
        Ok(())
    }
}
