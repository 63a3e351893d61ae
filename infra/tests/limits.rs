//! The root's `Rules` beside plain arithmetic: they can only compare texts, so they list what fits.

use std::collections::BTreeMap;

use super::templates;
use cfnkit_template::parameters::Parameters;
use cfnkit_template::rules::check_rules;
use cfnkit_template::template::{Template, plain_string};

fn root() -> Template {
    let mut templates = templates().into_iter();
    templates
        .find(|template| template.name().ends_with("root.yaml"))
        .unwrap()
}

/// What the root allows for a parameter.
fn allowed(root: &Template, parameter: &str) -> Vec<String> {
    let allowed = root
        .value()
        .pointer(&format!("/Parameters/{parameter}/AllowedValues"));
    let allowed = allowed.unwrap_or_else(|| panic!("{parameter} is no series"));
    allowed
        .as_array()
        .unwrap()
        .iter()
        .map(plain_string)
        .collect()
}

fn defaults(root: &Template) -> Parameters {
    let parameters = root.parameters().into_iter();
    parameters
        .filter_map(|parameter| Some((parameter.name, parameter.default?)))
        .collect()
}

fn holds(root: &Template, parameters: &Parameters) -> bool {
    check_rules(root, parameters).is_ok()
}

/// Every pair of values of a limit and of what must fit into it, the other fixed at 1.
fn check_pair(limit: &str, inner: &str, other: Option<&str>) {
    let root = root();
    let mut parameters = defaults(&root);
    if let Some(other) = other {
        parameters.insert(other.to_owned(), "1".to_owned());
    }
    let mut verdicts: BTreeMap<bool, usize> = BTreeMap::new();
    for outer in allowed(&root, limit) {
        for value in allowed(&root, inner) {
            parameters.insert(limit.to_owned(), outer.clone());
            parameters.insert(inner.to_owned(), value.clone());
            // What is no number is no limit.
            let fits = match outer.parse::<u64>() {
                Ok(outer) => value.parse::<u64>().unwrap() <= outer,
                Err(_) => true,
            };
            assert_eq!(
                holds(&root, &parameters),
                fits,
                "{limit}={outer} {inner}={value}"
            );
            *verdicts.entry(fits).or_default() += 1;
        }
    }
    assert!(
        verdicts[&true] > 50 && verdicts[&false] > 50,
        "{verdicts:?}"
    );
}

#[test]
fn a_tier_above_the_stage_is_rejected() {
    let (standard, premium) = ("StandardRateLimitPerSecond", "PremiumRateLimitPerSecond");
    check_pair("StageRateLimitPerSecond", standard, Some(premium));
    check_pair("StageRateLimitPerSecond", premium, Some(standard));
    let (standard, premium) = (
        "StandardBurstLimitInRequests",
        "PremiumBurstLimitInRequests",
    );
    check_pair("StageBurstLimitInRequests", standard, Some(premium));
    check_pair("StageBurstLimitInRequests", premium, Some(standard));
}

#[test]
fn an_alarm_above_the_concurrency_is_rejected() {
    check_pair("ReservedConcurrency", "ConcurrencyAlarmThreshold", None);
}

#[test]
fn a_function_that_outlasts_api_gateway_is_rejected() {
    let root = root();
    let mut parameters = defaults(&root);
    for seconds in 0..=901 {
        parameters.insert("FunctionTimeoutInSeconds".to_owned(), seconds.to_string());
        assert_eq!(
            holds(&root, &parameters),
            (1..29).contains(&seconds),
            "{seconds}"
        );
    }
}

#[test]
fn a_stage_cannot_ask_for_a_key_that_is_not_there() {
    let root = root();
    let mut parameters = defaults(&root);
    parameters.insert("EncryptionKey".to_owned(), "customer-managed".to_owned());
    assert!(!holds(&root, &parameters));
    parameters.insert("EncryptionKeyArn".to_owned(), "arn:aws:kms:..".to_owned());
    assert!(holds(&root, &parameters));
}
