//! The terminals on stderr and stdout: their sizes, and how an operation is shown there.

use crate::screen;

/// What a terminal is taken for that does not say.
const USUAL: Size = Size {
    width: 80,
    height: 24,
};

/// Columns and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// How what goes on is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One block that is drawn again in place.
    Live {
        /// Whether colours may be used.
        colour: bool,
    },
    /// One line per event.
    Plain,
}

/// How this process shows an operation.
pub fn mode() -> Mode {
    match screen::can_redraw() {
        true => Mode::Live {
            colour: screen::has_colour(),
        },
        false => Mode::Plain,
    }
}

/// Progress is best effort: a terminal that went away must not end what is being watched.
pub fn write(mode: Mode, text: &str) {
    if text.is_empty() {
        return;
    }
    match mode {
        Mode::Live { .. } => screen::write_codes(text),
        Mode::Plain => screen::write_plain(text),
    }
}

/// Columns of the terminal that stdout is, if it is one.
pub fn columns_of_stdout() -> Option<u16> {
    #[expect(
        clippy::disallowed_methods,
        reason = "asking for the size writes nothing"
    )]
    let size = terminal_size::terminal_size_of(std::io::stdout());
    size.map(|(width, _)| width.0)
}

/// The terminal's size now.
pub fn size() -> Size {
    #[expect(
        clippy::disallowed_methods,
        reason = "asking for the size writes nothing"
    )]
    let size = terminal_size::terminal_size_of(std::io::stderr());
    match size {
        Some((width, height)) if width.0 > 0 && height.0 > 0 => Size {
            width: width.0.into(),
            height: height.0.into(),
        },
        _ => USUAL,
    }
}
