//! How long a fresh clone waits for its first command.

use anyhow::Context as _;

use crate::times::{cores, median, table};
use crate::{Place, copy, publish};

#[derive(Debug, clap::Args)]
pub(crate) struct Build {
    #[arg(long)]
    rounds: u32,
}

impl Build {
    pub(crate) fn run(&self, place: &Place) -> anyhow::Result<()> {
        let directory = place.target.join("bench-build-time");
        let mut table = table(&["first command", "elapsed"]);
        for argument in ["--help", "package"] {
            let command = format!("cargo xtask {argument}");
            let mut times = Vec::new();
            for _ in 0..self.rounds {
                copy::make(place, &directory)?;
                let mut cargo = copy::cargo(&directory);
                cargo.args(["xtask", argument]);
                times.push(copy::time(&command, cargo)?);
            }
            let seconds = format!("{:.1} s", median(&times));
            eprintln!("==> {command}: {seconds}");
            table.add_row([format!("`{command}`"), seconds]);
        }
        let (rounds, cores) = (self.rounds, cores());
        let text = format!("{table}\n\nMedians of {rounds} runs on {cores} cores.\n");
        publish(&place.target, "build.md", &text)?;
        std::fs::remove_dir_all(&directory).context("cannot remove the copy")
    }
}
