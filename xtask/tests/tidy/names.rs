//! The crates know no service: no name of this one's is in what they do, say and document.

use std::collections::BTreeSet;

use cfnkit_template::template::Template;
use cfnkit_template::templates::Templates;

use super::root;
use super::sources::sources_in;

/// Has the names that a root uses unless its service says others.
const VOCABULARY: &str = "crates/assembly/src/service.rs";

/// The parameters and outputs of a template.
fn names(template: &Template) -> BTreeSet<String> {
    let sections = ["/Parameters", "/Outputs"];
    let sections = sections.map(|section| template.value().pointer(section));
    let sections = sections.into_iter().flatten();
    let names = sections.filter_map(|section| section.as_object());
    names.flat_map(|section| section.keys().cloned()).collect()
}

/// What is in the crates outside their tests, with the file and the line of each.
fn lines() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (path, text) in sources_in("crates") {
        let path = path.to_str().unwrap();
        let is_for_tests = path.contains("/tests") || path.starts_with("crates/scripted-cloud/");
        if is_for_tests || path == VOCABULARY {
            continue;
        }
        let end = ["mod", "pub(crate) mod"]
            .map(|module| text.find(&format!("#[cfg(test)]\n{module} tests {{")))
            .into_iter()
            .flatten()
            .min();
        let text = &text[..end.unwrap_or(text.len())];
        for (number, line) in (1..).zip(text.lines()) {
            found.push((format!("{path}:{number}"), line.to_owned()));
        }
    }
    assert!(found.len() > 20_000, "{} lines", found.len());
    found
}

/// A second service has other ones: what this one's are called is in `xtask/src/service.rs`.
#[test]
fn no_crate_names_a_parameter_or_an_output() {
    let templates = Templates::read(&root().join("infra/cfn")).unwrap();
    // Those of the stacks that the tool itself deploys are its own.
    let of_tool = ["bootstrap.yaml", "github-oidc.yaml"].map(|file| {
        let text = std::fs::read_to_string(root().join("infra/cfn").join(file)).unwrap();
        names(&Template::parse(file, text).unwrap())
    });
    let is_of_tool = |name: &String| of_tool.iter().any(|names| names.contains(name));
    let of_root = names(&templates.root).into_iter();
    let watched: Vec<String> = of_root.filter(|name| !is_of_tool(name)).collect();
    assert!(watched.len() > 30, "{watched:?}");
    for (place, line) in lines() {
        let words: BTreeSet<&str> = line.split(|c: char| !c.is_alphanumeric()).collect();
        let named = watched.iter().find(|name| words.contains(name.as_str()));
        assert!(named.is_none(), "{place} names {named:?}: {line}");
    }
}

#[test]
fn no_crate_knows_what_the_service_is_about() {
    for (place, line) in lines() {
        let line = line.to_lowercase();
        for word in ["movie", "apigw_handler", "premium"] {
            assert!(!line.contains(word), "{place} says `{word}`: {line}");
        }
    }
}
