//! Whether the checks would notice: the templates weakened in every way that the operators find,
//! one at a time, and each mutant judged by cfn-guard with our rules about what was changed, if they
//! pass it with all of them, and then checkov.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use xshell::Shell;

use super::root;
use cfnkit_console::error::Result;
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

/// A mutant as checkers see it.
#[derive(Debug)]
struct FlatMutant {
    name: String,
    template: String,
    /// The types of the resources that it has otherwise.
    types: BTreeSet<String>,
}

impl FlatMutant {
    fn of(mutant: &Mutant, templates: &Templates, original: &Value) -> Self {
        let flat = flat(templates, Some(mutant));
        Self {
            name: mutant.name.clone(),
            template: flat.to_string(),
            types: changed_types(original, &flat),
        }
    }
}

/// The mutants with their flat templates. What is behind a condition that is false changes
/// nothing, and weakens nothing here.
fn flat_mutants(templates: &Templates, original: &Value) -> Vec<FlatMutant> {
    let mutants = mutants(templates);
    let names: BTreeSet<&str> = mutants.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names.len(), mutants.len(), "two mutants have one name");
    let mut known = BTreeSet::from([original.to_string()]);
    let mut idle = Vec::new();
    let mut different = Vec::new();
    let flatten = |mutants: &[Mutant]| {
        let mutants = mutants.iter();
        let flat = mutants.map(|mutant| FlatMutant::of(mutant, templates, original));
        flat.collect::<Vec<_>>()
    };
    let (some, others) = mutants.split_at(mutants.len() / 2);
    let flat = std::thread::scope(|scope| {
        let others = scope.spawn(|| flatten(others));
        let mut flat = flatten(some);
        flat.append(&mut others.join().unwrap());
        flat
    });
    for mutant in flat {
        if known.insert(mutant.template.clone()) {
            different.push(mutant);
        } else if !mutant.name.contains("/Fn::If/") {
            idle.push(mutant.name);
        }
    }
    assert!(idle.is_empty(), "these change nothing new: {idle:#?}");
    different
}

fn changed_types(original: &Value, mutant: &Value) -> BTreeSet<String> {
    let [was, is] = [original, mutant].map(|one| one["Resources"].as_object().unwrap());
    let ids = was.keys().chain(is.keys());
    let changed = ids.filter(|id| was.get(*id) != is.get(*id));
    let resources = changed.flat_map(|id| [was.get(id), is.get(id)]).flatten();
    let types = resources.filter_map(|one| one["Type"].as_str());
    types.map(str::to_owned).collect()
}

/// Those mutants of which a checker says what it does not say of the original.
fn noticed(
    original: &Value,
    mutants: &[&FlatMutant],
    judge: impl FnOnce(&Shell, &Path) -> Result<BTreeMap<String, Opinion>>,
) -> BTreeSet<String> {
    let sh = Shell::new().unwrap();
    let directory = sh.create_temp_dir().unwrap();
    let write = |name: &str, template: &str| {
        let file = directory.path().join(name);
        sh.write_file(file, template).unwrap();
    };
    write("original.json", &original.to_string());
    for (index, mutant) in mutants.iter().enumerate() {
        write(&format!("{index}.json"), &mutant.template);
    }
    let verdicts = judge(&sh, directory.path()).unwrap();
    let original = &verdicts["original.json"].remarks;
    let is_noticed = |index: usize| {
        let remarks = &verdicts[&format!("{index}.json")].remarks;
        !remarks.is_subset(original)
    };
    let mutants = mutants.iter().enumerate();
    let noticed = mutants.filter(|(index, _)| is_noticed(*index));
    noticed.map(|(_, mutant)| mutant.name.clone()).collect()
}

/// Those mutants that cfn-guard notices by the rules that come with each.
fn noticed_by_guard<'a>(
    workspace: &Workspace,
    original: &Value,
    asked: impl Iterator<Item = (&'a FlatMutant, BTreeMap<&'a PathBuf, &'a String>)>,
) -> BTreeSet<String> {
    // A start takes as long as a template or two, and the original is judged each time.
    const AT_ONCE: usize = 24;
    let mut by_rules: BTreeMap<_, Vec<&FlatMutant>> = BTreeMap::new();
    for (mutant, rules) in asked {
        by_rules.entry(rules).or_default().push(mutant);
    }
    by_rules.retain(|rules, _| !rules.is_empty());
    let tasks = by_rules.iter().flat_map(|(rules, mutants)| {
        let chunks = mutants.chunks(AT_ONCE);
        chunks.map(move |mutants| (rules, mutants))
    });
    let tasks = Mutex::new(tasks);
    let next = || tasks.lock().unwrap().next();
    let work = || {
        let noticed = std::iter::from_fn(next).flat_map(|(rules, mutants)| {
            noticed(original, mutants, |sh, directory| {
                let rules = rules.iter().map(|(file, text)| (*file, *text));
                guard::judge(sh, workspace, directory, rules)
            })
        });
        noticed.collect::<BTreeSet<_>>()
    };
    std::thread::scope(|scope| {
        let another = scope.spawn(work);
        let mut noticed = work();
        noticed.append(&mut another.join().unwrap());
        noticed
    })
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

    let sh = Shell::new().unwrap();
    let rules = guard::rules(&sh, &workspace).unwrap();
    let mut left: Vec<&FlatMutant> = mutants.iter().collect();
    // Most are noticed by a rule about what was changed; the rest is asked for the others alone.
    for about_the_change in [true, false] {
        let asked = left.iter().map(|mutant| {
            let is_about = |text: &str| {
                let mut types = mutant.types.iter();
                types.any(|one| text.contains(&format!("'{one}'")))
            };
            let rules = rules.iter();
            let asked = rules.filter(|(_, text)| is_about(text) == about_the_change);
            (*mutant, asked.collect())
        });
        let noticed = noticed_by_guard(&workspace, &original, asked);
        left.retain(|mutant| !noticed.contains(&mutant.name));
    }
    if !left.is_empty() {
        let noticed = noticed(&original, &left, |sh, directory| {
            checkov::judge(sh, &workspace, directory)
        });
        left.retain(|mutant| !noticed.contains(&mutant.name));
    }
    println!("{} mutants, {} not noticed", mutants.len(), left.len());
    let left: Vec<&str> = left.iter().map(|mutant| mutant.name.as_str()).collect();
    assert!(left.is_empty(), "not noticed:\n{}", left.join("\n"));
}
