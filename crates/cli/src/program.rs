//! From this process's arguments to its exit code, in both programs.

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use cfnkit_assembly::service::Service;
use cfnkit_console::error::chain;
use cfnkit_console::exit::Exit;
use cfnkit_console::report::Screen;
use cfnkit_console::{defect, patience, screen, variable};
use cfnkit_tools::workspace::Workspace;
use clap::Parser as _;
use xshell::Shell;

use crate::commands::{Cli, OwnCommands, Remote};
use crate::handover;

/// A number by which every wait is multiplied; for tests.
const PATIENCE: &str = "XTASK_PATIENCE";

/// What this program is for.
static SERVICE: OnceLock<&'static Service> = OnceLock::new();

/// The service that this program is for. Flags are read before anything can be handed to them, so
/// this is set when the program begins.
pub fn service() -> &'static Service {
    static NONE: Service = Service::named("service");
    SERVICE.get().copied().unwrap_or(&NONE)
}

/// Runs the command of this process's arguments; those that talk to AWS are handed over to the
/// program that is built with the SDK.
pub fn main<Own: OwnCommands>(service: &'static Service) -> ExitCode {
    main_with::<Own>(service, async |command, sh, workspace| {
        handover::hand_over(&command, sh, workspace)
    })
}

/// Runs the command of this process's arguments; `remote` does what talks to AWS.
pub fn main_with<Own: OwnCommands>(
    service: &'static Service,
    remote: impl AsyncFnOnce(Remote, &Shell, &Workspace) -> anyhow::Result<()>,
) -> ExitCode {
    SERVICE.get_or_init(|| service);
    defect::listen();
    defect::caught(|| begin::<Own>(remote)).unwrap_or_else(ExitCode::from)
}

fn begin<Own: OwnCommands>(
    remote: impl AsyncFnOnce(Remote, &Shell, &Workspace) -> anyhow::Result<()>,
) -> ExitCode {
    screen::begin();
    if let Err(err) = variable::drop_empty() {
        screen::error(chain(&err));
        return ExitCode::FAILURE;
    }
    if let Some(factor) = std::env::var(PATIENCE).ok().and_then(|it| it.parse().ok()) {
        patience::shorten(factor);
    }
    let cli = match Cli::<Own>::try_parse() {
        Ok(cli) => cli,
        Err(usage) => return screen::usage(&usage),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => {
            let result = defect::caught(|| runtime.block_on(run(cli, remote)));
            // A question that nobody answered must not hold the program.
            runtime.shutdown_background();
            match result {
                Ok(result) => result,
                Err(code) => return ExitCode::from(code),
            }
        }
        Err(err) => Err(err.into()),
    };
    match if_written(result, screen::written().map_err(Into::into)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            let exit = err.downcast_ref::<Exit>();
            match exit {
                Some(Exit::Silent | Exit::Different) => {}
                Some(Exit::Declined) => screen::say(Exit::Declined),
                _ => screen::error(format!("{err:#}")),
            }
            ExitCode::from(exit.map_or(1, Exit::code))
        }
    }
}

/// The end of a program whose results were `written` or not; a failure of its own counts for more.
fn if_written(result: anyhow::Result<()>, written: anyhow::Result<()>) -> anyhow::Result<()> {
    match (result, written) {
        (result, Ok(())) => result,
        (Ok(()), Err(unwritten)) => Err(unwritten),
        (Err(err), Err(unwritten)) => match err.downcast_ref::<Exit>() {
            // What would have said why was not written.
            Some(Exit::Silent | Exit::Different) => Err(unwritten),
            _ => Err(err),
        },
    }
}

async fn run<Own: OwnCommands>(
    cli: Cli<Own>,
    remote: impl AsyncFnOnce(Remote, &Shell, &Workspace) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let sh = Shell::new().context("cannot read the current directory")?;
    let current = std::env::current_dir().context("cannot read the current directory")?;
    let workspace = Workspace::find(&current, Arc::new(Screen))?;
    match cli.run(&sh, &workspace).await? {
        Some(command) => remote(command, &sh, &workspace).await,
        None => Ok(()),
    }
}
