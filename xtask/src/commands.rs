//! The command line: its verbs in the order a change travels, and the flags they share.

use anyhow::Context as _;
use xshell::Shell;

#[cfg(not(feature = "aws"))]
use crate::handover;
use cfnkit_assembly::assembly::{Assembly, Cloud};
use cfnkit_assembly::stage_file::StageFile;
use cfnkit_console::screen;
use cfnkit_package::handler::{self, Reuse};
use cfnkit_tools::architecture::Architecture;
use cfnkit_tools::workspace::Workspace;

mod args;
mod bench;
mod bootstrap;
mod completions;
mod deploy;
mod destroy;
mod diff;
mod docs;
mod doctor;
mod drift;
mod fuzz;
mod graph;
mod judge;
mod keys;
mod limits;
mod lint;
mod load;
mod local;
mod logs;
mod ls;
mod man;
mod notes;
mod outputs;
mod package;
mod rename;
mod replay;
mod schema;
mod smoke;
mod status;
mod symbolize;
mod synth;
mod test;
mod traces;
mod watch;

/// Packages and deploys the movies service, and tests this repository.
#[derive(Debug, clap::Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    disable_help_subcommand = true,
    after_help = "\
Start here, without an account:
  cargo xtask deploy --local      the whole service on this machine
  cargo xtask test                every check this repository has

Then, on AWS:
  cargo xtask deploy --profile test

Exit codes: 0 done or nothing to do, 1 failed or declined, 2 wrong usage,
3 the stack settled in a failed state, 4 state unknown, run the same command
again; `diff --exit-code` and `drift --exit-code`: 0 same, 5 different."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,

    /// No colour, no question, no live display; so it is where CI is set.
    #[arg(long, global = true, help_heading = "Everywhere")]
    ci: bool,
}

// Each command's help is the documentation of its type.
#[derive(Debug, clap::Subcommand)]
enum Command {
    Ls(ls::Ls),
    Package(package::Package),
    Symbolize(symbolize::Symbolize),
    Synth(synth::Synth),
    Doctor(doctor::Doctor),
    Bootstrap(bootstrap::Bootstrap),
    Diff(diff::Diff),
    Deploy(deploy::Deploy),
    Watch(watch::Watch),
    Outputs(outputs::Outputs),
    Status(status::Status),
    Keys(keys::Keys),
    Smoke(smoke::Smoke),
    Logs(logs::Logs),
    Traces(traces::Traces),
    Drift(drift::Drift),
    Load(load::Load),
    Destroy(destroy::Destroy),
    Replay(replay::Replay),
    Graph(graph::Graph),
    Schema(schema::Schema),
    Local(local::Local),
    Limits(limits::Limits),
    Lint(lint::Lint),
    Test(test::Test),
    Judge(judge::Judge),
    Fuzz(fuzz::Fuzz),
    Bench(bench::Bench),
    Docs(docs::Docs),
    Notes(notes::Notes),
    Completions(completions::Completions),
    Man(man::Man),
    Rename(rename::Rename),
}

impl Cli {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        if self.ci || screen::is_ci() {
            screen::set_plain();
        }
        let sh = Shell::new().context("cannot read the current directory")?;
        let workspace = Workspace::find()?;
        match self.command {
            Command::Ls(ls) => ls.run(&workspace),
            Command::Package(package) => package.run(&sh, &workspace),
            Command::Symbolize(symbolize) => symbolize.run(&workspace),
            Command::Synth(synth) => synth.run(&sh, &workspace),
            Command::Doctor(doctor) if doctor.is_for_machine_alone() => {
                doctor.look_at_machine(&sh, &workspace)
            }
            Command::Diff(diff) if diff.needs_no_account() => {
                diff.compare_with_commit(&sh, &workspace)
            }
            Command::Watch(watch) => watch.run(&sh, &workspace).await,
            Command::Replay(replay) => replay.run().await,
            Command::Graph(graph) => graph.run(&workspace),
            Command::Schema(schema) => schema.run(),
            Command::Local(local) => local.run(&sh, &workspace),
            Command::Limits(limits) => limits.run(&workspace),
            Command::Lint(lint) => lint.run(&sh, &workspace),
            Command::Test(test) => test.run(&sh, &workspace),
            Command::Judge(judge) => judge.run(&sh, &workspace),
            Command::Fuzz(fuzz) => fuzz.run(&sh, &workspace),
            Command::Bench(bench) => bench.run(&sh, &workspace),
            Command::Docs(docs) => docs.run(&sh, &workspace),
            Command::Notes(notes) => notes.run(&workspace),
            Command::Completions(completions) => completions.run(),
            Command::Man(man) => man.run(&workspace),
            Command::Rename(rename) => rename.run(&sh, &workspace).await,
            #[cfg(feature = "aws")]
            Command::Doctor(doctor) => doctor.run(&sh, &workspace).await,
            #[cfg(feature = "aws")]
            Command::Bootstrap(bootstrap) => bootstrap.run(&sh, &workspace).await,
            #[cfg(feature = "aws")]
            Command::Diff(diff) => diff.run(&sh, &workspace).await,
            #[cfg(feature = "aws")]
            Command::Deploy(deploy) => deploy.run(&sh, &workspace).await,
            #[cfg(feature = "aws")]
            Command::Outputs(outputs) => outputs.run(&sh, &workspace).await,
            #[cfg(feature = "aws")]
            Command::Status(status) => status.run(&sh, &workspace).await,
            #[cfg(feature = "aws")]
            Command::Keys(keys) => keys.run(&sh, &workspace).await,
            #[cfg(feature = "aws")]
            Command::Smoke(smoke) => smoke.run(&sh, &workspace).await,
            #[cfg(feature = "aws")]
            Command::Logs(logs) => logs.run(&sh, &workspace).await,
            #[cfg(feature = "aws")]
            Command::Traces(traces) => traces.run(&sh, &workspace).await,
            #[cfg(feature = "aws")]
            Command::Drift(drift) => drift.run(&sh, &workspace).await,
            #[cfg(feature = "aws")]
            Command::Load(load) => load.run(&sh, &workspace).await,
            #[cfg(feature = "aws")]
            Command::Destroy(destroy) => destroy.run(&sh, &workspace).await,
            #[cfg(not(feature = "aws"))]
            _ => handover::hand_over(&sh, &workspace),
        }
    }
}

/// Builds the handler, unless there is one, and assembles it with the templates; writes `target/assembly/<stage>/`, or
/// `<stage>.local/` for the local cloud.
fn assemble(
    sh: &Shell,
    workspace: &Workspace,
    stage_file: &StageFile,
    cloud: Cloud,
    handler: &args::HandlerArgs,
) -> anyhow::Result<(Assembly, std::path::PathBuf)> {
    let asset = || match &handler.zip {
        Some(zip) => {
            let expected = handler.zip_sha256.as_deref();
            handler::ready_made(zip, Architecture::OF_FUNCTION, expected)
        }
        None => Ok(handler::package(sh, workspace, cloud.into(), Reuse::IfUpToDate)?.asset),
    };
    let stage = stage_file.stage();
    let mut assembly = Assembly::build(&workspace.templates(), stage, cloud, asset)?;
    assembly.stage_parameters = stage_file.parameters().clone();
    let directory = match cloud {
        Cloud::Aws => stage.to_string(),
        Cloud::Local => format!("{stage}.local"),
    };
    let parent = workspace.target().join("assembly");
    // Of two at the same time, the second replaces the first one's whole.
    let _lock = Workspace::lock(&parent.join("lock"))?;
    let directory = parent.join(directory);
    assembly.write(&directory)?;
    Ok((assembly, directory))
}
