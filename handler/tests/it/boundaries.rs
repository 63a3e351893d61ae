//! Who knows whom in the function, which is one crate, so that no compiler asks.

use std::fs;
use std::path::Path;

/// Files of `src` by how their path begins, and what they do not name; the first line counts.
const UNNAMED: [(&str, &[&str]); 4] = [
    ("movie", &["crate::", "lambda_runtime", "aws_", "tokio"]),
    ("dynamodb", &["lambda_runtime", "crate::event"]),
    ("runtime", &["aws_sdk_", "crate::dynamodb"]),
    ("", &["aws_sdk_", "hyper"]),
];

#[test]
fn the_domain_and_the_store_know_nobody_above_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut directories = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                check(path.strip_prefix(&root).unwrap(), &path);
            }
        }
    }
}

fn check(file: &Path, path: &Path) {
    let name = file.to_str().unwrap();
    let (_, words) = UNNAMED
        .iter()
        .find(|rule| name.starts_with(rule.0))
        .unwrap();
    for line in fs::read_to_string(path).unwrap().lines() {
        let is_comment = line.trim_start().starts_with("//");
        let named = words.iter().find(|word| line.contains(**word));
        assert!(
            is_comment || named.is_none(),
            "{name} names {named:?}: {line}"
        );
    }
}
