//! The commands that look at a stage on AWS, against recorded answers: what they print, what they
//! print as JSON, and that it fits a terminal of 80 columns.

use expect_test::{Expect, expect};
use serde_json::Value;

use crate::site::Site;
use crate::support::{Run, conforms, copy_of_repository};
use cfnkit_scripted_cloud::cloud::recorded::{KEY_VALUE, REQUEST_ID};

#[track_caller]
fn shows(run: &Run, expected: Expect) {
    for line in run.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    expected.assert_eq(&run.stdout);
}

/// Nobody sees a key's value who did not ask for it.
#[track_caller]
fn hides_the_key(run: &Run) {
    assert!(!run.stdout.contains(KEY_VALUE), "{}", run.stdout);
    assert!(!run.stderr.contains(KEY_VALUE), "{}", run.stderr);
}

#[test]
fn a_stage_on_aws_is_one_screen() {
    let site = Site::serving();
    // The handler of this tree is not packaged.
    let copy = copy_of_repository();
    let run = site.run_in(copy.path(), &["status"]).expect(0);
    shows(
        &run,
        expect![[r#"
        stage         movies-dev in account 111122223333, us-east-1 (keys of the
                      environment)
        stack         CREATE_COMPLETE
        handler       4584a6cef223 is deployed; the working tree's is not packaged as
                      it is now
        templates     as in the working tree
        alarms        1 OF 3 HAVE GONE OFF: ServerErrorsAlarm (Threshold Crossed: 3
                      datapoints)
        last hour     7200 requests, 2.00/s; 4xx 1.0 %, 5xx 0.0 %; blocked by the
                      firewall 3; throttled by the table 0
        latency       p50 9 ms, p99 42 ms
        concurrency   12 at most in the last hour, 12 % of the 100 reserved
        cost          about 61.32 USD a month at this rate: 12.30 fixed, 49.02 for
                      requests (list prices of us-east-1 of 2025-06-01, no free tier)
    "#]],
    );
    let json = site.run_in(copy.path(), &["status", "--json"]);
    let json = json.expect(0).json();
    conforms("status", &json);
    assert_eq!(json["traffic"]["requests"], 7200.0);
    assert_eq!(json["alarms"]["alarming"][0][0], "ServerErrorsAlarm");
    assert!(site.cloud.mutating_calls().is_empty());
}

#[test]
fn keys_tell_what_they_used_and_when_they_were_seen() {
    let site = Site::serving();
    let run = site.run(&["keys"]).expect(0);
    hides_the_key(&run);
    shows(
        &run,
        expect![[r#"
        TIER      ID          STATE             USED TODAY            LAST SEEN
        standard  a1b2c3d4e5  current           1234 of 10000 (12 %)  today
        standard  f6g7h8i9j0  old, valid still  0 of 10000 (0 %)      not in 30 days
        premium   p6q7r8s9t0  current           0 of 10000 (0 %)      not in 30 days
    "#]],
    );
    let run = site.run(&["keys", "--json"]).expect(0);
    hides_the_key(&run);
    conforms("keys", &run.json());
    let shown = site.run(&["keys", "--show", "standard"]).expect(0);
    assert_eq!(shown.stdout, format!("{KEY_VALUE}\n"));
    assert!(!shown.stderr.contains(KEY_VALUE));
}

#[test]
fn a_rotation_begins_once_and_ends_where_one_has_begun() {
    let site = Site::serving();
    site.run(&["keys", "rotate", "standard", "--yes"])
        .expect(1)
        .says("a rotation is under way: key `f6g7h8i9j0` is valid still");
    site.run(&["keys", "rotate", "premium", "--finish", "--yes"])
        .expect(0)
        .says("premium has no old key that is valid, nothing to do");
    assert!(site.cloud.mutating_calls().is_empty());
}

#[test]
fn the_logs_of_all_layers_are_one() {
    let site = Site::serving();
    let run = site.run(&["logs"]).expect(0);
    shows(
        &run,
        expect![[r#"
        09:44:02.100 waf      ALLOW by Default_Action for 192.0.2.44, counted by
                              CommonRules  Ed0AiHF_CGYF-DA=
        09:44:02.340 function ERROR 503 19.25 ms the table throttles
                              5f2c3c8e-9c1e-4b7e-8a51-0f6f1a2b3c4d
        09:44:02.345 api      503 POST /dev/ 29 ms  5f2c3c8e-9c1e-4b7e-8a51-0f6f1a2b3c4d
        09:44:03.000 api      429 POST /dev/ 2 ms THROTTLED  another
    "#]],
    );
    let json = site.run(&["logs", "--json"]).expect(0);
    assert_eq!(json.stdout.lines().count(), 4);
    for line in json.stdout.lines() {
        conforms("logs", &serde_json::from_str(line).unwrap());
    }
    let run = site.run(&["logs", "--source", "waf"]).expect(0);
    assert_eq!(run.stdout.matches(" waf ").count(), 1, "{}", run.stdout);
}

#[test]
fn one_id_leads_through_all_layers() {
    let site = Site::serving();
    let run = site.run(&["logs", "--request-id", REQUEST_ID]).expect(0);
    shows(
        &run,
        expect![[r#"
        09:44:02.100 waf      ALLOW by Default_Action for 192.0.2.44, counted by
                              CommonRules  Ed0AiHF_CGYF-DA=
            timestamp: 1795513442100
            formatVersion: 1
            terminatingRuleId: Default_Action
            terminatingRuleType: REGULAR
            action: ALLOW
            nonTerminatingMatchingRules: [{"ruleId":"CommonRules","action":"COUNT"}]
            httpRequest.clientIp: 192.0.2.44
            httpRequest.country: AU
            httpRequest.uri: /dev/
            httpRequest.httpMethod: POST
            httpRequest.requestId: Ed0AiHF_CGYF-DA=
        09:44:02.345 api      503 POST /dev/ 29 ms  5f2c3c8e-9c1e-4b7e-8a51-0f6f1a2b3c4d
            requestId: 5f2c3c8e-9c1e-4b7e-8a51-0f6f1a2b3c4d
            extendedRequestId: Ed0AiHF_CGYF-DA=
            sourceIp: 192.0.2.44
            apiKeyId: a1b2c3d4e5
            method: POST
            path: /dev/
            status: 503
            responseLatency: 29
            integrationStatus: 200
            xrayTraceId: 1-5759e988-bd862e3fe1be46a994272793
        09:44:02.340 function ERROR 503 19.25 ms the table throttles
                              5f2c3c8e-9c1e-4b7e-8a51-0f6f1a2b3c4d
            timestamp: 2026-11-24T09:44:02.340Z
            level: ERROR
            message: request
            requestId: 5f2c3c8e-9c1e-4b7e-8a51-0f6f1a2b3c4d
            extendedRequestId: Ed0AiHF_CGYF-DA=
            lambdaRequestId: 8476a536-e9f4-11e8-9739-2dfe598c3fcd
            traceId: 1-5759e988-bd862e3fe1be46a994272793
            status: 503
            reason: the table throttles
            attempts: 3
            durationMs: 19.25

        trace 1-5759e988-bd862e3fe1be46a994272793
        movies-dev/dev 503 fault                       29.0 ms ========================
          Lambda                                       27.0 ms  ======================
            apigw_handler                              19.0 ms    ================
              DynamoDB 400 throttle                    10.0 ms        =========
    "#]],
    );
    // Whichever ID of the request is known.
    let by_trace = [
        "logs",
        "--request-id",
        "1-5759e988-bd862e3fe1be46a994272793",
    ];
    assert_eq!(site.run(&by_trace).expect(0).stdout, run.stdout);
    site.run(&["logs", "--request-id", "nobody"])
        .expect(1)
        .says("no log of `movies-dev` knows request `nobody`");
}

#[test]
fn traces_are_trees() {
    let site = Site::serving();
    let run = site.run(&["traces"]).expect(0);
    shows(
        &run,
        expect![[r#"
        1-5759e988-bd862e3fe1be46a994272793  29.0 ms  503  fault
        movies-dev/dev 503 fault                       29.0 ms ========================
          Lambda                                       27.0 ms  ======================
            apigw_handler                              19.0 ms    ================
              DynamoDB 400 throttle                    10.0 ms        =========

    "#]],
    );
    conforms("traces", &site.run(&["traces", "--json"]).expect(0).json());
}

#[test]
fn a_doctor_finds_an_account_well() {
    let site = Site::new();
    let run = site.run(&["doctor", "--json"]);
    let report = run.json();
    conforms("doctor", &report);
    let findings = report["findings"].as_array().unwrap().iter();
    // What comes before is of the machine.
    let findings = findings.skip_while(|finding| finding["name"] != "account and region");
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let lines = findings.map(|finding| {
        let (name, verdict) = (text(finding, "name"), text(finding, "verdict"));
        format!("{verdict} {name}: {}\n", text(finding, "text"))
    });
    expect![[r#"
        ok account and region: account 111122223333, us-east-1 (keys of the environment)
        ok credentials: valid, without a known end
        warning asset bucket: none yet
        ok API Gateway's logs role: arn:aws:iam::111122223333:role/logs
        ok Lambda concurrency: 1000 in the account, 900 free; 100 are to be reserved
        ok name of the function: `apigw_handler` is free
        ok name of the log group: `/aws/lambda/apigw_handler` is free
        ok name of the log group: `aws-waf-logs-movies-dev` is free
        ok CloudTrail: main logs; how long its bucket keeps them is not seen from this account
        ok requests per second of all APIs: 10000
        ok VPCs in the region: 5, 1 used
    "#]]
    .assert_eq(&lines.collect::<String>());
    for line in site.run(&["doctor"]).stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(site.cloud.mutating_calls().is_empty());
}

#[test]
fn the_endpoint_is_tried_as_a_consumer_would() {
    let site = Site::serving();
    let run = site.run(&["smoke", "--json"]).expect(0);
    hides_the_key(&run);
    let json = run.json();
    conforms("smoke", &json);
    let statuses = json["checks"].as_array().unwrap().iter();
    let statuses: Vec<u64> = statuses
        .map(|check| check["status"].as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [200, 403, 403, 400, 404]);
}

#[test]
fn a_handler_that_fails_is_taken_back_where_somebody_says_yes() {
    let site = Site::serving();
    let good = site.cloud.state().good_handler.clone();
    let handler = || {
        let state = site.cloud.state();
        state
            .stack("movies-dev")
            .unwrap()
            .parameters
            .get("HandlerKey")
            .cloned()
    };
    site.package("second");
    let run = site.answer(&["deploy", "--yes"], r"n\n");
    assert_ne!(run.code, 0);
    assert!(run.stdout.contains("FAILED  with key"), "{}", run.stdout);
    assert!(
        run.stdout.contains("Put the previous handler back?"),
        "{}",
        run.stdout
    );
    assert_ne!(handler(), good);

    site.package("third");
    // What is deployed answers well, for all that anybody knows.
    site.cloud.state().good_handler = handler();
    let good = handler();
    let run = site.answer(&["deploy", "--yes"], r"y\n");
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(
        run.stdout.contains("the previous one is back"),
        "{}",
        run.stdout
    );
    assert_eq!(handler(), good);
    assert_eq!(site.left_behind(), Vec::<String>::new());
}

#[test]
fn where_nobody_can_be_asked_the_way_back_is_said() {
    let site = Site::serving();
    let good = site.cloud.state().good_handler.clone().unwrap();
    site.package("second");
    let run = site.run(&["deploy", "--yes"]).expect(1);
    hides_the_key(&run);
    assert!(
        run.stderr.contains(&format!("/{good} target/previous.zip")),
        "{}",
        run.stderr
    );
    run.says("cargo xtask deploy --handler target/previous.zip --stage dev");
}

#[test]
fn a_load_on_aws_is_judged_by_what_cloudwatch_saw() {
    let site = Site::serving();
    site.run(&["load", "--phase", "5/s:1s"])
        .expect(1)
        .says("nobody can be asked");
    assert!(
        site.cloud
            .calls()
            .iter()
            .all(|call| call.action != "Invoke")
    );
    let run = site.run(&[
        "load", "--yes", "--json", "--phase", "20/s:1s", "--p99", "30000",
    ]);
    let run = run.expect(0);
    hides_the_key(&run);
    let report = run.json();
    conforms("load", &report);
    let verdicts = report["verdicts"].as_array().unwrap().iter();
    // Latency is this machine's.
    let verdicts = verdicts.filter(|verdict| verdict["check"] != "p99 latency");
    let lines = verdicts.map(|verdict| {
        let text = |name: &str| verdict[name].as_str().unwrap().to_owned();
        let (outcome, check) = (text("outcome"), text("check"));
        format!("{outcome}: {check}: {}\n", text("reason"))
    });
    expect![[r#"
        passed: no request failed: whatever no limit refused was stored
        notShown: 429 when limits are exceeded: this load never exceeds the key's 50/s or the stage's 100/s with their bursts, and nothing was refused; add a phase that does
        passed: Lambda concurrency below its limit: 12 at once, below 100
        passed: no DynamoDB throttling: CloudWatch counts no throttled write, and no request got 503
        notShown: limits of the key: this load never exceeds the key's 50/s and burst of 100
    "#]].assert_eq(&lines.collect::<String>());
}

#[test]
fn who_follows_sees_each_line_once_until_ctrl_c() {
    let site = Site::serving();
    let running = site.start(&["logs", "--follow"]);
    let looks = || {
        let calls = site.cloud.calls();
        calls
            .iter()
            .filter(|call| call.action == "FilterLogEvents")
            .count()
    };
    let begin = std::time::Instant::now();
    // Three logs, three times over.
    while looks() < 9 && begin.elapsed() < std::time::Duration::from_secs(30) {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    running.interrupt();
    let run = running.end().expect(0);
    assert!(looks() >= 9);
    assert_eq!(run.stdout.matches(REQUEST_ID).count(), 2, "{}", run.stdout);
    assert_eq!(run.stdout.matches("429 POST").count(), 1, "{}", run.stdout);
}

#[test]
fn a_first_deploy_stops_where_the_account_has_no_room() {
    let site = Site::new();
    // What a new account has.
    site.cloud.state().executions = Some(10);
    let deploy = site.run(&["deploy", "--yes"]).expect(1);
    assert!(
        deploy.stderr.contains("nothing was deployed"),
        "{}",
        deploy.stderr
    );
    assert!(
        deploy.stderr.contains("--param ReservedConcurrency=none"),
        "{}",
        deploy.stderr
    );
    assert!(site.cloud.mutating_calls().is_empty());
    let doctor = site.run(&["doctor"]).expect(1);
    assert!(
        doctor
            .stdout
            .contains("ERROR    Lambda concurrency: 10 in the account"),
        "{}",
        doctor.stdout
    );
    let mended = ["deploy", "--yes", "--param", "ReservedConcurrency=none"];
    let small = ["--param", "ConcurrencyAlarmThreshold=8"];
    site.run(&[&mended[..], &small].concat()).expect(0);
}

#[test]
fn the_deploy_that_is_advised_is_of_the_same_stage() {
    let site = Site::new();
    for command in ["status", "keys", "logs", "smoke", "traces", "outputs"] {
        site.run(&[command, "--stage", "test2"])
            .expect(1)
            .says("`cargo xtask deploy --stage test2` creates it");
    }
}
