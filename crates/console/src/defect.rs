//! A panic: a defect of this program, which is said in one line and has an exit code of its own.

use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::Exit;
use crate::screen;

/// Whether CloudFormation was told to begin something whose end was not seen yet.
static AT_WORK: AtomicBool = AtomicBool::new(false);

/// CloudFormation is told to begin.
pub fn cloudformation_begins() {
    AT_WORK.store(true, Ordering::Relaxed);
}

/// The stack has settled.
pub fn cloudformation_ended() {
    AT_WORK.store(false, Ordering::Relaxed);
}

/// From here on, panics are said in one line.
pub fn listen() {
    std::panic::set_hook(Box::new(say));
}

/// What `run` comes to, or the exit code of the program where it panics.
///
/// # Errors
///
/// It panics. The exit code is 4 where CloudFormation was told to begin and has not ended, else 1.
pub fn caught<T>(run: impl FnOnce() -> T) -> Result<T, u8> {
    // Nothing of what `run` worked on is looked at afterwards.
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| match AT_WORK.load(Ordering::Relaxed) {
        true => Exit::Unknown(String::new()).code(),
        false => 1,
    })
}

fn say(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or_default();
    let place = info.location().map(ToString::to_string);
    let mut text = line(message, place.as_deref(), AT_WORK.load(Ordering::Relaxed));
    let wish = crate::variable::value("RUST_BACKTRACE");
    if wish.is_some_and(|wish| wish != "0") {
        text.push_str(&format!("\n{}", std::backtrace::Backtrace::force_capture()));
    }
    // It does not panic where stderr cannot be written; a second panic would abort.
    screen::say(text);
}

fn line(message: &str, place: Option<&str>, at_work: bool) -> String {
    let message: Vec<&str> = message.split_whitespace().collect();
    let goes_on = match at_work {
        true => "CloudFormation may go on; run the same command again. ",
        false => "",
    };
    format!(
        "error: this program has a defect: {} ({}). {goes_on}Please report it with what \
         RUST_BACKTRACE=1 adds to this",
        message.join(" "),
        place.unwrap_or("somewhere")
    )
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_panic_has_the_exit_code_of_a_failure() {
        assert_eq!(caught(|| 7), Ok(7));
        assert_eq!(caught(|| -> u8 { panic!("told") }), Err(1));
        let at_work = || -> u8 {
            cloudformation_begins();
            panic!("told")
        };
        assert_eq!(caught(at_work), Err(4));
        cloudformation_ended();
        assert_eq!(caught(|| -> u8 { panic!("told") }), Err(1));
    }

    #[test]
    fn a_panic_is_one_line() {
        let line = |at_work| line("two\nlines", Some("src/a.rs:1:2"), at_work);
        expect![[r#"error: this program has a defect: two lines (src/a.rs:1:2). Please report it with what RUST_BACKTRACE=1 adds to this"#]]
            .assert_eq(&line(false));
        expect![[r#"error: this program has a defect: two lines (src/a.rs:1:2). CloudFormation may go on; run the same command again. Please report it with what RUST_BACKTRACE=1 adds to this"#]]
            .assert_eq(&line(true));
    }
}
