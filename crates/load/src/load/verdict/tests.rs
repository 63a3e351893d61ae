use super::super::answer::Answer;
use super::super::phases::Arrival;
use super::super::tally::{Event, Tally};
use super::*;

fn limits() -> StageLimits {
    let bucket = |rate_per_second, burst_requests| Bucket {
        rate_per_second,
        burst_requests,
    };
    StageLimits {
        key: bucket(50.0, 100.0),
        stage: bucket(100.0, 200.0),
        quota_per_day: 10_000,
        firewall_per300_seconds: 2000,
        firewall_parameter: "WafRateLimitPer300Seconds".to_owned(),
        concurrency: Some(100),
    }
}

const STORED: (u16, Answerer) = (200, Answerer::Stored);
const THROTTLED: (u16, Answerer) = (429, Answerer::Throttle);

/// The verdicts on a load that got `answers`, each after `milliseconds`.
struct Case<'a> {
    phase: &'a str,
    answers: &'a [((u16, Answerer), u64)],
    milliseconds: u64,
    observed: Observed,
    is_local: bool,
    doubt: Option<&'a str>,
    not_sent: u64,
}

const CASE: Case<'static> = Case {
    phase: "100/s:10s",
    answers: &[(STORED, 600), (THROTTLED, 400)],
    milliseconds: 50,
    observed: Observed {
        most_concurrent_executions: Some(12.0),
        table_write_throttles: Some(0.0),
    },
    is_local: false,
    doubt: None,
    not_sent: 0,
};

impl Case<'_> {
    fn verdicts(&self) -> Vec<Verdict> {
        let phases = [self.phase.parse::<Phase>().unwrap()];
        let mut tally = Tally::new(&phases).unwrap();
        let arrival = Arrival {
            phase: 0,
            number: 0,
            due: Duration::ZERO,
        };
        for ((status, layer), count) in self.answers {
            for _ in 0..*count {
                let answer = Answer {
                    status: (*status != 0).then_some(*status),
                    layer: *layer,
                };
                let event = Event::Ended {
                    arrival,
                    sent: Duration::ZERO,
                    ended: Duration::from_millis(self.milliseconds),
                    answer,
                };
                tally.absorb(event);
            }
        }
        for _ in 0..self.not_sent {
            tally.absorb(Event::NotSent { arrival });
        }
        let overall = &tally.overall;
        judge(&Facts {
            phases: &phases,
            elapsed: phases[0].duration,
            overall,
            limits: &limits(),
            p99_limit_ms: 1000.0,
            observed: &self.observed,
            is_local: self.is_local,
            doubt: self.doubt,
        })
    }

    /// One letter per line of the checklist: `p`assed, `f`ailed, `n`ot shown.
    fn letters(&self) -> String {
        let verdicts = self.verdicts();
        let letters = verdicts.iter().map(|verdict| match verdict.outcome {
            Outcome::Passed => 'p',
            Outcome::Failed => 'f',
            Outcome::NotShown => 'n',
        });
        letters.collect()
    }
}

/// The order of the letters.
const ORDER: [&str; 6] = [
    "no request failed",
    "429 when limits are exceeded",
    "Lambda concurrency below its limit",
    "no DynamoDB throttling",
    "p99 latency",
    "limits of the key",
];

#[test]
fn a_service_that_does_as_it_says_passes_every_line() {
    let checks: Vec<&str> = CASE.verdicts().iter().map(|one| one.check).collect();
    assert_eq!(checks, ORDER);
    assert_eq!(CASE.letters(), "pppppp");
}

#[test]
fn each_fault_fails_its_line() {
    let observed = |most_concurrent_executions, table_write_throttles| Observed {
        most_concurrent_executions,
        table_write_throttles,
    };
    let check = |case: Case<'_>, expected: &str| assert_eq!(case.letters(), expected);
    let answers = |answers| Case { answers, ..CASE };
    // Nobody was refused, and more was let through than the key allows.
    check(answers(&[(STORED, 1000)]), "pfpppf");
    check(
        answers(&[(STORED, 100), ((403, Answerer::ApiKey), 900)]),
        "ffpppn",
    );
    let crash = &[
        (STORED, 500),
        (THROTTLED, 400),
        ((500, Answerer::Lambda), 100),
    ];
    check(answers(crash), "fpfppp");
    let busy = &[
        (STORED, 500),
        (THROTTLED, 400),
        ((503, Answerer::TableThrottle), 100),
    ];
    check(answers(busy), "fppfpp");
    let gone = &[((0, Answerer::NotConnected), 1000)];
    check(answers(gone), "ffpppf");
    let case = |observed| Case { observed, ..CASE };
    check(case(observed(Some(100.0), Some(0.0))), "ppfppp");
    check(case(observed(Some(99.0), Some(3.0))), "pppfpp");
    check(case(observed(None, None)), "ppnnpp");
    let slow = Case {
        milliseconds: 1001,
        ..CASE
    };
    check(slow, "ppppfp");
}

#[test]
fn what_a_load_cannot_show_is_not_passed() {
    let check = |case: Case<'_>, expected: &str| assert_eq!(case.letters(), expected);
    let answers = |answers| Case { answers, ..CASE };
    // Below every limit.
    let gentle = Case {
        phase: "10/s:10s",
        answers: &[(STORED, 100)],
        ..CASE
    };
    check(gentle, "pnpppn");
    // The same, and refused nevertheless.
    let grudging = Case {
        phase: "10/s:10s",
        answers: &[(STORED, 90), (THROTTLED, 10)],
        ..CASE
    };
    check(grudging, "pfpppn");
    check(
        answers(&[(STORED, 600), ((403, Answerer::Firewall), 400)]),
        "pnpppn",
    );
    check(answers(&[((429, Answerer::Quota), 1000)]), "pnppnp");
    let doubtful = Case {
        doubt: Some("the generator was late"),
        ..CASE
    };
    check(doubtful, "ppppnp");
    let local = Case {
        is_local: true,
        observed: Observed::default(),
        ..CASE
    };
    check(local, "ppnnpp");
    let capped = Case {
        answers: &[(STORED, 500)],
        not_sent: 500,
        doubt: Some("500 requests were not sent"),
        ..CASE
    };
    check(capped, "pnppnn");
}
