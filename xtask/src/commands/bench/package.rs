//! `bench package`: how long packaging takes, beside cargo-lambda.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use comfy_table::{CellAlignment, Table, presets};
use xshell::{Shell, cmd};

use super::copy::{self, median};
use cfnkit_console::exit::Exit;
use cfnkit_console::screen;
use cfnkit_tools::cargo::undisturbed;
use cfnkit_tools::tool;
use cfnkit_tools::workspace::Workspace;

/// As the alias of `cargo xtask` has it.
const OURS: [&str; 6] = [
    "--package",
    "xtask",
    "--bin",
    "xtask",
    "--no-default-features",
    "--locked",
];

/// The line that is changed, and where.
const SOURCE: &str = "handler/src/event/reply.rs";
const LINE: &str = "Successfully inserted data!";

/// Measure `package` beside `cargo lambda build --arm64 --output-format zip`.
///
/// Three things are timed, each in copies of this repository with target directories of their own:
/// a build with nothing compiled (the tools are installed, the sources downloaded), one after a
/// change of one line, and one after no change. `cargo lambda` runs with our profile, which gives the
/// same program; with `--release`, which gives one that is larger and aborts on panics; and without
/// either, which is not what one would deploy. Both use the same Zig.
///
/// With one cold build of each this takes about fifteen minutes on two cores. The table goes to
/// stdout and to `target/bench/package.md`.
#[derive(Debug, clap::Args)]
#[command(name = "package")]
pub(super) struct PackageBench {
    /// Builds of each variant with nothing compiled.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    cold: u32,
    /// One-line changes of each variant.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    changes: u32,
    /// Runs of each variant without a change.
    #[arg(long, value_name = "N", default_value_t = 11, value_parser = clap::value_parser!(u32).range(1..))]
    unchanged: u32,
    /// Exit with 1 where `cargo lambda build --profile lambda` is faster.
    #[arg(long)]
    check: bool,
}

impl PackageBench {
    pub(super) fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        tool::ZIG.provide(sh, workspace)?;
        let cargo_lambda = tool::CARGO_LAMBDA.provide(sh, workspace)?;
        // So that compiling this program itself is not measured.
        let build = cmd!(sh, "cargo build {OURS...}");
        undisturbed(build)
            .env_remove("CARGO_TARGET_DIR")
            .quiet()
            .run()
            .context("this program does not build")?;
        let mut variants = [
            Variant::new(workspace, "cargo xtask package", Program::Ours),
            Variant::new(
                workspace,
                "cargo lambda build --profile lambda",
                Program::CargoLambda(&cargo_lambda, &["--profile", "lambda"]),
            ),
            Variant::new(
                workspace,
                "cargo lambda build --release",
                Program::CargoLambda(&cargo_lambda, &["--release"]),
            ),
            Variant::new(
                workspace,
                "cargo lambda build",
                Program::CargoLambda(&cargo_lambda, &[]),
            ),
        ];
        for round in 0..self.cold {
            for variant in &mut variants {
                copy::make(sh, workspace, &variant.copy)?;
                let seconds = copy::time(variant.name, variant.command(workspace)?)?;
                variant.report("cold", round, seconds);
                variant.cold.push(seconds);
            }
        }
        for round in 0..self.changes {
            for variant in &mut variants {
                variant.change(round)?;
                let seconds = copy::time(variant.name, variant.command(workspace)?)?;
                variant.report("one line changed", round, seconds);
                variant.changed.push(seconds);
            }
        }
        for round in 0..self.unchanged {
            for variant in &mut variants {
                let seconds = copy::time(variant.name, variant.command(workspace)?)?;
                variant.report("unchanged", round, seconds);
                variant.unchanged.push(seconds);
            }
        }
        self.show(sh, workspace, &variants)
    }

    fn show(
        &self,
        sh: &Shell,
        workspace: &Workspace,
        variants: &[Variant<'_>; 4],
    ) -> anyhow::Result<()> {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        table.set_header(["", "cold", "one line changed", "unchanged", "zip"]);
        for column in 1..=4 {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for variant in variants {
            let zip = variant.zip();
            let zip = std::fs::metadata(&zip)
                .with_context(|| format!("no zip `{}`", zip.display()))?
                .len();
            table.add_row([
                format!("`{}`", variant.name),
                format!("{:.1} s", median(&variant.cold)),
                format!("{:.1} s", median(&variant.changed)),
                format!("{:.2} s", median(&variant.unchanged)),
                format!("{} KiB", zip.div_ceil(1024)),
            ]);
        }
        let text = format!(
            "{table}\n\nMedians of {}, {} and {} runs on {} cores.\n",
            self.cold,
            self.changes,
            self.unchanged,
            std::thread::available_parallelism().map_or(1, usize::from),
        );
        screen::show(&text);
        let directory = workspace.target().join("bench");
        sh.create_dir(&directory)?;
        sh.write_file(directory.join("package.md"), &text)?;
        let [ours, theirs, ..] = variants;
        let ahead = [
            (&ours.cold, &theirs.cold),
            (&ours.changed, &theirs.changed),
            (&ours.unchanged, &theirs.unchanged),
        ]
        .iter()
        .all(|(ours, theirs)| median(ours) < median(theirs));
        match self.check && !ahead {
            true => Err(Exit::Silent.into()),
            false => Ok(()),
        }
    }
}

/// One way to package, with a copy of the repository and what was measured, in seconds.
struct Variant<'a> {
    name: &'static str,
    program: Program<'a>,
    copy: PathBuf,
    cold: Vec<f64>,
    changed: Vec<f64>,
    unchanged: Vec<f64>,
}

enum Program<'a> {
    Ours,
    CargoLambda(&'a Path, &'static [&'static str]),
}

impl<'a> Variant<'a> {
    fn new(workspace: &Workspace, name: &'static str, program: Program<'a>) -> Self {
        let copies = workspace.target().join("bench-package");
        Self {
            copy: copies.join(name.replace(' ', "-")),
            name,
            program,
            cold: vec![],
            changed: vec![],
            unchanged: vec![],
        }
    }

    fn change(&self, round: u32) -> anyhow::Result<()> {
        let path = self.copy.join(SOURCE);
        let text = std::fs::read_to_string(&path).context("cannot read the copy")?;
        let (before, after) = text
            .split_once(LINE)
            .with_context(|| format!("`{LINE}` is not in `{SOURCE}`"))?;
        // The counter before it stays, so that every round is another text.
        let changed = format!("{before}{round}{LINE}{after}");
        std::fs::write(&path, changed).context("cannot change the copy")
    }

    fn command(&self, workspace: &Workspace) -> anyhow::Result<Command> {
        let mut command = copy::cargo(&self.copy);
        match self.program {
            Program::Ours => {
                let manifest = workspace.root().join("Cargo.toml");
                command
                    .arg("run")
                    .args(OURS)
                    .arg("--manifest-path")
                    .arg(manifest)
                    .args(["--", "package"]);
            }
            Program::CargoLambda(programs, arguments) => {
                let path = std::env::var_os("PATH").unwrap_or_default();
                let path =
                    std::iter::once(programs.to_path_buf()).chain(std::env::split_paths(&path));
                let cache = self.copy.join("target/zig-cache");
                command
                    .args(["lambda", "build", "--arm64", "--output-format", "zip"])
                    .args(["--locked", "--package", "handler"])
                    .args(arguments)
                    .env("PATH", std::env::join_paths(path)?)
                    .env("ZIG_GLOBAL_CACHE_DIR", cache.join("global"))
                    .env("ZIG_LOCAL_CACHE_DIR", cache.join("local"))
                    .env("CARGO_ZIGBUILD_CACHE_DIR", cache.join("cargo-zigbuild"));
            }
        }
        Ok(command)
    }

    fn zip(&self) -> PathBuf {
        self.copy.join(match self.program {
            Program::Ours => "target/package/handler.zip",
            Program::CargoLambda(..) => "target/lambda/bootstrap/bootstrap.zip",
        })
    }

    fn report(&self, what: &str, round: u32, seconds: f64) {
        screen::progress(format!(
            "{what} {}: {seconds:.2} s, `{}`",
            round + 1,
            self.name
        ));
    }
}
