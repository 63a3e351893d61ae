use std::path::Path;

use expect_test::{Expect, expect};

use super::contradiction::contradictions;
use super::report::Report;
use super::*;
use cfnkit_template::flattening::Templates;
use cfnkit_template::parameters::Parameters;

mod agreement;
mod simulation;

fn repository() -> Layers {
    repository_with(&[])
}

fn repository_with(chosen: &[(&str, &str)]) -> Layers {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/cfn");
    let templates = Templates::read(&directory).unwrap();
    let chosen: Parameters = chosen
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    reading::read(&templates, &chosen).unwrap()
}

fn first(layers: &Layers, consumer: &Consumer) -> (LayerName, u16, f64) {
    let first = predict(layers, consumer).unwrap().first_refusal.unwrap();
    (first.layer, first.status, first.first_seconds)
}

/// 2000 per 5 minutes are 6.7 per second, 10,000 per day are 200 s at 50 per second, and 50,000
/// are 500 s at 100.
#[test]
fn the_documented_figures_come_out() {
    let layers = repository();
    let standard = Consumer::new("standard", 50.0);
    let prediction = predict(&layers, &standard).unwrap();
    let waf = &prediction.layers[0];
    assert_eq!(format!("{:.1}", waf.sustained_per_second), "6.7");
    assert_eq!(waf.layer.status, 403);
    let quota = &prediction.layers[2];
    assert_eq!(quota.first_refusal_seconds, Some(200.0));
    assert_eq!(quota.layer.status, 429);
    assert_eq!(first(&layers, &standard), (LayerName::Waf, 403, 40.0));

    // From enough addresses WAF stays out of it.
    let many = |tier, rate| Consumer {
        addresses: 100,
        ..Consumer::new(tier, rate)
    };
    assert_eq!(
        first(&layers, &many("standard", 50.0)),
        (LayerName::TierQuota, 429, 200.0)
    );
    assert_eq!(
        first(&layers, &many("premium", 100.0)),
        (LayerName::TierQuota, 429, 500.0)
    );
    // 150 per second empty the burst of 200 at 50 per second.
    assert_eq!(
        first(&layers, &many("premium", 150.0)),
        (LayerName::TierThrottle, 429, 4.0)
    );
    // A hundred executions of two seconds are 50 per second, and are taken after one.
    let slow = Consumer {
        latency_seconds: 2.0,
        ..many("premium", 100.0)
    };
    assert_eq!(first(&layers, &slow), (LayerName::Concurrency, 500, 1.0));
}

/// The phases of the documented load test, from one address and with the standard key.
#[test]
fn the_documented_load_test_ends_at_the_firewall() {
    let phase = |rate_per_second, duration_seconds| Phase {
        rate_per_second,
        duration_seconds,
    };
    let phases = [phase(50.0, 60.0), phase(100.0, 120.0), phase(150.0, 60.0)];
    let consumer = Consumer::new("standard", 0.0);
    let predicted = predict_phases(&repository(), &consumer, &phases).unwrap();
    let answered: Vec<f64> = predicted
        .iter()
        .map(|phase| phase.answered.round())
        .collect();
    assert_eq!(answered, [2000.0, 0.0, 0.0]);
    assert_eq!(predicted[0].refusals[0].status, 403);
}

#[test]
fn parameters_decide() {
    let layers = repository_with(&[
        ("ReservedConcurrency", "none"),
        ("WafRateLimitPer300Seconds", "100"),
        ("StandardQuotaPerDay", "7"),
    ]);
    assert_eq!(
        layers.concurrency.limit,
        Limit::Slots { executions: 1000.0 }
    );
    assert_eq!(layers.concurrency.source, "Lambda's default");
    assert_eq!(
        layers.waf.unwrap().limit,
        Limit::Lookback {
            requests: 100.0,
            window_seconds: 300.0
        }
    );
    let standard = layers.tiers.iter().find(|tier| tier.name == "standard");
    assert_eq!(
        standard.unwrap().quota.as_ref().unwrap().limit,
        Limit::Window {
            requests: 7.0,
            window_seconds: 86_400.0
        }
    );
}

/// The one status that is not in the templates.
#[test]
fn the_handler_answers_a_throttled_write_with_the_status_that_is_told() {
    let reply = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../handler/src/event/reply.rs");
    let reply = std::fs::read_to_string(reply).unwrap();
    let (_, rest) = reply
        .split_once("RequestError::Insert(InsertError::Throttled { .. } | ")
        .unwrap();
    let status = rest
        .split(['(', ','])
        .find_map(|word| word.trim().parse::<u16>().ok());
    assert_eq!(status, Some(repository().table.status));
}

fn check_contradictions(chosen: &[(&str, &str)], latency_seconds: f64, expected: Expect) {
    let consumer = Consumer {
        latency_seconds,
        ..Consumer::new("standard", 0.0)
    };
    let found = contradictions(&repository_with(chosen), &consumer);
    let found: Vec<String> = found
        .iter()
        .map(|one| format!("{}: {}\n", one.rule, one.message))
        .collect();
    // Another line in a template is another line here, and nothing else.
    let line = regex_lite::Regex::new("yaml:[0-9]+").unwrap();
    expected.assert_eq(&line.replace_all(&found.concat(), "yaml:N"));
}

#[test]
fn every_source_is_the_line_that_sets_the_limit() {
    let layers = repository();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let words = |tier: &str| -> Vec<String> {
        let path = layers.path(tier).unwrap().into_iter();
        let lines = path.filter(|layer| layer.source.contains(".yaml:"));
        lines
            .map(|layer| {
                let (file, line) = layer.source.split_once(':').unwrap();
                let text = std::fs::read_to_string(root.join(file)).unwrap();
                let line = text.lines().nth(line.parse::<usize>().unwrap() - 1);
                line.unwrap().trim().to_owned()
            })
            .collect()
    };
    assert_eq!(
        words("premium"),
        [
            "Limit: !Ref WafRateLimitPer300Seconds",
            "RateLimit: !Ref PremiumRateLimitPerSecond",
            "Limit: !Ref PremiumQuotaPerDay",
            "ThrottlingRateLimit: !Ref StageRateLimitPerSecond",
            "ReservedConcurrentExecutions: !If [HasReservedConcurrency, !Ref ReservedConcurrency, !Ref AWS::NoValue]",
            "BillingMode: PAY_PER_REQUEST",
        ]
    );
}

#[test]
fn contradictions_are_computed() {
    check_contradictions(
        &[],
        0.1,
        expect![[r#"
        limits-waf-below-tier: the standard tier promises 50/s, and WAF lets one address send 2000 per 300 s, which is 6.7/s: at full rate it is blocked after 40 s, and it takes 8 addresses (infra/cfn/api.yaml:N)
        limits-quota-short: a standard key has 10,000 per day; at its 50/s they end after 200 s
        limits-waf-below-tier: the premium tier promises 100/s, and WAF lets one address send 2000 per 300 s, which is 6.7/s: at full rate it is blocked after 20 s, and it takes 15 addresses (infra/cfn/api.yaml:N)
        limits-quota-short: a premium key has 50,000 per day; at its 100/s they end after 8 min 20 s
        limits-tiers-above-stage: one standard and one premium consumer together may send 150/s, and the stage takes 100/s
        limits-burst-above-concurrency: the stage lets 200 requests through at once, and the function runs 100 at a time; the others are answered 500 (infra/cfn/function.yaml:N)
    "#]],
    );
    check_contradictions(
        &[
            ("StageRateLimitPerSecond", "20"),
            ("StageBurstLimitInRequests", "50"),
            ("StandardQuotaPerDay", "10000000"),
            ("PremiumQuotaPerDay", "1000000"),
            ("WafRateLimitPer300Seconds", "100000"),
        ],
        0.1,
        expect![[r#"
            limits-tier-above-stage: the standard tier promises 50/s and bursts of 100, and the stage takes 20/s and 50 of all consumers together
            limits-quota-unreachable: a standard key has 10,000,000 per day, and at its 50/s it cannot send more than 4,320,000
            limits-tier-above-stage: the premium tier promises 100/s and bursts of 200, and the stage takes 20/s and 50 of all consumers together
        "#]],
    );
    check_contradictions(
        &[
            ("StageRateLimitPerSecond", "20000"),
            ("StageBurstLimitInRequests", "100"),
            ("PremiumQuotaPerDay", "1000000"),
            ("StandardQuotaPerDay", "1000000"),
            ("WafRateLimitPer300Seconds", "100000"),
        ],
        2.0,
        expect![[r#"
            limits-tier-above-stage: the premium tier promises 100/s and bursts of 200, and the stage takes 20,000/s and 100 of all consumers together
            limits-stage-above-account: the stage takes 20,000/s and bursts of 100, and API Gateway gives an account 10,000/s and 5000 unless it asked for more
            limits-concurrency-below-stage: 100 executions of 2 s each are 50/s, and the stage lets 20,000/s through; from 5 ms per request on the function is the first to refuse (infra/cfn/api.yaml:N)
            limits-table-below-stage: the table takes 4000 writes of this size per second, and the stage lets 20,000/s through (infra/cfn/api.yaml:N)
        "#]],
    );
}

fn check_report(consumer: Consumer, expected: Expect) {
    let layers = repository();
    let report = Report {
        stage: "dev".to_owned(),
        prediction: predict(&layers, &consumer).unwrap(),
        phases: Vec::new(),
        contradictions: Vec::new(),
        consumer,
    };
    let text = report.render();
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    expected.assert_eq(&text);
}

#[test]
fn a_report_fits_the_screen() {
    check_report(
        Consumer::new("standard", 50.0),
        expect![[r#"
        Stage dev: a standard consumer that sends 50/s from 1 address; a request takes
        100 ms and writes 1024 bytes.

           LAYER                LIMIT                 USED  REFUSES AFTER  SHARE  WITH
         > WAF, per address     2000 per 300 s        750%           40 s   100%   403
           tier rate, per key   50/s, burst 100       100%          holds          429
           tier quota, per key  10,000 per day        432x          200 s   100%   429
           stage rate           100/s, burst 200       50%          holds          429
           account rate         10,000/s, burst 5000   <1%          holds          429
           concurrency          100 at a time           5%          holds          500
           table writes         4000 units/s            1%          holds          503

        > refuses first: 403 after 40 s. REFUSES AFTER and SHARE are of each layer
        alone, as if the others let everything through.
        WAF estimates the rate, usually within 30 s, so 1500 requests more may pass.

        All layers together, over 1 day (# answered, . refused; a full bar is 50/s):

                 0 s  ##############################  50/s answered
                40 s  ..............................  0/s answered
                                                      50/s 403 WAF
    "#]],
    );
    check_report(
        Consumer {
            addresses: 40,
            ..Consumer::new("premium", 150.0)
        },
        expect![[r#"
            Stage dev: a premium consumer that sends 150/s from 40 addresses; a request
            takes 100 ms and writes 1024 bytes.

               LAYER                LIMIT                 USED  REFUSES AFTER  SHARE  WITH
               WAF, per address     2000 per 300 s         56%          holds          403
             > tier rate, per key   100/s, burst 200      150%            4 s    33%   429
               tier quota, per key  50,000 per day        259x     5 min 33 s   100%   429
               stage rate           100/s, burst 200      150%            4 s    33%   429
               account rate         10,000/s, burst 5000    2%          holds          429
               concurrency          100 at a time          15%          holds          500
               table writes         4000 units/s            4%          holds          503

            > refuses first: 429 after 4 s. REFUSES AFTER and SHARE are of each layer alone,
            as if the others let everything through.

            All layers together, over 1 day (# answered, . refused; a full bar is 150/s):

                     0 s  ##############################  150/s answered
                     4 s  ####################..........  100/s answered
                                                          50/s 429 tier rate
              8 min 18 s  ..............................  0/s answered
                                                          50/s 429 tier rate
                                                          100/s 429 tier quota
        "#]],
    );
    check_report(
        Consumer::new("standard", 0.1),
        expect![[r#"
        Stage dev: a standard consumer that sends 0.1/s from 1 address; a request takes
        100 ms and writes 1024 bytes.

           LAYER                LIMIT                 USED  REFUSES AFTER  SHARE  WITH
           WAF, per address     2000 per 300 s          2%          holds          403
           tier rate, per key   50/s, burst 100        <1%          holds          429
           tier quota, per key  10,000 per day         86%          holds          429
           stage rate           100/s, burst 200       <1%          holds          429
           account rate         10,000/s, burst 5000   <1%          holds          429
           concurrency          100 at a time          <1%          holds          500
           table writes         4000 units/s           <1%          holds          503

        No layer refuses within 1 day.

        All layers together, over 1 day (# answered, . refused; a full bar is 0.1/s):

                 0 s  ##############################  0.1/s answered
    "#]],
    );
}
