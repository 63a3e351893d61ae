//! `deploy --revert-drift`: what was changed behind CloudFormation's back is shown and taken back,
//! and nothing else is done.

use crate::site::{STACK, Site};
use cfnkit_scripted_cloud::cloud::Call;
use cfnkit_scripted_cloud::cloud::state::{Outcome, Row};

const FLAG: &str = "--revert-drift";

fn row(action: &'static str, id: &str, kind: &str, drift: &'static str) -> Row {
    Row {
        action,
        logical_id: id.to_owned(),
        kind: kind.to_owned(),
        property: None,
        change_set: None,
        drift: Some(drift),
    }
}

/// A value was changed in one nested stack, and a resource deleted in another.
pub(crate) fn drift() -> Vec<(&'static str, Row)> {
    let memory = ("MemorySize".to_owned(), "512".to_owned(), "128".to_owned());
    let function = Row {
        property: Some(memory),
        ..row("Modify", "Function", "AWS::Lambda::Function", "MODIFIED")
    };
    let alarm = row(
        "Add",
        "ServerErrorsAlarm",
        "AWS::CloudWatch::Alarm",
        "DELETED",
    );
    vec![("Function", function), ("Observability", alarm)]
}

fn drifted() -> Site {
    let site = Site::deployed();
    site.cloud.state().drift = drift();
    site
}

fn calls(site: &Site, action: &str) -> Vec<Call> {
    let mut calls = site.cloud.calls();
    calls.retain(|call| call.action == action);
    calls
}

#[track_caller]
fn is_well(site: &Site) {
    assert_eq!(site.cloud.state().violations, Vec::<String>::new());
    assert_eq!(site.left_behind(), Vec::<String>::new());
}

#[test]
fn drift_is_shown_and_taken_back_in_each_stack() {
    let site = drifted();
    let before = site.cloud.state().stack(STACK).unwrap().clone();
    site.run(&["deploy", "--revert-drift", "--yes"])
        .expect(0)
        .says("~ Function  AWS::Lambda::Function")
        .says("MemorySize: 512 -> 128 (drift, taken back)")
        .says("deleted behind CloudFormation's back, and made again")
        .says("1 to add, 1 to change")
        .says("the drift of movies-dev is taken back");
    assert!(site.cloud.state().drift.is_empty());
    let asked = calls(&site, "CreateChangeSet");
    assert!(asked.len() > 2, "{}", asked.len());
    for call in &asked {
        assert_eq!(call.parameter("DeploymentMode"), "REVERT_DRIFT");
        assert_eq!(call.parameter("UsePreviousTemplate"), "true");
        let sent = ["IncludeNestedStacks", "OnStackFailure", "Tags.member.1.Key"];
        assert!(sent.iter().all(|name| call.parameter(name).is_empty()));
        let mut values = call.parameters.keys();
        assert!(!values.any(|name| name.ends_with(".ParameterValue")));
    }
    assert_eq!(calls(&site, "ExecuteChangeSet").len(), 2);
    assert!(calls(&site, "PutObject").is_empty());
    let after = site.cloud.state().stack(STACK).unwrap().clone();
    assert_eq!(
        (after.template, after.parameters),
        (before.template, before.parameters)
    );
    is_well(&site);

    site.run(&["deploy", FLAG, "--yes"])
        .expect(0)
        .says("movies-dev: no drift");
    assert_eq!(calls(&site, "ExecuteChangeSet").len(), 2);
    is_well(&site);
}

#[test]
fn a_no_leaves_everything_as_it_is() {
    let site = drifted();
    let run = site.answer(&["deploy", FLAG], r"n\n");
    let (before, _) = run.stdout.split_once("[y/N]").unwrap();
    assert!(before.contains("(drift, taken back)"), "{before}");
    assert!(before.contains("Take this drift back"), "{before}");
    assert_eq!(site.cloud.state().drift.len(), 2);
    assert!(calls(&site, "ExecuteChangeSet").is_empty());
    is_well(&site);
}

/// The change sets of the stacks after it are deleted.
#[test]
fn a_stack_that_fails_ends_it() {
    let site = drifted();
    site.cloud.state().outcomes = [Outcome::Failure].into();
    site.run(&["deploy", FLAG, "--yes"])
        .expect(3)
        .says("was not deployed; it is UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(calls(&site, "ExecuteChangeSet").len(), 1);
    assert_eq!(site.cloud.state().drift.len(), 2);
    is_well(&site);
}

#[test]
fn a_refusal_for_one_stack_leaves_no_change_set_of_another() {
    let site = drifted();
    let mut made = 0;
    site.cloud.on_call(move |call, _, state| {
        made += usize::from(call.action == "CreateChangeSet");
        if made == 8 {
            state.refuses = Some(("CreateChangeSet", "AccessDenied", "not you"));
        }
    });
    site.run(&["deploy", FLAG, "--yes"])
        .expect(1)
        .says("not you");
    site.cloud.no_hook();
    assert!(calls(&site, "ExecuteChangeSet").is_empty());
    is_well(&site);
}

#[test]
fn what_it_does_not_go_with_is_refused_before_anything_is_asked() {
    let site = drifted();
    for flags in [
        &["--local"][..],
        &["--import-existing"],
        &["--on-failure", "keep"],
        &["--no-execute"],
        &["--express"],
        &["--param", "LogLevel=WARN"],
        &["--tag", "a=b"],
        &["--fast"],
    ] {
        let arguments = [&["deploy", FLAG, "--yes"], flags].concat();
        site.run_exactly(&arguments)
            .expect(2)
            .says("cannot be used with");
    }
    assert!(site.cloud.calls().is_empty());
    let site = Site::new();
    site.run(&["deploy", FLAG, "--yes"])
        .expect(1)
        .says("is for a stage that is deployed");
    assert!(site.cloud.mutating_calls().is_empty());
}
