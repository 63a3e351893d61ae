//! `bootstrap`: once per environment.

use super::args::{EnvironmentArgs, StartArgs, parse_stage};
use crate::repository::Repository;
use cfnkit_assembly::encryption_key::EncryptionKey;
use cfnkit_assembly::stage::Stage;

/// Create the asset bucket, and a key if you want one; once per account and region.
///
/// The stack is called `<SERVICE>-bootstrap`.
#[derive(Debug, clap::Args)]
pub struct Bootstrap {
    #[command(flatten)]
    pub environment: EnvironmentArgs,

    #[command(flatten)]
    pub start: StartArgs,

    /// Also set the role API Gateway writes its logs with. There is one per account and region,
    /// shared by every API: this replaces a role that was set before.
    #[arg(long)]
    pub api_gateway_logs_role: bool,

    /// Whose key encrypts what is stored; without this flag it stays as it is, `aws-owned` at first.
    ///
    /// A key of your own encrypts the asset bucket, and the stages that set the parameter
    /// `EncryptionKey` to the same. It is never deleted by this tool: what it encrypted can be read
    /// as long as it exists.
    #[arg(long, value_name = "WHOSE")]
    pub encryption_key: Option<EncryptionKey>,

    /// Also make the role that the workflows of a repository on GitHub deploy with, for each stage.
    ///
    /// A job gets the role that runs in the environment of the stage's name. Where GitHub's tokens
    /// carry ids, as they do for repositories created or renamed since July 2026, give them too:
    /// OWNER@ID/REPO@ID.
    #[arg(long, value_name = "OWNER/REPO")]
    pub github: Option<Repository>,

    /// Stage to make the role for; may be repeated. Otherwise every stage with a file in
    /// `infra/stages/`.
    #[arg(long, value_name = "NAME", requires = "github", value_parser = parse_stage)]
    pub github_stage: Vec<Stage>,

    /// The account has GitHub's identity provider already, from elsewhere; do not make it.
    #[arg(long, requires = "github")]
    pub existing_github_provider: bool,

    /// Do not ask.
    #[arg(long, short)]
    pub yes: bool,
}
