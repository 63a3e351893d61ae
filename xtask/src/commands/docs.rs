//! `docs`: the documentation as pages.

use std::path::Path;

use anyhow::Context as _;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

use crate::screen;
use crate::workspace::Workspace;

/// The documents, in the order a newcomer reads them.
const PAGES: [&str; 3] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];

const STYLE: &str = include_str!("docs.css");

/// Open the documentation in the browser.
///
/// README, ARCHITECTURE and CONTRIBUTING as pages, written to `target/docs/`.
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
    for licence in ["LICENSE", "LICENSE-APACHE", "LICENSE-MIT"] {
        std::fs::copy(root.join(licence), directory.join(licence))?;
    }
    Ok(())
}

fn html_name(page: &str) -> String {
    page.replace(".md", ".html")
}

fn render(page: &str, text: &str) -> String {
    let mut events: Vec<Event> = Parser::new_ext(text, Options::ENABLE_TABLES).collect();
    name_headings(&mut events);
    // Links between the documents lead to the pages.
    let events = events.into_iter().map(|event| match event {
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

/// Gives each heading the id that links to it expect: lower case, words joined by hyphens.
fn name_headings(events: &mut [Event<'_>]) {
    for index in 0..events.len() {
        let words: String = events[index + 1..]
            .iter()
            .take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))))
            .filter_map(|event| match event {
                Event::Text(text) | Event::Code(text) => Some(text.to_lowercase()),
                _ => None,
            })
            .collect();
        if let Event::Start(Tag::Heading { id, .. }) = &mut events[index] {
            let kept = words
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            *id = Some(kept.collect::<String>().replace(' ', "-").into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_can_be_linked_to() {
        let html = render(
            "README.md",
            "[see](#what-aws-takes)\n\n## What `AWS` takes?\n",
        );
        assert!(html.contains("<h2 id=\"what-aws-takes\">"), "{html}");
    }

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
