//! The stages that this repository ships.

use crate::service::SERVICE;
use cfnkit_assembly::stage_file::{StageFile, check_all, stages};
use cfnkit_template::stack_tree::read_template;
use cfnkit_tools::workspace::Workspace;

fn shipped(stage: &str) -> StageFile {
    let workspace = Workspace::at(&super::root());
    let root = read_template(&workspace.templates(), "root.yaml").unwrap();
    StageFile::read(&workspace, &SERVICE.stage(stage).unwrap(), &root).unwrap()
}

#[test]
fn every_stage_file_fits_the_root_template() {
    let workspace = Workspace::at(&super::root());
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
fn the_readme_shows_the_file_of_production() {
    let read = |file: &str| std::fs::read_to_string(super::root().join(file)).unwrap();
    let shown = format!("```json\n{}```", read("infra/stages/production.json"));
    assert!(read("README.md").contains(&shown));
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
