//! Texts that CloudFormation printed, each with its source; what each of them is known as.

use expect_test::expect;

use super::*;

mod general;
mod service;

/// Name of the row; resource type, status and words of the failure; a part of the advice.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const CREATED: &str = "CREATE_FAILED";
const DELETED: &str = "DELETE_FAILED";
const LAMBDA: &str = "AWS::Lambda::Function";

fn cases() -> impl Iterator<Item = &'static Case> {
    service::CASES.iter().chain(general::CASES)
}

fn failure(case: &Case) -> Failure {
    let (_, resource_type, status, reason, _) = *case;
    Failure {
        stack: "movies-dev-Api-1A2B".to_owned(),
        logical_id: "It".to_owned(),
        physical_id: "the-physical-id".to_owned(),
        resource_type: resource_type.to_owned(),
        status: status.to_owned(),
        reason: Some(reason.to_owned()),
        path: None,
    }
}

#[test]
fn every_text_is_found_by_its_own_row_and_by_no_other_first() {
    for case in cases() {
        let cause = find(&failure(case), &[]);
        let cause = cause.unwrap_or_else(|| panic!("{case:?} is not known"));
        assert_eq!(cause.name, case.0, "{}", case.3);
        assert!(
            cause.advice.contains(case.4),
            "{}: {}",
            case.0,
            cause.advice
        );
    }
}

#[test]
fn every_row_has_a_text_and_patterns_that_are_read() {
    let mut names = std::collections::BTreeSet::new();
    for row in rows() {
        assert!(names.insert(row.name), "{}", row.name);
        assert!(cases().any(|case| case.0 == row.name), "{}", row.name);
        for says in row.says {
            Regex::new(says).unwrap();
        }
    }
    assert!(names.len() >= 20);
}

#[test]
fn what_is_not_known_has_no_advice() {
    for reason in ["Something new happened", ""] {
        let case = ("", "AWS::SNS::Topic", CREATED, reason, "");
        assert!(find(&failure(&case), &[]).is_none(), "{reason}");
    }
}

/// A name from the words of a service goes into a command only where it is a plain name.
#[test]
fn a_name_that_a_shell_would_obey_is_not_put_into_a_command() {
    let reason = r#"'{"/properties/LogGroupName":"x; rm -rf $HOME"}' already exists."#;
    let case = ("", "AWS::Logs::LogGroup", CREATED, reason, "");
    let advice = find(&failure(&case), &[]).unwrap().advice;
    expect!["the log group `GROUP` is left from an earlier stack, or the service made it; if its logs can go, delete it with `aws logs delete-log-group --log-group-name GROUP` and deploy again"].assert_eq(&advice);
}

/// It is filled in as the general one is, and of other causes nothing is changed.
#[test]
fn a_service_says_it_in_its_own_words() {
    const OWN: Advice = &[("zone not available", "deploy with `--param Zone={zones}`")];
    let of = |name: &str| {
        let case = cases().find(|case| case.0 == name).unwrap();
        find(&failure(case), OWN).unwrap().advice
    };
    assert_eq!(
        of("zone not available"),
        "deploy with `--param Zone=ap-northeast-1a`"
    );
    assert!(of("prefix list").contains("leave the parameter out"));
    let known: Vec<_> = known(OWN).filter(|row| OWN.contains(row)).collect();
    assert_eq!(known, OWN);
}
