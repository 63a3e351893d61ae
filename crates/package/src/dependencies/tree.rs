//! The text of `cargo tree`, read: which packages it names and which of them needs which.

use std::collections::{BTreeMap, BTreeSet};

use auditable_serde::Source;

use cfnkit_console::ensure;
use cfnkit_console::error::{Context as _, Result};

/// With `--prefix depth`. The bar keeps the depth apart from a licence that starts with a digit,
/// and the package comes last because a path may have any character in it.
pub(super) const FORMAT: &str = "|{l}|{p}";

#[derive(Debug)]
pub(super) struct Tree<'text> {
    pub(super) root: Label<'text>,
    pub(super) packages: BTreeMap<Label<'text>, Node<'text>>,
}

#[derive(Debug, Default)]
pub(super) struct Node<'text> {
    pub(super) licence: Option<&'text str>,
    pub(super) dependencies: BTreeSet<Label<'text>>,
}

/// How cargo names a package to people, which tells any two of one build apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Label<'text> {
    pub(super) name: &'text str,
    pub(super) version: &'text str,
    /// A path, the URL of a git repository, or a registry's name; nothing stands for crates.io.
    origin: Option<&'text str>,
}

impl Label<'_> {
    pub(super) fn source(&self) -> Source {
        match self.origin {
            None => Source::CratesIo,
            Some(origin) if origin.starts_with("registry `") => Source::Registry,
            Some(origin) if origin.contains("://") => Source::Git,
            Some(_) => Source::Local,
        }
    }
}

/// Reads what `cargo tree` prints in [`FORMAT`]. A package may be there several times: for the
/// target and for this machine, with other features, and as a reference to an earlier line, which
/// cargo marks with `(*)` and does not repeat the dependencies of. All of these are one package
/// here.
pub(super) fn parse(text: &str) -> Result<Tree<'_>> {
    let mut packages: BTreeMap<Label<'_>, Node<'_>> = BTreeMap::new();
    // The line above on each level: what a line on the next one belongs to.
    let mut above: Vec<Label<'_>> = Vec::new();
    for line in text.lines() {
        let (depth, licence, label) =
            parse_line(line).with_context(|| format!("cannot read cargo's tree at `{line}`"))?;
        ensure!(
            depth <= above.len() && (depth == 0) == packages.is_empty(),
            "cargo's tree has `{line}` on no branch"
        );
        above.truncate(depth);
        if let Some(dependent) = above.last() {
            let dependent = packages.entry(*dependent).or_default();
            dependent.dependencies.insert(label);
        }
        above.push(label);
        packages.entry(label).or_default().licence = licence;
    }
    let root = *above.first().context("cargo's tree is empty")?;
    Ok(Tree { root, packages })
}

fn parse_line(line: &str) -> Option<(usize, Option<&str>, Label<'_>)> {
    let (depth, rest) = line.split_once('|')?;
    let (licence, package) = rest.split_once('|')?;
    let licence = Some(licence).filter(|licence| !licence.is_empty());
    Some((depth.parse().ok()?, licence, parse_package(package)?))
}

/// `serde_derive v1.0.228 (proc-macro) (*)`; the marks say nothing about which package it is.
fn parse_package(package: &str) -> Option<Label<'_>> {
    let package = package.strip_suffix(" (*)").unwrap_or(package);
    let (name, rest) = package.split_once(" v")?;
    let (version, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let origin = rest
        .strip_prefix("(proc-macro)")
        .unwrap_or(rest)
        .trim_start();
    let origin = match origin {
        "" => None,
        origin => Some(origin.strip_prefix('(')?.strip_suffix(')')?),
    };
    Some(Label {
        name,
        version,
        origin,
    })
}
