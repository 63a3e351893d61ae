//! What a stage's file says, in the requests that CloudFormation gets.

use crate::site::Site;
use cfnkit_scripted_cloud::cloud::state::Outcome;
use cfnkit_scripted_cloud::cloud::{Call, Fault, Trouble};

const PRODUCTION: &str = "movies-production";
const TRIGGERS: &str = "RollbackConfiguration.RollbackTriggers";
const MINUTES: &str = "RollbackConfiguration.MonitoringTimeInMinutes";

pub(crate) fn deploy<'a>(site: &Site, stage: &'a str, others: &[&'a str]) -> crate::support::Run {
    let mut arguments = vec!["deploy", "--yes", "--stage", stage];
    arguments.extend(others);
    site.run(&arguments)
}

/// The calls of this action, oldest first.
fn calls(site: &Site, action: &str) -> Vec<Call> {
    let mut calls = site.cloud.calls();
    calls.retain(|call| call.action == action);
    calls
}

/// What the last change set says of rollbacks.
fn rollback(site: &Site) -> Vec<(String, String)> {
    let calls = calls(site, "CreateChangeSet");
    let parameters = calls.last().unwrap().parameters.iter();
    parameters
        .filter(|(name, _)| name.starts_with("RollbackConfiguration"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn protections(site: &Site) -> Vec<(String, String)> {
    let calls = calls(site, "UpdateTerminationProtection");
    let said = calls.iter().map(|call| {
        let protects = call.parameter("EnableTerminationProtection");
        (call.parameter("StackName").to_owned(), protects.to_owned())
    });
    said.collect()
}

pub(crate) fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

pub(crate) fn parameter(site: &Site, stack: &str, name: &str) -> String {
    let state = site.cloud.state();
    state.stack(stack).unwrap().parameters[name].clone()
}

pub(crate) fn no_violations(site: &Site) {
    assert_eq!(site.cloud.state().violations, Vec::<String>::new());
    assert_eq!(site.left_behind(), Vec::<String>::new());
}

#[test]
fn production_is_protected_when_it_is_made_and_watched_from_then_on() {
    let site = Site::new();
    deploy(&site, "production", &[])
        .expect(0)
        .says("ServerErrorsAlarmArn: not deployed yet, and watched from the next deploy on")
        .says("movies-production is protected from being deleted");
    // An alarm that does not exist would make CloudFormation fail.
    assert_eq!(rollback(&site), []);
    let protected = owned(&[(PRODUCTION, "true")]);
    assert_eq!(protections(&site), protected);
    let order: Vec<String> = site
        .cloud
        .mutating_calls()
        .into_iter()
        .map(|one| one.action)
        .collect();
    let place = |action: &str| order.iter().position(|one| one == action).unwrap();
    assert!(place("ExecuteChangeSet") < place("UpdateTerminationProtection"));
    assert_eq!(
        parameter(&site, PRODUCTION, "TableDeletionProtection"),
        "true"
    );
    assert_eq!(parameter(&site, PRODUCTION, "WafManagedRules"), "block");

    deploy(
        &site,
        "production",
        &["--param", "StandardRateLimitPerSecond=40"],
    )
    .expect(0);
    let member = format!("{TRIGGERS}.member.1");
    let watched = owned(&[
        (MINUTES, "10"),
        (&format!("{member}.Arn"), "value-of-ServerErrorsAlarmArn"),
        (&format!("{member}.Type"), "AWS::CloudWatch::Alarm"),
    ]);
    assert_eq!(rollback(&site), watched);
    assert_eq!(protections(&site), protected);

    // An unchanged stage is protected all the same when somebody took that away.
    let index = site.cloud.state().find(PRODUCTION).unwrap();
    site.cloud.state().stacks[index].is_protected = false;
    let same = ["--param", "StandardRateLimitPerSecond=40"];
    deploy(&site, "production", &same)
        .expect(0)
        .says("no changes");
    assert_eq!(protections(&site).len(), 2);
    site.run(&["destroy", "--yes", "--stage", "production"])
        .expect(1)
        .says("has termination protection, and nothing was deleted");
    no_violations(&site);
}

#[test]
fn protection_that_could_not_be_set_is_set_by_the_next_deploy() {
    let site = Site::new();
    site.cloud.trouble(Trouble::Action(
        "UpdateTerminationProtection",
        Fault::Internal,
    ));
    let run = deploy(&site, "production", &[]);
    assert_ne!(run.code, 0);
    assert!(
        run.stderr.contains("termination protection"),
        "{}",
        run.stderr
    );
    site.cloud.trouble(Trouble::None);
    deploy(&site, "production", &[])
        .expect(0)
        .says("movies-production is protected from being deleted");
    assert!(site.cloud.state().stack(PRODUCTION).unwrap().is_protected);
    no_violations(&site);
}

/// A protected stack could not be deleted to make room for the next attempt.
#[test]
fn a_first_deploy_that_fails_is_not_protected() {
    let site = Site::new();
    site.cloud.state().outcomes.push_back(Outcome::Failure);
    deploy(&site, "production", &[]).expect(3);
    assert_eq!(protections(&site), []);
    deploy(&site, "production", &[]).expect(0);
    assert_eq!(protections(&site), owned(&[(PRODUCTION, "true")]));
    no_violations(&site);
}

#[test]
fn what_the_file_turns_on_a_flag_turns_off() {
    let site = Site::new();
    deploy(&site, "production", &["--termination-protection=false"]).expect(0);
    assert_eq!(protections(&site), []);
    deploy(&site, "production", &[])
        .expect(0)
        .says("no changes");
    assert_eq!(protections(&site), owned(&[(PRODUCTION, "true")]));
    let off = [
        "--termination-protection=false",
        "--rollback-alarm=none",
        "--param=LogLevel=WARN",
    ];
    deploy(&site, "production", &off)
        .expect(0)
        .says("movies-production is not protected from being deleted any more");
    // CloudFormation would keep the alarms of the update before.
    assert_eq!(rollback(&site), owned(&[(TRIGGERS, "")]));
    let protections = protections(&site);
    assert_eq!(protections.last(), owned(&[(PRODUCTION, "false")]).first());
    let other = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:other";
    let flags = ["--monitoring-time=25", "--rollback-alarm", other];
    deploy(&site, "production", &flags).expect(0);
    let rollback = rollback(&site);
    assert_eq!(rollback[0], (MINUTES.to_owned(), "25".to_owned()));
    assert_eq!(rollback[1].1, other);
    no_violations(&site);
}

#[test]
fn protection_outlives_what_the_file_says() {
    let site = Site::new();
    deploy(&site, "live", &["--termination-protection"]).expect(0);
    let file = r#"{"TerminationProtection": false}"#;
    site.write("infra/stages/live.json", file);
    deploy(&site, "live", &[])
        .expect(0)
        .says("movies-live stays protected from being deleted; `--termination-protection=false`");
    assert_eq!(protections(&site), owned(&[("movies-live", "true")]));
}

#[test]
fn express_mode_is_not_watched_and_says_so() {
    let site = Site::new();
    deploy(&site, "production", &[]).expect(0);
    let express = ["--express", "--param=LogLevel=WARN"];
    deploy(&site, "production", &express)
        .expect(0)
        .says("ServerErrorsAlarmArn: not watched in this deploy, `--express` does not wait for it");
    assert_eq!(rollback(&site), owned(&[(TRIGGERS, "")]));
}

#[test]
fn another_stage_is_neither_protected_nor_watched() {
    let site = Site::deployed();
    deploy(&site, "dev", &["--param=LogLevel=WARN"]).expect(0);
    assert_eq!(rollback(&site), owned(&[(TRIGGERS, "")]));
    assert_eq!(protections(&site), []);
    assert_eq!(
        parameter(&site, "movies-dev", "TableDeletionProtection"),
        "false"
    );
    assert_eq!(parameter(&site, "movies-dev", "WafManagedRules"), "count");
}

#[test]
fn the_command_line_wins_over_the_parameters_file_and_that_over_the_stage_file() {
    let site = Site::new();
    site.write(
        "infra/stages/live.json",
        r#"{
            "Parameters": {"LogLevel": "WARN", "LogRetentionInDays": "30", "StandardQuotaPerDay": "7"},
            "Tags": {"team": "movies", "owner": "us"}
        }"#,
    );
    let file = r#"{"LogLevel": "ERROR", "LogRetentionInDays": 60}"#;
    let file = site.write("chosen.json", file);
    let arguments = [
        "--params-file",
        &file,
        "--param=LogLevel=DEBUG",
        "--tag=team=other",
    ];
    deploy(&site, "live", &arguments).expect(0);
    for (name, value) in [
        ("LogLevel", "DEBUG"),
        ("LogRetentionInDays", "60"),
        ("StandardQuotaPerDay", "7"),
        ("StandardRateLimitPerSecond", "50"),
        ("Stage", "live"),
    ] {
        assert_eq!(parameter(&site, "movies-live", name), value, "{name}");
    }
    let state = site.cloud.state();
    let tags = &state.stack("movies-live").unwrap().tags;
    assert_eq!(
        (tags["team"].as_str(), tags["owner"].as_str()),
        ("other", "us")
    );
    assert_eq!(tags["stage"], "live");
}

#[test]
fn a_wrong_file_stops_everything_before_the_first_call() {
    let site = Site::new();
    let text = "{\n  \"Parameters\": {\"WafManagedRule\": \"count\"}\n}\n";
    site.write("infra/stages/live.json", text);
    for command in ["deploy", "diff"] {
        let run = site.run(&[command, "--stage=live", "--param=LogLevel=WARN"]);
        run.expect(1)
            .says("infra/stages/live.json:2:18")
            .says("did you mean `WafManagedRules`?");
    }
    site.run(&["ls", "--stage=live"])
        .expect(1)
        .says("live.json:2:18");
    // A stage whose file is right is not built beside one that is wrong.
    site.run(&["synth", "--stage=dev"])
        .expect(1)
        .says("live.json:2:18");
    assert_eq!(site.cloud.calls().len(), 0);
}

#[test]
fn a_misspelt_stage_is_told_of_the_one_with_a_file() {
    let site = Site::new();
    let run = site.run(&["diff", "--stage=prodution"]).expect(0);
    run.says("`infra/stages/prodution.json` would be the place")
        .says("Did you mean `--stage production`, which has a file?");
    let meant = "did you mean `--stage production`?";
    let misspelt = "--stage=prodution";
    site.run(&["destroy", "--yes", misspelt])
        .expect(0)
        .says(meant);
    site.run(&["outputs", misspelt]).expect(1).says(meant);
    let run = site.run(&["diff", "--stage=dev"]).expect(0);
    assert!(!run.stderr.contains("has no file"), "{}", run.stderr);
}

#[test]
fn the_question_names_production() {
    let site = Site::new();
    let run = site
        .answer(&["deploy", "--stage=production"], r"n\n")
        .expect(1);
    let question = "Deploy these changes to the production stage `production` in";
    assert!(run.stdout.contains(question), "{}", run.stdout);
    site.write("infra/stages/live.json", r#"{"Production": true}"#);
    site.run(&["deploy", "--yes", "--fast", "--stage=live"])
        .expect(1)
        .says("`--fast` is not for `live`");
    site.run(&["watch", "--stage=live"])
        .expect(1)
        .says("`watch` is not for `live`");
}
