use std::collections::BTreeSet;
use std::sync::Arc;

use cfnkit_console::report::Nobody;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::*;

mod recorded;

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The pages as mdBook gets them, by their paths.
fn source() -> (tempfile::TempDir, Vec<(String, String)>) {
    let directory = tempfile::tempdir().unwrap();
    write_source(&Workspace::at(&root(), Arc::new(Nobody)), directory.path()).unwrap();
    let pages = directory.path().join("src");
    let mut texts = Vec::new();
    for part in ["", "commands", "decisions", "xtask/aws"] {
        for entry in std::fs::read_dir(pages.join(part)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let name = path.strip_prefix(&pages).unwrap().to_str().unwrap();
                texts.push((name.to_owned(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    (directory, texts)
}

fn links(text: &str) -> Vec<String> {
    let events = Parser::new_ext(text, Options::ENABLE_TABLES);
    let links = events.filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
            Some(dest_url.to_string())
        }
        _ => None,
    });
    links.collect()
}

/// The headings' anchors, as mdBook and GitHub make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    let mut heading: Option<String> = None;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let text = heading.take().unwrap_or_default().to_lowercase();
                let kept = text
                    .chars()
                    .filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
                anchors.insert(kept.collect::<String>().replace(' ', "-"));
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            // A place inside a table has an anchor of its own.
            Event::InlineHtml(tag) => {
                let id = tag.strip_prefix("<a id=\"");
                anchors.extend(id.and_then(|id| id.strip_suffix("\">")).map(str::to_owned));
            }
            _ => {}
        }
    }
    anchors
}

/// Who reads a page on GitHub follows its links, too.
#[test]
fn every_link_and_anchor_of_the_repositorys_documents_leads_somewhere() {
    let mut documents = Vec::new();
    let mut directories = vec![root()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let is_ours = !["target", ".git"].contains(&name);
            if path.is_dir() && is_ours {
                directories.push(path);
            } else if name.ends_with(".md") && name != "SUMMARY.md" {
                documents.push(path);
            }
        }
    }
    assert!(documents.len() > 40, "{documents:?}");
    let mut broken = Vec::new();
    for document in documents {
        let text = std::fs::read_to_string(&document).unwrap();
        for link in links(&text).iter().filter(|link| !link.contains("://")) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match path {
                "" => document.clone(),
                path => document.parent().unwrap().join(path),
            };
            let is_there = match anchor {
                "" => target.exists(),
                anchor => std::fs::read_to_string(&target)
                    .is_ok_and(|text| anchors(&text).contains(anchor)),
            };
            if !is_there {
                broken.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_link_and_anchor_leads_somewhere() {
    let (directory, texts) = source();
    let mut broken = Vec::new();
    for (name, text) in &texts {
        for link in links(text) {
            if link.contains("://") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let place = directory.path().join("src").join(name);
            let target = match path {
                "" => place.clone(),
                path => place.parent().unwrap().join(path),
            };
            if !target.exists() {
                broken.push(format!("{name}: {link}"));
            } else if !anchor.is_empty() && target.exists() {
                let text = std::fs::read_to_string(&target).unwrap();
                if !anchors(&text).contains(anchor) {
                    broken.push(format!("{name}: {link} (no such heading)"));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Who comes by reads one page, and CI runs the commands that it promises.
#[test]
fn the_readme_is_one_page_and_contributing_one_screen() {
    let lines = |file: &str| {
        let text = std::fs::read_to_string(root().join(file)).unwrap();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let readme = lines("README.md");
    assert!(readme.len() <= 150, "README.md has {} lines", readme.len());
    for command in ["cargo xtask deploy --local ", "cargo xtask test "] {
        assert!(readme.iter().any(|line| line.starts_with(command)));
    }
    let contributing = lines("CONTRIBUTING.md").len();
    assert!(
        contributing <= 50,
        "CONTRIBUTING.md has {contributing} lines"
    );
}

#[test]
fn every_page_is_in_the_summary() {
    let (_directory, texts) = source();
    let summary = texts.iter().find(|(name, _)| name == "SUMMARY.md").unwrap();
    let listed: BTreeSet<String> = links(&summary.1).into_iter().collect();
    let pages: BTreeSet<String> = texts
        .iter()
        .map(|(name, _)| name.clone())
        .filter(|name| name != "SUMMARY.md")
        .collect();
    assert_eq!(listed, pages);
    let root = Cli::<Own>::command();
    let commands = root.get_subcommands();
    for command in commands.filter(|command| !command.is_hide_set()) {
        assert!(listed.contains(&format!("commands/{}.md", command.get_name())));
    }
}

#[test]
fn a_commands_page_has_its_flags_with_values_and_defaults() {
    let pages = reference::pages(Cli::<Own>::command());
    let page = |words: &str| {
        let found = pages.iter().find(|page| page.words.join(" ") == words);
        &found.unwrap_or_else(|| panic!("no page of {words}")).text
    };
    let deploy = page("deploy");
    assert!(deploy.contains("cargo xtask deploy [OPTIONS]"));
    assert!(deploy.contains("| `--on-failure WHAT` | "));
    assert!(deploy.contains("One of `rollback`, `keep`, `delete`. Default: `rollback`."));
    assert!(page("keys rotate").contains("--grace TIME"));
    assert!(page("keys").contains("[`rotate`](keys-rotate.md)"));
}

/// A row that breaks is a row more, and its end a cell of the wrong column.
#[test]
fn a_command_is_one_row_and_what_is_said_of_it_is_prose() {
    let (_directory, pages) = source();
    let text = |path: &str| &pages.iter().find(|page| page.0 == path).unwrap().1;
    let index = text("commands.md");
    let table = index.lines().skip(2).take_while(|line| !line.is_empty());
    for row in table {
        assert_eq!(row.matches(" | ").count(), 1, "{row}");
    }
    let new = text("commands/new.md");
    let prose = new.split("```").next().unwrap();
    assert!(prose.contains("It has the handler with its tests"), "{new}");
}

#[test]
fn what_is_made_is_in_its_place() {
    let (_directory, texts) = source();
    let page = |name: &str| {
        let found = texts.iter().find(|(page, _)| page == name);
        found.unwrap().1.clone()
    };
    assert!(page("limits.md").contains("WAF, per address"));
    assert!(page("troubleshooting.md").contains("| log group exists | "));
    assert!(texts.iter().all(|(_, text)| !text.contains("<!-- ")));
}

/// What the written pages say in code, line by line; the pages of commands are made from clap.
fn code(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut is_block = false;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => is_block = true,
            Event::End(TagEnd::CodeBlock) => is_block = false,
            Event::Code(code) => lines.push(code.to_string()),
            Event::Text(text) if is_block => lines.extend(text.lines().map(str::to_owned)),
            _ => {}
        }
    }
    lines
}

fn written_pages() -> Vec<(String, String)> {
    let (_directory, texts) = source();
    let is_written = |name: &str| !name.starts_with("commands");
    texts
        .into_iter()
        .filter(|(name, _)| is_written(name))
        .collect()
}

#[test]
fn every_file_that_a_page_names_is_there() {
    let mut missing = Vec::new();
    for (page, text) in written_pages() {
        for line in code(&text) {
            let ends = |c: char| c.is_whitespace() || "\"'`(),;".contains(c);
            for word in line.split(ends) {
                let word = word.split([':', '#']).next().unwrap_or_default();
                let is_ours = [
                    "docs/", "handler/", "infra/", "xtask/", ".github/", "crates/",
                ]
                .iter()
                .any(|directory| word.starts_with(directory));
                // A pattern or a place to be filled in names no file.
                if is_ours && !word.contains(['<', '*', '{']) && !root().join(word).exists() {
                    missing.push(format!("{page}: {word}"));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_command_and_flag_that_a_page_names_exists() {
    let mut unknown = Vec::new();
    for (page, text) in written_pages() {
        for line in code(&text) {
            // A comment or another program may follow.
            let line = line
                .split([';', '|', '#', '(', '&'])
                .next()
                .unwrap_or_default();
            let Some((_, rest)) = line.split_once("cargo xtask ") else {
                continue;
            };
            let mut words = rest.split_whitespace();
            let root = Cli::<Own>::command();
            let name = words.next().unwrap_or_default();
            let Some(mut command) = root.find_subcommand(name) else {
                if !name.starts_with(['-', 'X']) {
                    unknown.push(format!("{page}: cargo xtask {name}"));
                }
                continue;
            };
            for word in words {
                if let Some(inner) = command.find_subcommand(word) {
                    command = inner;
                }
                let Some(flag) = word.strip_prefix("--") else {
                    continue;
                };
                let flag = flag.split(['=', ',', '.', '`']).next().unwrap_or_default();
                let mut known = command.get_arguments().chain(root.get_arguments());
                let is_known = known.any(|one| one.get_long() == Some(flag)) || flag == "help";
                if !is_known {
                    unknown.push(format!("{page}: cargo xtask {name} --{flag}"));
                }
            }
        }
    }
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}

/// Advice about a cause that nobody finds would never be read.
#[test]
fn the_services_own_advice_is_about_known_causes() {
    for advice in SERVICE.advice {
        let mut known = diagnosis::known_causes(SERVICE.advice);
        assert!(known.any(|known| known == *advice), "{}", advice.0);
    }
}
