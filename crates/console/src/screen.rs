//! What a person sees. Progress goes to stderr; stdout is for data that a program may read. Nothing
//! else writes to either of them, and nothing that cannot be written stops what is going on.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the screen that the others are sent to"
)]

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, BufRead as _, ErrorKind, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use crate::error::{Context as _, Result, chain};
use crate::text::{harmless, wrap};
use crate::variable;

/// For headings and results.
pub const STRONG: Style = Style::new().bold();
/// For what went well.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// For what failed.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// For what only few readers look for.
pub const QUIET: Style = Style::new().dimmed();

/// Whether this process shows plain lines only, asks nothing and uses no colour.
static PLAIN: AtomicBool = AtomicBool::new(false);

/// Why stdout took no more.
static UNWRITTEN: Mutex<Option<io::Error>> = Mutex::new(None);

/// Decides what this process may do on its streams; before anything is written.
pub fn begin() {
    match is_ci() {
        true => set_plain(),
        false => colour_choice(variable::value).write_global(),
    }
}

/// Turns colour, questions and the live display off for the rest of the process.
pub fn set_plain() {
    PLAIN.store(true, Ordering::Relaxed);
    ColorChoice::Never.write_global();
}

/// Whether a continuous integration runs this program; each of them sets `CI`.
pub fn is_ci() -> bool {
    variable::value("CI").is_some_and(is_on)
}

fn is_on(value: OsString) -> bool {
    value != "0" && value != "false"
}

/// What the environment says of colour. `Auto` is colour on a terminal. `anstream` by itself takes
/// an empty `CI` for a terminal with colours, and `CLICOLOR_FORCE=0` for a wish to have them.
fn colour_choice(variable: impl Fn(&str) -> Option<OsString>) -> ColorChoice {
    let forces = |name| variable(name).is_some_and(is_on);
    if variable("NO_COLOR").is_some() {
        return ColorChoice::Never;
    }
    if forces("CLICOLOR_FORCE") || forces("FORCE_COLOR") {
        return ColorChoice::Always;
    }
    let refuses = |name: &str| variable(name).is_some_and(|value| value == "0");
    let is_off = refuses("CLICOLOR") || refuses("CLICOLOR_FORCE") || refuses("FORCE_COLOR");
    match is_off || is_dumb(variable("TERM")) {
        true => ColorChoice::Never,
        false => ColorChoice::Auto,
    }
}

/// Whether a terminal of this name obeys no escape codes.
fn is_dumb(term: Option<OsString>) -> bool {
    term.is_none_or(|term| term == "dumb")
}

/// Whether stderr is a terminal on which lines can be drawn again.
pub(crate) fn can_redraw() -> bool {
    let is_plain = PLAIN.load(Ordering::Relaxed) || is_dumb(variable::value("TERM"));
    !is_plain && !is_ci() && io::stderr().is_terminal()
}

/// Whether stderr shall have colour.
pub(crate) fn has_colour() -> bool {
    AutoStream::choice(&io::stderr()) != ColorChoice::Never
}

/// A step that begins.
pub fn progress(text: impl Display) {
    say(format!("{QUIET}==>{QUIET:#} {text}"));
}

/// A text and the end of its line.
pub fn say(text: impl Display) {
    write_plain(&format!("{text}\n"));
}

/// A text as it is. Progress is best effort: a terminal that went away or a full device must not
/// end what is being watched.
pub(crate) fn write_plain(text: &str) {
    let text = harmless(text);
    let _ = AutoStream::auto(io::stderr().lock()).write_all(text.as_bytes());
}

/// Bytes that a terminal is to obey.
pub(crate) fn write_codes(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes());
    let _ = stderr.flush();
}

/// The last line of a deployment that did what was asked.
pub fn success(text: &str, begin: Instant) {
    let seconds = begin.elapsed().as_secs_f64();
    say(format!("\n{GOOD}{text}{GOOD:#} in {seconds:.1} s\n"));
}

/// The last line of a command that failed.
pub fn error(text: impl Display) {
    say(format!("{BAD}error:{BAD:#} {text}"));
}

/// A remark in whole sentences, broken between words for a terminal of 80 columns.
pub fn note(text: &str) {
    for line in wrap(text, 79, usize::MAX) {
        say(format!("{QUIET}{line}{QUIET:#}"));
    }
}

/// A result for a person, on stdout: with colours, and nothing else in it is obeyed.
pub fn show(text: impl Display) {
    let text = harmless(&text.to_string());
    let choice = AutoStream::choice(&io::stdout());
    match choice {
        ColorChoice::Never => data(anstream::adapter::strip_str(&text)),
        _ => data(text),
    }
}

/// A result for a program, on stdout, as it is.
pub fn data(text: impl Display) {
    let mut unwritten = UNWRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    if unwritten.is_some() {
        return;
    }
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(format!("{text}\n").as_bytes());
    *unwritten = written.and_then(|()| stdout.flush()).err();
}

/// Whether stdout took everything so far; what goes on for ever ends where it did not.
pub fn is_read() -> bool {
    let unwritten = UNWRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    unwritten.is_none()
}

/// Whether all results were written. A reader that went away has what it wanted.
///
/// # Errors
///
/// stdout did not take a result, and not because its reader went away. It is told once.
pub fn written() -> Result<()> {
    let mut unwritten = UNWRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    match unwritten.take() {
        Some(err) if err.kind() != ErrorKind::BrokenPipe => {
            Err(cause(&err)).context("cannot write the output")
        }
        _ => Ok(()),
    }
}

/// The system's words without Rust's number.
fn cause(err: &io::Error) -> String {
    let text = err.to_string();
    let words = text.split_once(" (os error").map(|(words, _)| words);
    words.map_or_else(|| text.clone(), str::to_owned)
}

/// Help goes to stdout, and words about wrong usage to stderr.
pub fn usage(usage: &clap::Error) -> ExitCode {
    let text = usage.render().ansi().to_string();
    if usage.use_stderr() {
        write_plain(&text);
        return ExitCode::from(2);
    }
    show(text.trim_end());
    match written() {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            error(chain(&err));
            ExitCode::FAILURE
        }
    }
}

/// Whether somebody is there to answer a question.
pub fn can_ask() -> bool {
    !PLAIN.load(Ordering::Relaxed) && io::stdin().is_terminal()
}

/// Asks a question that only a typed yes answers with yes.
///
/// # Errors
///
/// stdin cannot be read, or what is typed is not UTF-8. Where it has ended, the answer is no.
pub fn ask(question: &str) -> io::Result<bool> {
    write_plain(&format!("{STRONG}{question}{STRONG:#} [y/N] "));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_decided_as_elsewhere() {
        use ColorChoice::{Always, Auto, Never};
        for (environment, expected) in [
            ("TERM=xterm", Auto),
            ("TERM=dumb", Never),
            ("", Never),
            ("TERM=", Never),
            ("TERM=dumb CLICOLOR=1", Never),
            ("TERM=xterm CLICOLOR=0", Never),
            ("TERM=xterm CLICOLOR=", Auto),
            ("TERM=dumb CLICOLOR_FORCE=1", Always),
            ("TERM=dumb FORCE_COLOR=3", Always),
            ("CLICOLOR=0 CLICOLOR_FORCE=1", Always),
            ("TERM=xterm CLICOLOR_FORCE=0", Never),
            ("TERM=xterm FORCE_COLOR=", Auto),
            ("TERM=xterm FORCE_COLOR=false", Auto),
            ("TERM=xterm NO_COLOR=1", Never),
            ("TERM=xterm NO_COLOR=", Auto),
            ("TERM=xterm NO_COLOR=1 CLICOLOR_FORCE=1", Never),
        ] {
            let variable = |name: &str| {
                let mut set = environment.split(' ').filter_map(|one| one.split_once('='));
                let (_, value) = set.find(|(one, _)| *one == name)?;
                (!value.is_empty()).then(|| OsString::from(value))
            };
            assert_eq!(colour_choice(variable), expected, "{environment}");
        }
    }

    #[test]
    fn an_empty_ci_and_one_that_is_off_are_none() {
        let check = |value: &str| is_on(OsString::from(value));
        assert_eq!(
            ["true", "1", "woodpecker", "0", "false"].map(check),
            [true, true, true, false, false]
        );
    }

    #[test]
    fn the_system_is_quoted_without_the_number_of_its_error() {
        assert_eq!(
            cause(&io::Error::from_raw_os_error(28)),
            "No space left on device"
        );
    }
}
