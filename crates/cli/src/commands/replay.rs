//! `replay`: the recording of a deployment, shown again.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use crate::program::service;
use cfnkit_console::interrupt::Interrupts;
use cfnkit_console::screen;
use cfnkit_console::terminal::{self, Mode, Size};
use cfnkit_operation::diagnosis::{self, Failure, Sources};
use cfnkit_operation::display::Display;
use cfnkit_operation::event::EventLog;
use cfnkit_operation::recording::{Note, Recording, newest};
use cfnkit_operation::stack::StackStatus;
use cfnkit_template::text_file;
use cfnkit_tools::workspace::Workspace;

/// Milliseconds between two frames.
const FRAME: u64 = 100;

/// Milliseconds of the recording between two looks at the clock where nobody waits.
const STEP: i64 = 1000;

/// Show the recording of a deployment again.
///
/// Every `deploy` and `destroy` records its events in `target/deployments/`. On a terminal the
/// recording plays as it happened; elsewhere its lines are printed at once. The exit code is 0,
/// whatever became of the deployment.
#[derive(Debug, clap::Args)]
pub(crate) struct Replay {
    /// The recording; the newest in `target/deployments/` without one.
    pub file: Option<PathBuf>,

    /// Play this many times as fast.
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = speed)]
    pub(crate) speed: f64,

    /// Print one line per event at once.
    #[arg(long, conflicts_with_all = ["speed", "width"])]
    pub plain: bool,

    /// Draw for a terminal this wide.
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) width: Option<u16>,
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(speed) if (0.01..=10_000.0).contains(&speed) => Ok(speed),
        _ => Err("a speed is a number from 0.01 to 10000".to_owned()),
    }
}

impl Replay {
    pub(crate) async fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        let path = self.path(workspace)?;
        let name = path.display().to_string();
        let text = text_file::read(&path)
            .with_context(|| format!("cannot read the recording `{name}`"))?;
        let recording = Recording::parse(&name, &text)?;
        let mode = match self.plain {
            true => Mode::Plain,
            false => terminal::mode(),
        };
        let mut display = Display::new(recording.subject.clone(), mode);
        screen::progress(format!("replaying {name}"));
        let mut interrupts = Interrupts::listen()?;
        let is_whole = tokio::select! {
            () = self.play(&recording, &mut display, mode) => true,
            () = interrupts.next() => false,
        };
        let end = recording.entries.last();
        let end = end.map_or(recording.subject.begin, |entry| entry.received);
        terminal::write(mode, &display.close(end));
        if is_whole {
            verdict(&recording);
        }
        Ok(())
    }

    fn path(&self, workspace: &Workspace) -> anyhow::Result<PathBuf> {
        if let Some(file) = &self.file {
            return Ok(file.clone());
        }
        let directory = recordings(workspace);
        newest(&directory).with_context(|| {
            let directory: &Path = &directory;
            format!(
                "no recording in `{}`; `deploy` and `destroy` make them, or name one",
                directory.display()
            )
        })
    }

    /// What `live` does, by the recording's clock.
    async fn play(&self, recording: &Recording, display: &mut Display, mode: Mode) {
        let step = match mode {
            Mode::Live { .. } => ((FRAME as f64 * self.speed) as i64).max(1),
            Mode::Plain => STEP,
        };
        let mut now = recording.subject.begin;
        for look in recording.looks() {
            while now < look.received {
                now = look.received.min(now.saturating_add(step));
                terminal::write(mode, &display.tick(now, self.size()));
                if let Mode::Live { .. } = mode {
                    tokio::time::sleep(Duration::from_millis(FRAME)).await;
                }
            }
            if let Some(status) = &look.status {
                display.set_status(status);
            }
            terminal::write(mode, &display.absorb(look.events, look.received));
        }
    }

    fn size(&self) -> Size {
        let size = terminal::size();
        Size {
            width: self.width.map_or(size.width, usize::from),
            ..size
        }
    }
}

/// Where `deploy` and `destroy` keep recordings, and what was learned from them.
pub fn recordings(workspace: &Workspace) -> PathBuf {
    workspace.target().join("deployments")
}

/// The last line, as the deployment had it.
fn verdict(recording: &Recording) {
    let subject = &recording.subject;
    let name = &subject.stack_name;
    let Some(end) = recording.end() else {
        screen::say("the recording ends before the deployment did");
        return;
    };
    let status = StackStatus(end.status.clone());
    let past = subject.verb.past();
    if status.is_success() {
        let seconds = end.milliseconds as f64 / 1000.0;
        screen::say(format!("{name} is {past} in {seconds:.1} s"));
        return;
    }
    let mut log = EventLog::new(&subject.stack_id, i64::MIN);
    for entry in &recording.entries {
        if let Note::Event(event) = &entry.note {
            log.absorb(vec![event.clone()]);
        }
    }
    let failures: Vec<Failure> = log
        .root_cause()
        .map(Failure::of_event)
        .into_iter()
        .collect();
    let verdict = format!("`{name}` was not {past}; it is {}", end.status);
    let sources = Sources {
        root_stack: name,
        tree: None,
        advice: service().advice,
    };
    let report = diagnosis::report(&failures, &verdict, &sources);
    screen::error(report);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_is_a_sensible_number() {
        for good in ["1", "0.5", "100"] {
            assert!(speed(good).is_ok(), "{good}");
        }
        for bad in ["0", "-1", "fast", "NaN", "inf"] {
            assert!(speed(bad).is_err(), "{bad}");
        }
    }
}
