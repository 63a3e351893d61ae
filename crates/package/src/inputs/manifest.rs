//! A `Cargo.toml`, as far as it can reach a program.

use std::collections::BTreeSet;
use std::path::Path;

use cfnkit_console::error::{Context as _, Result};
use cfnkit_tools::digest::{hex, sha256};

/// Tables that are for tests and the like.
const FOR_TESTS: [&str; 4] = ["bench", "dev-dependencies", "example", "test"];

pub(super) fn read(path: &Path) -> Result<toml::Table> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{name}`"))?;
    let manifest = text.parse();
    manifest.with_context(|| format!("`{name}` is not TOML"))
}

/// A hash of what is left without tests, without profiles, which are named apart, and without the
/// versions that the workspace has for packages that are not compiled.
pub(super) fn hash(mut manifest: toml::Table, packages: &BTreeSet<&str>) -> String {
    for table in ["profile"].into_iter().chain(FOR_TESTS) {
        manifest.remove(table);
    }
    let workspace = manifest.get_mut("workspace");
    let dependencies = workspace.and_then(|workspace| workspace.get_mut("dependencies"));
    if let Some(dependencies) = dependencies.and_then(toml::Value::as_table_mut) {
        dependencies.retain(|key, value| {
            let package = value.get("package").and_then(toml::Value::as_str);
            packages.contains(package.unwrap_or(key))
        });
    }
    hex(&sha256(toml::Value::Table(manifest).to_string().as_bytes()))
}
