//! The commands of this repository alone.

use cfnkit_cli::commands::OwnCommands;
use cfnkit_tools::workspace::Workspace;
use xshell::Shell;

mod bench;
mod docs;
mod fuzz;
mod new;
mod notes;
mod test;

// Each command's help is the documentation of its type.
#[derive(Debug, clap::Subcommand)]
pub enum Own {
    Test(test::Test),
    Fuzz(fuzz::Fuzz),
    Bench(bench::Bench),
    Docs(docs::Docs),
    Notes(notes::Notes),
    New(new::New),
}

impl OwnCommands for Own {
    async fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        match self {
            Self::Test(test) => test.run(sh, workspace),
            Self::Fuzz(fuzz) => fuzz.run(sh, workspace),
            Self::Bench(bench) => bench.run(sh, workspace),
            Self::Docs(docs) => docs.run(sh, workspace),
            Self::Notes(notes) => notes.run(workspace),
            Self::New(new) => new.run(sh, workspace).await,
        }
    }
}
