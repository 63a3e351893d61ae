//! The question before a change, on a terminal: anything but a yes leaves nothing behind.

use crate::faults::{CREATE, UPDATE};
use crate::site::Site;

/// What is typed at the question, and what comes of it.
#[track_caller]
fn answered(site: &Site, answer: &str, code: i32, status: &str) {
    let run = site.answer(&["deploy"], answer);
    let problems = site.problems(&run, code, status);
    assert_eq!(problems, Vec::<String>::new(), "{answer:?}: {}", run.stdout);
    assert!(
        run.stdout.contains("Deploy these changes to"),
        "{}",
        run.stdout
    );
}

#[test]
fn anything_but_a_yes_changes_nothing() {
    // Enter, a no, the end of the input, and Ctrl-C.
    for answer in [r"\n", r"n\n", r"\x04", r"\x03"] {
        answered(&CREATE.site(), answer, 1, "absent");
    }
}

#[test]
fn a_yes_is_a_yes() {
    answered(&CREATE.site(), r"y\n", 0, "CREATE_COMPLETE");
}

#[test]
fn a_deployed_stage_stays_as_it_is_after_a_no() {
    let site = UPDATE.site();
    let run = site.answer(
        &["deploy", "--param", "StandardRateLimitPerSecond=60"],
        r"n\n",
    );
    assert_eq!(
        site.problems(&run, 1, "CREATE_COMPLETE"),
        Vec::<String>::new()
    );
    assert!(run.stdout.contains("nothing was changed"), "{}", run.stdout);
}
