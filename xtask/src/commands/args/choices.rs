//! What a stage is deployed with: the stage's file and the command line, and what the tool knows.

use std::collections::BTreeMap;

use anyhow::Context as _;

use super::{Environment, PREFIX_LIST, ParameterArgs, ValueArgs, prefix_list};
use crate::assembly::{Assembly, read_template, supplied_parameters};
use crate::aws::cloudformation::CloudFormation;
use crate::bootstrap::{self, EncryptionKey};
use crate::deployment::Plan;
use crate::options::Options;
use crate::parameters::{self, Parameters};
use crate::screen::{self, STRONG};
use crate::source::nearest;
use crate::stack::{SERVICE, Stack, Stage};
use crate::stage_file::{self, StageFile};
use crate::template::Template;
use crate::workspace::Workspace;

/// The root parameter that says whose key encrypts, and the one with the key.
const KEY_CHOICE: &str = "EncryptionKey";
const KEY_ARN: &str = "EncryptionKeyArn";

/// Everything that is decided for a stage before anything is built.
pub(in crate::commands) struct Choices {
    pub(in crate::commands) stage_file: StageFile,
    pub(in crate::commands) root: Template,
    parameters: Parameters,
    asset_bucket: Option<String>,
    /// The ARN of the bootstrap stack's key, where the stage is encrypted with it.
    key: Option<String>,
}

impl ParameterArgs {
    /// Reads what is chosen for `stage`, and refuses what cannot be right, before anything is
    /// started, built or written.
    pub(in crate::commands) fn read(
        &self,
        workspace: &Workspace,
        stage: &Stage,
    ) -> anyhow::Result<Choices> {
        let root = read_template(&workspace.templates(), "root.yaml")?;
        let stage_file = read_stage_file(workspace, stage, &root)?;
        let parameters = self.values.over(&stage_file, &root)?;
        Ok(Choices {
            stage_file,
            root,
            parameters,
            asset_bucket: self.asset_bucket.clone(),
            key: None,
        })
    }
}

impl ValueArgs {
    /// The parameters of the stage's file and of the command line, which wins; refuses what
    /// `root` does not allow.
    pub(in crate::commands) fn over(
        &self,
        stage_file: &StageFile,
        root: &Template,
    ) -> anyhow::Result<Parameters> {
        let mut chosen = stage_file.parameters().clone();
        chosen.extend(self.chosen()?);
        let supplied = supplied_parameters(root)
            .into_iter()
            .map(|name| (name, String::new()));
        parameters::check(root, &supplied.collect(), &chosen)?;
        Ok(chosen)
    }
}

/// What the file of `stage` says; tells where there is none.
pub(in crate::commands) fn read_stage_file(
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
pub(in crate::commands) fn probably_meant(workspace: &Workspace, stage: &Stage) -> String {
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

impl Choices {
    /// Finds the key the stage is to be encrypted with. It is made by `bootstrap` alone, because
    /// it costs money.
    pub(in crate::commands) async fn find_key(
        &mut self,
        environment: &Environment,
        repeated: &str,
    ) -> anyhow::Result<()> {
        if !self.needs_key() || self.key.is_some() {
            return Ok(());
        }
        let cfn = environment.connection.cloudformation();
        let key = bootstrap::encryption_key(&cfn).await?;
        self.key = Some(key.with_context(|| {
            let place = environment.connection.place();
            format!(
                "stage `{}` is to be encrypted with a key of your own (`{KEY_CHOICE}` is `{}`), \
                 and there is none in {place}; `cargo xtask bootstrap --encryption-key {}{repeated}` \
                 makes one for 1 USD per month",
                self.stage_file.stage(),
                EncryptionKey::CustomerManaged,
                EncryptionKey::CustomerManaged,
            )
        })?);
        Ok(())
    }

    pub(in crate::commands) fn needs_key(&self) -> bool {
        let default = || {
            let mut declared = self.root.parameters().into_iter();
            declared.find(|one| one.name == KEY_CHOICE)?.default
        };
        let choice = self.parameters.get(KEY_CHOICE).cloned().or_else(default);
        choice.as_deref() == Some(EncryptionKey::CustomerManaged.as_str())
    }

    /// The values that are known without an account: those that are chosen, else the defaults.
    pub(in crate::commands) fn known_parameters(&self) -> Parameters {
        let declared = self.root.parameters().into_iter();
        let defaults = declared.filter_map(|one| Some((one.name, one.default?)));
        let mut known: Parameters = defaults.collect();
        known.extend(self.parameters.clone());
        known
    }

    /// The plan for `assembly`.
    pub(in crate::commands) async fn plan(
        &self,
        assembly: &Assembly,
        environment: &Environment,
        deployed: Option<&Stack>,
        bucket: &str,
    ) -> anyhow::Result<Plan> {
        let mut supplied = assembly.parameters();
        supplied.insert("AssetBucketName".to_owned(), bucket.to_owned());
        supplied.insert(KEY_ARN.to_owned(), self.key.clone().unwrap_or_default());
        if !self.parameters.contains_key(PREFIX_LIST) {
            let id = prefix_list(&environment.connection, deployed).await?;
            supplied.insert(PREFIX_LIST.to_owned(), id);
        }
        let parameters = parameters::complete(&assembly.root, &supplied, &self.parameters)?;
        let mut tags = self.stage_file.tags().clone();
        tags.extend(BTreeMap::from([
            ("service".to_owned(), SERVICE.to_owned()),
            ("stage".to_owned(), assembly.stage.to_string()),
        ]));
        Ok(Plan {
            stack_name: assembly.stage.stack_name(),
            tree: assembly.stack_tree(parameters),
            tags,
            options: Options::default(),
        })
    }

    /// The asset bucket, chosen or bootstrapped; `None` where there is none yet.
    pub(in crate::commands) async fn bucket(
        &self,
        cfn: &CloudFormation,
    ) -> anyhow::Result<Option<String>> {
        match &self.asset_bucket {
            Some(bucket) => Ok(Some(bucket.clone())),
            None => bootstrap::asset_bucket(cfn).await,
        }
    }
}

/// What leaving the key of `deployed` means, where `plan` does.
pub(in crate::commands) fn farewell_to_key(
    deployed: Option<&Stack>,
    plan: &Plan,
) -> Option<String> {
    let before = deployed?.parameters.get(KEY_ARN)?;
    let after = plan.tree.parameters.get(KEY_ARN);
    let leaves = !before.is_empty() && after != Some(before);
    leaves.then(|| {
        format!(
            "{STRONG}{} leaves the key {before}{STRONG:#}: logs and backups written so far stay \
             encrypted with it, and deleting the key makes them unreadable for good",
            plan.stack_name
        )
    })
}
