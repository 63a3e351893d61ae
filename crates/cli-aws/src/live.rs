//! An operation shown as it happens: gives the display the time and the terminal, and keeps the
//! recording and what was learned.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;

use cfnkit_assembly::assembly::Cloud;
use cfnkit_cli::commands::replay::recordings;
use cfnkit_console::error::{Error, chain};
use cfnkit_console::screen;
use cfnkit_console::terminal::{Mode, mode, size, write};
use cfnkit_deploy::watcher::{Watch, Watcher};
use cfnkit_operation::display::Display;
use cfnkit_operation::display::subject::{Planned, Subject, Verb};
use cfnkit_operation::estimate::{Experience, Sample, Work};
use cfnkit_operation::event::StackEvent;
use cfnkit_operation::recording::{End, Note, Recorder};
use cfnkit_operation::stack::Stack;
use cfnkit_tools::workspace::Workspace;

/// Shows operations on this process's terminal and records them in the workspace.
#[derive(Debug)]
pub(crate) struct Live<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) cloud: Cloud,
}

/// One operation that is shown. Dropping it takes the live display away.
#[derive(Debug)]
struct Showing {
    workspace: Workspace,
    subject: Subject,
    display: Display,
    mode: Mode,
    recorder: Option<Recorder>,
    experience: PathBuf,
    status: String,
    is_closed: bool,
}

/// Whether a block of lines is drawn again and again.
static SHOWN: AtomicBool = AtomicBool::new(false);

/// Whether other lines would be in the way of the display.
pub(crate) fn is_shown() -> bool {
    SHOWN.load(Ordering::Relaxed)
}

impl Live<'_> {
    /// How long an operation on `planned` can be expected to take; `None` where nothing was learned yet.
    pub(crate) fn expected(&self, planned: &[Planned]) -> Option<Duration> {
        let work = planned.iter().map(|planned| Work {
            resource_type: &planned.resource_type,
            operation: planned.operation,
            elapsed: 0,
        });
        let milliseconds = read_experience(&self.experience())
            .estimate(Verb::Deploy)
            .remaining(work)?;
        Some(Duration::from_millis(milliseconds.try_into().ok()?))
    }

    /// The local cloud is many times as fast.
    fn experience(&self) -> PathBuf {
        recordings(self.workspace).join(match self.cloud {
            Cloud::Aws => "durations.json",
            Cloud::Local => "durations.local.json",
        })
    }
}

impl Watcher for Live<'_> {
    /// What cannot be written or read is warned of, and no more.
    fn begin(&self, mut subject: Subject) -> Box<dyn Watch> {
        let mode = mode();
        SHOWN.store(matches!(mode, Mode::Live { .. }), Ordering::Relaxed);
        let experience = self.experience();
        let types = subject.planned.iter();
        let types = types.map(|planned| planned.resource_type.as_str());
        subject.estimate = read_experience(&experience)
            .estimate(subject.verb)
            .only(types);
        let recorder = Recorder::create(&recordings(self.workspace), &subject);
        let recorder = recorder.map_err(|err| warn(&err)).ok();
        Box::new(Showing {
            workspace: self.workspace.clone(),
            display: Display::new(subject.clone(), mode),
            mode,
            recorder,
            experience,
            status: String::new(),
            is_closed: false,
            subject,
        })
    }
}

impl Watch for Showing {
    fn absorb(&mut self, events: Vec<StackEvent>) {
        let now = now();
        for event in &events {
            self.record(now, Note::Event(event.clone()));
        }
        let text = self.display.absorb(events, now);
        write(self.mode, &text);
    }

    fn set_status(&mut self, status: &str) {
        if self.status != status {
            status.clone_into(&mut self.status);
            self.record(now(), Note::Status(status.to_owned()));
            self.display.set_status(status);
        }
    }

    fn tick(&mut self) {
        let text = self.display.tick(now(), size());
        write(self.mode, &text);
    }

    /// Above what is drawn again.
    fn say(&mut self, text: &str) {
        let pause = self.display.pause();
        write(self.mode, &pause);
        screen::say(text);
    }

    fn recording(&self) -> Option<String> {
        let recorder = self.recorder.as_ref()?;
        Some(self.workspace.display(&recorder.path).to_string())
    }

    fn end(&mut self, stack: &Stack) {
        let now = now();
        let milliseconds = now - self.subject.begin;
        self.record(
            now,
            Note::End(End {
                status: stack.status.to_string(),
                reason: stack.status_reason.clone(),
                milliseconds,
            }),
        );
        self.close(now);
        let whole = stack.status.is_success().then_some(milliseconds);
        let samples = self.display.samples();
        if !samples.is_empty()
            && let Err(err) = learn(&self.experience, self.subject.verb, samples, whole)
        {
            screen::say(format!("nothing was learned for the estimate: {err:#}"));
        }
    }
}

impl Showing {
    fn close(&mut self, now: i64) {
        self.is_closed = true;
        SHOWN.store(false, Ordering::Relaxed);
        let text = self.display.close(now);
        write(self.mode, &text);
    }

    /// What cannot be written is said once, and then no longer tried.
    fn record(&mut self, received: i64, note: Note) {
        let written = self.recorder.as_mut().map(|one| one.note(received, note));
        if let Some(Err(err)) = written {
            self.recorder = None;
            // The block is drawn again below the warning.
            let text = self.display.pause();
            write(self.mode, &text);
            warn(&err);
        }
    }
}

impl Drop for Showing {
    fn drop(&mut self) {
        if !self.is_closed {
            self.close(now());
        }
    }
}

fn warn(err: &Error) {
    screen::say(format!("this deployment is not recorded: {}", chain(err)));
}

/// What cannot be read is learned again.
fn read_experience(path: &Path) -> Experience {
    let text = std::fs::read_to_string(path).ok();
    text.and_then(|text| Experience::parse(&text).ok())
        .unwrap_or_default()
}

fn learn(path: &Path, verb: Verb, samples: &[Sample], whole: Option<i64>) -> anyhow::Result<()> {
    let mut experience = read_experience(path);
    experience.learn(verb, samples, whole);
    // Another deploy that reads it now must never find half a file.
    let directory = path.parent().context("the file has no directory")?;
    std::fs::create_dir_all(directory)?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(experience.to_json()?.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

/// Milliseconds since the epoch.
pub(crate) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cfnkit_operation::event::ResourceOperation;

    #[test]
    fn each_deploy_adds_to_what_was_learned_and_a_damaged_file_starts_over() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deployments/durations.json");
        let sample = Sample {
            resource_type: "AWS::SNS::Topic".to_owned(),
            operation: ResourceOperation::Create,
            milliseconds: 7,
        };
        let again = |whole| learn(&path, Verb::Deploy, std::slice::from_ref(&sample), whole);
        again(Some(7)).unwrap();
        again(None).unwrap();
        let twice = [sample.clone(), sample.clone()];
        let mut expected = Experience::default();
        expected.learn(Verb::Deploy, &twice[..1], Some(7));
        expected.learn(Verb::Deploy, &twice[1..], None);
        assert_eq!(read_experience(&path), expected);
        std::fs::write(&path, "{\"format\":1,").unwrap();
        assert_eq!(read_experience(&path), Experience::default());
        again(Some(7)).unwrap();
        assert_ne!(read_experience(&path), Experience::default());
    }
}
