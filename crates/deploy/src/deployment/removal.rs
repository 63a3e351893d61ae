//! What was made to be executed and was not: deleted again.

use std::time::Duration;

use super::Engine;
use crate::error::{Error, Result};
use crate::follow::Pace;
use cfnkit_aws::aws::cloudformation;
use cfnkit_aws::aws::cloudformation::change_sets::{self, Deletion};
use cfnkit_aws::aws::cloudformation::operations::{self, Manner};
use cfnkit_console::vigil::vigil;

/// How long the deletion of a change set may take.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(300);

impl Engine<'_> {
    /// Deletes a change set and waits until it is gone: the nested ones go with it, one after the
    /// other.
    pub(super) async fn delete_change_set(&self, stack: &str, name: &str) -> Result<()> {
        change_sets::delete(&self.cfn, stack, name).await?;
        let mut pace = Pace::new(self.cloud);
        let deletion = async {
            loop {
                match change_sets::deletion(&self.cfn, stack, name).await? {
                    Deletion::Pending => pace.wait().await,
                    Deletion::Gone => return Ok(()),
                    Deletion::Failed(reason) => {
                        return Err(Error::new(format!(
                            "change set `{name}` of `{stack}` is DELETE_FAILED: {reason}"
                        )));
                    }
                }
            }
        };
        let deleted = vigil(
            self.reporter,
            "waiting until the change set is gone",
            DISCARD_TIMEOUT,
            deletion,
        )
        .await;
        deleted.unwrap_or_else(|| {
            Err(Error::new(format!(
                "change set `{name}` of `{stack}` is not deleted yet"
            )))
        })
    }

    /// Deletes a stack that never held anything. One with a change set is somebody's.
    pub(super) async fn remove_if_empty(&self, name: &str) -> Result<()> {
        let Some(stack) = cloudformation::find_stack(&self.cfn, name).await? else {
            return Ok(());
        };
        if !stack.status.is_empty() {
            return Ok(());
        }
        if change_sets::names(&self.cfn, &stack.id).await?.is_empty() {
            let token = self.unique_name();
            let manner = Manner {
                token: &token,
                role_arn: None,
            };
            operations::delete_stack(&self.cfn, &stack.id, manner, &[]).await?;
        }
        Ok(())
    }
}
