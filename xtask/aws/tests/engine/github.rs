//! `bootstrap --github`: the stacks of the deploy roles, and what a deploy takes from them.

use std::collections::BTreeSet;

use crate::site::Site;
use cfnkit_scripted_cloud::cloud::state::{Stack, State};

const BOUND: &str = "arn:aws:iam::111122223333:policy/movies-github-dev-Boundary-1A";

fn parameter(site: &Site, stack: &str, name: &str) -> String {
    let state = site.cloud.state();
    state.stack(stack).unwrap().parameters[name].clone()
}

/// Nothing but the stack of a deploy role.
fn with_role(name: &str) -> Site {
    let mut state = State::default();
    let id = state.new_stack_id(name);
    state.stacks.push(Stack {
        id,
        name: name.to_owned(),
        status: "CREATE_COMPLETE".to_owned(),
        outputs: [("PermissionsBoundaryArn".to_owned(), BOUND.to_owned())].into(),
        ..Stack::default()
    });
    Site::with(state)
}

#[test]
fn every_stage_with_a_file_gets_a_role_and_the_account_one_provider() {
    let site = Site::new();
    let bootstrap = |others: &[&str]| {
        let mut arguments = vec!["bootstrap", "--yes", "--github"];
        arguments.extend(others);
        site.run(&arguments).expect(0)
    };
    let run = bootstrap(&["octo-org/octo-repo"])
        .says("gh api --method PUT repos/octo-org/octo-repo/environments/production")
        .says("gh variable set AWS_ROLE_ARN --repo octo-org/octo-repo --env dev --body value-of-DeployRoleArn")
        .says("gh variable set AWS_REGION --repo octo-org/octo-repo --env dev --body us-east-1");
    assert_eq!(
        run.stdout.matches("DeployRoleArn").count(),
        4,
        "{}",
        run.stdout
    );
    for (stack, stage, function, provider) in [
        ("movies-github-dev", "dev", "apigw_handler", "create"),
        (
            "movies-github-production",
            "production",
            "apigw_handler_production",
            "existing",
        ),
    ] {
        assert_eq!(parameter(&site, stack, "Repository"), "octo-org/octo-repo");
        assert_eq!(parameter(&site, stack, "Stage"), stage);
        assert_eq!(parameter(&site, stack, "FunctionName"), function);
        assert_eq!(parameter(&site, stack, "IdentityProvider"), provider);
        let bucket = parameter(&site, stack, "AssetBucketName");
        assert_eq!(bucket, "value-of-AssetBucketName");
    }
    bootstrap(&["octo-org/octo-repo"])
        .says("movies-github-dev: no changes")
        .says("movies-github-production: no changes");
    bootstrap(&["octo-org@12/octo-repo@345", "--github-stage=dev"]);
    let repository = parameter(&site, "movies-github-dev", "Repository");
    assert_eq!(repository, "octo-org@12/octo-repo@345");
    let provider = parameter(&site, "movies-github-dev", "IdentityProvider");
    assert_eq!(provider, "create");
    assert_eq!(site.cloud.state().violations, Vec::<String>::new());
}

#[test]
fn a_provider_from_elsewhere_is_left_alone() {
    let site = Site::new();
    let stage = "--github-stage=dev";
    let existing = "--existing-github-provider";
    site.run(&["bootstrap", "--yes", "--github=o/r", stage, existing])
        .expect(0);
    let provider = parameter(&site, "movies-github-dev", "IdentityProvider");
    assert_eq!(provider, "existing");
}

#[test]
fn what_is_no_repository_changes_nothing() {
    let site = Site::new();
    for (repository, said) in [
        ("octo-org", "a repository is OWNER/REPO"),
        ("octo-org/*", "`*` is no repository"),
        ("octo-org@1/octo-repo", "either both have an id or neither"),
    ] {
        site.run(&["bootstrap", "--yes", "--github", repository])
            .expect(2)
            .says(said);
    }
    site.run(&["bootstrap", "--yes", "--github-stage=dev"])
        .expect(2);
    let github = [
        "bootstrap",
        "--yes",
        "--github=o/r",
        "--github-stage=github",
    ];
    site.run(&github).expect(2).says("GitHub's deploy roles");
    assert_eq!(site.cloud.mutating_calls().len(), 0);
}

/// Whoever deploys: otherwise a deploy by hand would take the bound away.
#[test]
fn every_deploy_of_the_stage_bounds_its_roles() {
    let site = with_role("movies-github-dev");
    site.run(&["deploy", "--yes"]).expect(0);
    let bound = parameter(&site, "movies-dev", "PermissionsBoundaryArn");
    assert_eq!(bound, BOUND);
    site.run(&["deploy", "--yes"]).expect(0).says("no changes");
    site.run(&["deploy", "--yes", "--stage=other"]).expect(0);
    let bound = parameter(&site, "movies-other", "PermissionsBoundaryArn");
    assert_eq!(bound, "");
    let param = format!("--param=PermissionsBoundaryArn={BOUND}");
    site.run(&["deploy", "--yes", &param])
        .expect(1)
        .says("PermissionsBoundaryArn");
}

/// The role of the job that compares may make these calls, see `infra/tests/deploy_role`.
#[test]
fn a_comparison_without_a_change_set_reads_and_makes_the_calls_its_role_may_make() {
    let mut site = with_role("movies-github-dev");
    site.looks_up = true;
    site.run(&["diff", "--no-change-set"]).expect(0);
    let of_an_absent_stage = site.cloud.calls();
    site.run(&["deploy", "--yes"]).expect(0);
    let before = site.cloud.calls().len();
    site.run(&["diff", "--no-change-set", "--param=LogLevel=WARN"])
        .expect(0)
        .says("LogLevel");
    let calls = site.cloud.calls();
    let made = of_an_absent_stage.iter().chain(&calls[before..]);
    let made: BTreeSet<String> = made.map(|call| call.action.clone()).collect();
    let allowed = include_str!("../../../../infra/tests/deploy_role/comparison.txt");
    let allowed = allowed.lines().map(|call| {
        let (_, operation) = call.split_once(' ').unwrap();
        operation.split('_').map(capitalized).collect::<String>()
    });
    assert_eq!(made, allowed.collect());
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}
