//! What this repository's templates promise: tests over the files in `infra`, with the crates as
//! their readers.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};

use cfnkit_assembly::assembly::{AssembledTemplates, Cloud};
use cfnkit_template::parameters::Parameters;
use cfnkit_template::stack_tree::read_template;
use cfnkit_template::template::Template;
use xtask::service::SERVICE;

mod answers;
mod changes;
mod cost;
mod deploy_role;
mod diagnosis;
mod features;
mod flat;
mod freshness;
mod limits;
mod mutation;
mod pictures;
mod places;
mod privilege;
mod stages;
mod templates;
mod throttling;

fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap().to_path_buf()
}

fn templates() -> Vec<Template> {
    let directory = root().join("infra/cfn");
    let mut files: Vec<String> = std::fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| read_template(&directory, file).unwrap())
        .collect()
}

fn deployed_templates(cloud: Cloud) -> AssembledTemplates {
    AssembledTemplates::read(&root().join("infra/cfn"), cloud).unwrap()
}

/// The root parameters that the tool knows of the assembly for `dev`.
fn assembly_parameters(templates: &AssembledTemplates) -> Parameters {
    templates.parameters(&SERVICE.stage("dev").unwrap(), |function| {
        format!("{}.zip", function.name)
    })
}
