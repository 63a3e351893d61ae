//! How long packaging takes, beside cargo-lambda.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::times::{cores, median, table};
use crate::{Place, copy, publish};

/// As the alias of `cargo xtask` has it.
const OURS: [&str; 5] = ["--package", "xtask", "--bin", "xtask", "--locked"];

/// The line that is changed, and where.
const SOURCE: &str = "handler/src/event/reply.rs";
const LINE: &str = "Successfully inserted data!";

/// What is timed, in this order.
const CASES: [&str; 3] = ["cold", "one line changed", "unchanged"];

#[derive(Debug, clap::Args)]
pub(crate) struct Package {
    /// The directory of `cargo-lambda`.
    #[arg(long)]
    cargo_lambda: PathBuf,
    #[arg(long)]
    cold: u32,
    #[arg(long)]
    changes: u32,
    #[arg(long)]
    unchanged: u32,
    #[arg(long)]
    check: bool,
}

impl Package {
    /// Whether ours is ahead, as far as that was asked.
    pub(crate) fn run(&self, place: &Place) -> anyhow::Result<bool> {
        // So that compiling the tool itself is not measured.
        let mut build = copy::cargo(&place.repository);
        build.arg("build").args(OURS);
        copy::time("cargo build", build)?;
        let mut variants = [
            Variant::new(place, "cargo xtask package", None),
            Variant::new(
                place,
                "cargo lambda build --profile lambda",
                Some(&["--profile", "lambda"]),
            ),
            Variant::new(place, "cargo lambda build --release", Some(&["--release"])),
            Variant::new(place, "cargo lambda build", Some(&[])),
        ];
        let rounds = [self.cold, self.changes, self.unchanged];
        for (case, rounds) in rounds.into_iter().enumerate() {
            for round in 0..rounds {
                for variant in &mut variants {
                    match case {
                        0 => copy::make(place, &variant.copy)?,
                        1 => change(&variant.copy.join(SOURCE), round)?,
                        _ => {}
                    }
                    let command = variant.command(&place.repository, &self.cargo_lambda)?;
                    let seconds = copy::time(variant.name, command)?;
                    let (name, what) = (variant.name, CASES[case]);
                    eprintln!("==> {what} {}: {seconds:.2} s, `{name}`", round + 1);
                    variant.seconds[case].push(seconds);
                }
            }
        }
        for variant in &mut variants {
            variant.weigh()?;
        }
        publish(&place.target, "package.md", &report(&variants, rounds))?;
        let [ours, theirs, ..] = &variants;
        Ok(!self.check || is_ahead(ours, theirs))
    }
}

/// One way to package, with a copy of the repository and what was measured.
struct Variant {
    name: &'static str,
    /// What `cargo lambda build` is told; nothing where it is our own.
    lambda: Option<&'static [&'static str]>,
    copy: PathBuf,
    seconds: [Vec<f64>; CASES.len()],
    zip_bytes: u64,
}

impl Variant {
    fn new(place: &Place, name: &'static str, lambda: Option<&'static [&'static str]>) -> Self {
        let copies = place.target.join("bench-package");
        Self {
            name,
            lambda,
            copy: copies.join(name.replace(' ', "-")),
            seconds: Default::default(),
            zip_bytes: 0,
        }
    }

    fn command(&self, repository: &Path, cargo_lambda: &Path) -> anyhow::Result<Command> {
        let mut command = copy::cargo(&self.copy);
        let Some(arguments) = self.lambda else {
            let manifest = repository.join("Cargo.toml");
            command.arg("run").args(OURS).arg("--manifest-path");
            command.arg(manifest).args(["--", "package"]);
            return Ok(command);
        };
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::iter::once(cargo_lambda.to_path_buf()).chain(std::env::split_paths(&path));
        let cache = self.copy.join("target/zig-cache");
        command
            .args(["lambda", "build", "--arm64", "--output-format", "zip"])
            .args(["--locked", "--package", "handler"])
            .args(arguments)
            .env("PATH", std::env::join_paths(path)?)
            .env("ZIG_GLOBAL_CACHE_DIR", cache.join("global"))
            .env("ZIG_LOCAL_CACHE_DIR", cache.join("local"))
            .env("CARGO_ZIGBUILD_CACHE_DIR", cache.join("cargo-zigbuild"));
        Ok(command)
    }

    fn weigh(&mut self) -> anyhow::Result<()> {
        let zip = self.copy.join(match self.lambda {
            None => "target/package/handler.zip",
            Some(_) => "target/lambda/handler/bootstrap.zip",
        });
        let zip = std::fs::metadata(&zip).with_context(|| format!("no zip `{}`", zip.display()))?;
        self.zip_bytes = zip.len();
        Ok(())
    }
}

/// Changes one line of a copy.
fn change(path: &Path, round: u32) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(path).context("cannot read the copy")?;
    let (before, after) = text
        .split_once(LINE)
        .with_context(|| format!("`{LINE}` is not in `{SOURCE}`"))?;
    // The counters before it stay, so that every round is another text.
    std::fs::write(path, format!("{before}{round}{LINE}{after}")).context("cannot change the copy")
}

fn report(variants: &[Variant], rounds: [u32; CASES.len()]) -> String {
    let [cold, changed, unchanged] = CASES;
    let mut table = table(&["", cold, changed, unchanged, "zip"]);
    for variant in variants {
        let [cold, changed, unchanged] = variant.seconds.each_ref().map(|times| median(times));
        table.add_row([
            format!("`{}`", variant.name),
            format!("{cold:.1} s"),
            format!("{changed:.1} s"),
            format!("{unchanged:.2} s"),
            format!("{} KiB", variant.zip_bytes.div_ceil(1024)),
        ]);
    }
    let ([cold, changed, unchanged], cores) = (rounds, cores());
    format!("{table}\n\nMedians of {cold}, {changed} and {unchanged} runs on {cores} cores.\n")
}

fn is_ahead(ours: &Variant, theirs: &Variant) -> bool {
    let mut cases = ours.seconds.iter().zip(&theirs.seconds);
    cases.all(|(ours, theirs)| median(ours) < median(theirs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variant(name: &'static str, seconds: [f64; 3]) -> Variant {
        let place = Place {
            repository: PathBuf::new(),
            target: PathBuf::new(),
        };
        Variant {
            seconds: seconds.map(|seconds| vec![seconds]),
            zip_bytes: 1025,
            ..Variant::new(&place, name, None)
        }
    }

    #[test]
    fn the_table_has_a_row_a_variant() {
        let variants = [
            variant("ours", [103.52, 32.2, 0.218]),
            variant("theirs", [106.8, 31.4, 0.68]),
        ];
        let expected = "\
|          |    cold | one line changed | unchanged |   zip |
|----------|---------|------------------|-----------|-------|
| `ours`   | 103.5 s |           32.2 s |    0.22 s | 2 KiB |
| `theirs` | 106.8 s |           31.4 s |    0.68 s | 2 KiB |

Medians of 1, 2 and 3 runs on ";
        let report = report(&variants, [1, 2, 3]);
        assert!(report.starts_with(expected), "{report}");
    }

    #[test]
    fn ours_is_ahead_only_in_everything() {
        let ours = variant("ours", [1.0, 1.0, 1.0]);
        assert!(is_ahead(&ours, &variant("theirs", [2.0, 2.0, 2.0])));
        assert!(!is_ahead(&ours, &variant("theirs", [2.0, 0.5, 2.0])));
    }

    /// Also a test of the line that is changed: it has to be in the handler.
    #[test]
    fn every_change_gives_another_text() {
        let directory = tempfile::tempdir().unwrap();
        let copy = directory.path().join("reply.rs");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
        std::fs::copy(root.join(SOURCE), &copy).unwrap();
        let read = || std::fs::read_to_string(&copy).unwrap();
        let mut texts = vec![read()];
        for round in 0..12 {
            change(&copy, round).unwrap();
            texts.push(read());
        }
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), 13);
        std::fs::write(&copy, "").unwrap();
        let err = change(&copy, 0).unwrap_err();
        assert!(err.to_string().contains("is not in `handler/src"), "{err}");
    }
}
