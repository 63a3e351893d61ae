//! What the screen shows of an operation while it goes on and once it ended: a function of the
//! events so far, the time and the terminal's size. It knows neither a clock nor a terminal.

use crate::estimate::Sample;
use crate::event::{self, StackEvent};
use cfnkit_console::block::Block;
use cfnkit_console::terminal::{Mode, Size};
use cfnkit_console::text;

mod frame;
mod progress;
mod resource;
pub mod subject;
#[cfg(test)]
mod tests;

use progress::Progress;
use subject::Subject;

/// How long a display without a block says nothing.
const SILENCE: i64 = 30_000;

/// How many resources a line names.
const NAMED: usize = 8;

/// Every function returns what is to be written next. Times are in milliseconds since the epoch,
/// by the clock of whoever shows or recorded it.
#[derive(Debug)]
pub struct Display {
    progress: Progress,
    mode: Mode,
    block: Block,
    /// When the last line was written.
    spoke: i64,
}

impl Display {
    /// Nothing is drawn yet.
    pub fn new(subject: Subject, mode: Mode) -> Self {
        Self {
            spoke: subject.begin,
            progress: Progress::new(subject),
            mode,
            block: Block::default(),
        }
    }

    /// Takes in the events of one look at all stacks, at `now` (milliseconds since the epoch).
    pub fn absorb(&mut self, events: Vec<StackEvent>, now: i64) -> String {
        self.progress.absorb(&events, now);
        let root = &self.progress.subject.stack_name;
        let mut text = String::new();
        if self.mode == Mode::Plain {
            for event in event::digest(events, root) {
                text.push_str(&event::render(&event, root));
                text.push('\n');
                self.spoke = now;
            }
        }
        text
    }

    /// Takes in the status of the root stack.
    pub fn set_status(&mut self, status: &str) {
        self.progress.set_status(status);
    }

    /// What has changed because it is `now` (milliseconds since the epoch).
    pub fn tick(&mut self, now: i64, size: Size) -> String {
        match self.mode {
            Mode::Live { .. } => {
                let lines = self.lines(now, size);
                self.block.draw(lines, size)
            }
            Mode::Plain if now.saturating_sub(self.spoke) >= SILENCE => {
                self.spoke = now;
                self.still_in_progress(now)
            }
            Mode::Plain => String::new(),
        }
    }

    fn lines(&self, now: i64, size: Size) -> Vec<String> {
        // A character in the last column leaves the cursor where terminals disagree.
        let inner = Size {
            width: size.width.saturating_sub(1),
            ..size
        };
        let lines = frame::frame(&self.progress, now, inner);
        match self.mode {
            Mode::Live { colour: false } => lines
                .iter()
                .map(|line| anstream::adapter::strip_str(line).to_string())
                .collect(),
            _ => lines,
        }
    }

    fn still_in_progress(&self, now: i64) -> String {
        let running = self.progress.in_progress(now);
        let mut named: Vec<String> = running
            .iter()
            .take(NAMED)
            .map(|one| format!("{} ({})", one.place, text::clock(one.elapsed)))
            .collect();
        if running.len() > NAMED {
            named.push(format!("and {} more", running.len() - NAMED));
        }
        if named.is_empty() {
            let elapsed = text::clock(self.progress.duration(now));
            named.push(format!("{} ({elapsed})", self.progress.subject.stack_name));
        }
        format!("  still in progress: {}\n", named.join(", "))
    }

    /// Takes the block away for something else to be written; the next tick brings it back.
    pub fn pause(&mut self) -> String {
        self.block.remove()
    }

    /// The end, at `now` (milliseconds since the epoch): the block goes, and what stays is written.
    pub fn close(&mut self, now: i64) -> String {
        let Mode::Live { colour } = self.mode else {
            return String::new();
        };
        let closing = frame::closing(&self.progress, now);
        let closing = match colour {
            true => closing,
            false => anstream::adapter::strip_str(&closing).to_string(),
        };
        self.block.remove() + &closing
    }

    /// How long the operations on resources took that ended well.
    pub fn samples(&self) -> &[Sample] {
        self.progress.samples()
    }
}
