//! Measures how long packaging takes, and the first command of a fresh clone. `cargo xtask bench
//! package` and `bench build` install the tools and call this; what the flags mean is in their
//! `--help`.

mod build;
mod copy;
mod package;
mod times;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;

use crate::build::Build;
use crate::package::Package;

#[derive(Debug, clap::Parser)]
struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    what: What,
}

/// Where the repository is, and what was made of it.
#[derive(Debug, clap::Args)]
struct Place {
    /// The repository's root.
    #[arg(long)]
    repository: PathBuf,
    /// Cargo's target directory, with the tools that `cargo xtask` has installed.
    #[arg(long)]
    target: PathBuf,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Build(Build),
    Package(Package),
}

fn main() -> ExitCode {
    let Arguments { place, what } = Arguments::parse();
    let measured = match what {
        What::Build(build) => build.run(&place).map(|()| true),
        What::Package(package) => package.run(&place),
    };
    match measured {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(err) => {
            eprintln!("error: {err:#}");
            ExitCode::FAILURE
        }
    }
}

/// Prints a result, and writes it to `target/bench/`.
fn publish(target: &Path, file: &str, text: &str) -> anyhow::Result<()> {
    let directory = target.join("bench");
    let path = directory.join(file);
    std::fs::create_dir_all(directory)
        .and_then(|()| std::fs::write(&path, text))
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    print!("{text}");
    Ok(())
}
