//! `docs`: the documentation as a site.

use std::path::Path;

use anyhow::Context as _;
use clap::CommandFactory as _;
use xshell::{Shell, cmd};

use super::Own;
use crate::service::SERVICE;
use cfnkit_cli::commands::Cli;
use cfnkit_console::screen;
use cfnkit_limits::limits::report::Report;
use cfnkit_limits::limits::{Consumer, predict, reading};
use cfnkit_lint::linting::limits;
use cfnkit_operation::diagnosis;
use cfnkit_template::parameters::Parameters;
use cfnkit_template::templates::Templates;
use cfnkit_tools::tool;
use cfnkit_tools::workspace::Workspace;

mod reference;
#[cfg(test)]
mod tests;

/// The documents of the repository that are pages of the site too.
const DOCUMENTS: [&str; 8] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "handler/README.md",
    "infra/README.md",
    "xtask/aws/tests/README.md",
];

/// Documents that those refer to.
const BESIDE: [&str; 7] = [
    "LICENSE",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "docs/architecture.svg",
    "docs/recorded/failure.svg",
    "docs/recorded/progress.svg",
    "docs/recorded/replay.svg",
];

/// Open the documentation in the browser.
///
/// A site made by mdBook from `docs/`, written to `target/docs/`; the pages about commands are
/// made from their help. The first time mdBook is built, which takes a few minutes.
#[derive(Debug, clap::Args)]
pub struct Docs {
    /// Write the site to `target/docs/` and open nothing.
    #[arg(long)]
    no_open: bool,
}

impl Docs {
    pub(crate) fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        let source = workspace.target().join("docs-source");
        let site = workspace.target().join("docs");
        let _lock = workspace.lock(&workspace.target().join("docs.lock"))?;
        write_source(workspace, &source)
            .with_context(|| format!("cannot write to `{}`", source.display()))?;
        let bin = tool::MDBOOK.provide(sh, workspace)?;
        let mdbook = bin.join("mdbook");
        cmd!(sh, "{mdbook} build {source} --dest-dir {site}")
            .quiet()
            .ignore_stdout()
            .ignore_stderr()
            .run()
            .with_context(|| format!("mdBook failed; try `mdbook build {}`", source.display()))?;
        let first = site.join("index.html");
        screen::data(workspace.display(&first));
        if !self.no_open && !screen::is_ci() && opener::open(&first).is_err() {
            screen::say("no browser opens here; open the file above yourself");
        }
        Ok(())
    }
}

/// The book's source: `docs/`, what is made for it, and the repository's own documents.
fn write_source(workspace: &Workspace, directory: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(directory) {
        Err(err) if err.kind() != std::io::ErrorKind::NotFound => return Err(err.into()),
        _ => {}
    }
    let root = workspace.root();
    let pages = directory.join("src");
    std::fs::create_dir_all(pages.join("commands"))?;
    for file in ["book.toml", "site.css"] {
        std::fs::copy(root.join("docs").join(file), directory.join(file))?;
    }
    let commands = reference::pages(Cli::<Own>::command());
    let mut documents = DOCUMENTS.map(str::to_owned).to_vec();
    let decisions = markdown_in(root, "docs/decisions")?;
    documents.extend(markdown_in(root, "docs/src")?);
    documents.extend(decisions.iter().cloned());
    for file in &documents {
        let text = std::fs::read_to_string(root.join(file));
        let text = text.with_context(|| format!("no `{file}`"))?;
        let text = fill(workspace, &text, &decisions, &commands)?;
        let page = pages.join(place(file));
        std::fs::create_dir_all(page.parent().context("a page without a directory")?)?;
        std::fs::write(page, relinked(&text, file))?;
    }
    for file in BESIDE {
        let copy = pages.join(place(file));
        std::fs::create_dir_all(copy.parent().context("a file without a directory")?)?;
        std::fs::copy(root.join(file), copy).with_context(|| format!("no `{file}`"))?;
    }
    std::fs::write(
        pages.join("commands.md"),
        reference::index(Cli::<Own>::command()),
    )?;
    for page in &commands {
        std::fs::write(pages.join(page.path()), &page.text)?;
    }
    Ok(())
}

/// The paths of a directory's pages in the repository, by name.
fn markdown_in(root: &Path, directory: &str) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root.join(directory))? {
        let name = entry?.file_name();
        let name = name.to_str().context("a page's name is not Unicode")?;
        if name.ends_with(".md") {
            found.push(format!("{directory}/{name}"));
        }
    }
    found.sort();
    Ok(found)
}

/// Where the book's source has a file of the repository. A directory's own page is beside the
/// directory: mdBook makes an `index.html` of a `README.md`, and leaves the links to it as they are.
fn place(path: &str) -> String {
    let inner = path.strip_prefix("docs/src/");
    let inner = inner.or(path.strip_prefix("docs/")).unwrap_or(path);
    match inner.strip_suffix("/README.md") {
        Some(directory) => format!("{directory}.md"),
        None => inner.to_owned(),
    }
}

/// The text with its links to files of the repository leading to where the book has them.
fn relinked(text: &str, file: &str) -> String {
    let mut parts = text.split("](");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        whole.push_str("](");
        let end = part.find(['#', ')']).unwrap_or(0);
        let (link, rest) = part.split_at(end);
        match link.contains(':') {
            true => whole.push_str(link),
            false => whole.push_str(&moved(link, file)),
        }
        whole.push_str(rest);
    }
    whole
}

/// A link in a file of the repository, as it is between the places of both in the book.
fn moved(link: &str, file: &str) -> String {
    if link.is_empty() {
        return String::new();
    }
    let mut path: Vec<&str> = file.split('/').collect();
    path.pop();
    for step in link.split('/') {
        match step {
            ".." => drop(path.pop()),
            step => path.push(step),
        }
    }
    let up = "../".repeat(place(file).matches('/').count());
    format!("{up}{}", place(&path.join("/")))
}

/// Puts what is made in the places that are marked for it.
fn fill(
    workspace: &Workspace,
    text: &str,
    decisions: &[String],
    commands: &[reference::Page],
) -> anyhow::Result<String> {
    let mut text = text.to_owned();
    if text.contains("<!-- decisions -->") {
        let lines = contents(workspace.root(), decisions)?;
        text = text.replace("<!-- decisions -->", &lines);
    }
    if text.contains("<!-- commands -->") {
        text = text.replace("<!-- commands -->", &reference::summary(commands));
    }
    if text.contains("<!-- limits -->") {
        let report = limits_of_default_stage(workspace)?;
        text = text.replace("<!-- limits -->", &format!("```text\n{report}\n```"));
    }
    if text.contains("<!-- causes -->") {
        text = text.replace("<!-- causes -->", &causes());
    }
    Ok(text)
}

/// The lines of the book's summary about decisions.
fn contents(root: &Path, decisions: &[String]) -> anyhow::Result<String> {
    let mut lines = Vec::new();
    for file in decisions
        .iter()
        .filter(|file| !file.ends_with("/README.md"))
    {
        let text = std::fs::read_to_string(root.join(file))?;
        let title = text.lines().next().and_then(|line| line.strip_prefix("# "));
        let title = title.with_context(|| format!("`{file}` begins without a title"))?;
        let path = place(file);
        lines.push(format!("  - [{title}](../{path})"));
    }
    Ok(lines.join("\n"))
}

fn limits_of_default_stage(workspace: &Workspace) -> anyhow::Result<String> {
    let templates = Templates::read(&workspace.templates())?;
    let parameters = Parameters::new();
    let layers = reading::read(&templates, &parameters)?;
    let consumer = Consumer::new("standard", 50.0);
    let report = Report {
        stage: "dev".to_owned(),
        prediction: predict(&layers, &consumer)?,
        phases: Vec::new(),
        contradictions: limits::annotated(&templates, &parameters, &consumer)?,
        consumer,
    };
    Ok(report.render().trim_end().to_owned())
}

fn causes() -> String {
    let mut table = "| Cause | What to do |\n| --- | --- |\n".to_owned();
    for (name, advice) in diagnosis::known_causes(SERVICE.advice) {
        // Names of the failure are in braces, and a bar would end the cell.
        let advice = advice.replace('|', "\\|");
        table.push_str(&format!("| {name} | {advice} |\n"));
    }
    table
}
