//! The pages about commands, made from the command line's own help.

use clap::{Arg, Command};

/// A command's page.
#[derive(Debug)]
pub(super) struct Page {
    /// The words after `cargo xtask`.
    pub(super) words: Vec<String>,
    pub(super) text: String,
}

impl Page {
    /// Where it is in the book's source.
    pub(super) fn path(&self) -> String {
        format!("commands/{}.md", self.words.join("-"))
    }
}

/// A page for each command and each of its subcommands, in the order of the help.
pub(super) fn pages(mut cli: Command) -> Vec<Page> {
    cli.build();
    let mut pages = Vec::new();
    for command in subcommands(&cli) {
        collect(command, &[], &mut pages);
    }
    pages
}

fn subcommands(command: &Command) -> impl Iterator<Item = &Command> {
    command
        .get_subcommands()
        .filter(|sub| sub.get_name() != "help" && !sub.is_hide_set())
}

fn collect(command: &Command, before: &[String], pages: &mut Vec<Page>) {
    let mut words = before.to_vec();
    words.push(command.get_name().to_owned());
    pages.push(Page {
        text: page(command, &words),
        words: words.clone(),
    });
    for sub in subcommands(command) {
        collect(sub, &words, pages);
    }
}

/// The lines of the book's summary.
pub(super) fn summary(pages: &[Page]) -> String {
    let lines = pages.iter().map(|page| {
        let indent = "  ".repeat(page.words.len());
        format!("{indent}- [{}]({})", page.words.join(" "), page.path())
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The page before those of the commands.
pub(super) fn index(cli: Command) -> String {
    let mut text = "# Commands\n\n| `cargo xtask` | Does |\n| --- | --- |\n".to_owned();
    for command in subcommands(&cli) {
        let name = command.get_name();
        let about = command.get_about().map(ToString::to_string);
        let about = on_one_line(&about.unwrap_or_default());
        text.push_str(&format!("| [`{name}`](commands/{name}.md) | {about} |\n"));
    }
    let after = cli.get_after_help().map(ToString::to_string);
    text.push_str(&format!("\n```text\n{}\n```\n", after.unwrap_or_default()));
    text
}

fn page(command: &Command, words: &[String]) -> String {
    let mut text = format!("# {}\n\n", words.join(" "));
    let about = command.get_long_about().or(command.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    for paragraph in about.split("\n\n") {
        // Lines that begin with spaces are meant to stay as they are.
        match paragraph.starts_with("  ") || paragraph.contains("\n  ") {
            true => text.push_str(&format!("```text\n{paragraph}\n```\n\n")),
            false => text.push_str(&format!("{}\n\n", on_one_line(paragraph))),
        }
    }
    let usage = command.clone().render_usage().to_string();
    text.push_str(&format!(
        "```text\n{}\n```\n",
        usage.trim_start_matches("Usage: ")
    ));
    let arguments: Vec<&Arg> = command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set() && argument.get_id() != "help")
        .collect();
    if !arguments.is_empty() {
        text.push_str("\n| Argument | Means |\n| --- | --- |\n");
    }
    for argument in arguments {
        let (name, means) = (name(argument), means(argument));
        text.push_str(&format!("| {name} | {means} |\n"));
    }
    if let Some(after) = command.get_after_help() {
        text.push_str(&format!("\n```text\n{after}\n```\n"));
    }
    let names: Vec<&str> = subcommands(command).map(Command::get_name).collect();
    if !names.is_empty() {
        text.push_str("\nSubcommands: ");
        let links = names
            .iter()
            .map(|name| format!("[`{name}`]({}-{name}.md)", words.join("-")));
        text.push_str(&links.collect::<Vec<_>>().join(", "));
        text.push_str(".\n");
    }
    text
}

fn name(argument: &Arg) -> String {
    let mut parts = Vec::new();
    if let Some(short) = argument.get_short() {
        parts.push(format!("-{short}"));
    }
    if let Some(long) = argument.get_long() {
        parts.push(format!("--{long}"));
    }
    let takes_value = argument.get_action().takes_values();
    let values = argument.get_value_names().unwrap_or_default();
    let value = values.first().map(ToString::to_string).unwrap_or_default();
    let flag = parts.join(", ");
    let text = match (flag.is_empty(), takes_value) {
        (true, _) => value,
        (false, true) => format!("{flag} {value}"),
        (false, false) => flag,
    };
    format!("`{}`", text.replace('|', "\\|"))
}

fn means(argument: &Arg) -> String {
    let help = argument.get_long_help().or(argument.get_help());
    let help = help.map(ToString::to_string).unwrap_or_default();
    let mut text = on_one_line(&help);
    if !argument.get_action().takes_values() {
        return text;
    }
    if !text.ends_with('.') {
        text.push('.');
    }
    let values = argument.get_possible_values();
    let values: Vec<String> = values
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if !values.is_empty() {
        text.push_str(&format!(" One of {}.", values.join(", ")));
    }
    let defaults = argument.get_default_values();
    if let Some(default) = defaults.first().and_then(|default| default.to_str()) {
        text.push_str(&format!(" Default: `{default}`."));
    }
    text
}

/// A cell of a table has no other line.
fn on_one_line(text: &str) -> String {
    escape(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// What Markdown would take for a tag or the end of a cell, outside of code.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for (index, part) in text.split('`').enumerate() {
        if index > 0 {
            escaped.push('`');
        }
        let part = part.replace('|', "\\|");
        match index % 2 == 0 {
            true => escaped.push_str(&part.replace('<', "&lt;")),
            false => escaped.push_str(&part),
        }
    }
    escaped
}
