//! The stages that this repository ships.

use std::sync::Arc;

use super::flat::flatten;
use super::{deployed_templates, root};
use cfnkit_assembly::assembly::Cloud;
use cfnkit_assembly::stage_file::{StageFile, check_all, stages};
use cfnkit_console::report::Nobody;
use cfnkit_template::stack_tree::read_template;
use cfnkit_tools::workspace::Workspace;
use xtask::service::SERVICE;

fn shipped(stage: &str) -> StageFile {
    let workspace = Workspace::at(&root(), Arc::new(Nobody));
    let template = read_template(&workspace.templates(), "root.yaml").unwrap();
    StageFile::read(&workspace, &SERVICE.stage(stage).unwrap(), &template).unwrap()
}

#[test]
fn every_stage_file_fits_the_root_template() {
    let workspace = Workspace::at(&root(), Arc::new(Nobody));
    let problems = check_all(&workspace, &SERVICE).unwrap();
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert_eq!(stages(&workspace).unwrap(), ["dev", "production"]);
}

/// Written out, because what production turns on is a promise and not a choice of the file.
#[test]
fn production_turns_on_all_that_protects_it() {
    let production = shipped("production");
    assert!(production.is_production());
    assert_eq!(production.termination_protection(), Some(true));
    assert_eq!(production.rollback_alarms(), ["ServerErrorsAlarmArn"]);
    assert_eq!(production.monitoring_minutes(), Some(10));
    assert_eq!(production.parameters()["TableDeletionProtection"], "true");
    assert_eq!(production.parameters()["WafManagedRules"], "block");
}

#[test]
fn the_page_shows_the_file_of_production() {
    let read = |file: &str| std::fs::read_to_string(root().join(file)).unwrap();
    let shown = format!("```json\n{}```", read("infra/stages/production.json"));
    assert!(read("docs/src/stages.md").contains(&shown));
}

#[test]
fn dev_can_be_thrown_away_and_shows_what_would_be_blocked() {
    let dev = shipped("dev");
    assert!(!dev.is_production());
    assert_eq!(dev.termination_protection(), None);
    assert!(dev.rollback_alarms().is_empty());
    assert_eq!(dev.parameters()["TableDeletionProtection"], "false");
    assert_eq!(dev.parameters()["WafManagedRules"], "count");
}

/// The tool looks for these before it asks CloudFormation for them.
#[test]
fn what_has_a_name_by_its_stage_has_that_name() {
    for name in ["dev", "prod2"] {
        let stage = SERVICE.stage(name).unwrap();
        let flat = flatten(&deployed_templates(Cloud::Aws), &[("Stage", name)]);
        let property = |resource: &str, name: &str| {
            let value = &flat.resources[resource]["Properties"][name];
            value.as_str().unwrap_or_default().to_owned()
        };
        let function = property("Function.Function", "FunctionName");
        assert_eq!(Some(function), SERVICE.functions[0].name_in(&stage));
        let groups = ["Function.LogGroup", "Api.WebAclLogGroup"];
        let groups = groups.map(|group| property(group, "LogGroupName"));
        assert_eq!(stage.fixed_log_groups(), groups);
    }
}
