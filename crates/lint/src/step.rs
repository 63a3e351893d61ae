//! A run of several checks: each goes on whatever the others say, and one table sums them up.

use std::error::Error as StdError;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use comfy_table::{CellAlignment, Table, presets};
use xshell::{Cmd, Shell};

use cfnkit_console::bail;
use cfnkit_console::error::{Context as _, Error, Result, chain};
use cfnkit_console::report::Reporter;
use cfnkit_console::workflow_run;
use cfnkit_tools::cargo::undisturbed;

/// The checks so far.
#[derive(Debug)]
pub struct Steps<'reader> {
    reporter: &'reader dyn Reporter,
    finished: Vec<Step>,
    left_out: Vec<LeftOut>,
}

/// What all checks come to.
#[derive(Debug)]
pub struct Summary {
    /// One line a check.
    pub table: String,
    /// How many of the checks failed.
    pub failed_steps: usize,
    /// The tests of all of them.
    pub tests: Counts,
}

#[derive(Debug)]
struct Step {
    name: &'static str,
    outcome: Result<Counts, String>,
    time: Duration,
}

#[derive(Debug)]
struct LeftOut {
    name: &'static str,
    why: String,
}

/// How many tests a step ran; a check that is not a test run counts none.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Tests that ran and held.
    pub passed: usize,
    /// Tests that ran and failed.
    pub failed: usize,
}

impl From<()> for Counts {
    fn from((): ()) -> Self {
        Self::default()
    }
}

impl std::ops::Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
        }
    }
}

impl<'reader> Steps<'reader> {
    /// No check yet; `reporter` is told what each is about, and why it failed.
    pub fn new(reporter: &'reader dyn Reporter) -> Self {
        Self {
            reporter,
            finished: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// Runs one check, tells its name before and its error after.
    pub fn run<C: Into<Counts>, E: Into<Box<dyn StdError + Send + Sync>>>(
        &mut self,
        name: &'static str,
        check: impl FnOnce() -> Result<C, E>,
    ) {
        self.reporter.heading(name);
        let begin = Instant::now();
        let outcome = check().map(Into::into);
        let outcome = outcome.map_err(|err| chain(&*err.into()));
        if let Err(message) = &outcome {
            self.reporter.failure(message);
        }
        self.finished.push(Step {
            name,
            outcome,
            time: begin.elapsed(),
        });
    }

    /// Runs a check that `flag` asks for, or notes that it was not asked for.
    pub fn run_for<C: Into<Counts>, E: Into<Box<dyn StdError + Send + Sync>>>(
        &mut self,
        is_set: bool,
        flag: &'static str,
        name: &'static str,
        check: impl FnOnce() -> Result<C, E>,
    ) {
        match is_set {
            true => self.run(name, check),
            false => self.leave_out(name, format!("with {flag}")),
        }
    }

    /// Notes that a check is not run, and why in a word or two.
    pub fn leave_out(&mut self, name: &'static str, why: impl Into<String>) {
        let why = why.into();
        self.left_out.push(LeftOut { name, why });
    }

    /// How many checks failed so far.
    pub fn failed(&self) -> usize {
        self.finished.iter().filter(|step| !step.is_good()).count()
    }

    /// What they come to.
    pub fn summary(&self) -> Summary {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["STEP", "RESULT", "TESTS", "TIME"]);
        for column in [2, 3] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let mut total = Counts::default();
        for step in &self.finished {
            let counts = step.outcome.as_ref().copied().unwrap_or_default();
            total = total + counts;
            let tests = match counts.passed + counts.failed {
                0 => String::new(),
                tests => tests.to_string(),
            };
            let result = if step.is_good() { "ok" } else { "FAILED" };
            let time = format!("{:.1} s", step.time.as_secs_f64());
            table.add_row([step.name, result, &tests, &time]);
        }
        for LeftOut { name, why } in &self.left_out {
            table.add_row([*name, why, "", ""]);
        }
        Summary {
            table: table.trim_fmt(),
            failed_steps: self.failed(),
            tests: total,
        }
    }
}

impl Step {
    fn is_good(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|counts| counts.failed == 0)
    }
}

/// Runs a program as a check: its output is the screen's, its exit code the result.
///
/// # Errors
///
/// It cannot be started, or does not end with 0.
pub fn check(command: Cmd<'_>) -> Result<()> {
    command.quiet().run().map_err(Error::said)
}

/// Runs `cargo test` with `arguments`, tells what it prints as it comes, and counts the tests it
/// reports.
///
/// # Errors
///
/// There is no cargo, no test ran, or cargo failed without a test that did. Tests that failed are
/// no error; they are counted.
pub fn cargo_test(sh: &Shell, reporter: &dyn Reporter, arguments: &[&str]) -> Result<Counts> {
    let test = undisturbed(xshell::cmd!(sh, "cargo test --locked {arguments...}"));
    let mut test = Command::from(test);
    // The programs that a test starts are not what the run is about.
    for variable in workflow_run::VARIABLES {
        test.env_remove(variable);
    }
    let mut test = test.stdout(Stdio::piped()).spawn().context("no `cargo`")?;
    let stdout = test.stdout.take().context("`cargo test` has no output")?;
    let mut counts = Counts::default();
    for line in BufReader::new(stdout).lines() {
        let line = line.context("cannot read what `cargo test` prints")?;
        counts = counts + count(&line);
        reporter.say(&line);
    }
    let status = test.wait().context("cannot wait for `cargo test`")?;
    if counts.passed + counts.failed == 0 {
        bail!("no test ran");
    }
    if !status.success() && counts.failed == 0 {
        bail!("`cargo test` failed ({status})");
    }
    Ok(counts)
}

/// Adds up the `test result:` lines of the test harness.
fn count(output: &str) -> Counts {
    let mut counts = Counts::default();
    for line in output.lines() {
        let Some(rest) = line.trim().strip_prefix("test result: ") else {
            continue;
        };
        for part in rest.split(['.', ';']) {
            let mut words = part.split_whitespace();
            let number = words.next().and_then(|word| word.parse::<usize>().ok());
            match (number, words.next()) {
                (Some(number), Some("passed")) => counts.passed += number,
                (Some(number), Some("failed")) => counts.failed += number,
                _ => {}
            }
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use cfnkit_console::report::Nobody;

    use super::*;

    #[test]
    fn a_check_that_fails_stops_no_other() {
        let mut steps = Steps::new(&Nobody);
        let two = Counts {
            passed: 2,
            failed: 0,
        };
        steps.run("one", || Err::<(), _>(Error::new("broken")));
        steps.run("two", || Ok::<_, Error>(two));
        let summary = steps.summary();
        assert_eq!((summary.failed_steps, summary.tests), (1, two));
        assert!(!summary.table.contains("unchanged"));
    }

    #[test]
    fn a_check_that_is_left_out_is_in_the_table() {
        let mut steps = Steps::new(&Nobody);
        steps.leave_out("one", "unchanged");
        let summary = steps.summary();
        assert_eq!(summary.failed_steps, 0);
        let row = summary.table.lines().find(|line| line.contains("one"));
        assert!(row.unwrap().contains("unchanged"), "{}", summary.table);
    }

    #[test]
    fn a_check_that_no_flag_asks_for_is_in_the_table_with_the_flag() {
        let mut steps = Steps::new(&Nobody);
        let mut ran = Vec::new();
        for (is_set, name) in [(true, "one"), (false, "two")] {
            steps.run_for(is_set, "--all", name, || {
                ran.push(name);
                Ok::<_, Error>(())
            });
        }
        assert_eq!(ran, ["one"]);
        let table = steps.summary().table;
        let row = |name| table.lines().find(|line| line.contains(name)).unwrap();
        assert!(row("one").contains("ok"), "{table}");
        assert!(row("two").contains("with --all"), "{table}");
    }

    #[test]
    fn the_result_lines_are_added_up() {
        let output = "running 3 tests\n\
            test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
            test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        assert_eq!(
            count(output),
            Counts {
                passed: 4,
                failed: 2
            }
        );
        assert_eq!(count("nothing here"), Counts::default());
    }
}
