//! What throttles a request, read off the templates, and what a load test has to expect of it.

use std::collections::BTreeMap;

use expect_test::expect;

use super::root;
use cfnkit_limits::limits::{Consumer, Layers, Limit, SteadyRate, predict_phases, reading};
use cfnkit_load::load::expected::Expected;
use cfnkit_template::parameters::Parameters;
use cfnkit_template::templates::Templates;

fn layers(chosen: &[(&str, &str)]) -> Layers {
    let templates = Templates::read(&root().join("infra/cfn")).unwrap();
    let chosen: Parameters = chosen
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    reading::read(&templates, &chosen).unwrap()
}

/// Those of the documented load test.
fn phases() -> [SteadyRate; 3] {
    [(50.0, 60.0), (100.0, 120.0), (150.0, 60.0)].map(|(rate_per_second, duration_seconds)| {
        SteadyRate {
            rate_per_second,
            duration_seconds,
        }
    })
}

#[test]
fn every_layer_of_a_premium_consumer_is_read() {
    let layers = layers(&[]);
    let path = layers.path("premium").unwrap().into_iter();
    let lines = path.map(|layer| format!("{} {:?}\n", layer.status, layer.limit));
    expect![[r#"
        403 Lookback { requests: 2000.0, window_seconds: 300.0 }
        429 Bucket { rate_per_second: 100.0, burst: 200.0 }
        429 Window { requests: 50000.0, window_seconds: 86400.0 }
        429 Bucket { rate_per_second: 100.0, burst: 200.0 }
        429 Bucket { rate_per_second: 10000.0, burst: 5000.0 }
        500 Slots { executions: 100.0 }
        503 Writes { units_per_second: 4000.0, burst: 4000.0 }
    "#]]
    .assert_eq(&lines.collect::<String>());
}

#[test]
fn parameters_decide() {
    let layers = layers(&[
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
        layers.path("standard").unwrap()[0].limit,
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

/// From one address and with the standard key.
#[test]
fn the_documented_load_test_ends_at_the_firewall() {
    let consumer = Consumer::new("standard", 0.0);
    let predicted = predict_phases(&layers(&[]), &consumer, &phases()).unwrap();
    let answered: Vec<f64> = predicted
        .iter()
        .map(|phase| phase.answered.round())
        .collect();
    assert_eq!(answered, [2000.0, 0.0, 0.0]);
    assert_eq!(predicted[0].refusals[0].status, 403);
}

/// Worked out by hand. Standard: 50 per second and a burst of 100, until 10,000 a day are used up.
/// Premium: 100 per second and a burst of 200.
#[test]
fn a_load_test_of_the_local_cloud_is_held_against_rates_and_quotas() {
    let layers = layers(&[]).of_local_cloud();
    for (tier, answered) in [
        ("standard", [3000.0, 6100.0, 900.0]),
        ("premium", [3000.0, 12_000.0, 6200.0]),
    ] {
        let consumer = Consumer::new(tier, 0.0);
        let predicted = predict_phases(&layers, &consumer, &phases()).unwrap();
        let expected = Expected::predicted(&predicted).phases;
        for ((phase, answered), expected) in phases().iter().zip(answered).zip(&expected) {
            let sent = phase.rate_per_second * phase.duration_seconds;
            let mut by_hand = BTreeMap::from([(200, answered), (429, sent - answered)]);
            by_hand.retain(|_, count| *count > 0.0);
            let rounded = expected
                .iter()
                .map(|(status, count)| (*status, count.round()));
            assert_eq!(rounded.collect::<BTreeMap<u16, f64>>(), by_hand, "{tier}");
        }
    }
}

/// The one status that is not in the templates.
#[test]
fn the_handler_answers_a_throttled_write_with_the_status_that_is_told() {
    let reply = root().join("handler/src/event/reply.rs");
    let reply = std::fs::read_to_string(reply).unwrap();
    let (_, rest) = reply
        .split_once("RequestError::Insert(InsertError::Throttled { .. } | ")
        .unwrap();
    let status = rest
        .split(['(', ','])
        .find_map(|word| word.trim().parse::<u16>().ok());
    assert_eq!(status, Some(layers(&[]).table.unwrap().status));
}

#[test]
fn every_source_is_the_line_that_sets_the_limit() {
    let layers = layers(&[]);
    let words = |tier: &str| -> Vec<String> {
        let path = layers.path(tier).unwrap().into_iter();
        let lines = path.filter(|layer| layer.source.contains(".yaml:"));
        lines
            .map(|layer| {
                let (file, line) = layer.source.split_once(':').unwrap();
                let text = std::fs::read_to_string(root().join(file)).unwrap();
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
