//! The bytes that draw a block of lines in place, again and again. Between two frames the cursor
//! stays on the block's first line: that line is found again when the terminal was resized, and
//! whether it breaks long lines anew then does not matter.

use crate::terminal::Size;

/// Terminals that know these show what is between them at once; the others ignore them.
const BEGIN: &str = "\x1b[?2026h";
const END: &str = "\x1b[?2026l";
const CLEAR_TO_END_OF_LINE: &str = "\x1b[K";
/// Never from the first line on: where that is the screen's first, tmux would take it for the wish
/// to clear all, and keep a copy of the old block above the new one.
const CLEAR_BELOW: &str = "\x1b[J";
const DOWN: &str = "\x1b[B";
const SAVE: &str = "\x1b7";
const RESTORE: &str = "\x1b8";

/// Lines that are drawn again in place, and what of them is on the screen.
#[derive(Debug, Default)]
pub struct Block {
    /// `None` where nothing is drawn.
    drawn: Option<(Size, Vec<String>)>,
}

impl Block {
    /// Draws `lines`, which fit the terminal; nothing where that is there already.
    pub fn draw(&mut self, lines: Vec<String>, size: Size) -> String {
        let is_resized = match &self.drawn {
            Some((_, before)) if before == &lines => return String::new(),
            Some((before, lines_before)) => *before != size || lines_before.len() != lines.len(),
            None => false,
        };
        let mut text = format!("{BEGIN}\r");
        for (index, line) in lines.iter().enumerate() {
            if index > 0 {
                text.push_str("\r\n");
            }
            text.push_str(line);
            text.push_str(CLEAR_TO_END_OF_LINE);
        }
        if is_resized {
            text.push_str(CLEAR_BELOW);
        }
        text.push('\r');
        if lines.len() > 1 {
            text.push_str(&format!("\x1b[{}A", lines.len() - 1));
        }
        text.push_str(END);
        self.drawn = Some((size, lines));
        text
    }

    /// Takes the block away; what follows is written where it was.
    pub fn remove(&mut self) -> String {
        match self.drawn.take() {
            Some(_) => {
                format!("{BEGIN}\r{CLEAR_TO_END_OF_LINE}{SAVE}{DOWN}{CLEAR_BELOW}{RESTORE}{END}")
            }
            None => String::new(),
        }
    }
}
