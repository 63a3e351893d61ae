use std::path::Path;

use expect_test::{Expect, expect};
use proptest::collection::vec;
use proptest::prelude::*;

use self::simulation::Service;
use super::contradiction::contradictions;
use super::report::Report;
use super::*;
use crate::linting::templates;
use crate::parameters::Parameters;

mod simulation;

/// Larger than anything that is sent.
const BOUNDLESS: f64 = 1e9;

fn layer(name: LayerName, limit: Limit) -> Layer {
    Layer {
        name,
        limit,
        status: 429,
        source: String::new(),
        origin: None,
    }
}

/// The same numbers as the closed forms have them.
fn layers(service: &Service) -> Layers {
    let bucket = |name, (rate_per_second, burst)| {
        let limit = Limit::Bucket {
            rate_per_second,
            burst,
        };
        layer(name, limit)
    };
    let waf = Limit::Lookback {
        requests: service.waf.0 as f64,
        window_seconds: service.waf.1,
    };
    let quota = Limit::Window {
        requests: service.quota.0 as f64,
        window_seconds: service.quota.1,
    };
    let writes = Limit::Writes {
        units_per_second: service.table.0,
        burst: service.table.1,
    };
    let slots = Limit::Slots {
        executions: service.slots.0 as f64,
    };
    Layers {
        waf: Some(layer(LayerName::Waf, waf)),
        tiers: vec![Tier {
            name: "standard".to_owned(),
            throttle: Some(bucket(LayerName::TierThrottle, service.tier)),
            quota: Some(layer(LayerName::TierQuota, quota)),
        }],
        stage: Some(bucket(LayerName::StageThrottle, service.stage)),
        account: bucket(LayerName::AccountThrottle, (BOUNDLESS, BOUNDLESS)),
        concurrency: layer(LayerName::Concurrency, slots),
        table: layer(LayerName::Table, writes),
    }
}

fn consumer(service: &Service, addresses: usize) -> Consumer {
    Consumer {
        addresses: addresses as u32,
        latency_seconds: service.slots.1,
        quota_used: service.quota.2 as f64,
        quota_window_age_seconds: service.quota.3,
        ..Consumer::new("standard", 0.0)
    }
}

fn boundless() -> Service {
    let bucket = (BOUNDLESS, BOUNDLESS);
    Service {
        waf: (1_000_000_000, 300.0),
        tier: bucket,
        quota: (1_000_000_000, 86_400.0, 0, 0.0),
        stage: bucket,
        slots: (1_000_000_000, 0.1),
        table: bucket,
    }
}

const NAMES: [(&str, LayerName); 6] = [
    ("waf", LayerName::Waf),
    ("tier", LayerName::TierThrottle),
    ("quota", LayerName::TierQuota),
    ("stage", LayerName::StageThrottle),
    ("slots", LayerName::Concurrency),
    ("table", LayerName::Table),
];

/// Rates are tens, so that a count within a window crosses its limit steeply enough for one
/// request not to decide over many.
fn phases() -> impl Strategy<Value = Vec<(f64, f64)>> {
    let phase = (1_u32..=40, 60_u32..=200);
    let phase = phase.prop_map(|(rate, seconds)| (f64::from(rate * 10), f64::from(seconds)));
    vec(phase, 1..=4)
}

/// Any of the layers may limit, and any of them may not. There are a hundred slots or more: that a
/// slot waits for its next request is not in the closed form, and with few slots it shows.
fn service() -> impl Strategy<Value = Service> {
    let bucket = || {
        // A bucket for one or two tokens runs over between two requests.
        let bucket = (5_u32..=200, 5_u32..=400);
        let bucket = bucket.prop_map(|(rate, burst)| (f64::from(rate), f64::from(burst)));
        proptest::option::of(bucket).prop_map(|bucket| bucket.unwrap_or((BOUNDLESS, BOUNDLESS)))
    };
    let none = boundless();
    let waf = proptest::option::of((500_usize..=8000, prop_oneof![Just(60.0), Just(120.0)]));
    let quota = (500_u64..=20_000, 100_u32..=600, 0_u64..=2000, 0_u32..=600);
    let quota = quota.prop_map(|(limit, window, used, age)| {
        let window = f64::from(window);
        (limit, window, used, f64::from(age).rem_euclid(window))
    });
    let slots = proptest::option::of((100_usize..=200, 600_u32..=1000));
    // A table saves up a second of its rate, or five minutes.
    let table = (5_u32..=200, prop_oneof![Just(1.0), Just(300.0)]);
    let table = table.prop_map(|(rate, seconds)| (f64::from(rate), f64::from(rate) * seconds));
    let table = proptest::option::of(table);
    let table = table.prop_map(|table| table.unwrap_or((BOUNDLESS, BOUNDLESS)));
    (
        waf,
        bucket(),
        proptest::option::of(quota),
        bucket(),
        slots,
        table,
    )
        .prop_map(move |(waf, tier, quota, stage, slots, table)| Service {
            waf: waf.unwrap_or(none.waf),
            tier,
            quota: quota.unwrap_or(none.quota),
            stage,
            slots: slots.map_or(none.slots, |(slots, milliseconds)| {
                (slots, f64::from(milliseconds) / 1000.0)
            }),
            table,
        })
}

/// Whether one request more or less decides over all that follow: a rate that fills the slots or
/// WAF's window to the last place for ever. There the closed forms say yes or no, and a simulation
/// both in turn.
fn is_on_the_edge(service: &Service, addresses: usize, phases: &[(f64, f64)]) -> bool {
    let through = phases.iter().map(|(rate, _)| *rate);
    let rates = through.chain([service.tier.0, service.stage.0]);
    let (slots, latency) = service.slots;
    let (requests, window) = service.waf;
    let mut rates = rates;
    rates.any(|rate| {
        (rate * latency - slots as f64).abs() < 4.0
            || (rate * window / addresses as f64 - requests as f64).abs() < 4.0
    })
}

proptest! {
    /// Counts per phase and layer, within one per cent of what is sent up to the phase's end (a
    /// limit that counts over phases carries what the ones before it were off by), and three
    /// requests: every layer may be off by one where it begins and where it ends to refuse.
    #[test]
    fn phases_come_out_as_in_a_simulation(
        service in service(),
        addresses in 1_usize..=3,
        phases in phases(),
    ) {
        prop_assume!(!is_on_the_edge(&service, addresses, &phases));
        let simulated = simulation::run(&service, addresses, &phases);
        let schedule: Vec<Phase> = phases
            .iter()
            .map(|(rate, seconds)| Phase {
                rate_per_second: *rate,
                duration_seconds: *seconds,
            })
            .collect();
        let consumer = consumer(&service, addresses);
        let predicted = predict_phases(&layers(&service), &consumer, &schedule).unwrap();
        prop_assert_eq!(predicted.len(), simulated.phases.len());
        let mut sent = 0.0;
        for (predicted, simulated) in predicted.iter().zip(&simulated.phases) {
            sent += simulated.sent as f64;
            let tolerance = 0.01 * sent + 3.0;
            prop_assert!((predicted.sent - simulated.sent as f64).abs() <= 1.0);
            let mut answered = simulated.sent as f64;
            for (name, layer) in NAMES {
                let seen = simulated.refused.get(name).copied().unwrap_or(0) as f64;
                answered -= seen;
                let said = predicted.refusals.iter().find(|one| one.layer == layer);
                let said = said.map_or(0.0, |one| one.count);
                prop_assert!(
                    (said - seen).abs() <= tolerance,
                    "{name}: predicted {said}, simulated {seen}, phase {predicted:?}"
                );
            }
            prop_assert!((predicted.answered - answered).abs() <= tolerance);
        }
    }

    /// When a layer alone first refuses at a constant rate, within one per cent or the time in
    /// which two requests too many come.
    #[test]
    fn the_first_refusal_comes_as_in_a_simulation(
        service in service(),
        only in 0_usize..6,
        addresses in 1_usize..=3,
        rate in (1_u32..=40).prop_map(|rate| f64::from(rate * 10)),
    ) {
        let mut alone = boundless();
        let too_many = match only {
            0 => { alone.waf = service.waf; rate / addresses as f64 }
            1 => { alone.tier = service.tier; rate - service.tier.0 }
            2 => { alone.quota = service.quota; rate }
            3 => { alone.stage = service.stage; rate - service.stage.0 }
            4 => { alone.slots = service.slots; rate }
            _ => { alone.table = service.table; rate - service.table.0 }
        };
        prop_assume!(!is_on_the_edge(&alone, addresses, &[(rate, 600.0)]));
        let simulated = simulation::run(&alone, addresses, &[(rate, 600.0)]);
        let constant = Consumer { rate_per_second: rate, ..consumer(&alone, addresses) };
        let predicted = predict(&layers(&alone), &constant).unwrap();
        let said = predicted.first_refusal.filter(|first| first.first_seconds < 600.0);
        let seen = simulated.first.get(NAMES[only].0);
        match (said, seen) {
            (None, None) => {}
            (Some(said), Some(seen)) => {
                prop_assert_eq!(said.layer, NAMES[only].1);
                let tolerance = seen * 0.01 + 2.0 / too_many;
                prop_assert!(
                    (said.first_seconds - seen).abs() <= tolerance,
                    "predicted {}, simulated {seen}", said.first_seconds
                );
            }
            // The end of the simulation cuts it off.
            (Some(said), None) => prop_assert!(said.first_seconds > 600.0 - 6.0 - 2.0 / too_many),
            (None, Some(seen)) => prop_assert!(*seen > 600.0 - 6.0 - 2.0 / too_many),
        }
    }
}

fn repository() -> Layers {
    repository_with(&[])
}

fn repository_with(chosen: &[(&str, &str)]) -> Layers {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/cfn");
    let templates = templates::read(&directory).unwrap();
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
    let reply = Path::new(env!("CARGO_MANIFEST_DIR")).join("../handler/src/event/reply.rs");
    let reply = std::fs::read_to_string(reply).unwrap();
    let (_, rest) = reply
        .split_once("RequestError::Insert(InsertError::Throttled(_) | ")
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
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
