//! The flags that several commands share, and what can be said of them without a connection.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::program::service;
use cfnkit_assembly::assembly::supplied_parameters;
use cfnkit_assembly::service::Tier;
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
    /// Stage of the service; the stack is called `<SERVICE>-<STAGE>`, and
    /// `infra/stages/<STAGE>.json` says what is special about it.
    #[arg(long, default_value = service().default_stage, value_parser = parse_stage)]
    pub stage: Stage,
}

/// Which zips go into the assembly.
#[derive(Debug, clap::Args)]
pub struct HandlerArgs {
    /// Take this zip, as `package` wrote it, instead of building the handler. It is inspected.
    ///
    /// Where the service has several functions, `NAME=ZIP` says for which; may be repeated.
    #[arg(long = "handler", value_name = "ZIP", conflicts_with = "local")]
    pub zip: Vec<String>,

    /// Refuse the zip unless it has this SHA-256; as often, and in the same order, as `--handler`.
    #[arg(long = "handler-sha256", value_name = "SHA256", requires = "zip", value_parser = parse_sha256)]
    pub zip_sha256: Vec<String>,
}

impl HandlerArgs {
    /// The zip that is given for a function, and the SHA-256 that it must have.
    ///
    /// # Errors
    ///
    /// A zip is for no function, or for one that has another; there are more hashes than zips.
    pub fn zips(&self) -> anyhow::Result<BTreeMap<&'static str, (PathBuf, Option<&str>)>> {
        let functions = service().functions;
        if self.zip_sha256.len() > self.zip.len() {
            anyhow::bail!("`--handler-sha256` is given more often than `--handler`");
        }
        let mut zips = BTreeMap::new();
        for (index, given) in self.zip.iter().enumerate() {
            let named = given.split_once('=');
            let named = named.and_then(|(name, zip)| Some((service().function(name)?, zip)));
            let (function, zip) = match (named, functions) {
                (Some(named), _) => named,
                (None, [function]) => (function, given.as_str()),
                (None, _) => {
                    let names: Vec<&str> = functions.iter().map(|one| one.name).collect();
                    anyhow::bail!(
                        "`--handler {given}` does not say for which function it is; write \
                         `--handler NAME=ZIP` with one of {}",
                        names.join(", ")
                    );
                }
            };
            let sha256 = self.zip_sha256.get(index).map(String::as_str);
            if zips
                .insert(function.name, (PathBuf::from(zip), sha256))
                .is_some()
            {
                anyhow::bail!("`--handler` is given twice for `{}`", function.name);
            }
        }
        Ok(zips)
    }
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
    ///
    /// # Errors
    ///
    /// The file of parameters cannot be read, a flag is given twice, or `root` does not declare a
    /// name or does not allow a value.
    pub fn over(&self, stage_file: &StageFile, root: &Template) -> anyhow::Result<Parameters> {
        let mut chosen = stage_file.parameters().clone();
        chosen.extend(self.chosen()?);
        let supplied = supplied_parameters(root, stage_file.stage().service())
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
///
/// # Errors
///
/// The file is there and cannot be read, or what it says is not right.
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

/// A stage by its name, for clap.
pub(crate) fn parse_stage(text: &str) -> Result<Stage, String> {
    service().stage(text)
}

/// A tier by its name, for clap.
pub(crate) fn parse_tier(text: &str) -> Result<&'static Tier, String> {
    let tiers = service().tiers;
    service().tier(text).ok_or_else(|| {
        let names: Vec<&str> = tiers.iter().map(|tier| tier.name).collect();
        match names.is_empty() {
            true => "this service has no API keys".to_owned(),
            false => format!("the tiers are {}", names.join(", ")),
        }
    })
}

/// The name of the service's first tier.
pub(crate) fn first_tier() -> &'static str {
    service().tiers.first().map_or("none", |tier| tier.name)
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
