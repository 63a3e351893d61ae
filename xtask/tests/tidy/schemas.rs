//! `docs/schemas`, held against what the program prints.

use std::process::Command;

use super::root;

fn schema(arguments: &[&str]) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let program = program.arg("schema").args(arguments).current_dir(root());
    let output = program.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Renews them with `UPDATE_SCHEMAS=1`.
#[test]
fn the_schemas_in_docs_are_those_that_are_printed() {
    let directory = root().join("docs/schemas");
    let names = schema(&[]);
    let mut expected: Vec<String> = names.lines().map(|name| format!("{name}.json")).collect();
    expected.sort();
    assert!(expected.len() > 10, "{expected:?}");
    for name in names.lines() {
        let file = directory.join(format!("{name}.json"));
        let schema = schema(&[name]);
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&file, &schema).unwrap();
        }
        let found = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            found == schema,
            "docs/schemas/{name}.json is stale; \
             `UPDATE_SCHEMAS=1 cargo test -p xtask -- schemas` renews it"
        );
    }
    let files = std::fs::read_dir(&directory).unwrap();
    let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> = files.collect();
    files.sort();
    assert_eq!(files, expected);
}
