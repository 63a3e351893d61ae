//! What CloudFormation warns of when a change set is made: shown with the changes, before anybody
//! says yes, and in nobody's way.

use crate::site::Site;
use crate::support::{Run, conforms};
use cfnkit_scripted_cloud::cloud::state::Values;

const CHANGE: [&str; 2] = ["--param", "StandardRateLimitPerSecond=60"];

fn event(members: &[(&str, &str)]) -> Values {
    let members = members.iter();
    members
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

/// A quota, as validation warns of it for a nested stack, and a hook for the root.
fn warned(site: Site) -> Site {
    let quota = event(&[
        ("EventType", "VALIDATION_ERROR"),
        ("LogicalResourceId", "StandardUsagePlan"),
        ("ResourceType", "AWS::ApiGateway::UsagePlan"),
        ("ValidationFailureMode", "WARN"),
        ("ValidationName", "SERVICE_QUOTA_VALIDATION"),
        ("ValidationStatus", "FAILED"),
        (
            "ValidationStatusReason",
            "301 usage plans, and the quota is 300",
        ),
        ("ValidationPath", "/Resources/StandardUsagePlan/Properties"),
    ]);
    let skipped = event(&[
        ("EventType", "VALIDATION_ERROR"),
        ("ValidationFailureMode", "WARN"),
        ("ValidationName", "CONFIG_RECORDER_VALIDATION"),
        ("ValidationStatus", "SKIPPED"),
        ("ValidationStatusReason", "not allowed to look"),
    ]);
    let hook = event(&[
        ("EventType", "HOOK_INVOCATION_ERROR"),
        ("LogicalResourceId", "Api"),
        ("ResourceType", "AWS::CloudFormation::Stack"),
        ("HookFailureMode", "WARN"),
        ("HookType", "Acme::Org::Hook"),
        ("HookStatusReason", "stacks have an owner here"),
    ]);
    site.cloud.state().warnings = vec![("Api", quota), ("Api", skipped), ("", hook)];
    site
}

#[track_caller]
fn shows_all(run: Run) -> Run {
    run.says("CloudFormation warns:")
        .says("! Api / StandardUsagePlan  AWS::ApiGateway::UsagePlan")
        .says("SERVICE_QUOTA_VALIDATION: 301 usage plans, and the quota is 300")
        .says("CONFIG_RECORDER_VALIDATION was skipped: not allowed to look")
        .says("Acme::Org::Hook: stacks have an owner here")
}

#[test]
fn what_is_warned_of_is_shown_before_the_question_and_is_not_fatal() {
    let site = warned(Site::deployed());
    let deploy = [&["deploy"], &CHANGE[..]].concat();
    let run = site.answer(&deploy, r"n\n");
    let (before, _) = run.stdout.split_once("[y/N]").unwrap();
    assert!(before.contains("CloudFormation warns:"), "{}", run.stdout);
    assert!(before.contains("infra/cfn/api.yaml:"), "{}", run.stdout);

    let keep = [&["deploy", "--no-execute"], &CHANGE[..]].concat();
    let kept = shows_all(site.run(&keep).expect(0)).stdout;
    let execute = ["deploy", kept.trim(), "--yes"];
    shows_all(site.run(&execute).expect(0)).says("movies-dev is deployed");
    assert_eq!(site.cloud.state().violations, Vec::<String>::new());
}

/// Where everything is new, too; and on pages of one event each.
#[test]
fn a_first_deploy_is_warned() {
    let site = warned(Site::new());
    site.cloud.state().page = 1;
    let run = site.run(&["deploy", "--yes"]).expect(0);
    shows_all(run).says("movies-dev is deployed");
}

#[test]
fn diff_shows_and_prints_what_is_warned_of() {
    let site = warned(Site::deployed());
    let diff = [&["diff", "--json"], &CHANGE[..]].concat();
    let run = shows_all(site.run(&diff).expect(0));
    let json = run.json();
    conforms("diff", &json);
    let all = json["warnings"].as_array().unwrap();
    assert_eq!(all.len(), 3, "{json:#}");
    // Those of a stack come oldest first, and are listed newest first.
    let quota = &all[2];
    assert_eq!(quota["resource"], "Api.StandardUsagePlan", "{json:#}");
    let at = quota["at"].as_str().unwrap();
    assert!(at.starts_with("infra/cfn/api.yaml:"), "{at}");
    site.cloud.state().warnings.clear();
    let run = site.run(&diff).expect(0);
    assert!(!run.stderr.contains("warns"), "{}", run.stderr);
    assert_eq!(run.json().get("warnings"), None);
}

/// They are asked for once then, and not for every nested stack.
#[test]
fn who_may_not_ask_deploys_all_the_same() {
    let site = warned(Site::deployed());
    site.cloud.state().refuses = Some(("DescribeEvents", "AccessDenied", "not you"));
    let deploy = [&["deploy", "--yes"], &CHANGE[..]].concat();
    site.run(&deploy)
        .expect(0)
        .says("not all of them could be read")
        .says("`cloudformation:DescribeEvents`")
        .says("movies-dev is deployed");
    let calls = site.cloud.calls();
    let asked = calls.iter().filter(|call| call.action == "DescribeEvents");
    assert_eq!(asked.count(), 1);
}
