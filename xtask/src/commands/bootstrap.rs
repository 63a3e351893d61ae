//! `bootstrap`: once per environment.

use std::time::Instant;

use xshell::Shell;

use super::args::{EnvironmentArgs, StartArgs};
use crate::bootstrap::{self, Choice, EncryptionKey, LogsRole};
use crate::consent::Consent;
use crate::deployment;
use crate::screen;
use crate::workspace::Workspace;

/// Create the asset bucket, and a key if you want one; once per account and region.
///
/// The stack is called `movies-bootstrap`.
#[derive(Debug, clap::Args)]
pub(crate) struct Bootstrap {
    #[command(flatten)]
    environment: EnvironmentArgs,

    #[command(flatten)]
    start: StartArgs,

    /// Also set the role API Gateway writes its logs with. There is one per account and region,
    /// shared by every API: this replaces a role that was set before.
    #[arg(long)]
    api_gateway_logs_role: bool,

    /// Whose key encrypts what is stored; without this flag it stays as it is, `aws-owned` at first.
    ///
    /// A key of your own costs 1 USD per month and 0.03 USD per 10,000 requests. It encrypts the
    /// asset bucket, and the stages that set the parameter `EncryptionKey` to the same. It is
    /// never deleted by this tool: what it encrypted can be read as long as it exists.
    #[arg(long, value_name = "WHOSE")]
    encryption_key: Option<EncryptionKey>,

    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

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
        deployment::report_success("bootstrapped", begin);
        screen::data(format!("AssetBucketName   {bucket}"));
        let cfn = environment.connection.cloudformation();
        if let Some(key) = bootstrap::encryption_key(&cfn).await? {
            screen::data(format!("EncryptionKeyArn  {key}"));
        }
        Ok(())
    }
}
