//! An operation shown as it happens: gives the display the time and the terminal, and keeps the
//! recording and what was learned. None of that can make an operation fail.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;

use crate::display::Display;
use crate::display::subject::{Planned, Subject, Verb};
use crate::estimate::{Experience, Sample, Work};
use crate::event::StackEvent;
use crate::recording::{End, Note, Recorder};
use crate::stack::Stack;
use cfnkit_assembly::assembly::Cloud;
use cfnkit_console::screen;
use cfnkit_console::terminal::{Mode, mode, size, write};
use cfnkit_tools::workspace::Workspace;

/// One operation being watched. Dropping it takes the live display away.
#[derive(Debug)]
pub struct Watch {
    subject: Subject,
    display: Display,
    mode: Mode,
    recorder: Option<Recorder>,
    experience: Option<PathBuf>,
    status: String,
    is_closed: bool,
}

/// Whether a block of lines is drawn again and again.
static SHOWN: AtomicBool = AtomicBool::new(false);

/// Whether other lines would be in the way of the display.
pub fn is_shown() -> bool {
    SHOWN.load(Ordering::Relaxed)
}

impl Watch {
    /// Begins display and recording; what cannot be written or read is warned of, and no more.
    pub fn begin(mut subject: Subject, cloud: Cloud) -> Self {
        let mode = mode();
        SHOWN.store(matches!(mode, Mode::Live { .. }), Ordering::Relaxed);
        let directory = directory();
        let experience = directory.as_ref().ok();
        let experience = experience.map(|directory| directory.join(experience_file(cloud)));
        if let Some(path) = &experience {
            let types = subject.planned.iter();
            let types = types.map(|planned| planned.resource_type.as_str());
            subject.estimate = read_experience(path).estimate(subject.verb).only(types);
        }
        let recorder = directory.and_then(|directory| Recorder::create(&directory, &subject));
        let recorder = recorder.map_err(|err| warn(&err)).ok();
        Self {
            display: Display::new(subject.clone(), mode),
            mode,
            recorder,
            experience,
            status: String::new(),
            is_closed: false,
            subject,
        }
    }

    /// Shows and records the new events of one look at all stacks.
    pub fn absorb(&mut self, events: Vec<StackEvent>) {
        let now = now();
        for event in &events {
            self.record(now, Note::Event(event.clone()));
        }
        let text = self.display.absorb(events, now);
        write(self.mode, &text);
    }

    /// Notes the root's status.
    pub fn set_status(&mut self, status: &str) {
        if self.status != status {
            status.clone_into(&mut self.status);
            self.record(now(), Note::Status(status.to_owned()));
            self.display.set_status(status);
        }
    }

    /// Shows that time has passed.
    pub fn tick(&mut self) {
        let text = self.display.tick(now(), size());
        write(self.mode, &text);
    }

    /// A line that stays, above what is drawn again.
    pub fn say(&mut self, text: &str) {
        let pause = self.display.pause();
        write(self.mode, &pause);
        screen::say(text);
    }

    /// The recording, as a reader of the screen finds it.
    pub fn recording(&self) -> Option<String> {
        let recorder = self.recorder.as_ref()?;
        let workspace = Workspace::current().ok()?;
        Some(workspace.display(&recorder.path).to_string())
    }

    /// The stack has settled.
    pub fn end(&mut self, stack: &Stack) {
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
        if let Some(path) = &self.experience
            && !samples.is_empty()
            && let Err(err) = learn(path, self.subject.verb, samples, whole)
        {
            screen::say(format!("nothing was learned for the estimate: {err:#}"));
        }
    }

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

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.is_closed {
            self.close(now());
        }
    }
}

fn warn(err: &anyhow::Error) {
    screen::say(format!("this deployment is not recorded: {err:#}"));
}

/// Where recordings are, and what was learned from the deployments.
pub fn directory() -> anyhow::Result<PathBuf> {
    Ok(Workspace::current()?.target().join("deployments"))
}

/// How long a deploy of `planned` can be expected to take; `None` where nothing was learned yet.
pub fn expected(cloud: Cloud, planned: &[Planned]) -> Option<Duration> {
    let path = directory().ok()?.join(experience_file(cloud));
    let work = planned.iter().map(|planned| Work {
        resource_type: &planned.resource_type,
        operation: planned.operation,
        elapsed: 0,
    });
    let milliseconds = read_experience(&path)
        .estimate(Verb::Deploy)
        .remaining(work)?;
    Some(Duration::from_millis(milliseconds.try_into().ok()?))
}

/// The local cloud is many times as fast.
fn experience_file(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::Aws => "durations.json",
        Cloud::Local => "durations.local.json",
    }
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
pub fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::ResourceOperation;

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
