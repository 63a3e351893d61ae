//! From flags to an open connection, to AWS or to the local cloud.

use xshell::Shell;

use crate::live::{self, Live};
use cfnkit_assembly::assembly::Cloud;
use cfnkit_aws::aws::{Connection, Selection};
use cfnkit_cli::commands::args::{EnvironmentArgs, LocalCloud};
use cfnkit_cli::commands::replay::recordings;
use cfnkit_cli::program::service;
use cfnkit_console::error::{Context as _, Error, Result};
use cfnkit_console::interrupt::Interrupts;
use cfnkit_console::screen::{self, STRONG};
use cfnkit_deploy::deployment::{Engine, Surroundings};
use cfnkit_tools::emulator::{self, Emulator, Whereabouts};
use cfnkit_tools::workspace::Workspace;

/// An open connection, and the emulator behind it where there is one.
pub(crate) struct Environment {
    pub(crate) connection: Connection,
    pub(crate) emulator: Option<Emulator>,
    pub(crate) cloud: Cloud,
}

impl Environment {
    /// What changes stacks here.
    pub(crate) fn engine<'a>(
        &self,
        workspace: &'a Workspace,
        interrupts: Interrupts,
    ) -> Engine<'a> {
        let surroundings = Surroundings {
            directory: recordings(workspace),
            interrupts,
            reporter: workspace.reporter(),
            watcher: Box::new(self.live(workspace)),
            clock: live::now,
            advice: service().advice,
        };
        Engine::new(self.connection.cloudformation(), self.cloud, surroundings)
    }

    /// What shows operations here, and knows how long they take.
    pub(crate) fn live<'a>(&self, workspace: &'a Workspace) -> Live<'a> {
        Live {
            workspace,
            cloud: self.cloud,
        }
    }
}

pub(crate) async fn connect(
    environment_args: &EnvironmentArgs,
    sh: &Shell,
    workspace: &Workspace,
    local_cloud: LocalCloud,
) -> anyhow::Result<Environment> {
    if !environment_args.local {
        let selection = Selection {
            profile: environment_args.profile.clone(),
            region: environment_args.region.clone(),
        };
        let connection = Connection::to_aws(&selection, say, ask_code).await?;
        return Ok(Environment {
            connection,
            emulator: None,
            cloud: Cloud::Aws,
        });
    }
    let place = Whereabouts::of(workspace);
    let emulator = match local_cloud {
        LocalCloud::StartOn(port) => emulator::up(sh, workspace, &place, port)?,
        LocalCloud::MustRun => emulator::running(&place)?.context(
            "the local cloud is not running; `cargo xtask deploy --local` starts it and deploys",
        )?,
    };
    let connection = Connection::to_local(&emulator.endpoint(), say).await?;
    Ok(Environment {
        connection,
        emulator: Some(emulator),
        cloud: Cloud::Local,
    })
}

/// What is waited for. A live display shows the time itself, and is in the way of other lines.
fn say(text: &str) {
    if !live::is_shown() {
        screen::progress(text);
    }
}

/// The code that a device shows, where somebody is there to read it.
fn ask_code(serial: &str) -> Result<Option<String>> {
    if !screen::can_ask() {
        return Ok(None);
    }
    screen::say(format!("{STRONG}Code of {serial}:{STRONG:#}"));
    let mut code = String::new();
    let read = std::io::stdin().read_line(&mut code);
    read.context("cannot read the code")?;
    match code.trim() {
        "" => Err(Error::new("no code was given")),
        code => Ok(Some(code.to_owned())),
    }
}
