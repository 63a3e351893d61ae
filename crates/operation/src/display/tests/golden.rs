//! Recorded deploys, drawn at chosen moments; the expected frames lie beside the recordings.

use expect_test::expect_file;

use super::*;

/// Seconds after the beginning: while all goes well, when something has failed, near the end.
const MOMENTS: [i64; 7] = [2, 10, 30, 50, 56, 90, 120];

const SIZES: [(usize, usize); 2] = [(80, 24), (200, 50)];

/// The frames at the moments until the end, and what stays.
fn frames(name: &str, mode: Mode, size: Size) -> String {
    let recording = recording(name);
    let begin = recording.subject.begin;
    let end = recording.entries.last().unwrap().received;
    let mut display = Display::new(recording.subject.clone(), mode);
    let mut looks = recording.looks().into_iter().peekable();
    let mut text = String::new();
    let moments = MOMENTS.map(|seconds| begin + seconds * 1000);
    for now in moments.into_iter().filter(|now| *now < end).chain([end]) {
        while let Some(look) = looks.next_if(|look| look.received <= now) {
            look.status
                .iter()
                .for_each(|status| display.set_status(status));
            display.absorb(look.events, look.received);
        }
        let lines = display.lines(now, size).join("\n");
        let seconds = (now - begin) / 1000;
        text.push_str(&format!("== after {seconds} s\n{}\n", lines.trim_end()));
    }
    text.push_str("== what stays\n");
    text.push_str(&display.close(end));
    text.replace('\x1b', "\\e")
}

fn plain(name: &str) -> String {
    let recording = recording(name);
    let mut display = Display::new(recording.subject.clone(), Mode::Plain);
    let size = Size {
        width: 80,
        height: 24,
    };
    let mut now = recording.subject.begin;
    let mut text = String::new();
    for look in recording.looks() {
        while now < look.received {
            now = look.received.min(now + 1000);
            text.push_str(&display.tick(now, size));
        }
        look.status
            .iter()
            .for_each(|status| display.set_status(status));
        text.push_str(&display.absorb(look.events, now));
    }
    text.push_str(&display.close(now));
    anstream::adapter::strip_str(&text).to_string()
}

#[test]
fn recorded_deploys_look_as_they_should() {
    for name in RECORDINGS {
        for (width, height) in SIZES {
            let size = Size { width, height };
            let expected = fixture(&format!("{name}.{width}.txt"));
            expect_file![expected].assert_eq(&frames(name, COLOURLESS, size));
            let expected = fixture(&format!("{name}.{width}.colour.txt"));
            expect_file![expected].assert_eq(&frames(name, COLOURED, size));
        }
        let expected = fixture(&format!("{name}.plain.txt"));
        expect_file![expected].assert_eq(&plain(name));
    }
}

/// Colours are the only difference, so that nothing is said by them alone.
#[test]
fn without_colours_nothing_is_missing() {
    let size = Size {
        width: 80,
        height: 24,
    };
    for name in RECORDINGS {
        let coloured = frames(name, COLOURED, size).replace("\\e", "\x1b");
        let stripped = anstream::adapter::strip_str(&coloured).to_string();
        assert_eq!(stripped, frames(name, COLOURLESS, size));
    }
}

#[test]
fn a_long_silence_names_what_is_in_progress() {
    let (subject, events) = deploy(12);
    let mut display = Display::new(subject, Mode::Plain);
    let size = Size {
        width: 80,
        height: 24,
    };
    let begun = events
        .into_iter()
        .filter(|event| event.status == "CREATE_IN_PROGRESS");
    display.absorb(begun.collect(), 32_000);
    assert_eq!(display.tick(61_999, size), "");
    // The first line keeps the indentation of the other visible.
    let said = format!("silence\n{}", display.tick(62_000, size));
    let expected = expect_test::expect![[r#"
        silence
          still in progress: Api / Resource0 (57 s), Observability / Resource1 (55 s), Api / Resource2 (52 s), Observability / Resource3 (50 s), Api / Resource4 (47 s), Observability / Resource5 (45 s), Api / Resource6 (42 s), Observability / Resource7 (40 s), and 4 more
    "#]];
    expected.assert_eq(&said);
    assert_eq!(display.tick(91_999, size), "");
    assert_ne!(display.tick(92_000, size), "");
}

#[test]
fn what_there_is_no_room_for_is_counted() {
    let (subject, events) = deploy(200);
    let mut display = Display::new(subject, COLOURLESS);
    let fails = |event: &mut StackEvent| {
        if event.status == "CREATE_COMPLETE" && event.timestamp % 7 == 0 {
            event.status = "CREATE_FAILED".to_owned();
        }
    };
    let until_now = events.into_iter().filter(|event| event.timestamp <= 30_000);
    let mut until_now: Vec<StackEvent> = until_now.collect();
    until_now.iter_mut().for_each(fails);
    display.absorb(until_now, 30_500);
    let frame = |height: usize| {
        let size = Size { width: 60, height };
        display.lines(30_500, size).join("\n")
    };
    let expected = expect_test::expect![[r#"
        deploying movies-dev  ━━━━━━─────────────────  59/200  30 s
          CREATE_FAILED  Api / Resource2  AWS::ApiGateway::Method
            no reason given
          CREATE_FAILED  Api / Resource120  no reason given
          CREATE_FAILED  Observability / Resource7  no reason given
                   and 6 more failed
             28 s  Api / Resource4             creating AWS::ApiGa…
             27 s  Observability / Resource9   creating AWS::ApiGa…
             27 s  Observability / Resource13  creating AWS::ApiGa…
             26 s  Api / Resource14            creating AWS::ApiGa…
                   and 122 more"#]];
    expected.assert_eq(&frame(12));
    let expected = expect_test::expect![[r#"
        deploying movies-dev  ━━━━━━─────────────────  59/200  30 s
          CREATE_FAILED  Api / Resource2  AWS::ApiGateway::Method
                   and 126 more"#]];
    expected.assert_eq(&frame(4));
    let expected =
        expect_test::expect!["deploying movies-dev  ━━━━━━─────────────────  59/200  30 s"];
    expected.assert_eq(&frame(2));
}
