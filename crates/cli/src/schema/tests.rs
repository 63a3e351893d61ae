use std::path::Path;

use super::*;

/// Renews them with `UPDATE_SCHEMAS=1`.
#[test]
fn the_schemas_in_docs_are_those_of_the_types() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas");
    let mut expected: Vec<String> = names().iter().map(|name| format!("{name}.json")).collect();
    expected.sort();
    for name in names() {
        let file = directory.join(format!("{name}.json"));
        let schema = of(name).unwrap();
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::create_dir_all(&directory).unwrap();
            std::fs::write(&file, &schema).unwrap();
        }
        let found = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            found == schema,
            "docs/schemas/{name}.json is stale; \
             `UPDATE_SCHEMAS=1 cargo test -p cfnkit-cli -- schema` renews it"
        );
    }
    let files = std::fs::read_dir(&directory).unwrap();
    let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> = files.collect();
    files.sort();
    assert_eq!(files, expected);
}
