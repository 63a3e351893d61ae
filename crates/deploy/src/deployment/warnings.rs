//! What CloudFormation warns of in change sets that can be executed. Best effort: a role that may
//! not ask, and a cloud that does not know the question, keep nothing from being deployed.

use cfnkit_assembly::assembly::Cloud;
use cfnkit_aws::aws::cloudformation::CloudFormation;
use cfnkit_aws::aws::cloudformation::operation_events;
use cfnkit_change::change_set::Warnings;
use cfnkit_console::error::chain;
use cfnkit_operation::diagnosis::{self, Sources};

/// The warnings of these change sets, each of which has some of its own.
pub(super) async fn warnings(
    cfn: &CloudFormation,
    cloud: Cloud,
    change_sets: &[String],
    sources: &Sources<'_>,
) -> Warnings {
    let mut warnings = Warnings::default();
    // The local cloud validates nothing.
    if cloud == Cloud::Local {
        return warnings;
    }
    for change_set in change_sets {
        match operation_events::warnings(cfn, change_set).await {
            Ok(found) => {
                for failure in found {
                    let warning = diagnosis::warning(&failure, sources);
                    // The root's change set can have those of the nested ones, too.
                    if !warnings.all.contains(&warning) {
                        warnings.all.push(warning);
                    }
                }
            }
            Err(err) => {
                warnings.unread = Some(chain(&err));
                break;
            }
        }
    }
    warnings
}
