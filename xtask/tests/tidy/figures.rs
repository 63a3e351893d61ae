//! Measured figures: each is written once, in `docs/src/figures.md`, and elsewhere it is a link.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use regex_lite::Regex;

use super::root;

const HOME: &str = "docs/src/figures.md";

/// What has a unit and was not measured: limits and prices of AWS, promises of the service,
/// settings of the tool.
const GIVEN: [&str; 25] = [
    "0.03 USD",
    "0.5 s",
    "0.50 USD",
    "1 s",
    "1 USD",
    "10 minutes",
    "10 s",
    "120 s",
    "15 minutes",
    "16 KiB",
    "200 seconds",
    "29 s",
    "29 seconds",
    "3 MB",
    "3 s",
    "3 seconds",
    "300 seconds",
    "40 seconds",
    "45 minutes",
    "480 MB",
    "5 minutes",
    "50 MB",
    "250 MB",
    "60 s",
    "8 KiB",
];

/// Documents that state figures. Decisions have what was measured when they were made, with their
/// own dates, and the changelog is history.
fn documents() -> Vec<(PathBuf, String)> {
    let mut paths: Vec<PathBuf> = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "crates/README.md",
        "handler/README.md",
        "infra/README.md",
        "xtask/aws/tests/README.md",
    ]
    .map(PathBuf::from)
    .to_vec();
    for entry in std::fs::read_dir(root().join("docs/src")).unwrap() {
        paths.push(PathBuf::from("docs/src").join(entry.unwrap().file_name()));
    }
    paths.retain(|path| path.as_path() != Path::new(HOME));
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(root().join(&path)).unwrap();
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

/// The figures that have a name, and what is wrong about the page.
fn figures(home: &str) -> (BTreeMap<String, String>, Vec<String>) {
    let mut figures = BTreeMap::new();
    let mut problems = Vec::new();
    let named = Regex::new(r#"<a id="([a-z-]+)"></a>([^|)]+)"#).unwrap();
    let date = Regex::new(r"\d{1,2} (November|December|[A-Z][a-z]+) 20\d\d").unwrap();
    for section in home.split("\n## ").skip(1) {
        let title = section.lines().next().unwrap_or_default();
        for figure in named.captures_iter(section) {
            let value = figure[2].trim().to_owned();
            if figures.insert(figure[1].to_owned(), value).is_some() {
                problems.push(format!("{HOME}: `{}` is there twice", &figure[1]));
            }
        }
        let has_figures = section.contains("| ---");
        if has_figures && !(section.contains("`cargo ") && date.is_match(section)) {
            problems.push(format!("{HOME}: `{title}` has no command or no date"));
        }
    }
    (figures, problems)
}

/// What is wrong with the figures of a page.
fn problems(
    figures: &BTreeMap<String, String>,
    page: &str,
    used: &mut BTreeSet<String>,
) -> Vec<String> {
    let link = Regex::new(r"\[([^\]]*)\]\((?:[^)#]*/)?figures\.md#([a-z-]+)\)").unwrap();
    let elsewhere = Regex::new(r"\]\([^)]*\)|`[^`]*`").unwrap();
    let measured = Regex::new(
        r"[0-9][0-9.,]*[  ](?:ms|µs|s|KB|KiB|MB|MiB|GB|USD|seconds|minutes|ways|templates|tests|crates)\b",
    )
    .unwrap();
    let mut problems = Vec::new();
    let mut is_code = false;
    for (number, line) in page.lines().enumerate() {
        let number = number + 1;
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        if is_code {
            continue;
        }
        for found in link.captures_iter(line) {
            let (text, name) = (&found[1], &found[2]);
            // A link to a section is to a heading, and says no figure.
            let Some(value) = figures.get(name) else {
                continue;
            };
            if text != value {
                problems.push(format!("{number}: `{text}` is `{value}` in {HOME}#{name}"));
            }
        }
        let rest = link.replace_all(line, "");
        let rest = elsewhere.replace_all(&rest, "");
        for figure in measured.find_iter(&rest).map(|one| one.as_str()) {
            match GIVEN.contains(&figure) {
                true => drop(used.insert(figure.to_owned())),
                false => problems.push(format!(
                    "{number}: `{figure}` is no link: measured, it belongs into {HOME} with its \
                     command and date; a limit or a price, into the list of this test"
                )),
            }
        }
    }
    problems
}

#[test]
fn a_figure_has_one_home_and_one_value() {
    let home = std::fs::read_to_string(root().join(HOME)).unwrap();
    let (figures, mut wrong) = figures(&home);
    assert!(figures.len() > 5, "{figures:?}");
    let mut used = BTreeSet::new();
    for (path, text) in documents() {
        let found = problems(&figures, &text, &mut used);
        wrong.extend(found.iter().map(|one| format!("{}:{one}", path.display())));
    }
    let unused = GIVEN.into_iter().filter(|given| !used.contains(*given));
    wrong.extend(unused.map(|given| format!("no page says `{given}`")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn another_value_and_a_figure_without_a_link_are_found() {
    let figures = BTreeMap::from([("weakened".to_owned(), "641".to_owned())]);
    let problems = |page: &str| problems(&figures, page, &mut BTreeSet::new()).len();
    assert_eq!(problems("in [641](figures.md#weakened) ways"), 0);
    assert_eq!(
        problems("in [641](docs/src/figures.md#weakened) ways, 8 KiB"),
        0
    );
    assert_eq!(problems("```\nafter 77 s\n```\n`77 s`"), 0);
    assert_eq!(problems("in [600](docs/src/figures.md#weakened) ways"), 1);
    assert_eq!(problems("in more than 600 ways"), 1);
    assert_eq!(problems("from 3.7 ms to 14 KiB"), 2);
}

#[test]
fn a_figure_without_command_or_date_is_found() {
    let section = |words: &str| {
        let (found, problems) = figures(&format!(
            "# Figures\n\n## One\n\n{words}\n\n| a |\n| --- |\n| <a id=\"one\"></a>3 ms |\n"
        ));
        assert_eq!(found["one"], "3 ms");
        problems.len()
    };
    assert_eq!(section("`cargo xtask bench`, 23 November 2026."), 0);
    assert_eq!(section("`cargo xtask bench`."), 1);
    assert_eq!(section("Measured on 23 November 2026."), 1);
}
