//! What a library says while it works. Who reads it is not its concern: a person at a terminal, the
//! log of a workflow, nobody.

use std::fmt::Debug;

use crate::screen::{self, BAD, STRONG};

/// Takes what a library says while it works. Texts are without colour, without the end of their
/// line, and may have several lines.
pub trait Reporter: Debug + Send + Sync {
    /// A step begins, which may take a while.
    fn step(&self, text: &str);

    /// Something that the reader should know, as it is.
    fn say(&self, text: &str);

    /// What follows is about `text`.
    fn heading(&self, text: &str);

    /// Something to look at that stops nothing.
    fn warning(&self, text: &str);

    /// Something that is wrong, where the work goes on to its end before it fails.
    fn error(&self, text: &str);

    /// What the last heading was about has failed, and the work goes on to its end.
    fn failure(&self, text: &str);
}

/// A person who reads along: lines on stderr.
#[derive(Debug, Clone, Copy)]
pub struct Screen;

impl Reporter for Screen {
    fn step(&self, text: &str) {
        screen::progress(text);
    }

    fn say(&self, text: &str) {
        screen::say(text);
    }

    fn heading(&self, text: &str) {
        screen::say(format!("\n{STRONG}{text}{STRONG:#}"));
    }

    fn warning(&self, text: &str) {
        screen::say(format!("{STRONG}warning:{STRONG:#} {text}"));
    }

    fn error(&self, text: &str) {
        screen::error(text);
    }

    fn failure(&self, text: &str) {
        screen::say(format!("{BAD}failed:{BAD:#} {text}"));
    }
}

/// Nobody reads along.
#[derive(Debug, Clone, Copy)]
pub struct Nobody;

impl Reporter for Nobody {
    fn step(&self, _: &str) {}
    fn say(&self, _: &str) {}
    fn heading(&self, _: &str) {}
    fn warning(&self, _: &str) {}
    fn error(&self, _: &str) {}
    fn failure(&self, _: &str) {}
}
