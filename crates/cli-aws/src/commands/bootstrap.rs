//! The steps of `bootstrap`.

use std::time::Instant;

use xshell::Shell;

use crate::bootstrap::{self, Choice, LogsRole};
use crate::connection::connect;
use crate::deploy_role::{self, Provider, Roles, Wish};
use cfnkit_assembly::stage::Stage;
use cfnkit_assembly::stage_file;
use cfnkit_cli::commands::bootstrap::Bootstrap;
use cfnkit_cli::program::service;
use cfnkit_cli::repository::Repository;
use cfnkit_console::consent::Consent;
use cfnkit_console::screen::{self, STRONG};
use cfnkit_tools::workspace::Workspace;

pub(crate) async fn run(
    bootstrap: Bootstrap,
    sh: &Shell,
    workspace: &Workspace,
) -> anyhow::Result<()> {
    let begin = Instant::now();
    let stages = stages(&bootstrap, workspace)?;
    let consent = Consent::from_flag(bootstrap.yes || bootstrap.environment.local)?;
    let environment = connect(
        &bootstrap.environment,
        sh,
        workspace,
        bootstrap.start.local_cloud(),
    )
    .await?;
    let logs_role = match bootstrap.api_gateway_logs_role {
        true => LogsRole::Set,
        false => LogsRole::Keep,
    };
    let bucket = bootstrap::deploy(
        &environment,
        workspace,
        Choice {
            logs_role,
            encryption_key: bootstrap.encryption_key,
        },
        consent,
    )
    .await?;
    screen::success("bootstrapped", begin);
    screen::data(format!("AssetBucketName   {bucket}"));
    let cfn = environment.connection.cloudformation();
    let key = bootstrap::encryption_key(&cfn).await?;
    if let Some(key) = &key {
        screen::data(format!("EncryptionKeyArn  {key}"));
    }
    let Some(repository) = &bootstrap.github else {
        return Ok(());
    };
    for stage in &stages {
        let wish = Wish {
            repository,
            stage,
            provider: match bootstrap.existing_github_provider {
                true => Provider::Existing,
                false => Provider::Ours,
            },
            asset_bucket: &bucket,
            encryption_key: key.as_deref(),
        };
        let roles = deploy_role::deploy(&environment, workspace, wish, consent).await?;
        screen::data(format!("DeployRoleArn     {}", roles.deploy));
        screen::data(format!("DiffRoleArn       {}", roles.diff));
        let needs = what_github_needs(repository, stage, &roles, &environment.connection.region);
        screen::say(needs);
    }
    Ok(())
}

/// The stages that get a role: those that are named, or all that have a file.
fn stages(bootstrap: &Bootstrap, workspace: &Workspace) -> anyhow::Result<Vec<Stage>> {
    if bootstrap.github.is_none() || !bootstrap.github_stage.is_empty() {
        return Ok(bootstrap.github_stage.clone());
    }
    let names = stage_file::stages(workspace)?;
    let stages = names.iter().map(|name| {
        let stage = service().stage(name);
        stage.map_err(|err| anyhow::anyhow!("`infra/stages/{name}.json`: {err}"))
    });
    let stages = stages.collect::<anyhow::Result<Vec<Stage>>>()?;
    if stages.is_empty() {
        anyhow::bail!("no stage has a file in `infra/stages/`; name one with `--github-stage`");
    }
    Ok(stages)
}

/// The roles are of no use before GitHub knows them, and GitHub's side is not this tool's.
fn what_github_needs(
    repository: &Repository,
    stage: &Stage,
    roles: &Roles,
    region: &str,
) -> String {
    let plain = repository.plain();
    let environment = |name: &str, role: &str| {
        let variable = |variable: &str, value: &str| {
            format!("\n  gh variable set {variable} --repo {plain} --env {name} --body {value}")
        };
        format!(
            "\n  gh api --method PUT repos/{plain}/environments/{name}{}{}",
            variable("AWS_ROLE_ARN", role),
            variable("AWS_REGION", region),
        )
    };
    format!(
        "\n{STRONG}{plain} deploys {stage} once GitHub knows the roles:{STRONG:#}\n{}{}\n\n\
         The protection rules of {stage} say who may deploy: set its reviewers and branches.\n\
         {stage}-diff is for the job that shows the changes before that, and only reads.\n",
        environment(stage.as_str(), &roles.deploy),
        environment(&format!("{stage}-diff"), &roles.diff),
    )
}
