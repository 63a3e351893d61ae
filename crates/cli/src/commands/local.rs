//! `local`: the local cloud's life.

use xshell::Shell;

use cfnkit_console::screen;
use cfnkit_tools::emulator::{self, Whereabouts};
use cfnkit_tools::workspace::Workspace;

/// Start, stop or look at the local cloud.
///
/// An emulator of AWS on this machine, listening on 127.0.0.1 only. What is deployed to it stays until `down`.
#[derive(Debug, clap::Args)]
pub struct Local {
    #[command(subcommand)]
    pub command: LocalCommand,
}

#[derive(Debug, clap::Subcommand)]
pub enum LocalCommand {
    /// Start the local cloud, unless it is running.
    Up {
        /// Port to listen on [default: 4566].
        #[arg(long)]
        port: Option<u16>,
    },
    /// Stop the local cloud and forget what is in it.
    Down,
    /// Tell whether the local cloud is running, and where.
    Status {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

impl Local {
    /// Does it, and says what came of it.
    ///
    /// # Errors
    ///
    /// The local cloud cannot be started, stopped or looked at.
    pub fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        let place = Whereabouts::of(workspace);
        match self.command {
            LocalCommand::Up { port } => {
                let emulator = emulator::up(sh, workspace, &place, port)?;
                screen::show(emulator.endpoint());
            }
            LocalCommand::Down => match emulator::down(&place)? {
                true => screen::say("the local cloud is stopped"),
                false => screen::say("the local cloud was not running"),
            },
            LocalCommand::Status { json } => {
                let running = emulator::running(&place)?;
                let endpoint = running.as_ref().map(emulator::Emulator::endpoint);
                if json {
                    let status = emulator::Status { endpoint };
                    screen::data(serde_json::to_string_pretty(&status)?);
                } else {
                    match endpoint {
                        Some(endpoint) => screen::show(format!("running on {endpoint}")),
                        None => screen::show("not running; `cargo xtask deploy --local` starts it"),
                    }
                }
            }
        }
        Ok(())
    }
}
