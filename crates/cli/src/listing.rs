//! The stacks of a stage as a list.

use schemars::JsonSchema;
use serde::Serialize;

/// A stack and its template.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Name of the root; of a nested stack the root's and its logical ID, as in `orders-dev/Data`.
    pub stack: String,
    /// File of the template in the repository.
    pub template: String,
    /// Length of the template.
    pub bytes: usize,
    /// How many resources the template declares, whatever their conditions.
    pub resources: usize,
}
