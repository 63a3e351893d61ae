//! `docs`: the documentation as pages.

use std::path::Path;

use anyhow::Context as _;
use pulldown_cmark::{Event, Options, Parser, Tag, html};

use crate::screen;
use crate::workspace::Workspace;

/// The documents, in the order a newcomer reads them.
const PAGES: [&str; 3] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];

const STYLE: &str = include_str!("docs.css");

/// Open the documentation in the browser: README, ARCHITECTURE and CONTRIBUTING as pages.
#[derive(Debug, clap::Args)]
pub(crate) struct Docs {
    /// Write the pages to `target/docs/` and open nothing.
    #[arg(long)]
    no_open: bool,
}

impl Docs {
    pub(crate) fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        let directory = workspace.target().join("docs");
        write_pages(workspace.root(), &directory)
            .with_context(|| format!("cannot write the pages to `{}`", directory.display()))?;
        let first = directory.join("README.html");
        screen::data(workspace.display(&first));
        if !self.no_open && opener::open(&first).is_err() {
            screen::say("no browser opens here; open the file above yourself");
        }
        Ok(())
    }
}

fn write_pages(root: &Path, directory: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(directory.join("docs"))?;
    for page in PAGES {
        let text =
            std::fs::read_to_string(root.join(page)).with_context(|| format!("no `{page}`"))?;
        std::fs::write(directory.join(html_name(page)), render(page, &text))?;
    }
    for entry in std::fs::read_dir(root.join("docs"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "svg")
            && let Some(name) = path.file_name()
        {
            std::fs::copy(&path, directory.join("docs").join(name))?;
        }
    }
    Ok(())
}

fn html_name(page: &str) -> String {
    page.replace(".md", ".html")
}

fn render(page: &str, text: &str) -> String {
    // Links between the documents lead to the pages.
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).map(|event| match event {
        Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        }) => {
            let dest_url = match PAGES.contains(&&*dest_url) {
                true => html_name(&dest_url).into(),
                false => dest_url,
            };
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            })
        }
        other => other,
    });
    let mut body = String::new();
    html::push_html(&mut body, events);
    let navigation: Vec<String> = PAGES
        .iter()
        .map(|page| {
            format!(
                "<a href=\"{}\">{}</a>",
                html_name(page),
                page.trim_end_matches(".md")
            )
        })
        .collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{page}</title>\
         <style>{STYLE}</style></head>\n<body>\n<nav>{}</nav>\n<main>\n{body}</main>\n</body>\n</html>\n",
        navigation.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_between_documents_lead_to_pages() {
        let html = render(
            "README.md",
            "[code map](ARCHITECTURE.md) and [aws](https://aws.amazon.com)",
        );
        assert!(
            html.contains("<a href=\"ARCHITECTURE.html\">code map</a>"),
            "{html}"
        );
        assert!(
            html.contains("<a href=\"https://aws.amazon.com\">aws</a>"),
            "{html}"
        );
    }
}
