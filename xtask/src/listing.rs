//! The stacks of a stage as a list.

use schemars::JsonSchema;
use serde::Serialize;

/// A stack and its template.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row {
    /// Name of the root; of a nested stack the root's and its logical ID, as in `movies-dev/Data`.
    pub(crate) stack: String,
    /// File of the template in the repository.
    pub(crate) template: String,
    /// Length of the template.
    pub(crate) bytes: usize,
    /// How many resources the template declares, whatever their conditions.
    pub(crate) resources: usize,
}
