//! What this repository's templates promise: tests over the files in `infra`, with the crates as
//! their readers.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};

use cfnkit_assembly::assembly::{Assembly, Cloud};
use cfnkit_assembly::asset::Asset;
use cfnkit_template::stack_tree::read_template;
use cfnkit_template::template::Template;

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

fn assembly(cloud: Cloud) -> Assembly {
    let handler = || Ok(Asset::new("handler.zip", b"zip".to_vec()));
    let stage = "dev".parse().unwrap();
    Assembly::build(&root().join("infra/cfn"), &stage, cloud, handler).unwrap()
}
