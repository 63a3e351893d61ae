//! What a person sees. Progress goes to stderr; stdout is for data that a program may read.

use std::fmt::Display;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anstyle::{AnsiColor, Style};

use crate::display::text::wrap;

/// For headings and results.
pub(crate) const STRONG: Style = Style::new().bold();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const QUIET: Style = Style::new().dimmed();

/// Whether this process shows plain lines only, asks nothing and uses no colour.
static PLAIN: AtomicBool = AtomicBool::new(false);

/// Turns colour, questions and the live display off for the rest of the process.
pub(crate) fn set_plain() {
    PLAIN.store(true, Ordering::Relaxed);
    anstream::ColorChoice::Never.write_global();
}

/// Whether a continuous integration runs this program; each of them sets `CI`.
pub(crate) fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

/// Whether stderr is a terminal on which lines can be drawn again.
pub(crate) fn can_redraw() -> bool {
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    !PLAIN.load(Ordering::Relaxed) && !is_ci() && !is_dumb && std::io::stderr().is_terminal()
}

/// Whether stderr shall have colour.
pub(crate) fn has_colour() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}

/// A step that begins.
pub(crate) fn progress(text: impl Display) {
    anstream::eprintln!("{QUIET}==>{QUIET:#} {text}");
}

/// Text as it is.
pub(crate) fn say(text: impl Display) {
    anstream::eprintln!("{text}");
}

/// The last line of a deployment that did what was asked.
pub(crate) fn success(text: &str, begin: Instant) {
    let seconds = begin.elapsed().as_secs_f64();
    say(format!("\n{GOOD}{text}{GOOD:#} in {seconds:.1} s\n"));
}

/// The last line of a command that failed.
pub(crate) fn error(err: &anyhow::Error) {
    say(format!("{BAD}error:{BAD:#} {err:#}"));
}

/// A remark in whole sentences, broken between words for a terminal of 80 columns.
pub(crate) fn note(text: &str) {
    for line in wrap(text, 79, usize::MAX) {
        say(format!("{QUIET}{line}{QUIET:#}"));
    }
}

/// A line of data on stdout. A reader that went away is no error.
pub(crate) fn data(text: impl Display) {
    let _ = writeln!(anstream::stdout(), "{text}");
}

/// Whether somebody is there to answer a question.
pub(crate) fn can_ask() -> bool {
    !PLAIN.load(Ordering::Relaxed) && std::io::stdin().is_terminal()
}

/// Asks a question that only a typed yes answers with yes.
pub(crate) fn ask(question: &str) -> std::io::Result<bool> {
    anstream::eprint!("{STRONG}{question}{STRONG:#} [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
}
