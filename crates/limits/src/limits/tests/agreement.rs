//! The closed forms beside a simulation that counts every request: any layers, any phases.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::*;
use super::simulation::{self, Service};

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
        table: Some(layer(LayerName::Table, writes)),
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
        let schedule: Vec<SteadyRate> = phases
            .iter()
            .map(|(rate, seconds)| SteadyRate {
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
