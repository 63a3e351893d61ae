//! The judge sees what a command sends and is answered, and tells each kind of fault in it.

use std::collections::BTreeSet;

use crate::site::Site;
use cfnkit_scripted_cloud::cloud::bucket::BUCKET;
use cfnkit_scripted_cloud::judge::{Exchange, judge, none_is_wrong};

/// What two commands sent to the services of AWS, by each of the protocols that they speak.
fn exchanges() -> Vec<Exchange> {
    let site = Site::new();
    // With nothing that is passed to save a look at the account.
    let deploy = ["deploy", "--yes", "--no-smoke", "--asset-bucket", BUCKET];
    site.run_exactly(&[&deploy[..], &["--handler", &site.zip()]].concat())
        .expect(0);
    site.run(&["doctor"]).expect(0);
    let exchanges = site.cloud.exchanges();
    assert_eq!(exchanges.len(), site.cloud.calls().len());
    exchanges
}

#[test]
fn each_exchange_is_one_of_an_operation_that_aws_has() {
    let exchanges = exchanges();
    none_is_wrong(&exchanges, &[]);
    let verdicts = judge(&exchanges);
    let operations: Vec<_> = verdicts
        .iter()
        .map(|one| one.operation.as_deref())
        .collect();
    assert!(!operations.contains(&None), "{operations:?}");
    let operations: BTreeSet<&str> = operations.into_iter().flatten().collect();
    for operation in [
        "apigateway.GetAccount",
        "cloudformation.CreateChangeSet",
        "cloudformation.DescribeChangeSet",
        "cloudformation.DescribeStackEvents",
        "cloudformation.DescribeStacks",
        "cloudformation.ExecuteChangeSet",
        "cloudtrail.DescribeTrails",
        "ec2.DescribeManagedPrefixLists",
        "ec2.DescribeVpcs",
        "lambda.GetAccountSettings",
        "logs.DescribeLogGroups",
        "s3.GetBucketLifecycleConfiguration",
        "s3.HeadBucket",
        "s3.PutObject",
        "service-quotas.GetServiceQuota",
        "sts.GetCallerIdentity",
    ] {
        assert!(
            operations.contains(operation),
            "{operation}: {operations:?}"
        );
    }
}

/// Where a fault is made.
#[derive(Debug, Clone, Copy)]
enum Part {
    Target,
    Header(&'static str),
    Body,
    Answer,
}

#[test]
fn each_kind_of_fault_is_told() {
    use Part::{Answer, Body, Header, Target};
    let exchanges = exchanges();
    let verdicts = judge(&exchanges);
    // The operation, and what is written otherwise.
    let faults = [
        (
            "cloudformation.CreateChangeSet",
            Body,
            ("&ChangeSetType=", "&ChangesetType="),
            "has no member `ChangesetType`",
        ),
        (
            "cloudformation.CreateChangeSet",
            Body,
            ("&ChangeSetType=CREATE", "&ChangeSetType=MAKE"),
            "ChangeSetType: `MAKE` is none of `ChangeSetType`",
        ),
        (
            "cloudformation.CreateChangeSet",
            Body,
            ("&IncludeNestedStacks=true", "&IncludeNestedStacks=yes"),
            "IncludeNestedStacks: `yes` is no boolean",
        ),
        (
            "cloudformation.CreateChangeSet",
            Body,
            ("&StackName=", "&StackName=1"),
            "does not match `StackNameOrId`",
        ),
        (
            "cloudformation.CreateChangeSet",
            Body,
            ("Parameters.member.1.", "Parameters.member.99."),
            "Parameters: is numbered",
        ),
        (
            "cloudformation.ExecuteChangeSet",
            Body,
            ("&ChangeSetName=", "&Left="),
            "`ChangeSetName` is missing",
        ),
        (
            "cloudformation.DescribeStacks",
            Body,
            ("Action=DescribeStacks", "Action=DescribeStack"),
            "cloudformation has no operation `DescribeStack`",
        ),
        (
            "cloudformation.DescribeStacks",
            Body,
            ("Version=2010-05-15", "Version=2010-05-16"),
            "`2010-05-16` and not `2010-05-15`",
        ),
        (
            "cloudformation.DescribeStacks",
            Header("authorization"),
            ("Signature=", "Signature=0"),
            "no signature of version 4",
        ),
        (
            "cloudformation.DescribeStacks",
            Header("authorization"),
            ("/cloudformation/", "/cloudformations/"),
            "signed for `cloudformations`, which no model here has",
        ),
        (
            "ec2.DescribeVpcs",
            Target,
            ("DescribeVpcs", "DescribeVpc"),
            "ec2 has no operation `DescribeVpc`",
        ),
        (
            "ec2.DescribeVpcs",
            Target,
            ("Version=", "Filter.1.Nam=a&Version="),
            "`Filter` has no member `Nam`",
        ),
        (
            "lambda.GetAccountSettings",
            Target,
            ("account-settings", "account-setting"),
            "lambda has no operation for GET /2016-08-19/account-setting",
        ),
        (
            "apigateway.GetAccount",
            Target,
            ("/account", "/account?limit=1"),
            "has no parameter `limit` in its query",
        ),
        (
            "service-quotas.GetServiceQuota",
            Body,
            ("QuotaCode", "QuotaCodes"),
            "`QuotaCode` is missing",
        ),
        (
            "service-quotas.GetServiceQuota",
            Header("x-amz-target"),
            ("GetServiceQuota", "GetQuota"),
            "service-quotas has no operation `GetQuota`",
        ),
        (
            "service-quotas.GetServiceQuota",
            Header("content-type"),
            ("json-1.1", "json-1.0"),
            "and not `application/x-amz-json-1.1`",
        ),
        (
            "s3.PutObject",
            Header("x-amz-content-sha256"),
            ("a", "b"),
            "the body has another SHA-256",
        ),
        (
            "cloudformation.DescribeStacks",
            Answer,
            ("<StackStatus>", "<StackStatus>NEARLY_"),
            "answer 200: Stacks[].StackStatus: `NEARLY_",
        ),
        (
            "cloudformation.DescribeStacks",
            Answer,
            ("CreationTime>", "CreatedTime>"),
            "`CreationTime` is missing",
        ),
        (
            "service-quotas.GetServiceQuota",
            Answer,
            ("\"Adjustable\":true", "\"Adjustable\":\"true\""),
            "answer 200: Quota.Adjustable: `\"true\"` is no boolean",
        ),
    ];
    for (operation, part, (from, to), complaint) in faults {
        let mut exchange = exchanges
            .iter()
            .zip(&verdicts)
            .filter(|(_, verdict)| verdict.operation.as_deref() == Some(operation))
            .map(|(exchange, _)| exchange.clone())
            .find(|exchange| text(&mut exchange.clone(), part, |text| text.contains(from)))
            .unwrap_or_else(|| panic!("no {operation} has `{from}`"));
        text(&mut exchange, part, |text| {
            *text = text.replace(from, to);
            true
        });
        let wrong = judge(&[exchange]).remove(0).wrong;
        assert!(
            wrong.iter().any(|wrong| wrong.contains(complaint)),
            "{operation} with `{to}`: {wrong:?}"
        );
        // Nothing of a request that is signed can be changed.
        let is_told = wrong.iter().any(|wrong| wrong.contains("sign"));
        assert_eq!(
            is_told,
            !matches!(part, Answer),
            "{operation} with `{to}`: {wrong:?}"
        );
    }
}

/// Lets `act` see, and change, a part of an exchange.
fn text(exchange: &mut Exchange, part: Part, act: impl FnOnce(&mut String) -> bool) -> bool {
    let bytes = match part {
        Part::Target => return act(&mut exchange.target),
        Part::Header(name) => return exchange.headers.get_mut(name).is_some_and(act),
        Part::Body => &mut exchange.body,
        Part::Answer => &mut exchange.answer.as_mut().unwrap().body,
    };
    let Ok(mut text) = String::from_utf8(bytes.clone()) else {
        return false;
    };
    let result = act(&mut text);
    *bytes = text.into_bytes();
    result
}
