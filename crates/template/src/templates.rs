//! The templates of a service, each by its stack.

use std::collections::BTreeMap;
use std::path::Path;

use crate::stack_tree::{nested_stacks, read_template};
use crate::template::Template;
use cfnkit_console::error::Result;

/// What resources of `bootstrap.yaml` are called after.
pub const BOOTSTRAP: &str = "Bootstrap";
/// What resources of `github-oidc.yaml` are called after.
pub const GITHUB: &str = "Github";

const GITHUB_TEMPLATE: &str = "github-oidc.yaml";

/// The templates of a service, of which any may be a changed one.
#[derive(Debug, Clone)]
pub struct Templates {
    /// The template that names all others but the two below.
    pub root: Template,
    /// By logical ID in the root.
    pub nested: BTreeMap<String, Template>,
    /// The stack of an environment.
    pub bootstrap: Template,
    /// Of the stacks of GitHub's roles; a service that GitHub does not deploy has none.
    pub github: Option<Template>,
}

impl Templates {
    /// The templates of a directory, as they are in the working tree.
    ///
    /// # Errors
    ///
    /// `root.yaml`, `bootstrap.yaml` or the template of a nested stack is not there, or one of the
    /// templates cannot be read or is none.
    pub fn read(directory: &Path) -> Result<Self> {
        let root = read_template(directory, "root.yaml")?;
        let nested = nested_stacks(&root).into_iter().map(|logical_id| {
            let file = format!("{}.yaml", logical_id.to_lowercase());
            Ok((logical_id, read_template(directory, &file)?))
        });
        let nested = nested.collect::<Result<BTreeMap<String, Template>>>()?;
        Ok(Self {
            root,
            nested,
            bootstrap: read_template(directory, "bootstrap.yaml")?,
            github: match directory.join(GITHUB_TEMPLATE).exists() {
                true => Some(read_template(directory, GITHUB_TEMPLATE)?),
                false => None,
            },
        })
    }

    /// The names of all stacks: those of the root, `Bootstrap`, and `Github` where it is there.
    pub fn stacks(&self) -> impl Iterator<Item = &str> {
        let github = self.github.as_ref().map(|_| GITHUB);
        let nested = self.nested.keys().map(String::as_str);
        nested.chain([BOOTSTRAP]).chain(github)
    }

    /// Every template, the root first.
    pub fn all(&self) -> Vec<&Template> {
        let alone = [&self.root, &self.bootstrap].into_iter();
        let alone = alone.chain(&self.github);
        alone.chain(self.nested.values()).collect()
    }

    /// The template that a stack is made from.
    pub fn of_stack(&self, stack: &str) -> &Template {
        match stack {
            GITHUB => self.github.as_ref().unwrap_or(&self.bootstrap),
            stack => self.nested.get(stack).unwrap_or(&self.bootstrap),
        }
    }
}
