use expect_test::{Expect, expect};

use super::contradiction::contradictions;
use super::report::Report;
use super::*;
use cfnkit_console::error::Result;
use cfnkit_template::parameters::Parameters;
use cfnkit_template::template::Template;
use cfnkit_template::templates::Templates;

mod agreement;
mod simulation;

/// What a service may choose; the rest is as `layers` has it.
#[derive(Debug, Clone, Copy)]
struct Chosen {
    waf_per_300_seconds: f64,
    /// Of the standard tier and of the premium one.
    quotas_per_day: [f64; 2],
    /// Rate and burst.
    stage: (f64, f64),
}

const USUAL: Chosen = Chosen {
    waf_per_300_seconds: 2000.0,
    quotas_per_day: [10_000.0, 50_000.0],
    stage: (100.0, 200.0),
};

/// A service with two tiers: 50 a second and bursts of 100, and twice as much.
fn layers(chosen: Chosen) -> Layers {
    let layer = |name, status, source: &str, limit| Layer {
        name,
        limit,
        status,
        source: source.to_owned(),
        origin: None,
    };
    let bucket = |(rate_per_second, burst)| Limit::Bucket {
        rate_per_second,
        burst,
    };
    let window = |requests| Limit::Window {
        requests,
        window_seconds: 86_400.0,
    };
    let tier = |name: &str, throttle, quota| Tier {
        name: name.to_owned(),
        throttle: Some(layer(
            LayerName::TierThrottle,
            429,
            "api.yaml:2",
            bucket(throttle),
        )),
        quota: Some(layer(
            LayerName::TierQuota,
            429,
            "api.yaml:3",
            window(quota),
        )),
    };
    let waf = Limit::Lookback {
        requests: chosen.waf_per_300_seconds,
        window_seconds: 300.0,
    };
    let slots = Limit::Slots { executions: 100.0 };
    let writes = Limit::Writes {
        units_per_second: 4000.0,
        burst: 4000.0,
    };
    let account = bucket((10_000.0, 5000.0));
    let [standard, premium] = chosen.quotas_per_day;
    Layers {
        waf: Some(layer(LayerName::Waf, 403, "api.yaml:1", waf)),
        tiers: vec![
            tier("standard", (50.0, 100.0), standard),
            tier("premium", (100.0, 200.0), premium),
        ],
        stage: Some(layer(
            LayerName::StageThrottle,
            429,
            "api.yaml:4",
            bucket(chosen.stage),
        )),
        account: layer(LayerName::AccountThrottle, 429, "default", account),
        concurrency: layer(LayerName::Concurrency, 500, "function.yaml:5", slots),
        table: Some(layer(LayerName::Table, 503, "data.yaml:6", writes)),
    }
}

fn first(layers: &Layers, consumer: &Consumer) -> (LayerName, u16, f64) {
    let first = predict(layers, consumer).unwrap().first_refusal.unwrap();
    (first.layer, first.status, first.first_seconds)
}

/// 2000 per 5 minutes are 6.7 per second, 10,000 per day are 200 s at 50 per second, and 50,000
/// are 500 s at 100.
#[test]
fn figures_worked_out_by_hand_come_out() {
    let layers = layers(USUAL);
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

fn check_contradictions(chosen: Chosen, latency_seconds: f64, expected: Expect) {
    let consumer = Consumer {
        latency_seconds,
        ..Consumer::new("standard", 0.0)
    };
    let found = contradictions(&layers(chosen), &consumer);
    let found: Vec<String> = found
        .iter()
        .map(|one| format!("{}: {}\n", one.rule, one.message))
        .collect();
    expected.assert_eq(&found.concat());
}

#[test]
fn contradictions_are_computed() {
    check_contradictions(
        USUAL,
        0.1,
        expect![[r#"
        limits-waf-below-tier: the standard tier promises 50/s, and WAF lets one address send 2000 per 300 s, which is 6.7/s: at full rate it is blocked after 40 s, and it takes 8 addresses (api.yaml:1)
        limits-quota-short: a standard key has 10,000 per day; at its 50/s they end after 200 s
        limits-waf-below-tier: the premium tier promises 100/s, and WAF lets one address send 2000 per 300 s, which is 6.7/s: at full rate it is blocked after 20 s, and it takes 15 addresses (api.yaml:1)
        limits-quota-short: a premium key has 50,000 per day; at its 100/s they end after 8 min 20 s
        limits-tiers-above-stage: one standard and one premium consumer together may send 150/s, and the stage takes 100/s
        limits-burst-above-concurrency: the stage lets 200 requests through at once, and the function runs 100 at a time; the others are answered 500 (function.yaml:5)
    "#]],
    );
    check_contradictions(
        Chosen {
            waf_per_300_seconds: 100_000.0,
            quotas_per_day: [10_000_000.0, 1_000_000.0],
            stage: (20.0, 50.0),
        },
        0.1,
        expect![[r#"
            limits-tier-above-stage: the standard tier promises 50/s and bursts of 100, and the stage takes 20/s and 50 of all consumers together
            limits-quota-unreachable: a standard key has 10,000,000 per day, and at its 50/s it cannot send more than 4,320,000
            limits-tier-above-stage: the premium tier promises 100/s and bursts of 200, and the stage takes 20/s and 50 of all consumers together
        "#]],
    );
    check_contradictions(
        Chosen {
            waf_per_300_seconds: 100_000.0,
            quotas_per_day: [1_000_000.0, 1_000_000.0],
            stage: (20_000.0, 100.0),
        },
        2.0,
        expect![[r#"
            limits-tier-above-stage: the premium tier promises 100/s and bursts of 200, and the stage takes 20,000/s and 100 of all consumers together
            limits-stage-above-account: the stage takes 20,000/s and bursts of 100, and API Gateway gives an account 10,000/s and 5000 unless it asked for more
            limits-concurrency-below-stage: 100 executions of 2 s each are 50/s, and the stage lets 20,000/s through; from 5 ms per request on the function is the first to refuse (api.yaml:4)
            limits-table-below-stage: the table takes 4000 writes of this size per second, and the stage lets 20,000/s through (api.yaml:4)
        "#]],
    );
}

fn check_report(consumer: Consumer, expected: Expect) {
    let layers = layers(USUAL);
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

/// A service of two functions, neither keys nor a table; `uri` is where its method leads.
fn two_functions(uri: &str) -> Result<Layers> {
    let parse = |name: &str, text: &str| Template::parse(name, text.to_owned()).unwrap();
    let function = |executions: u32| {
        format!(
            "Resources:\n  Function:\n    Type: AWS::Lambda::Function\n    \
             Properties: {{ReservedConcurrentExecutions: {executions}}}\n\
             Outputs:\n  Arn: {{Value: !GetAtt Function.Arn}}\n"
        )
    };
    let root = "\
Resources:
  Intake: {Type: 'AWS::CloudFormation::Stack'}
  Worker: {Type: 'AWS::CloudFormation::Stack'}
  Api:
    Type: AWS::CloudFormation::Stack
    Properties:
      Parameters:
        Intake: !GetAtt Intake.Outputs.Arn
        Worker: !GetAtt Worker.Outputs.Arn
";
    let api = format!(
        "Parameters:\n  Intake: {{Type: String}}\n  Worker: {{Type: String}}\nResources:\n  Post:\n    \
         Type: AWS::ApiGateway::Method\n    Properties: {{Integration: {{Uri: !Sub '{uri}'}}}}\n"
    );
    let nested = [
        ("Intake", function(7)),
        ("Worker", function(9)),
        ("Api", api),
    ];
    let nested = nested.map(|(name, text)| (name.to_owned(), parse(name, &text)));
    let templates = Templates {
        root: parse("root.yaml", root),
        nested: nested.into(),
        bootstrap: parse("bootstrap.yaml", "Resources: {}\n"),
        github: None,
    };
    reading::read(&templates, &Parameters::new())
}

#[test]
fn the_function_of_the_api_is_told_from_others_and_what_is_not_there_limits_nothing() {
    let layers = two_functions("functions/${Worker}/invocations").unwrap();
    assert_eq!(layers.concurrency.limit, Limit::Slots { executions: 9.0 });
    let path: Vec<LayerName> = layers
        .path("")
        .unwrap()
        .iter()
        .map(|one| one.name)
        .collect();
    assert_eq!(path, [LayerName::AccountThrottle, LayerName::Concurrency]);
    let err = two_functions("${Worker} or ${Intake}").unwrap_err();
    assert!(err.to_string().contains("name 2 resources"), "{err}");
}
