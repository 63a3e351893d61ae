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
const DOCUMENTS: [&str; 5] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
];

/// Documents that those refer to.
const BESIDE: [&str; 4] = [
    "LICENSE",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "docs/architecture.svg",
];

/// Open the documentation in the browser.
///
/// A site made by mdBook from `docs/`, written to `target/docs/`; the pages about commands are
/// made from their help. The first time mdBook is built, which takes a minute or two.
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
    for part in ["docs", "commands"] {
        std::fs::create_dir_all(pages.join(part))?;
    }
    std::fs::copy(root.join("docs/book.toml"), directory.join("book.toml"))?;
    for file in DOCUMENTS {
        let text = std::fs::read_to_string(root.join(file));
        let text = text.with_context(|| format!("no `{file}`"))?;
        // The book's own pages are beside them there.
        std::fs::write(pages.join(file), text.replace("](docs/src/", "]("))?;
    }
    for file in BESIDE {
        std::fs::copy(root.join(file), pages.join(file)).with_context(|| format!("no `{file}`"))?;
    }
    let commands = reference::pages(Cli::<Own>::command());
    for entry in std::fs::read_dir(root.join("docs/src"))? {
        let path = entry?.path();
        let text = std::fs::read_to_string(&path)?;
        let text = fill(workspace, &text, &commands)?;
        let name = path.file_name().context("a page without a name")?;
        std::fs::write(pages.join(name), text)?;
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

/// Puts what is made in the places that are marked for it.
fn fill(workspace: &Workspace, text: &str, commands: &[reference::Page]) -> anyhow::Result<String> {
    let mut text = text.to_owned();
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
