//! What a run of a GitHub workflow is told: the Markdown on its page, and the outputs that later
//! jobs read. Outside of a workflow nothing is told.

use std::io::Write as _;
use std::path::PathBuf;

use crate::bail;
use crate::error::{Error, Result};
use crate::variable;

/// The variables in which GitHub names its files. Programs that are started for something else
/// than the run's own report go without them.
pub const VARIABLES: [&str; 2] = [SUMMARY, OUTPUT];
const SUMMARY: &str = "GITHUB_STEP_SUMMARY";
const OUTPUT: &str = "GITHUB_OUTPUT";

/// Adds Markdown to the page of the run.
///
/// # Errors
///
/// The file that `GITHUB_STEP_SUMMARY` names cannot be written to.
pub fn summarize(markdown: &str) -> Result<()> {
    append(SUMMARY, markdown)
}

/// Sets an output of the step.
///
/// # Errors
///
/// `value` has more than one line, or the file that `GITHUB_OUTPUT` names cannot be written to.
pub fn set_output(name: &str, value: &str) -> Result<()> {
    if value.contains(['\n', '\r']) {
        bail!("the output `{name}` has more than one line");
    }
    append(OUTPUT, &format!("{name}={value}"))
}

/// A section of a summary: a heading and, where there is one, a text as it is, without its colours.
pub fn section(heading: &str, text: &str) -> String {
    match text.trim().is_empty() {
        true => format!("### {heading}\n"),
        false => format!("### {heading}\n\n{}", verbatim(text)),
    }
}

fn verbatim(text: &str) -> String {
    let plain = anstream::adapter::strip_str(text).to_string();
    let plain = plain.trim_matches('\n');
    // A fence is longer than every row of backticks in it.
    let longest = plain.split(|c| c != '`').map(str::len).max();
    let fence = "`".repeat(longest.unwrap_or_default().max(2) + 1);
    format!("{fence}text\n{plain}\n{fence}\n")
}

fn append(name: &str, text: &str) -> Result<()> {
    match variable::value(name) {
        Some(path) => append_to(&PathBuf::from(path), text).map_err(|err| {
            Error::new(format!(
                "cannot write to the file that `{name}` names: {err}"
            ))
        }),
        None => Ok(()),
    }
}

fn append_to(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?;
    writeln!(file, "{}", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_added_to_what_is_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("summary");
        append_to(&path, "### One\n\n").unwrap();
        append_to(&path, "a=1").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "### One\na=1\n");
    }

    #[test]
    fn an_output_is_one_line() {
        let err = set_output("sha256", "a\nadmin=true").unwrap_err();
        assert_eq!(
            err.to_string(),
            "the output `sha256` has more than one line"
        );
    }

    #[test]
    fn no_text_ends_its_own_fence() {
        assert_eq!(verbatim("\x1b[1m+ Api\x1b[0m\n"), "```text\n+ Api\n```\n");
        assert_eq!(verbatim("\n  a ``` b"), "````text\n  a ``` b\n````\n");
    }
}
