//! The recording of an operation, one JSON value per line: what it is of, each event as it came,
//! and how it ended. Written as it happens, so that whatever ends this program leaves a recording.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::display::subject::Subject;
use crate::event::StackEvent;
use cfnkit_console::ensure;
use cfnkit_console::error::{Context as _, Error, Result};

const FORMAT: u32 = 1;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    format: u32,
    #[serde(flatten)]
    subject: Subject,
}

/// What only the header of every format has.
#[derive(Debug, Deserialize)]
struct AnyHeader {
    format: u32,
}

/// Every other line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When this program learned it, in milliseconds since the epoch.
    pub received: i64,
    /// What was learned.
    #[serde(flatten)]
    pub note: Note,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Note {
    /// CloudFormation reported an event.
    Event(StackEvent),
    /// The root has another status.
    Status(String),
    /// The operation has ended; nothing comes after it.
    End(End),
}

/// The verdict; a recording without one was interrupted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// The root's last status.
    pub status: String,
    /// Why, where CloudFormation says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How long it took.
    pub milliseconds: i64,
}

/// A recording that is being written.
#[derive(Debug)]
pub struct Recorder {
    /// The file.
    pub path: PathBuf,
    file: File,
}

impl Recorder {
    /// Begins the recording `<stack>-<time>.ndjson` in `directory`.
    ///
    /// # Errors
    ///
    /// The directory or the file cannot be made, the file is there already, or its first line
    /// cannot be written.
    pub fn create(directory: &Path, subject: &Subject) -> Result<Self> {
        let path = directory.join(file_name(subject));
        let create = || {
            std::fs::create_dir_all(directory)?;
            File::create_new(&path)
        };
        let file = create().with_context(|| format!("cannot write `{}`", path.display()))?;
        let mut recorder = Self { file, path };
        recorder.write(&Header {
            format: FORMAT,
            subject: subject.clone(),
        })?;
        Ok(recorder)
    }

    /// Appends a line; `received` is in milliseconds since the epoch.
    ///
    /// # Errors
    ///
    /// The line cannot be written; those before it stay.
    pub fn note(&mut self, received: i64, note: Note) -> Result<()> {
        self.write(&Entry { received, note })
    }

    /// A line is written at once, so that no other can be torn.
    fn write(&mut self, line: &impl Serialize) -> Result<()> {
        let mut line = serde_json::to_vec(line).map_err(Error::said)?;
        line.push(b'\n');
        self.file
            .write_all(&line)
            .context("cannot go on with the recording")
    }
}

/// As in `orders-dev-20260131T120000.123Z.ndjson`.
fn file_name(subject: &Subject) -> String {
    let since_epoch = Duration::from_millis(subject.begin.unsigned_abs());
    let time = humantime::format_rfc3339_millis(UNIX_EPOCH + since_epoch).to_string();
    format!(
        "{}-{}.ndjson",
        subject.stack_name,
        time.replace(['-', ':'], "")
    )
}

/// The newest recording in `directory`, by the time in its name.
pub fn newest(directory: &Path) -> Option<PathBuf> {
    let files = std::fs::read_dir(directory).ok()?;
    let recordings = files.filter_map(|file| {
        let name = file.ok()?.file_name().into_string().ok()?;
        let (_, time) = name.strip_suffix(".ndjson")?.rsplit_once('-')?;
        Some((time.to_owned(), name))
    });
    let (_, name) = recordings.max()?;
    Some(directory.join(name))
}

/// What one look at the stacks brought.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Look {
    /// When it was, in milliseconds since the epoch.
    pub received: i64,
    /// The root's status, where it is another than before.
    pub status: Option<String>,
    /// Those that were not seen before.
    pub events: Vec<StackEvent>,
}

/// A recording as it was read.
#[derive(Debug)]
pub struct Recording {
    /// What it is of.
    pub subject: Subject,
    /// In the order in which they were written.
    pub entries: Vec<Entry>,
}

impl Recording {
    /// `name` is what messages call the file. A last line without its end is what was being written
    /// when the program was killed, and left out.
    ///
    /// # Errors
    ///
    /// There is no whole line, the first is no recording's or of another format, or another cannot
    /// be read. The error says which line it is.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut lines = whole.lines().enumerate();
        let (_, first) = lines
            .next()
            .with_context(|| format!("`{name}` is not a recording: it has no line"))?;
        let not_a_header = || format!("{name}:1: not the first line of a recording");
        let header: AnyHeader = serde_json::from_str(first).with_context(not_a_header)?;
        ensure!(
            header.format == FORMAT,
            "{name}:1: the recording has format {}, and this program reads {FORMAT}",
            header.format
        );
        let header: Header = serde_json::from_str(first).with_context(not_a_header)?;
        let entries = lines.map(|(index, line)| {
            serde_json::from_str(line)
                .with_context(|| format!("{name}:{}: not a line of a recording", index + 1))
        });
        Ok(Self {
            subject: header.subject,
            entries: entries.collect::<Result<_>>()?,
        })
    }

    /// What was learned at the same time, in order of time.
    pub fn looks(&self) -> Vec<Look> {
        let mut looks: Vec<Look> = Vec::new();
        for entry in &self.entries {
            let look = match looks.last_mut() {
                Some(look) if look.received >= entry.received => look,
                _ => looks.push_mut(Look {
                    received: entry.received,
                    ..Look::default()
                }),
            };
            match &entry.note {
                Note::Event(event) => look.events.push(event.clone()),
                Note::Status(status) => look.status = Some(status.clone()),
                Note::End(_) => {}
            }
        }
        looks
    }

    /// How it ended; `None` if it was interrupted.
    pub fn end(&self) -> Option<&End> {
        self.entries.iter().find_map(|entry| match &entry.note {
            Note::End(end) => Some(end),
            Note::Event(_) | Note::Status(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::subject::Verb;

    fn subject(begin: i64) -> Subject {
        Subject {
            stack_name: "movies-dev".to_owned(),
            stack_id: "arn:stack/movies-dev".to_owned(),
            verb: Verb::Deploy,
            begin,
            planned: Vec::new(),
            estimate: Default::default(),
        }
    }

    fn entries() -> Vec<Entry> {
        let event = StackEvent {
            id: "1".to_owned(),
            stack_id: "arn:stack/movies-dev".to_owned(),
            stack_name: "movies-dev".to_owned(),
            logical_id: "Topic".to_owned(),
            physical_id: String::new(),
            resource_type: "AWS::SNS::Topic".to_owned(),
            status: "CREATE_FAILED".to_owned(),
            reason: Some("two\nlines".to_owned()),
            timestamp: 5,
        };
        let end = End {
            status: "ROLLBACK_COMPLETE".to_owned(),
            reason: None,
            milliseconds: 20,
        };
        let notes = [
            (10, Note::Status("CREATE_IN_PROGRESS".to_owned())),
            (10, Note::Event(event)),
            (20, Note::End(end)),
        ];
        let entry = |(received, note)| Entry { received, note };
        notes.map(entry).into()
    }

    fn recorded(directory: &Path) -> String {
        let mut recorder = Recorder::create(directory, &subject(0)).unwrap();
        for entry in entries() {
            recorder.note(entry.received, entry.note).unwrap();
        }
        std::fs::read_to_string(newest(directory).unwrap()).unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let text = recorded(directory.path());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], r#"{"received":10,"status":"CREATE_IN_PROGRESS"}"#);
        let recording = Recording::parse("r", &text).unwrap();
        assert_eq!(recording.subject, subject(0));
        assert_eq!(recording.entries, entries());
        assert_eq!(recording.end().unwrap().milliseconds, 20);
        let looks = recording.looks();
        assert_eq!(looks[0].events.len(), 1);
        assert_eq!(
            looks.iter().map(|look| look.received).collect::<Vec<_>>(),
            [10, 20]
        );
    }

    /// Whatever was being written when the program was killed is left out, and no more.
    #[test]
    fn a_torn_line_is_no_error() {
        let directory = tempfile::tempdir().unwrap();
        let text = recorded(directory.path());
        let header = text.find('\n').unwrap() + 1;
        for length in header..=text.len() {
            let torn = &text[..length];
            let recording = Recording::parse("r", torn).unwrap();
            let whole = torn.matches('\n').count() - 1;
            assert_eq!(recording.entries, entries()[..whole], "{length}");
        }
    }

    #[test]
    fn what_is_no_recording_is_said_with_its_line() {
        let check = |text: &str, expected: &str| {
            let err = Recording::parse("r.ndjson", text).unwrap_err();
            assert_eq!(err.to_string(), expected);
        };
        check("", "`r.ndjson` is not a recording: it has no line");
        check("no\n", "r.ndjson:1: not the first line of a recording");
        check(
            "{\"format\":2}\n",
            "r.ndjson:1: the recording has format 2, and this program reads 1",
        );
        let directory = tempfile::tempdir().unwrap();
        let text = recorded(directory.path()).replace("{\"received\":20", "{\"received\":");
        check(&text, "r.ndjson:4: not a line of a recording");
    }

    #[test]
    fn names_sort_by_time() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        assert_eq!(newest(path), None);
        // Another stack's, later by a millisecond.
        for (name, begin) in [
            ("movies-prod", 1_769_860_800_124),
            ("movies-zoo", 1_769_860_800_123),
        ] {
            let subject = Subject {
                stack_name: name.to_owned(),
                ..subject(begin)
            };
            Recorder::create(path, &subject).unwrap();
        }
        std::fs::write(path.join("durations.json"), "").unwrap();
        let newest = newest(path).unwrap();
        let name = newest.file_name().unwrap().to_str().unwrap();
        assert_eq!(name, "movies-prod-20260131T120000.124Z.ndjson");
    }

    #[test]
    fn a_directory_that_is_none_is_an_error_and_no_panic() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let err = Recorder::create(file.path(), &subject(0)).unwrap_err();
        assert!(err.to_string().starts_with("cannot write `"), "{err}");
    }
}
