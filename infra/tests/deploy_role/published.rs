//! What AWS publishes of its resource types and actions, as the pinned cfn-lint carries it, beside
//! what is written down here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use xshell::Shell;

use super::super::root;
use super::{Actions, PLACE, Rights, deployed_types, policies, policy};
use cfnkit_console::report::Nobody;
use cfnkit_tools::tool;
use cfnkit_tools::workspace::Workspace;

/// The schemas are those of the pinned cfn-lint. `UPDATE_RIGHTS=1` takes over what they say; the
/// difference is to be answered in the template, or under `unused`.
#[test]
fn the_rights_of_a_type_are_what_its_schema_says() {
    let sh = Shell::new().unwrap();
    let workspace = Workspace::at(&root(), Arc::new(Nobody));
    let bin = tool::CFN_LINT.provide(&sh, &workspace).unwrap();
    let types = deployed_types();
    let mut found = BTreeMap::new();
    for schema in schemas(&bin) {
        let schema: Value = serde_json::from_str(&schema).unwrap();
        let name = schema["typeName"].as_str().unwrap_or_default();
        if types.contains(name) {
            let mut actions = Actions::new();
            for handler in ["create", "read", "update", "delete"] {
                let permissions = schema["handlers"][handler]["permissions"].as_array();
                let permissions = permissions.into_iter().flatten();
                actions.extend(permissions.map(|one| one.as_str().unwrap().to_owned()));
            }
            assert!(!actions.is_empty(), "the schema of {name} has no handlers");
            found.insert(name.to_owned(), actions);
        }
    }
    let mut rights = Rights::read();
    if std::env::var_os("UPDATE_RIGHTS").is_some() {
        rights.types = found;
        let text = serde_json::to_string_pretty(&rights).unwrap();
        std::fs::write(root().join(PLACE), text + "\n").unwrap();
        return;
    }
    assert_eq!(found.len(), types.len(), "a type has no schema");
    for (name, actions) in found {
        assert_eq!(rights.types[&name], actions, "{name}; see `UPDATE_RIGHTS`");
    }
}

/// The data of the cfn-lint that has its programs in `bin`.
fn cfn_lint_data(bin: &Path) -> PathBuf {
    let lib = bin.parent().unwrap().join("lib");
    let python = std::fs::read_dir(lib).unwrap().next().unwrap().unwrap();
    python.path().join("site-packages/cfnlint/data")
}

fn schemas(bin: &Path) -> Vec<String> {
    let files = std::fs::read_dir(cfn_lint_data(bin).join("schemas/resources")).unwrap();
    let files = files.map(|file| file.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|one| one == "json"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

/// By what AWS publishes of its actions, as cfn-lint carries it.
#[test]
fn only_actions_that_know_no_resource_have_all() {
    let sh = Shell::new().unwrap();
    let workspace = Workspace::at(&root(), Arc::new(Nobody));
    let bin = tool::CFN_LINT.provide(&sh, &workspace).unwrap();
    let published = cfn_lint_data(&bin).join("AdditionalSpecs/Policies.json");
    let published = std::fs::read_to_string(published).unwrap();
    let published: Value = serde_json::from_str(&published).unwrap();
    let mut seen = 0;
    for (id, document) in policies().0 {
        for statement in policy::statements(&document) {
            for action in policy::actions(&statement) {
                let (service, name) = action.split_once(':').unwrap();
                let known = &published[service]["Actions"][name.to_lowercase()];
                // API Gateway's are methods of HTTP, on resources that are paths.
                assert!(known.is_object(), "AWS knows no {action}");
                if statement["Resource"] == "*" {
                    let resources = known.get("Resources");
                    assert_eq!(resources, None, "{id}: {action} on every resource");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 20, "only {seen} actions on every resource");
}
