use expect_test::expect;

use super::*;

fn status() -> Status {
    Status {
        stack: "movies-production".to_owned(),
        place: "account 111122223333, eu-west-1".to_owned(),
        stack_status: "UPDATE_COMPLETE".to_owned(),
        status_reason: None,
        version: Version {
            functions: vec![FunctionVersion {
                name: "handler".to_owned(),
                deployed: Some("0123456789abcdef".to_owned()),
                local: Some("0123456789abcdef".to_owned()),
            }],
            changed_templates: Vec::new(),
        },
        alarms: Some(Alarms {
            total: 11,
            alarming: Vec::new(),
            without_data: 0,
        }),
        traffic: Some(Traffic {
            requests: 7200.0,
            client_errors: 72.0,
            server_errors: 0.0,
            blocked: 3.0,
            p50_ms: Some(9.4),
            p99_ms: Some(41.7),
            table_throttles: 0.0,
        }),
        concurrency: Some(Concurrency {
            peak: 12.0,
            reserved: Some(100),
        }),
        cost: Some(Cost {
            fixed_usd: 12.1,
            usage_usd: 45.5,
            total_usd: 57.6,
            prices_of: "2025-06-01".to_owned(),
            prices_in: "us-east-1".to_owned(),
        }),
        not_shown: Vec::new(),
    }
}

#[test]
fn a_healthy_stage_is_one_screen() {
    let text = render(&status());
    assert!(text.lines().all(|line| line.chars().count() <= 80));
    expect![[r#"
        stage         movies-production in account 111122223333, eu-west-1
        stack         UPDATE_COMPLETE
        handler       0123456789ab, as in the working tree
        templates     as in the working tree
        alarms        11, none has gone off
        last hour     7200 requests, 2.00/s; 4xx 1.0 %, 5xx 0.0 %; blocked by the
                      firewall 3; throttled by the table 0
        latency       p50 9 ms, p99 42 ms
        concurrency   12 at most in the last hour, 12 % of the 100 reserved
        cost          about 57.60 USD a month at this rate: 12.10 fixed, 45.50 for
                      requests (list prices of us-east-1 of 2025-06-01, no free tier)"#]]
    .assert_eq(&text);
}

#[test]
fn trouble_is_said_first_in_its_line() {
    let mut status = status();
    status.stack_status = "UPDATE_ROLLBACK_COMPLETE".to_owned();
    status.version.functions[0].local = Some("fedcba9876543210".to_owned());
    status.version.changed_templates = vec!["api.yaml".to_owned(), "data.yaml".to_owned()];
    status.alarms = Some(Alarms {
        total: 11,
        alarming: vec![(
            "ServerErrorsAlarm".to_owned(),
            "3 datapoints were greater than the threshold (0.05)".to_owned(),
        )],
        without_data: 2,
    });
    let text = render(&status);
    assert!(text.lines().all(|line| line.chars().count() <= 80));
    expect![[r#"
        stage         movies-production in account 111122223333, eu-west-1
        stack         UPDATE_ROLLBACK_COMPLETE
        handler       0123456789ab is deployed, the working tree has fedcba987654
        templates     changed in the working tree: api.yaml, data.yaml; `cargo xtask
                      diff` shows how
        alarms        1 OF 11 HAVE GONE OFF: ServerErrorsAlarm (3 datapoints were
                      greater than the threshold (0.05))
        last hour     7200 requests, 2.00/s; 4xx 1.0 %, 5xx 0.0 %; blocked by the
                      firewall 3; throttled by the table 0
        latency       p50 9 ms, p99 42 ms
        concurrency   12 at most in the last hour, 12 % of the 100 reserved
        cost          about 57.60 USD a month at this rate: 12.10 fixed, 45.50 for
                      requests (list prices of us-east-1 of 2025-06-01, no free tier)"#]]
    .assert_eq(&text);
}

#[test]
fn what_is_not_known_is_not_made_up() {
    let status = Status {
        alarms: None,
        traffic: None,
        concurrency: None,
        cost: None,
        version: Version {
            functions: vec![FunctionVersion {
                name: "handler".to_owned(),
                deployed: Some("0123456789abcdef".to_owned()),
                local: None,
            }],
            changed_templates: Vec::new(),
        },
        not_shown: vec!["alarms have no state here".to_owned()],
        ..status()
    };
    expect![[r#"
        stage         movies-production in account 111122223333, eu-west-1
        stack         UPDATE_COMPLETE
        handler       0123456789ab is deployed; the working tree's is not packaged as
                      it is now
        templates     as in the working tree
        alarms        not known here
        last hour     not counted here
        concurrency   not counted here
        cost          nothing here
        not shown     alarms have no state here"#]]
    .assert_eq(&render(&status));
}
