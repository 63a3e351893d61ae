//! Places in the repository's files, and problems shown at their place the way rustc shows them.
//! It takes text and returns text; who prints it is not its business.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use cfnkit_console::error::Error;
use cfnkit_console::text::printable;

/// A place in a file, with the file's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// As the repository names it: `infra/cfn/api.yaml`.
    file: String,
    text: Arc<str>,
    /// Bytes of the text, within one line.
    span: Range<usize>,
}

impl Place {
    /// What of `span` is on its first line; a place after the end is the end.
    pub fn new(file: &str, text: &Arc<str>, span: Range<usize>) -> Self {
        let mut start = span.start.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let line_end = text[start..]
            .find(['\n', '\r'])
            .map_or(text.len(), |length| start + length);
        let mut end = span.end.clamp(start, line_end);
        while !text.is_char_boundary(end) {
            end += 1;
        }
        Self {
            file: file.to_owned(),
            text: Arc::clone(text),
            span: start..end,
        }
    }

    /// From 1.
    pub fn line(&self) -> usize {
        self.text[..self.span.start].matches('\n').count() + 1
    }

    /// As in `infra/cfn/api.yaml:12`.
    pub fn file_and_line(&self) -> String {
        format!("{}:{}", self.file, self.line())
    }

    /// In characters, from 1.
    pub fn column(&self) -> usize {
        let before = &self.text[..self.span.start];
        let line = before.rfind('\n').map_or(before, |end| &before[end + 1..]);
        line.chars().count() + 1
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line(), self.column())
    }
}

/// Something that is wrong, where, and what to do about it. It prints without `error: ` in
/// front, as every error here, over several lines and with colours as escape codes.
#[derive(Debug, Clone)]
pub struct Problem {
    title: String,
    place: Option<Place>,
    /// What is to know, by a word for it: `CloudFormation`, `to mend`.
    notes: Vec<(&'static str, String)>,
}

impl Problem {
    /// A problem without a place, in one line.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: printable(title.into().trim_end()),
            place: None,
            notes: Vec::new(),
        }
    }

    /// Shows it at `place`, where there is one.
    pub fn at(self, place: Option<Place>) -> Self {
        Self { place, ..self }
    }

    /// Adds a line below, that begins with `name`.
    pub fn note(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.notes.push((name, printable(text.into().trim_end())));
        self
    }

    /// Names the place and shows nothing of the file, in which there may be a secret.
    pub(crate) fn unquoted(mut self) -> Self {
        if let Some(place) = self.place.take() {
            self.notes.insert(0, ("at", place.to_string()));
        }
        self
    }

    /// What the user can do.
    pub fn mend(self, text: impl Into<String>) -> Self {
        self.note("to mend", text)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = Level::ERROR.no_name().primary_title(self.title.as_str());
        let mut group = Group::with_title(title);
        if let Some(place) = &self.place {
            let caret = AnnotationKind::Primary.span(place.span.clone());
            let snippet = Snippet::source(&*place.text).path(place.file.as_str());
            group = group.element(snippet.annotation(caret));
        }
        for (name, text) in &self.notes {
            group = group.element(Level::NOTE.with_name(*name).message(text.as_str()));
        }
        f.write_str(&Renderer::styled().render(&[group]))
    }
}

impl std::error::Error for Problem {}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::new(problem.to_string())
    }
}

/// The choice that `name` was probably meant to be.
pub fn nearest<'a>(name: &str, choices: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    choices
        .into_iter()
        .map(|choice| (strsim::jaro_winkler(choice, name), choice))
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, choice)| choice)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    fn check(problem: &Problem, expected: Expect) {
        let text = format!("error: {problem}\n");
        expected.assert_eq(&anstream::adapter::strip_str(&text).to_string());
    }

    #[test]
    fn a_problem_shows_its_line_with_a_caret() {
        let text: Arc<str> = "Résumé: x\nResources:\n  Stage:\n    Type: T\n".into();
        let start = text.find("Stage").unwrap();
        let place = Place::new("infra/cfn/api.yaml", &text, start..start + 5);
        assert_eq!(place.to_string(), "infra/cfn/api.yaml:3:3");
        let problem = Problem::new("Api / Stage was not created")
            .at(Some(place))
            .note("CloudFormation", "no\nlog \u{1b}[31mrole")
            .mend("`cargo xtask bootstrap`");
        check(
            &problem,
            expect![[r#"
            error: Api / Stage was not created
             --> infra/cfn/api.yaml:3:3
              |
            3 |   Stage:
              |   ^^^^^
              |
              = CloudFormation: no\nlog \u{1b}[31mrole
              = to mend: `cargo xtask bootstrap`
        "#]],
        );
    }

    #[test]
    fn the_end_of_the_text_is_a_place() {
        let text: Arc<str> = "A: [\n".into();
        let place = Place::new("a.yaml", &text, 99..120);
        check(
            &Problem::new("not valid YAML").at(Some(place)),
            expect![[r#"
            error: not valid YAML
             --> a.yaml:1:6
              |
            1 | A: [
              |     ^
        "#]],
        );
    }

    #[test]
    fn without_a_place_the_notes_follow_the_title() {
        check(
            &Problem::new("it failed").mend("try again"),
            expect![[r#"
            error: it failed
             |
             = to mend: try again
        "#]],
        );
    }

    proptest! {
        /// Whatever a service says and wherever a parser points, it prints, and as one line each.
        #[test]
        fn any_text_prints(text in "\\PC{0,40}\n\\PC{0,40}", note in ".{0,60}", start in 0..100usize, length in 0..100usize) {
            let shared: Arc<str> = text.as_str().into();
            let place = Place::new("t.yaml", &shared, start..start + length);
            prop_assert!(place.line() <= 2);
            let shown = Problem::new("it").at(Some(place)).note("note", note).to_string();
            prop_assert!(shown.lines().count() <= 7, "{shown}");
        }
    }
}
