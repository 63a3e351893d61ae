//! What goes with the command: once the names are a team's own, there is nothing left to rename.

use anyhow::Context as _;

/// Files of the command alone, and directories of such files.
const FILES: [&str; 5] = [
    "docs/src/make-it-yours.md",
    "xtask/src/commands/rename.rs",
    "xtask/src/rename.rs",
    "xtask/src/rename/",
    "xtask/aws/tests/it/rename.rs",
];

/// Lines in other files, by what they begin with; each is there once.
const LINES: [(&str, &str); 9] = [
    ("CHANGELOG.md", "- `cargo xtask rename`"),
    ("README.md", "| `rename` |"),
    ("README.md", "[Make it yours](#"),
    ("docs/src/SUMMARY.md", "- [Make it yours]"),
    ("xtask/src/commands.rs", "mod rename;"),
    ("xtask/src/commands.rs", "Rename(rename::Rename),"),
    ("xtask/src/commands.rs", "Self::Rename(rename) =>"),
    ("xtask/src/lib.rs", "mod rename;"),
    ("xtask/aws/tests/it/main.rs", "mod rename;"),
];

/// A section of the README's, up to the next one.
const SECTION: &str = "## Make it yours\n";

/// A file's text without the command; nothing where the file is the command's own.
///
/// # Errors
///
/// Where a line is not found: this list is stale then.
pub(crate) fn without_the_command(path: &str, text: &str) -> anyhow::Result<Option<String>> {
    let is_ours = |file: &&str| match file.ends_with('/') {
        true => path.starts_with(*file),
        false => path == *file,
    };
    if FILES.iter().any(is_ours) {
        return Ok(None);
    }
    let mut text = text.to_owned();
    for (_, begin) in LINES.iter().filter(|(file, _)| *file == path) {
        text = without_line(&text, begin)
            .with_context(|| format!("{path} has not one line that begins with `{begin}`"))?;
    }
    if path == "README.md" {
        text = without_section(&text)
            .with_context(|| format!("{path} has no section `{}`", SECTION.trim_end()))?;
    }
    Ok(Some(text))
}

fn without_line(text: &str, begin: &str) -> Option<String> {
    let is_it = |line: &&str| line.trim_start().starts_with(begin);
    let found = text.split_inclusive('\n').filter(is_it).count();
    let rest = text.split_inclusive('\n').filter(|line| !is_it(line));
    (found == 1).then(|| rest.collect())
}

fn without_section(text: &str) -> Option<String> {
    let begin = text.find(SECTION)?;
    let length = text[begin..].find("\n## ")?;
    Some(format!("{}{}", &text[..begin], &text[begin + length + 1..]))
}
