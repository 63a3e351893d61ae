//! A template with its nested ones.

use std::collections::BTreeMap;
use std::path::Path;

use crate::parameters::Parameters;
use crate::template::Template;
use crate::text_file;
use cfnkit_console::error::{Context as _, Result};

/// The type of a nested stack.
pub const NESTED_STACK: &str = "AWS::CloudFormation::Stack";

/// A stack, deployed or to be: its template, its parameters, and its nested stacks by logical ID.
#[derive(Debug, Clone)]
pub struct StackTree {
    /// As it is written, or as CloudFormation has it.
    pub template: Template,
    /// What the parameters of `template` are, by name.
    pub parameters: Parameters,
    /// By logical ID in `template`.
    pub nested: BTreeMap<String, StackTree>,
}

/// Reads and parses one template; messages call it `infra/cfn/<file>`.
///
/// # Errors
///
/// The file cannot be read, or is no template.
pub fn read_template(directory: &Path, file: &str) -> Result<Template> {
    let path = directory.join(file);
    let text = text_file::read(&path)
        .with_context(|| format!("cannot read the template `infra/cfn/{file}`"))?;
    Ok(Template::parse(&format!("infra/cfn/{file}"), text)?)
}

/// The logical IDs of the root's nested stacks.
pub fn nested_stacks(root: &Template) -> Vec<String> {
    let nested = root.resources().filter(|(_, resource)| {
        resource
            .get("Type")
            .is_some_and(|kind| kind == NESTED_STACK)
    });
    nested
        .map(|(logical_id, _)| logical_id.to_owned())
        .collect()
}
