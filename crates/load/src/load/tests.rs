//! The whole of a load test without a network: from events that are made up to terminal, page and
//! JSON.

use std::time::Duration;

use expect_test::{Expect, expect};

use super::answer::{Answer, Answerer};
use super::expected::Expected;
use super::phases::{Phase, arrivals};
use super::progress::Progress;
use super::report::{Report, Setup};
use super::tally::{Event, Tally};
use super::verdict::{Bucket, Observed, StageLimits};
use super::{page, terminal};
use cfnkit_console::block::Block;
use cfnkit_console::terminal::Size;
use cfnkit_console::text::columns;

fn setup() -> Setup {
    let phases = ["10/s:2s", "40/s:2s"];
    Setup {
        stack: "movies-dev".to_owned(),
        stage: "dev".to_owned(),
        endpoint: "http://127.0.0.1:4566/_aws/execute-api/abc/dev/".to_owned(),
        tier: "standard",
        is_local: true,
        started_at: "2026-01-31T12:00:00Z".to_owned(),
        id_prefix: "load-20260131T120000Z-".to_owned(),
        table: Some("movies-dev-Table".to_owned()),
        phases: phases.iter().map(|text| text.parse().unwrap()).collect(),
        limits: StageLimits {
            key: Bucket {
                rate_per_second: 20.0,
                burst_requests: 20.0,
            },
            stage: Bucket {
                rate_per_second: 100.0,
                burst_requests: 200.0,
            },
            quota_per_day: 10_000,
            firewall_per300_seconds: 2000,
            firewall_parameter: "WafRateLimitPer300Seconds".to_owned(),
            concurrency: Some(100),
        },
        p99_limit_ms: 1000.0,
        most_in_flight: 900,
    }
}

/// As the limits would have it, but for one request that nobody answers and one that is not sent.
fn tally(phases: &[Phase]) -> Tally {
    let mut tally = Tally::new(phases).unwrap();
    for arrival in arrivals(phases) {
        let number = arrival.number;
        if number == 99 {
            tally.absorb(Event::NotSent { arrival });
            continue;
        }
        let sent = arrival.due + Duration::from_millis(1);
        let answer = |status, layer| Answer { status, layer };
        let (answer, took) = match number {
            98 => (answer(None, Answerer::TimedOut), 3000),
            60.. if number % 2 == 0 => (answer(Some(429), Answerer::Throttle), 4),
            _ => (answer(Some(200), Answerer::Stored), 20 + number % 30),
        };
        tally.absorb(Event::Sent { arrival, sent });
        let event = Event::Ended {
            arrival,
            sent,
            ended: sent + Duration::from_millis(took),
            answer,
        };
        tally.absorb(event);
    }
    tally
}

fn report(setup: Setup) -> Report {
    let tally = tally(&setup.phases);
    let expected = Expected::without_firewall(&setup.phases, &setup.limits);
    Report::new(setup, &tally, false, Some(&expected), Observed::default())
}

fn check(text: &str, expected: Expect) {
    let text = anstream::adapter::strip_str(text).to_string();
    for line in text.lines() {
        assert!(columns(line) < 80, "{line}");
    }
    expected.assert_eq(&text);
}

#[test]
fn the_terminal_shows_answers_latency_and_the_checklist() {
    check(
        &terminal::render(&report(setup())),
        expect![[r#"
            Requests
              10/s for 2 s        20 of 20 sent
                   200        20  100.0 %  stored
              40/s for 2 s        79 of 80 sent, 1 due and not sent
                   200        59   74.7 %  stored
                   429        19   24.1 %  over the rate of key or stage
                  none         1    1.3 %  no answer in time
              overall             99 of 100 sent, 1 due and not sent
                   200        79   79.8 %  stored
                   429        19   19.2 %  over the rate of key or stage
                  none         1    1.0 %  no answer in time

            Latency, from when each request was due
                                 requests       p50       p90       p99     p99.9       max
              10/s for 2 s             20     30 ms     38 ms     40 ms     40 ms     40 ms
              40/s for 2 s             79     32 ms     48 ms     3.0 s     3.0 s     3.0 s
              overall                  99     31 ms     47 ms     3.0 s     3.0 s     3.0 s
              let through              80     35 ms     48 ms     3.0 s     3.0 s     3.0 s
              since sending            99     30 ms     46 ms     3.0 s     3.0 s     3.0 s

            How many took how long
              up to     5 ms        19  ██████████
              up to    10 ms         0
              up to    20 ms         0
              up to    50 ms        79  ████████████████████████████████████████
              up to   100 ms         0
              up to   200 ms         0
              up to   500 ms         0
              up to      1 s         0
              up to      2 s         0
              up to      5 s         1  █

            Expected by the limits, and seen
                                 status   expected       seen
              10/s for 2 s          200         20         20
              40/s for 2 s          200         59         59
              40/s for 2 s          429         21         19

            Generator
              sent 99 % of the requests at most 1.0 ms late, the worst 1.0 ms; at most 1 in
              flight, of 900 allowed
              do not trust these figures: requests not sent, because 900 were on their way
              already (`--in-flight`): 1

            Checklist
              failed     no request failed
                         1 of 99 failed; the table of answers says how
              passed     429 when limits are exceeded
                         19 requests got 429; the limits say about 21
              not shown  Lambda concurrency below its limit
                         the local cloud neither limits nor counts a function's executions
                         at once
              not shown  no DynamoDB throttling
                         the local cloud's table never throttles, and has no metrics
              not shown  p99 latency
                         3002.4 ms, but it cannot be trusted: requests not sent, because
                         900 were on their way already (`--in-flight`): 1
              passed     limits of the key
                         80 requests let through; rate and burst allow 100 in 4 s

            What this cloud cannot show
              the firewall: it judges no request here, so none gets 403 from it
              Lambda's concurrency: executions are neither limited nor counted
              DynamoDB's throttling: the table takes every write
              AWS's latency: this is one emulator on this machine, with the load beside it
        "#]],
    );
}

#[test]
fn a_frame_shows_how_far_the_test_is() {
    let setup = setup();
    let tally = tally(&setup.phases);
    let progress = Progress {
        name: "movies-dev",
        phases: &setup.phases,
        tally: &tally,
        most_in_flight: 900,
    };
    let size = Size {
        width: 80,
        height: 24,
    };
    let now = Duration::from_millis(3000);
    let lines = progress.frame(now, size);
    check(
        &(lines.join("\n") + "\n"),
        expect![[r#"
        loading movies-dev  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━───────────  3 s  1 s left
          phase    2 of 2, 40/s for 2 s
          rate     20.0/s sent, 19.7/s answered, 0 of 900 in flight
          latency  p50 31 ms, p99 3.0 s; 99 sent
          200           79  stored
          429           19  over the rate of key or stage
          none           1  no answer in time


    "#]],
    );
    check(
        &progress.line(now),
        expect!["    3 s  phase 2: 99 of 100 sent, 79 stored, 20 not, 0 in flight, p99 3.0 s"],
    );
}

/// On a terminal emulator that nobody here wrote.
#[test]
fn the_block_is_drawn_in_place_and_leaves_nothing_behind() {
    let setup = setup();
    let tally = tally(&setup.phases);
    let progress = Progress {
        name: "movies-dev",
        phases: &setup.phases,
        tally: &tally,
        most_in_flight: 900,
    };
    for (width, height) in [(80, 24), (40, 6), (10, 2)] {
        let size = Size {
            width: width.into(),
            height: height.into(),
        };
        let mut parser = vt100::Parser::new(height, width, 100);
        parser.process(b"$ cargo xtask load\r\n");
        let mut block = Block::default();
        for tenths in 0..50 {
            let now = Duration::from_millis(tenths * 100);
            let lines = progress.frame(now, size);
            assert!(lines.len() < usize::from(height));
            parser.process(block.draw(lines.clone(), size).as_bytes());
            let shown = parser.screen().contents();
            let first = anstream::adapter::strip_str(&lines[0]).to_string();
            assert!(shown.contains(first.trim_end()), "{shown}\n{first}");
            assert_eq!(shown.matches("loading").count(), 1, "{shown}");
        }
        parser.process(block.remove().as_bytes());
        assert!(!parser.screen().contents().contains("loading"));
    }
}

#[test]
fn the_page_needs_nothing_from_anywhere_and_escapes_what_it_shows() {
    let evil = "\"><script>alert(1)</script>&amp";
    let page = page::render(&report(Setup {
        stack: evil.to_owned(),
        stage: evil.to_owned(),
        endpoint: evil.to_owned(),
        started_at: evil.to_owned(),
        id_prefix: evil.to_owned(),
        table: Some(evil.to_owned()),
        ..setup()
    }));
    assert!(!page.contains("<script"), "{page}");
    assert_eq!(
        page.matches("&lt;script&gt;alert(1)&lt;/script&gt;")
            .count(),
        6
    );
    for word in ["http://", "https://", "src=", "url(", "@import", "onload"] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("prefers-color-scheme: dark"));
    // What has no end tag in HTML is all that is not XML.
    let xml = page
        .replace("<!doctype html>", "")
        .lines()
        .filter(|line| !line.starts_with("<meta") && !line.starts_with("<link"))
        .collect::<Vec<_>>()
        .join("\n");
    let document = roxmltree::Document::parse(&xml).unwrap();
    let charts = document
        .descendants()
        .filter(|node| node.attribute("role") == Some("img"));
    let mut ids = std::collections::BTreeSet::new();
    for chart in charts {
        // A reader that cannot see it is told what it shows, and finds the figures beside it.
        for id in chart.attribute("aria-labelledby").unwrap().split(' ') {
            let label = document
                .descendants()
                .find(|node| node.attribute("id") == Some(id));
            assert!(!label.unwrap().text().unwrap().is_empty());
            assert!(ids.insert(id));
        }
        let figure = chart.parent().unwrap();
        assert!(figure.descendants().any(|node| node.has_tag_name("table")));
        for shape in chart.descendants() {
            let values = ["x", "y", "width", "height", "d"].map(|name| shape.attribute(name));
            for value in values.into_iter().flatten() {
                assert!(!value.contains("NaN") && !value.contains("inf"), "{value}");
            }
        }
    }
    assert_eq!(ids.len(), 8);
}

#[test]
fn a_test_that_was_stopped_at_once_has_a_page_too() {
    let setup = setup();
    let tally = Tally::new(&setup.phases).unwrap();
    let report = Report::new(setup, &tally, true, None, Observed::default());
    let page = page::render(&report);
    assert!(page.contains("It was stopped before its end."));
    assert!(!page.contains("NaN"), "{page}");
    assert!(terminal::render(&report).contains("no answer"));
}

#[test]
fn the_json_has_figures_with_their_units() {
    let json = serde_json::to_value(report(setup())).unwrap();
    assert_eq!(json["phases"][1]["sent"], 79);
    assert_eq!(json["phases"][1]["notSent"], 1);
    assert_eq!(json["overall"]["answers"][1]["status"], 429);
    assert_eq!(json["overall"]["answers"][1]["layer"], "throttle");
    assert_eq!(
        json["overall"]["answers"][2]["status"],
        serde_json::Value::Null
    );
    let p50 = json["overall"]["latency"]["p50Ms"].as_f64().unwrap();
    assert!((20.0..50.0).contains(&p50), "{p50}");
    assert_eq!(json["timeline"][0]["offered"], 10);
    assert_eq!(json["timeline"][2]["offered"], 40);
    assert_eq!(json["limits"]["firewallPer300Seconds"], 2000);
    assert_eq!(json["verdicts"][0]["outcome"], "failed");
    let bars = json["histogram"].as_array().unwrap();
    let counts = bars.iter().map(|bar| bar["count"].as_u64().unwrap());
    assert_eq!(counts.sum::<u64>(), 99);
}
