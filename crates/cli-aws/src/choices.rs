//! What a stage is deployed with: the stage's file and the command line, and what the tool knows.

use std::collections::BTreeMap;

use crate::connection::Environment;
use crate::{bootstrap, deploy_role};
use cfnkit_assembly::assembly::{Assembly, Cloud};
use cfnkit_assembly::encryption_key::{EncryptionKey, PRICE};
use cfnkit_assembly::stage::Stage;
use cfnkit_assembly::stage_file::StageFile;
use cfnkit_aws::aws::cloudformation::CloudFormation;
use cfnkit_aws::aws::{Connection, ec2, s3};
use cfnkit_cli::commands::args::{HandlerArgs, ParameterArgs, read_stage_file};
use cfnkit_cli::commands::assemble;
use cfnkit_cli::program::service;
use cfnkit_console::screen::STRONG;
use cfnkit_deploy::deployment::Plan;
use cfnkit_operation::options::Options;
use cfnkit_operation::stack::{DeployAction, Stack};
use cfnkit_template::parameters::{self, Parameters};
use cfnkit_template::stack_tree::read_template;
use cfnkit_template::template::Template;
use cfnkit_tools::workspace::Workspace;
use xshell::Shell;

/// Everything that is decided for a stage before anything is built.
pub(crate) struct Choices {
    pub(crate) stage_file: StageFile,
    pub(crate) root: Template,
    parameters: Parameters,
    asset_bucket: Option<String>,
    /// The ARN of the bootstrap stack's key, where the stage is encrypted with it.
    key: Option<String>,
}

/// Reads what is chosen for `stage`, and refuses what cannot be right, before anything is
/// started, built or written.
pub(crate) fn read(
    parameter_args: &ParameterArgs,
    workspace: &Workspace,
    stage: &Stage,
) -> anyhow::Result<Choices> {
    let root = read_template(&workspace.templates(), "root.yaml")?;
    let stage_file = read_stage_file(workspace, stage, &root)?;
    let parameters = parameter_args.values.over(&stage_file, &root)?;
    Ok(Choices {
        stage_file,
        root,
        parameters,
        asset_bucket: parameter_args.asset_bucket.clone(),
        key: None,
    })
}

impl Choices {
    /// Whether the key is there that the stage is to be encrypted with, or none is needed.
    pub(crate) async fn has_key(&mut self, cfn: &CloudFormation) -> anyhow::Result<bool> {
        if self.key.is_none() && self.needs_key() {
            self.key = bootstrap::encryption_key(cfn).await?;
            return Ok(self.key.is_some());
        }
        Ok(true)
    }

    /// Finds the key the stage is to be encrypted with. It is made by `bootstrap` alone, because
    /// it costs money.
    pub(crate) async fn find_key(
        &mut self,
        environment: &Environment,
        repeated: &str,
    ) -> anyhow::Result<()> {
        let connection = &environment.connection;
        let is_there = self.has_key(&connection.cloudformation()).await?;
        anyhow::ensure!(
            is_there,
            "stage `{}` is to be encrypted with a key of your own (`{}` is `{}`), \
             and there is none in {}; `cargo xtask bootstrap --encryption-key {}{repeated}` \
             makes one for {PRICE}",
            self.stage_file.stage(),
            self.key_choice(),
            EncryptionKey::CustomerManaged,
            connection.place(),
            EncryptionKey::CustomerManaged,
        );
        Ok(())
    }

    /// The root parameter that says whose key encrypts.
    fn key_choice(&self) -> &'static str {
        self.stage_file.stage().service().supplied.encryption_key
    }

    fn needs_key(&self) -> bool {
        let choice = self.key_choice();
        let default = || {
            let mut declared = self.root.parameters().into_iter();
            declared.find(|one| one.name == choice)?.default
        };
        let choice = self.parameters.get(choice).cloned().or_else(default);
        choice.as_deref() == Some(EncryptionKey::CustomerManaged.as_str())
    }

    /// The values that are known without an account: those that are chosen, else the defaults.
    pub(crate) fn known_parameters(&self) -> Parameters {
        let declared = self.root.parameters().into_iter();
        let defaults = declared.filter_map(|one| Some((one.name, one.default?)));
        let mut known: Parameters = defaults.collect();
        known.extend(self.parameters.clone());
        known
    }

    /// Builds the handler, unless there is one, and assembles it with the templates.
    pub(crate) fn assemble(
        &self,
        sh: &Shell,
        workspace: &Workspace,
        cloud: Cloud,
        handler: &HandlerArgs,
    ) -> anyhow::Result<Assembly> {
        let (root, stage_file) = (self.root.clone(), &self.stage_file);
        let (assembly, _) = assemble(sh, workspace, root, stage_file, cloud, handler)?;
        Ok(assembly)
    }

    /// The plan for `assembly`, done as `options` say and with tags of the command line.
    pub(crate) async fn plan(
        &self,
        assembly: &Assembly,
        environment: &Environment,
        deployed: Option<&Stack>,
        bucket: &str,
        (options, own_tags): (Options, BTreeMap<String, String>),
    ) -> anyhow::Result<Plan> {
        let mut supplied = assembly.parameters();
        let names = &assembly.stage.service().supplied;
        supplied.insert(names.asset_bucket.to_owned(), bucket.to_owned());
        let root = &assembly.templates.root;
        let key = self.key.clone().unwrap_or_default();
        supplied.insert(names.encryption_key_arn.to_owned(), key);
        let cfn = environment.connection.cloudformation();
        let boundary = deploy_role::boundary(&cfn, &assembly.stage).await?;
        let boundary = boundary.unwrap_or_default();
        supplied.insert(names.permissions_boundary_arn.to_owned(), boundary);
        supplied.retain(|name, _| root.declares(name));
        let list = names.prefix_list;
        if root.declares(list) && !self.parameters.contains_key(list) {
            let id = prefix_list(&environment.connection, deployed).await?;
            supplied.insert(list.to_owned(), id);
        }
        let zones = names.zones;
        let are_chosen = zones.iter().any(|one| self.parameters.contains_key(*one));
        if zones.iter().all(|one| root.declares(one)) && !are_chosen {
            let found = zones_of_subnets(&environment.connection, deployed).await?;
            supplied.extend(zones.map(ToOwned::to_owned).into_iter().zip(found));
        }
        let parameters = parameters::complete(root, &supplied, &self.parameters)?;
        let mut tags = self.stage_file.tags().clone();
        tags.extend(BTreeMap::from([
            (
                "service".to_owned(),
                assembly.stage.service().name.to_owned(),
            ),
            ("stage".to_owned(), assembly.stage.to_string()),
        ]));
        tags.extend(own_tags);
        let template_url = match &assembly.templates.root_asset {
            Some(asset) => {
                let region = &environment.connection.region;
                Some(s3::template_url(region, bucket, &asset.key).await?)
            }
            None => None,
        };
        let tree = assembly.templates.stack_tree(parameters);
        let plan = Plan::new(assembly.stage.stack_name(), tree, tags, options);
        Ok(plan.with_template_at(template_url))
    }

    pub(crate) fn chosen_bucket(&self) -> Option<&str> {
        self.asset_bucket.as_deref()
    }

    /// The asset bucket, chosen or bootstrapped; `None` where there is none yet.
    pub(crate) async fn bucket(&self, cfn: &CloudFormation) -> anyhow::Result<Option<String>> {
        match &self.asset_bucket {
            Some(bucket) => Ok(Some(bucket.clone())),
            None => bootstrap::asset_bucket(cfn).await,
        }
    }
}

/// What leaving the key of `deployed` means, where `plan` does.
pub(crate) fn farewell_to_key(deployed: Option<&Stack>, plan: &Plan) -> Option<String> {
    let key = service().supplied.encryption_key_arn;
    let before = deployed?.parameters.get(key)?;
    let after = plan.tree.parameters.get(key);
    let leaves = !before.is_empty() && after != Some(before);
    leaves.then(|| {
        format!(
            "{STRONG}{} leaves the key {before}{STRONG:#}: logs and backups written so far stay \
             encrypted with it, and deleting the key makes them unreadable for good",
            plan.stack_name
        )
    })
}

/// The region's prefix list never changes, so what is deployed need not be looked up again.
async fn prefix_list(connection: &Connection, deployed: Option<&Stack>) -> anyhow::Result<String> {
    let name = service().supplied.prefix_list;
    match deployed.and_then(|stack| stack.parameters.get(name)) {
        Some(id) => Ok(id.clone()),
        None => Ok(ec2::dynamodb_prefix_list(connection, name).await?),
    }
}

/// A subnet that changes its zone is replaced, so a stage stays where it is, also where
/// CloudFormation chose.
async fn zones_of_subnets(
    connection: &Connection,
    deployed: Option<&Stack>,
) -> anyhow::Result<[String; 2]> {
    let is_new = |stack: &&Stack| {
        matches!(
            stack.status.deploy_action(),
            DeployAction::Create | DeployAction::DeleteThenCreate
        )
    };
    let names = service().supplied.zones;
    match deployed.filter(|stack| !is_new(stack)) {
        Some(stack) => {
            let zone = |name: &str| stack.parameters.get(name).cloned();
            Ok(names.map(|name| zone(name).unwrap_or_default()))
        }
        None => Ok(ec2::zones_with_lambda(connection, names)
            .await?
            .unwrap_or_default()),
    }
}
