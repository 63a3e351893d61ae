//! The stack of a stage's deploy role: what GitHub may do here, and the bound of the roles it makes.

use std::collections::BTreeMap;

use anyhow::Context as _;

use crate::agreed::{again, bring};
use crate::connection::Environment;
use cfnkit_assembly::adoption;
use cfnkit_assembly::assembly::Cloud;
use cfnkit_assembly::stage::Stage;
use cfnkit_aws::aws::cloudformation::{self, CloudFormation};
use cfnkit_cli::repository::Repository;
use cfnkit_console::consent::Consent;
use cfnkit_console::interrupt::Interrupts;
use cfnkit_deploy::deployment::Plan;
use cfnkit_operation::options::Options;
use cfnkit_operation::stack::Stack;
use cfnkit_template::parameters::{self, Parameters};
use cfnkit_template::references::check_references;
use cfnkit_template::stack_tree::StackTree;
use cfnkit_template::stack_tree::read_template;
use cfnkit_template::templates::Templates;
use cfnkit_tools::workspace::Workspace;

const TEMPLATE: &str = "github-oidc.yaml";
const DEPLOY_ROLE: &str = "DeployRoleArn";
const DIFF_ROLE: &str = "DiffRoleArn";
const BOUNDARY: &str = "PermissionsBoundaryArn";
const PROVIDER: &str = "IdentityProvider";

/// What a deploy role is made for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    pub(crate) repository: &'a Repository,
    pub(crate) stage: &'a Stage,
    /// Whether the account has GitHub's identity provider from elsewhere.
    pub(crate) provider: Provider,
    pub(crate) asset_bucket: &'a str,
    pub(crate) encryption_key: Option<&'a str>,
}

/// Who made, or makes, GitHub's identity provider, of which an account has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    /// The first of these stacks.
    Ours,
    /// Somebody else.
    Existing,
}

/// The roles that a stage's jobs get in GitHub, by their ARNs.
#[derive(Debug)]
pub(crate) struct Roles {
    pub(crate) deploy: String,
    /// For the comparison before the deploy.
    pub(crate) diff: String,
}

/// The bound of the roles of `stage`; `None` where GitHub does not deploy it.
pub(crate) async fn boundary(
    cfn: &CloudFormation,
    stage: &Stage,
) -> anyhow::Result<Option<String>> {
    let stack = cloudformation::find_stack(cfn, &stage.github_stack_name()).await?;
    Ok(stack.and_then(|stack| stack.outputs.get(BOUNDARY).cloned()))
}

/// Brings the roles of a stage to what their template says.
pub(crate) async fn deploy(
    environment: &Environment,
    workspace: &Workspace,
    wish: Wish<'_>,
    consent: Consent,
) -> anyhow::Result<Roles> {
    let cfn = environment.connection.cloudformation();
    let name = wish.stage.github_stack_name();
    let mut engine = environment.engine(workspace, Interrupts::listen()?);
    let place = environment.connection.place();
    let attempt = async || {
        let stack = engine.settled(&name).await?;
        let all = cloudformation::all_stacks(&cfn).await?;
        let plan = plan(workspace, environment.cloud, wish, stack.as_ref(), &all)?;
        bring(&mut engine, stack, &plan, &place, None, consent).await
    };
    let stack = again(&name, attempt).await?;
    let role = |output: &str| {
        let role = stack.outputs.get(output).cloned();
        role.with_context(|| format!("stack `{name}` has no output `{output}`"))
    };
    Ok(Roles {
        deploy: role(DEPLOY_ROLE)?,
        diff: role(DIFF_ROLE)?,
    })
}

fn plan(
    workspace: &Workspace,
    cloud: Cloud,
    wish: Wish<'_>,
    stack: Option<&Stack>,
    all: &[Stack],
) -> anyhow::Result<Plan> {
    let template = read_template(&workspace.templates(), TEMPLATE)?;
    check_references(&template)?;
    let templates = Templates::read(&workspace.templates())?;
    let mut nested = templates.nested.values();
    let table_name = nested.find_map(adoption::table_name);
    let makes_provider = cloud == Cloud::Aws && makes_provider(wish, stack, all);
    let chosen = [
        ("Repository", wish.repository.to_string()),
        ("Stage", wish.stage.to_string()),
        ("FunctionName", first_function(wish.stage)),
        ("AssetBucketName", wish.asset_bucket.to_owned()),
        (
            "EncryptionKeyArn",
            wish.encryption_key.unwrap_or_default().to_owned(),
        ),
        // A name that CloudFormation makes begins with the stack's, and is allowed anyway.
        ("TableName", table_name.unwrap_or_default().to_owned()),
        (
            PROVIDER,
            match makes_provider {
                true => "create".to_owned(),
                false => "existing".to_owned(),
            },
        ),
    ];
    let chosen: Parameters = chosen.map(|(name, value)| (name.to_owned(), value)).into();
    let parameters = parameters::complete(&template, &Parameters::new(), &chosen)?;
    // Not `stage`: the deploy role tells the stage's resources by that tag, and this is none.
    let tags = [("service".to_owned(), wish.stage.service().name.to_owned())];
    let tree = StackTree {
        template,
        parameters,
        nested: BTreeMap::new(),
    };
    let name = wish.stage.github_stack_name();
    Ok(Plan::new(name, tree, tags.into(), Options::default()))
}

/// What the template calls the function: the first that has a name.
fn first_function(stage: &Stage) -> String {
    let functions = stage.service().functions.iter();
    let mut names = functions.filter_map(|function| function.name_in(stage));
    names.next().unwrap_or_default()
}

/// The stack that has the provider keeps it, and no other one makes it again.
fn makes_provider(wish: Wish<'_>, stack: Option<&Stack>, all: &[Stack]) -> bool {
    let makes = |stack: &Stack| {
        stack
            .parameters
            .get(PROVIDER)
            .is_some_and(|one| one == "create")
    };
    let own = wish.stage.github_stack_name();
    let prefix = format!("{}-github-", wish.stage.service().name);
    let mut others = all
        .iter()
        .filter(|one| one.name.starts_with(&prefix) && one.name != own);
    match wish.provider {
        Provider::Existing => false,
        Provider::Ours => stack.is_some_and(makes) || !others.any(makes),
    }
}

#[cfg(test)]
mod tests {
    use cfnkit_assembly::service::Service;

    use super::*;

    static ORDERS: Service = Service::named("orders");
    use cfnkit_operation::stack::StackStatus;

    fn stack(name: &str, provider: &str) -> Stack {
        Stack {
            id: name.to_owned(),
            name: name.to_owned(),
            status: StackStatus("CREATE_COMPLETE".to_owned()),
            status_reason: None,
            parameters: [(PROVIDER.to_owned(), provider.to_owned())].into(),
            outputs: BTreeMap::new(),
            tags: BTreeMap::new(),
            termination_protection: false,
        }
    }

    #[test]
    fn one_stack_makes_the_provider_and_keeps_it() {
        let repository = "octo-org/octo-repo".parse().unwrap();
        let stage = ORDERS.stage("dev").unwrap();
        let ours = Wish {
            repository: &repository,
            stage: &stage,
            provider: Provider::Ours,
            asset_bucket: "assets",
            encryption_key: None,
        };
        let dev = stack("orders-github-dev", "create");
        let production = stack("orders-github-production", "create");
        let second = stack("orders-github-production", "existing");
        let all = [dev.clone(), second.clone()];
        assert!(makes_provider(ours, None, &[]));
        assert!(makes_provider(ours, Some(&dev), &all));
        assert!(!makes_provider(ours, None, &[production]));
        assert!(makes_provider(ours, None, &[second]));
        let existing = Wish {
            provider: Provider::Existing,
            ..ours
        };
        assert!(!makes_provider(existing, None, &[]));
        assert!(!makes_provider(existing, Some(&dev), &all));
    }
}
