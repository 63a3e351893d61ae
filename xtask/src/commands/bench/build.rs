//! `bench build`: how long a fresh clone waits for its first command, with and without the SDK.

use std::path::Path;

use comfy_table::{CellAlignment, Table, presets};
use xshell::Shell;

use super::copy::{self, median};
use cfnkit_console::screen;
use cfnkit_tools::tool;
use cfnkit_tools::workspace::Workspace;

/// What `cargo xtask` stands for, and what it would be if one program did everything.
const ALIAS: &[&str] = &["xtask"];
const WITH_SDK: &[&str] = &[
    "run",
    "--package",
    "xtask",
    "--bin",
    "xtask",
    "--locked",
    "--",
];

/// Measure the first command of a fresh clone, beside one that waits for the AWS SDK.
///
/// Each is run in a copy of this repository with nothing compiled; the sources of the crates are
/// downloaded and the tools installed. What talks to AWS waits for the SDK in either case.
///
/// With one round this takes about ten minutes on two cores. The table goes to stdout and to
/// `target/bench/build.md`.
#[derive(Debug, clap::Args)]
#[command(name = "build")]
pub(super) struct BuildBench {
    /// Builds of each variant.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

impl BuildBench {
    pub(super) fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        tool::ZIG.provide(sh, workspace)?;
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        table.set_header(["first command", "as it is", "waiting for the SDK"]);
        for column in 1..=2 {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let directory = workspace.target().join("bench-build-time");
        for arguments in [&["--help"][..], &["package"]] {
            let command = format!("cargo xtask {}", arguments.join(" "));
            let mut times = [vec![], vec![]];
            for _ in 0..self.rounds {
                for (times, program) in times.iter_mut().zip([ALIAS, WITH_SDK]) {
                    times.push(first(sh, workspace, &directory, program, arguments)?);
                }
            }
            let cells = times.map(|times| format!("{:.1} s", median(&times)));
            screen::progress(format!("{command}: {}", cells.join(" and ")));
            table.add_row([&[format!("`{command}`")][..], &cells].concat());
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let text = format!(
            "{table}\n\nMedians of {} runs on {cores} cores.\n",
            self.rounds
        );
        screen::show(&text);
        let results = workspace.target().join("bench");
        sh.create_dir(&results)?;
        sh.write_file(results.join("build.md"), &text)?;
        sh.remove_path(&directory)?;
        Ok(())
    }
}

/// The seconds that the first command of a fresh copy takes.
fn first(
    sh: &Shell,
    workspace: &Workspace,
    directory: &Path,
    program: &[&str],
    arguments: &[&str],
) -> anyhow::Result<f64> {
    copy::make(sh, workspace, directory)?;
    let mut cargo = copy::cargo(directory);
    cargo.args(program).args(arguments);
    copy::time(&arguments.join(" "), cargo)
}
