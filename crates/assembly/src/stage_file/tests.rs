use std::sync::Arc;

use cfnkit_console::report::Nobody;
use expect_test::expect;

use super::*;
use crate::service::tests::ORDERS;

/// A root template of the tests' own.
pub(super) fn root() -> Template {
    let text = "\
Parameters:
  Stage: {Type: String, Default: dev}
  IntakeKey: {Type: String}
  Rate: {Type: Number, Default: 50, MinValue: 1}
  WafManagedRules:
    Type: String
    Default: block
    AllowedValues: [block, count]
Resources: {}
Outputs:
  Endpoint: {Value: x}
  ServerErrorsAlarmArn: {Value: x}
  LatencyAlarmArn: {Value: x}
";
    Template::parse("infra/cfn/root.yaml", text.to_owned()).unwrap()
}

fn workspace(files: &[(&str, &str)]) -> (Workspace, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let stages = directory.path().join(DIRECTORY);
    std::fs::create_dir_all(&stages).unwrap();
    for (name, text) in files {
        std::fs::write(stages.join(name), text).unwrap();
    }
    (Workspace::at(directory.path(), Arc::new(Nobody)), directory)
}

#[test]
fn everything_a_file_can_say_is_read() {
    let text = r#"{
        "Parameters": {"Rate": "60", "WafManagedRules": "count"},
        "Tags": {"team": "movies"},
        "Production": true,
        "TerminationProtection": true,
        "RollbackAlarms": ["LatencyAlarmArn", "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a"],
        "MonitoringTimeInMinutes": 15
    }"#;
    let (workspace, _directory) = workspace(&[("live.json", text)]);
    let file = StageFile::read(&workspace, &ORDERS.stage("live").unwrap(), &root()).unwrap();
    assert_eq!(file.absence(), None);
    let parameters = [("Rate", "60"), ("WafManagedRules", "count")];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(file.parameters(), &Parameters::from(parameters));
    assert_eq!(file.tags()["team"], "movies");
    assert!(file.is_production());
    assert_eq!(file.termination_protection(), Some(true));
    let alarms = [
        "LatencyAlarmArn",
        "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a",
    ];
    assert_eq!(file.rollback_alarms(), alarms);
    assert_eq!(file.monitoring_minutes(), Some(15));
}

#[test]
fn a_stage_is_production_by_its_file_and_else_by_its_name() {
    let files = [
        ("live.json", r#"{"Production": true}"#),
        (
            "prod.json",
            r#"{"Production": false, "RollbackAlarms": []}"#,
        ),
        ("production.json", r#"{"RollbackAlarms": []}"#),
        ("dev.json", "{}"),
    ];
    let read = |files: &[(&str, &str)], stage: &str| {
        let (workspace, _directory) = workspace(files);
        let file = StageFile::read(&workspace, &ORDERS.stage(stage).unwrap(), &root()).unwrap();
        (file.is_production(), file.rollback_alarms())
    };
    let health = vec!["ServerErrorsAlarmArn".to_owned()];
    assert_eq!(read(&files, "live"), (true, health.clone()));
    assert_eq!(read(&files, "prod"), (false, vec![]));
    assert_eq!(read(&files, "production"), (true, vec![]));
    assert_eq!(read(&files, "dev"), (false, vec![]));
    assert_eq!(read(&[], "prod"), (true, health.clone()));
    assert_eq!(read(&[], "production"), (true, health));
    assert_eq!(read(&[], "dev"), (false, vec![]));
}

#[test]
fn a_stage_without_a_file_is_told_of_one_with_almost_its_name() {
    let (workspace, _directory) = workspace(&[("dev.json", "{}"), ("production.json", "{}")]);
    let meant = |stage: &str| {
        let file = StageFile::read(&workspace, &ORDERS.stage(stage).unwrap(), &root()).unwrap();
        let (text, meant) = file.absence()?;
        assert!(
            text.contains(&format!("`infra/stages/{stage}.json`")),
            "{text}"
        );
        Some(meant.map(ToString::to_string))
    };
    assert_eq!(meant("dev"), None);
    assert_eq!(meant("prodution"), Some(Some("production".to_owned())));
    assert_eq!(meant("prod"), Some(Some("production".to_owned())));
    assert_eq!(meant("quick"), Some(None));
}

#[test]
fn the_first_problem_counts_the_others() {
    let text = "{\"Zoo\": 1, \"Production\": 1}";
    let (workspace, _directory) = workspace(&[("live.json", text), ("Live.json", "{}")]);
    let err = StageFile::read(&workspace, &ORDERS.stage("live").unwrap(), &root()).unwrap_err();
    let shown = err.to_string();
    expect![[r#"
        a stage file has no member `Zoo`
         --> infra/stages/live.json:1:2
          |
        1 | {"Zoo": 1, "Production": 1}
          |  ^^^^^
          |
          = to mend: it has: Parameters, Tags, Production, TerminationProtection, RollbackAlarms, MonitoringTimeInMinutes
          = beside it: 1 more in this file"#]].assert_eq(&anstream::adapter::strip_str(&shown).to_string());
    let all = check_against(&workspace, &ORDERS, &root()).unwrap();
    let shown: Vec<String> = all.iter().map(|one| format!("{one}\n")).collect();
    expect![[r#"
        `infra/stages/Live.json` can be no stage's file: a stage is 1 to 16 lowercase letters and digits, a letter first
         |
         = to mend: rename it
        a stage file has no member `Zoo`
         --> infra/stages/live.json:1:2
          |
        1 | {"Zoo": 1, "Production": 1}
          |  ^^^^^
          |
          = to mend: it has: Parameters, Tags, Production, TerminationProtection, RollbackAlarms, MonitoringTimeInMinutes
        `Production` is true or false
         --> infra/stages/live.json:1:26
          |
        1 | {"Zoo": 1, "Production": 1}
          |                          ^
          |
          = to mend: write `true` or `false`, without quotes
    "#]].assert_eq(&anstream::adapter::strip_str(&shown.concat()).to_string());
}
