//! The flags that several commands share, and what they come to.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use xshell::Shell;

use crate::assembly::Cloud;
use crate::aws::{Connection, Selection, signed};
use crate::emulator::{self, Emulator, Place};
use crate::parameters::{self, Parameters};
use crate::stack::{Stack, Stage};
use crate::workspace::Workspace;

mod choices;
mod deployed;

pub(super) use choices::{Choices, farewell_to_key, probably_meant, read_stage_file};
pub(super) use deployed::Deployed;

/// The root parameter that the tool looks up.
const PREFIX_LIST: &str = "DynamoDbPrefixListId";

/// Which environment a command works on.
#[derive(Debug, clap::Args)]
pub(super) struct EnvironmentArgs {
    /// AWS profile with the credentials and the region to use.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,

    /// AWS region; otherwise AWS_REGION or the profile's.
    #[arg(long, value_name = "REGION")]
    region: Option<String>,

    /// Use the local cloud on this machine instead of AWS; no account is needed.
    #[arg(long, conflicts_with_all = ["profile", "region"])]
    pub(super) local: bool,
}

/// Which stage of the service a command works on.
#[derive(Debug, clap::Args)]
pub(super) struct StageArgs {
    /// Stage of the service; the stack is called `movies-<STAGE>`, and `infra/stages/<STAGE>.json`
    /// says what is special about it.
    #[arg(long, default_value = "dev")]
    pub(super) stage: Stage,
}

/// Which handler goes into the assembly.
#[derive(Debug, clap::Args)]
pub(super) struct HandlerArgs {
    /// Take this zip, as `package` wrote it, instead of building the handler. It is inspected.
    #[arg(long = "handler", value_name = "ZIP", conflicts_with = "local")]
    pub(super) zip: Option<PathBuf>,
}

/// How a command starts a missing local cloud.
#[derive(Debug, clap::Args)]
pub(super) struct StartArgs {
    /// Port of the local cloud, if it has to be started [default: 4566].
    #[arg(long, requires = "local")]
    port: Option<u16>,
}

impl StartArgs {
    pub(super) fn local_cloud(&self) -> LocalCloud {
        LocalCloud::StartOn(self.port)
    }
}

/// Whether a missing local cloud is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LocalCloud {
    StartOn(Option<u16>),
    MustRun,
}

/// An open connection, and the emulator behind it where there is one.
pub(super) struct Environment {
    pub(super) connection: Connection,
    pub(super) emulator: Option<Emulator>,
    pub(super) cloud: Cloud,
}

impl EnvironmentArgs {
    /// The flags that lead another command, ours or AWS's, to the same environment.
    pub(super) fn repeated(&self) -> String {
        let mut flags = String::new();
        if let Some(profile) = &self.profile {
            flags.push_str(&format!(" --profile {profile}"));
        }
        if let Some(region) = &self.region {
            flags.push_str(&format!(" --region {region}"));
        }
        if self.local {
            flags.push_str(" --local");
        }
        flags
    }

    pub(super) async fn connect(
        &self,
        sh: &Shell,
        workspace: &Workspace,
        local_cloud: LocalCloud,
    ) -> anyhow::Result<Environment> {
        if !self.local {
            let selection = Selection {
                profile: self.profile.clone(),
                region: self.region.clone(),
            };
            let connection = Connection::to_aws(&selection).await?;
            return Ok(Environment {
                connection,
                emulator: None,
                cloud: Cloud::Aws,
            });
        }
        let place = Place::of(workspace);
        let emulator = match local_cloud {
            LocalCloud::StartOn(port) => emulator::up(sh, workspace, &place, port)?,
            LocalCloud::MustRun => emulator::running(&place)?.context(
                "the local cloud is not running; `cargo xtask deploy --local` starts it and deploys",
            )?,
        };
        let connection = Connection::to_local(&emulator.endpoint()).await?;
        Ok(Environment {
            connection,
            emulator: Some(emulator),
            cloud: Cloud::Local,
        })
    }
}

/// The parameters of `root.yaml` that a command sets, and the bucket for its assets.
#[derive(Debug, clap::Args)]
pub(super) struct ParameterArgs {
    #[command(flatten)]
    values: ValueArgs,

    /// Use this bucket for the assets instead of the bootstrap stack's.
    #[arg(long, value_name = "NAME")]
    asset_bucket: Option<String>,
}

/// The parameters of `root.yaml` that a command sets.
#[derive(Debug, clap::Args)]
pub(super) struct ValueArgs {
    /// Set a parameter of `infra/cfn/root.yaml`; may be repeated.
    ///
    /// It wins over `--params-file`, that over the stage's file `infra/stages/<STAGE>.json`, and
    /// that over the template's default.
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parameters::parse_assignment)]
    params: Vec<(String, String)>,

    /// Read parameters from a JSON file; `--param` wins over it, and it over the stage's file.
    #[arg(long, value_name = "FILE")]
    params_file: Option<PathBuf>,
}

impl ValueArgs {
    fn chosen(&self) -> anyhow::Result<Parameters> {
        let mut chosen = match &self.params_file {
            Some(path) => parameters::read_file(path)?,
            None => Parameters::new(),
        };
        chosen.extend(self.params.iter().cloned());
        Ok(chosen)
    }
}

/// The region's prefix list never changes, so what is deployed need not be looked up again.
async fn prefix_list(connection: &Connection, deployed: Option<&Stack>) -> anyhow::Result<String> {
    match deployed.and_then(|stack| stack.parameters.get(PREFIX_LIST)) {
        Some(id) => Ok(id.clone()),
        None => signed::dynamodb_prefix_list(connection).await,
    }
}

/// A time such as `15m`, for clap.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|err| err.to_string())?;
    match time.is_zero() {
        true => Err("expected a time such as `90s`, `15m` or `2h`".to_owned()),
        false => Ok(time),
    }
}
