//! The command line: its verbs in the order a change travels, and the flags they share.

use xshell::Shell;

use crate::program::service;
use cfnkit_assembly::assembly::{AssembledTemplates, Assembly, Cloud, FunctionAsset};
use cfnkit_assembly::stage::Stage;
use cfnkit_assembly::stage_file::StageFile;
use cfnkit_console::screen;
use cfnkit_package::packaging::{self, Reuse};
use cfnkit_template::template::Template;
use cfnkit_tools::architecture::Architecture;
use cfnkit_tools::workspace::Workspace;
use clap::CommandFactory as _;

pub mod args;
pub mod bootstrap;
pub(crate) mod completions;
pub mod deploy;
pub mod destroy;
pub mod diff;
pub mod doctor;
pub mod drift;
pub mod graph;
pub mod keys;
pub mod limits;
pub mod lint;
pub mod load;
pub mod local;
pub mod logs;
pub(crate) mod ls;
pub(crate) mod man;
pub mod outputs;
pub mod package;
pub mod replay;
pub(crate) mod schema;
pub mod smoke;
pub mod status;
pub(crate) mod symbolize;
pub(crate) mod synth;
pub mod traces;
pub(crate) mod watch;

#[derive(Debug, clap::Parser)]
#[command(
    about = service().about,
    name = "cargo xtask",
    bin_name = "cargo xtask",
    disable_help_subcommand = true,
    after_help = after_help::<Own>()
)]
pub struct Cli<Own: OwnCommands> {
    #[command(subcommand)]
    command: Command<Own>,

    /// No colour, no question, no live display; so it is where CI is set.
    #[arg(long, global = true, help_heading = "Everywhere")]
    ci: bool,
}

/// Where to begin, below the commands.
fn after_help<Own: OwnCommands>() -> String {
    let test = match Own::has_subcommand("test") {
        true => "  cargo xtask test                checks and tests\n",
        false => "",
    };
    format!(
        "\
Start here, without an account:
  cargo xtask deploy --local      the whole service on this machine
{test}
Then, on AWS:
  cargo xtask deploy --profile test

Exit codes: 0 done or nothing to do, 1 failed or declined, 2 wrong usage,
3 the stack settled in a failed state, 4 state unknown, run the same command
again; `diff --exit-code` and `drift --exit-code`: 0 same, 5 different."
    )
}

/// The commands that a repository has beside those of every service.
pub trait OwnCommands: clap::Subcommand + Sized {
    /// Does what the command says.
    ///
    /// # Errors
    ///
    /// What was asked for was not done, or not found to be right. An
    /// [`Exit`](cfnkit_console::exit::Exit) decides the exit code; all else is 1.
    fn run(self, sh: &Shell, workspace: &Workspace) -> impl Future<Output = anyhow::Result<()>>;
}

/// None beside those of every service.
#[derive(Debug, Clone, Copy, clap::Subcommand)]
pub enum NoCommands {}

impl OwnCommands for NoCommands {
    async fn run(self, _: &Shell, _: &Workspace) -> anyhow::Result<()> {
        match self {}
    }
}

// Each command's help is the documentation of its type. The order in it is that of a change's
// travel, through both enums.
#[derive(Debug, clap::Subcommand)]
#[expect(clippy::large_enum_variant, reason = "a process has one")]
enum Command<Own: OwnCommands> {
    #[command(display_order = 0)]
    Ls(ls::Ls),
    #[command(display_order = 1)]
    Package(package::Package),
    #[command(display_order = 2)]
    Symbolize(symbolize::Symbolize),
    #[command(display_order = 3)]
    Synth(synth::Synth),
    #[command(display_order = 8)]
    Watch(watch::Watch),
    #[command(display_order = 18)]
    Replay(replay::Replay),
    #[command(display_order = 19)]
    Graph(graph::Graph),
    #[command(display_order = 20)]
    Schema(schema::Schema),
    #[command(display_order = 21)]
    Local(local::Local),
    #[command(display_order = 22)]
    Limits(limits::Limits),
    #[command(display_order = 23)]
    Lint(lint::Lint),
    #[command(flatten)]
    Remote(Remote),
    #[command(flatten)]
    Own(Own),
    Completions(completions::Completions),
    Man(man::Man),
}

/// A command that talks to AWS or to the local cloud.
#[derive(Debug, clap::Subcommand)]
pub enum Remote {
    #[command(display_order = 4)]
    Doctor(doctor::Doctor),
    #[command(display_order = 5)]
    Bootstrap(bootstrap::Bootstrap),
    #[command(display_order = 6)]
    Diff(diff::Diff),
    #[command(display_order = 7)]
    Deploy(deploy::Deploy),
    #[command(display_order = 9)]
    Outputs(outputs::Outputs),
    #[command(display_order = 10)]
    Status(status::Status),
    #[command(display_order = 11)]
    Keys(keys::Keys),
    #[command(display_order = 12)]
    Smoke(smoke::Smoke),
    #[command(display_order = 13)]
    Logs(logs::Logs),
    #[command(display_order = 14)]
    Traces(traces::Traces),
    #[command(display_order = 15)]
    Drift(drift::Drift),
    #[command(display_order = 16)]
    Load(load::Load),
    #[command(display_order = 17)]
    Destroy(destroy::Destroy),
}

impl<Own: OwnCommands> Cli<Own> {
    /// Runs the command, or returns it where it talks to AWS.
    ///
    /// # Errors
    ///
    /// The command fails. An [`Exit`](cfnkit_console::exit::Exit) decides the exit code; all else
    /// is 1.
    pub async fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<Option<Remote>> {
        if self.ci || screen::is_ci() {
            screen::set_plain();
        }
        match self.command {
            Command::Ls(ls) => ls.run(workspace),
            Command::Package(package) => package.run(sh, workspace),
            Command::Symbolize(symbolize) => symbolize.run(workspace),
            Command::Synth(synth) => synth.run(sh, workspace),
            Command::Remote(Remote::Doctor(doctor)) if doctor.is_for_machine_alone() => {
                doctor.look_at_machine(sh, workspace)
            }
            Command::Remote(Remote::Diff(diff)) if diff.needs_no_account() => {
                diff.compare_with_commit(sh, workspace)
            }
            Command::Remote(remote) => return Ok(Some(remote)),
            Command::Watch(watch) => watch.run(sh, workspace).await,
            Command::Replay(replay) => replay.run(workspace).await,
            Command::Graph(graph) => graph.run(workspace),
            Command::Schema(schema) => schema.run(),
            Command::Local(local) => local.run(sh, workspace),
            Command::Limits(limits) => limits.run(workspace),
            Command::Lint(lint) => lint.run(sh, workspace),
            Command::Own(own) => own.run(sh, workspace).await,
            Command::Completions(completions) => completions.run(Self::command()),
            Command::Man(man) => man.run(workspace, Self::command()),
        }?;
        Ok(None)
    }
}

/// Builds the handler, unless there is one, and assembles it with the root as it was read and the
/// templates below it; writes `target/assembly/<stage>/`, or `<stage>.local/` for the local cloud.
///
/// # Errors
///
/// A template is not right, a zip is given wrongly or refused, a function cannot be built, or the
/// assembly cannot be written. Unless it is the last, an earlier assembly stays as it was.
pub fn assemble(
    sh: &Shell,
    workspace: &Workspace,
    root: Template,
    stage_file: &StageFile,
    cloud: Cloud,
    handler: &args::HandlerArgs,
) -> anyhow::Result<(Assembly, std::path::PathBuf)> {
    let stage = stage_file.stage();
    let assembly = Assembly {
        stage: stage.clone(),
        stage_parameters: stage_file.parameters().clone(),
        templates: AssembledTemplates::below(root, &workspace.templates(), cloud)?,
        // After the templates: it may take minutes.
        functions: functions(sh, workspace, stage, cloud, handler)?,
    };
    let directory = match cloud {
        Cloud::Aws => stage.to_string(),
        Cloud::Local => format!("{stage}.local"),
    };
    let parent = workspace.target().join("assembly");
    // Of two at the same time, the second replaces the first one's whole.
    let _lock = workspace.lock(&parent.join("lock"))?;
    let directory = parent.join(directory);
    assembly.write(&directory)?;
    Ok((assembly, directory))
}

/// The zip of each function: a given one, else one that is built unless it is up to date.
fn functions(
    sh: &Shell,
    workspace: &Workspace,
    stage: &Stage,
    cloud: Cloud,
    given: &args::HandlerArgs,
) -> anyhow::Result<Vec<FunctionAsset>> {
    let zips = given.zips()?;
    let functions = stage.service().functions.iter();
    let functions = functions.map(|function| {
        let asset = match zips.get(function.name) {
            Some((zip, expected)) => {
                let reporter = workspace.reporter();
                let architecture = Architecture::OF_FUNCTION;
                packaging::ready_made(function, zip, architecture, *expected, reporter)?
            }
            None => {
                let target = cloud.into();
                packaging::package(sh, workspace, function, target, Reuse::IfUpToDate)?.asset
            }
        };
        Ok(FunctionAsset { function, asset })
    });
    functions.collect()
}
