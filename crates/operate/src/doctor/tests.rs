use expect_test::expect;

use cfnkit_console::error::Error;

use super::*;

fn trail(name: &str) -> Trail {
    Trail {
        name: name.to_owned(),
        is_everywhere: true,
        is_logging: true,
        logs_management_events: true,
        kept: Kept::Forever,
    }
}

#[test]
fn a_reservation_leaves_a_hundred_to_the_others() {
    let verdict = |limit, unreserved, wanted: Option<u64>, already| {
        let wanted = wanted.map(|count| ("ReservedConcurrency", count));
        concurrency(limit, unreserved, wanted, already).verdict
    };
    assert_eq!(verdict(1000, 1000, Some(100), 0), Health::Ok);
    assert_eq!(verdict(200, 200, Some(100), 0), Health::Ok);
    assert_eq!(verdict(199, 199, Some(100), 0), Health::Error);
    // New accounts have so few.
    assert_eq!(verdict(10, 10, Some(100), 0), Health::Error);
    assert_eq!(verdict(10, 10, None, 0), Health::Ok);
    // What the function has already is not asked for again.
    assert_eq!(verdict(200, 100, Some(100), 100), Health::Ok);
    assert_eq!(verdict(200, 100, Some(200), 100), Health::Error);
}

#[test]
fn a_trail_logs_everywhere_and_is_kept_for_a_year() {
    let verdict = |one: Trail| trails(&[one]).verdict;
    assert_eq!(trails(&[]).verdict, Health::Warning);
    assert_eq!(verdict(trail("a")), Health::Ok);
    let kept = |kept| Trail { kept, ..trail("a") };
    assert_eq!(verdict(kept(Kept::Days(365))), Health::Ok);
    assert_eq!(verdict(kept(Kept::Days(364))), Health::Warning);
    assert_eq!(verdict(kept(Kept::Unknown)), Health::Ok);
    for bad in [
        Trail {
            is_logging: false,
            ..trail("a")
        },
        Trail {
            logs_management_events: false,
            ..trail("a")
        },
        Trail {
            is_everywhere: false,
            ..trail("a")
        },
    ] {
        assert_eq!(verdict(bad), Health::Warning);
    }
    // One good trail is enough.
    let off = Trail {
        is_logging: false,
        ..trail("off")
    };
    assert_eq!(trails(&[off, trail("a")]).verdict, Health::Ok);
}

#[test]
fn credentials_last_for_a_deploy() {
    let verdict = |left: Option<u64>| {
        credentials(
            left.map(|minutes| Duration::from_secs(60 * minutes)),
            "aws sso login",
        )
        .verdict
    };
    assert_eq!(verdict(None), Health::Ok);
    assert_eq!(verdict(Some(30)), Health::Ok);
    assert_eq!(verdict(Some(29)), Health::Warning);
}

#[test]
fn a_quota_has_room_or_not() {
    assert_eq!(quota("VPCs", 5.0, Some(4), 1).verdict, Health::Ok);
    assert_eq!(quota("VPCs", 5.0, Some(5), 1).verdict, Health::Error);
    assert_eq!(quota("rate", 10_000.0, None, 100).verdict, Health::Ok);
}

#[test]
fn every_line_says_what_is_wrong_and_what_to_do() {
    let off = Trail {
        is_logging: false,
        ..trail("main")
    };
    let findings = [
        Checked::ok("toolchain", "rustc 1.95.0"),
        credentials(
            Some(Duration::from_secs(600)),
            "aws sso login --profile test",
        ),
        concurrency(10, 10, Some(("ReservedConcurrency", 100)), 0),
        logs_role(None),
        trails(&[off]),
        quota("VPCs in the region", 5.0, Some(5), 1),
        collision("function", "apigw_handler", true),
        collision("log group", "/aws/lambda/apigw_handler", false),
        Checked::unknown(
            "quotas",
            &Error::new("access denied"),
            "servicequotas:GetServiceQuota",
        ),
    ];
    for finding in &findings {
        assert_eq!(finding.mend.is_none(), finding.verdict == Health::Ok);
    }
    let text = render(&findings);
    assert!(text.lines().all(|line| line.chars().count() <= 80));
    expect![[r#"
        ok       toolchain: rustc 1.95.0
        WARNING  credentials: valid for 10 more minutes; a deploy can take longer
                 -> sign in again, for example with `aws sso login --profile test`
        ERROR    Lambda concurrency: 10 in the account, 10 free; 100 are to be
                 reserved, and 100 must stay
                 -> request more in Service Quotas (Lambda, Concurrent executions), or
                    deploy with `--param ReservedConcurrency=none`
        ERROR    API Gateway's logs role: none in this region, and the stage needs one
                 -> `cargo xtask bootstrap --api-gateway-logs-role` sets it, once for
                    every API of the account
        WARNING  CloudTrail: main is switched off
                 -> create a trail for all regions that logs management events to S3,
                    for the account or for the organisation: CloudTrail console,
                    Create trail
        ERROR    VPCs in the region: 5, 5 used; 1 more are needed
                 -> request more in the Service Quotas console, or remove what nobody
                    needs
        ERROR    name of the function: there is a function `apigw_handler` that no
                 stack of this stage owns
                 -> delete it if nobody needs it, or deploy another stage;
                    CloudFormation cannot create what exists
        ok       name of the log group: `/aws/lambda/apigw_handler` is free
        WARNING  quotas: cannot be found out: access denied
                 -> allow servicequotas:GetServiceQuota to whoever runs this, or look
                    yourself"#]]
    .assert_eq(&text);
}
