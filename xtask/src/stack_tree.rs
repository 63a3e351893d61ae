//! A template with its nested ones.

use std::collections::BTreeMap;

use crate::parameters::Parameters;
use crate::template::Template;

/// The type of a nested stack.
pub(crate) const NESTED_STACK: &str = "AWS::CloudFormation::Stack";

/// A stack, deployed or to be: its template, its parameters, and its nested stacks by logical ID.
#[derive(Debug, Clone)]
pub(crate) struct StackTree {
    pub(crate) template: Template,
    pub(crate) parameters: Parameters,
    pub(crate) nested: BTreeMap<String, StackTree>,
}
