//! The flags that several commands share, and what can be said of them without a connection.

use std::path::PathBuf;
use std::time::Duration;

use cfnkit_assembly::assembly::supplied_parameters;
use cfnkit_assembly::stage::Stage;
use cfnkit_assembly::stage_file::{self, StageFile};
use cfnkit_console::screen::{self, STRONG};
use cfnkit_template::parameters::{self, Parameters};
use cfnkit_template::source::nearest;
use cfnkit_template::template::Template;
use cfnkit_tools::workspace::Workspace;

/// Which environment a command works on.
#[derive(Debug, clap::Args)]
pub struct EnvironmentArgs {
    /// AWS profile with the credentials and the region to use.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// AWS region; otherwise AWS_REGION or the profile's.
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,

    /// Use the local cloud on this machine instead of AWS; no account is needed.
    #[arg(long, conflicts_with_all = ["profile", "region"])]
    pub local: bool,
}

/// Which stage of the service a command works on.
#[derive(Debug, clap::Args)]
pub struct StageArgs {
    /// Stage of the service; the stack is called `movies-<STAGE>`, and `infra/stages/<STAGE>.json`
    /// says what is special about it.
    #[arg(long, default_value = "dev")]
    pub stage: Stage,
}

/// Which handler goes into the assembly.
#[derive(Debug, clap::Args)]
pub struct HandlerArgs {
    /// Take this zip, as `package` wrote it, instead of building the handler. It is inspected.
    #[arg(long = "handler", value_name = "ZIP", conflicts_with = "local")]
    pub zip: Option<PathBuf>,

    /// Refuse the zip unless it has this SHA-256.
    #[arg(long = "handler-sha256", value_name = "SHA256", requires = "zip", value_parser = parse_sha256)]
    pub(crate) zip_sha256: Option<String>,
}

/// How a command starts a missing local cloud.
#[derive(Debug, clap::Args)]
pub struct StartArgs {
    /// Port of the local cloud, if it has to be started [default: 4566].
    #[arg(long, requires = "local")]
    pub port: Option<u16>,
}

impl StartArgs {
    pub fn local_cloud(&self) -> LocalCloud {
        LocalCloud::StartOn(self.port)
    }
}

/// Whether a missing local cloud is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalCloud {
    StartOn(Option<u16>),
    MustRun,
}

impl EnvironmentArgs {
    /// The flags that lead another command, ours or AWS's, to the same environment.
    pub fn repeated(&self) -> String {
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
}

/// The parameters of `root.yaml` that a command sets, and the bucket for its assets.
#[derive(Debug, clap::Args)]
pub struct ParameterArgs {
    #[command(flatten)]
    pub values: ValueArgs,

    /// Use this bucket for the assets instead of the bootstrap stack's.
    #[arg(long, value_name = "NAME")]
    pub asset_bucket: Option<String>,
}

/// The parameters of `root.yaml` that a command sets.
#[derive(Debug, clap::Args)]
pub struct ValueArgs {
    /// Set a parameter of `infra/cfn/root.yaml`; may be repeated.
    ///
    /// It wins over `--params-file`, that over the stage's file `infra/stages/<STAGE>.json`, and
    /// that over the template's default.
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parameters::parse_assignment)]
    pub(crate) params: Vec<(String, String)>,

    /// Read parameters from a JSON file; `--param` wins over it, and it over the stage's file.
    #[arg(long, value_name = "FILE")]
    pub(crate) params_file: Option<PathBuf>,
}

impl ValueArgs {
    /// The parameters of the stage's file and of the command line, which wins; refuses what
    /// `root` does not allow.
    pub fn over(&self, stage_file: &StageFile, root: &Template) -> anyhow::Result<Parameters> {
        let mut chosen = stage_file.parameters().clone();
        chosen.extend(self.chosen()?);
        let supplied = supplied_parameters(root)
            .into_iter()
            .map(|name| (name, String::new()));
        parameters::check(root, &supplied.collect(), &chosen)?;
        Ok(chosen)
    }

    fn chosen(&self) -> anyhow::Result<Parameters> {
        let mut chosen = match &self.params_file {
            Some(path) => parameters::read_file(path)?,
            None => Parameters::new(),
        };
        let mut given = Parameters::new();
        for (name, value) in &self.params {
            if given.insert(name.clone(), value.clone()).is_some() {
                anyhow::bail!("`--param {name}=..` is given twice; leave one of them out");
            }
        }
        chosen.extend(given);
        Ok(chosen)
    }
}

/// What the file of `stage` says; tells where there is none.
pub fn read_stage_file(
    workspace: &Workspace,
    stage: &Stage,
    root: &Template,
) -> anyhow::Result<StageFile> {
    let stage_file = StageFile::read(workspace, stage, root)?;
    if let Some((text, meant)) = stage_file.absence() {
        let question = meant
            .map(|stage| {
                format!("\n{STRONG}Did you mean `--stage {stage}`, which has a file?{STRONG:#}")
            })
            .unwrap_or_default();
        screen::say(text + &question);
    }
    Ok(stage_file)
}

/// The stage that was probably meant where `stage` is not deployed, as the end of a message.
pub fn probably_meant(workspace: &Workspace, stage: &Stage) -> String {
    let names = stage_file::stages(workspace).unwrap_or_default();
    let mut others = names.iter().map(String::as_str);
    // A stage with a file of its own is no misspelt one.
    let meant = match others.any(|name| name == stage.as_str()) {
        true => None,
        false => nearest(stage.as_str(), names.iter().map(String::as_str)),
    };
    meant
        .map(|meant| format!("; did you mean `--stage {meant}`?"))
        .unwrap_or_default()
}

/// A time such as `15m`, for clap.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|err| err.to_string())?;
    match time.is_zero() {
        true => Err("expected a time such as `90s`, `15m` or `2h`".to_owned()),
        false => Ok(time),
    }
}

/// A SHA-256 as `package` prints it, for clap.
pub(crate) fn parse_sha256(text: &str) -> Result<String, String> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    match text.len() == 64 && text.bytes().all(is_digit) {
        true => Ok(text.to_owned()),
        false => Err("expected 64 hexadecimal digits, lower case".to_owned()),
    }
}
