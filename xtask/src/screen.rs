//! What a person sees. Progress goes to stderr; stdout is for data that a program may read.

use std::fmt::Display;
use std::io::{BufRead as _, IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Style};

/// For headings and results.
pub(crate) const STRONG: Style = Style::new().bold();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const QUIET: Style = Style::new().dimmed();

/// A step that begins.
pub(crate) fn progress(text: impl Display) {
    anstream::eprintln!("{QUIET}==>{QUIET:#} {text}");
}

/// Text as it is.
pub(crate) fn say(text: impl Display) {
    anstream::eprintln!("{text}");
}

/// A line of data on stdout. A reader that went away is no error.
pub(crate) fn data(text: impl Display) {
    let _ = writeln!(anstream::stdout(), "{text}");
}

/// Whether somebody is there to answer a question.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal()
}

/// Asks a question that only a typed yes answers with yes.
pub(crate) fn ask(question: &str) -> std::io::Result<bool> {
    anstream::eprint!("{STRONG}{question}{STRONG:#} [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
}
