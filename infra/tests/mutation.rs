//! Whether the checks would notice: the templates weakened in every way that the operators find,
//! one at a time, and each mutant judged by cfn-guard with our rules and, if they pass it, checkov.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use xshell::Shell;

use super::root;
use cfnkit_console::report::Nobody;
use cfnkit_lint::linting::finding::Opinion;
use cfnkit_lint::linting::{checkov, guard};
use cfnkit_template::parameters::Parameters;
use cfnkit_template::templates::Templates;
use cfnkit_tools::workspace::Workspace;

mod edits;
mod operators;

/// A template with one thing worse.
#[derive(Debug, Clone)]
struct Mutant {
    /// What was done, and to what.
    name: String,
    /// The root's logical ID of the stack, `Bootstrap`, `Github`, or `Root`.
    stack: String,
    template: Value,
}

/// The stacks whose templates are mutated, with the values that they start from.
fn originals(templates: &Templates) -> Vec<(String, Value)> {
    let github = templates.github.as_ref().unwrap();
    let nested = templates.nested.iter();
    let nested = nested.map(|(stack, template)| (stack.clone(), template.value().clone()));
    nested
        .chain([
            ("Bootstrap".to_owned(), templates.bootstrap.value().clone()),
            ("Github".to_owned(), github.value().clone()),
            ("Root".to_owned(), templates.root.value().clone()),
        ])
        .collect()
}

fn mutants(templates: &Templates) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for (stack, template) in originals(templates) {
        mutants.extend(operators::mutants(&stack, &template));
        mutants.extend(edits::mutants(&stack, &template));
    }
    mutants
}

/// Everything switched on, so that nothing that could be weakened is absent.
fn chosen() -> Parameters {
    let chosen = [
        ("EncryptionKey", "customer-managed"),
        ("ApiGatewayLogsRole", "true"),
    ];
    chosen
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

fn flat(templates: &Templates, mutant: Option<&Mutant>) -> Value {
    let mut templates = templates.clone();
    if let Some(mutant) = mutant {
        let template = match mutant.stack.as_str() {
            "Root" => &mut templates.root,
            "Bootstrap" => &mut templates.bootstrap,
            "Github" => templates.github.as_mut().unwrap(),
            stack => templates.nested.get_mut(stack).unwrap(),
        };
        *template = template.with_value(mutant.template.clone());
    }
    templates.flatten(&chosen()).template
}

/// What a checker says of a mutant and did not say of the original.
fn new_rules<'a>(verdict: &'a Opinion, original: &'a Opinion) -> BTreeSet<&'a str> {
    verdict
        .remarks
        .difference(&original.remarks)
        .map(|remark| remark.rule.as_str())
        .collect()
}

/// The mutants with their flat templates. What is behind a condition that is false changes
/// nothing, and weakens nothing here.
fn flat_mutants(templates: &Templates, original: &Value) -> Vec<(Mutant, String)> {
    let mutants = mutants(templates);
    let names: BTreeSet<&str> = mutants.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names.len(), mutants.len(), "two mutants have one name");
    let mut known = BTreeSet::from([original.to_string()]);
    let mut idle = Vec::new();
    let mut different = Vec::new();
    for mutant in mutants {
        let flat = flat(templates, Some(&mutant)).to_string();
        if known.insert(flat.clone()) {
            different.push((mutant, flat));
        } else if !mutant.name.contains("/Fn::If/") {
            idle.push(mutant.name);
        }
    }
    assert!(idle.is_empty(), "these change nothing new: {idle:#?}");
    different
}

/// What cfn-guard says of each template, of two halves at a time.
fn guard_verdicts(workspace: &Workspace, flats: &[String]) -> Vec<Opinion> {
    let halves = flats.split_at(flats.len() / 2);
    let judge = |flats: &[String]| {
        let sh = Shell::new().unwrap();
        let directory = sh.create_temp_dir().unwrap();
        for (index, flat) in flats.iter().enumerate() {
            let file = directory.path().join(format!("{index}.json"));
            sh.write_file(file, flat).unwrap();
        }
        let mut verdicts = guard::judge(&sh, workspace, directory.path()).unwrap();
        let of = |index| verdicts.remove(&format!("{index}.json")).unwrap();
        (0..flats.len()).map(of).collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let first = scope.spawn(|| judge(halves.0));
        let second = judge(halves.1);
        [first.join().unwrap(), second].concat()
    })
}

/// Whether checkov says something new of a template.
fn checkov_notices(workspace: &Workspace, original: &str, mutant: &str) -> bool {
    let sh = Shell::new().unwrap();
    let directory = sh.create_temp_dir().unwrap();
    for (name, flat) in [("original.json", original), ("mutant.json", mutant)] {
        sh.write_file(directory.path().join(name), flat).unwrap();
    }
    let verdicts = checkov::judge(&sh, workspace, directory.path()).unwrap();
    !new_rules(&verdicts["mutant.json"], &verdicts["original.json"]).is_empty()
}

#[test]
fn every_way_to_weaken_the_templates_is_noticed() {
    let workspace = Workspace::at(&root(), Arc::new(Nobody));
    let templates = Templates::read(&workspace.templates()).unwrap();
    let original = flat(&templates, None);
    let mutants = flat_mutants(&templates, &original);
    let figures = std::fs::read_to_string(root().join("docs/src/figures.md")).unwrap();
    // In hundreds, so that one resource more does not change what is said of all.
    let count = format!("<a id=\"weakened\"></a>{} |", mutants.len() / 100 * 100);
    assert!(
        figures.contains(&count),
        "docs/src/figures.md has not `{count}`"
    );

    let original = original.to_string();
    let flats: Vec<String> = [&original]
        .into_iter()
        .chain(mutants.iter().map(|(_, flat)| flat))
        .cloned()
        .collect();
    let verdicts = guard_verdicts(&workspace, &flats);
    let left: Vec<&str> = mutants
        .iter()
        .zip(&verdicts[1..])
        .filter(|(_, verdict)| new_rules(verdict, &verdicts[0]).is_empty())
        .filter(|((_, flat), _)| !checkov_notices(&workspace, &original, flat))
        .map(|((mutant, _), _)| mutant.name.as_str())
        .collect();
    println!("{} mutants, {} not noticed", mutants.len(), left.len());
    assert!(left.is_empty(), "not noticed:\n{}", left.join("\n"));
}
