//! A table that exists becomes a stage's table.

use crate::site::{STACK, Site};
use crate::support::repository;
use cfnkit_scripted_cloud::cloud::Call;
use cfnkit_scripted_cloud::cloud::state::State;

const TABLE: &str = "films-of-years";
const IMPORTS: &str = "ImportExistingResources";

/// A table with items in it, which a template names or does not.
fn site(is_named: bool) -> Site {
    let mut state = State::default();
    state.tables.insert(TABLE.to_owned());
    let site = Site::with(state);
    if is_named {
        let data = std::fs::read_to_string(repository().join("infra/cfn/data.yaml")).unwrap();
        let properties = "    Properties:\n      BillingMode";
        assert_eq!(data.matches(properties).count(), 1);
        let named = format!("    Properties:\n      TableName: {TABLE}\n      BillingMode");
        site.write("infra/cfn/data.yaml", &data.replace(properties, &named));
    }
    site
}

fn change_sets(site: &Site) -> Vec<Call> {
    let mut calls = site.cloud.calls();
    calls.retain(|call| call.action == "CreateChangeSet");
    calls
}

/// The physical ID of the stage's table.
fn table(site: &Site) -> String {
    let state = site.cloud.state();
    let root = state.stack(STACK).unwrap();
    let mut nested = root.resources.iter();
    let data = nested.find(|one| one.logical_id == "Data").unwrap();
    let data = state.stack(&data.physical_id).unwrap();
    let mut resources = data.resources.iter();
    resources
        .find(|one| one.logical_id == "Table")
        .unwrap()
        .physical_id
        .clone()
}

#[test]
fn a_named_table_is_imported_and_stays_the_stages_table() {
    let site = site(true);
    site.run(&["deploy", "--yes", "--import-existing"])
        .expect(0)
        .says(&format!("imported, if they exist: Data.Table ({TABLE})"))
        .says("AWS::DynamoDB::Table  [imported]")
        .says("movies-dev is deployed");
    assert_eq!(change_sets(&site)[0].parameter(IMPORTS), "true");
    assert_eq!(table(&site), TABLE);
    assert!(site.cloud.state().tables.is_empty(), "it has a stack now");

    // The name is in the template, so later deploys need no flag.
    site.run(&["deploy", "--yes"])
        .expect(0)
        .says("movies-dev: no changes");
    site.run(&["deploy", "--yes", "--param", "LogLevel=WARN"])
        .expect(0);
    assert_eq!(table(&site), TABLE);
    let later = change_sets(&site);
    assert!(!later[1].parameters.contains_key(IMPORTS));

    // And it outlives the stack.
    site.run(&["destroy", "--yes"]).expect(0);
    assert!(site.cloud.state().retained.contains(&TABLE.to_owned()));
}

#[test]
fn where_nothing_could_be_imported_nothing_is_begun() {
    let site = site(false);
    site.run(&["deploy", "--yes", "--import-existing"])
        .expect(1)
        .says("would import nothing")
        .says("data.yaml")
        .says("write `TableName: <table>`");
    assert!(site.cloud.mutating_calls().is_empty());
}

/// CloudFormation's names begin with the stack's and are allowed anyway; this one is not.
#[test]
fn the_deploy_role_is_told_the_tables_own_name() {
    for (is_named, expected) in [(true, TABLE), (false, "")] {
        let site = site(is_named);
        let role = ["bootstrap", "--yes", "--github=o/r", "--github-stage=dev"];
        site.run(&role).expect(0);
        let state = site.cloud.state();
        let stack = state.stack("movies-github-dev").unwrap();
        assert_eq!(stack.parameters["TableName"], expected);
    }
}
