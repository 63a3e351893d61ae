//! The steps of `bootstrap`.

use std::time::Instant;

use xshell::Shell;

use super::Bootstrap;
use crate::bootstrap::{self, Choice, LogsRole};
use crate::consent::Consent;
use crate::screen;
use crate::workspace::Workspace;

impl Bootstrap {
    pub(crate) async fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        let begin = Instant::now();
        let consent = Consent::from_flag(self.yes || self.environment.local)?;
        let environment = self
            .environment
            .connect(sh, workspace, self.start.local_cloud())
            .await?;
        let logs_role = match self.api_gateway_logs_role {
            true => LogsRole::Set,
            false => LogsRole::Keep,
        };
        let bucket = bootstrap::deploy(
            &environment.connection,
            workspace,
            environment.cloud,
            Choice {
                logs_role,
                encryption_key: self.encryption_key,
            },
            consent,
        )
        .await?;
        screen::success("bootstrapped", begin);
        screen::data(format!("AssetBucketName   {bucket}"));
        let cfn = environment.connection.cloudformation();
        if let Some(key) = bootstrap::encryption_key(&cfn).await? {
            screen::data(format!("EncryptionKeyArn  {key}"));
        }
        Ok(())
    }
}
