//! A terminal emulator that nobody here wrote is the judge of what flickers, scrolls or is left.

use vt100::Parser;

use super::*;

const FRAME: usize = 100;

const SIZES: [Size; 2] = [
    Size {
        width: 80,
        height: 24,
    },
    Size {
        width: 200,
        height: 50,
    },
];

fn terminal(size: Size) -> Parser {
    Parser::new(size.height as u16, size.width as u16, 1000)
}

/// The rows without what is empty below.
fn rows(parser: &Parser, size: Size) -> Vec<String> {
    let rows = parser.screen().rows(0, size.width as u16);
    let rows = rows.map(|row| row.trim_end().to_owned());
    without_empty_end(rows.collect())
}

fn without_empty_end(mut rows: Vec<String>) -> Vec<String> {
    while rows.last().is_some_and(String::is_empty) {
        rows.pop();
    }
    rows
}

fn scrolled(parser: &mut Parser) -> usize {
    parser.screen_mut().set_scrollback(usize::MAX);
    let scrolled = parser.screen().scrollback();
    parser.screen_mut().set_scrollback(0);
    scrolled
}

/// What the display says is on the screen, without colours.
fn shown(display: &Display, now: i64, size: Size) -> Vec<String> {
    let lines = display.lines(now, size).into_iter();
    let lines = lines.map(|line| anstream::adapter::strip_str(&line).to_string());
    lines.map(|line| line.trim_end().to_owned()).collect()
}

/// Plays a whole deploy below `above` lines of text and looks at the screen after each frame.
fn watch_whole_deploy(resources: usize, size: Size, above: usize) {
    let mut parser = terminal(size);
    for line in 0..above {
        parser.process(format!("$ line {line}\r\n").as_bytes());
    }
    let (subject, events) = deploy(resources);
    let last = events.last().unwrap().timestamp + 1000;
    let mut events = events.into_iter().peekable();
    let mut display = Display::new(subject, COLOURED);
    let mut first: Option<(Vec<String>, usize)> = None;
    for now in (0..last).step_by(FRAME) {
        let fresh = std::iter::from_fn(|| events.next_if(|event| event.timestamp <= now)).collect();
        parser.process(display.absorb(fresh, now).as_bytes());
        parser.process(display.tick(now, size).as_bytes());
        let lines = shown(&display, now, size);
        assert!(lines.len() < size.height, "{lines:?}");
        let seen = parser.screen().rows(0, size.width as u16);
        let seen: Vec<String> = seen.map(|row| row.trim_end().to_owned()).collect();
        let (before, scrolled_before) = first.get_or_insert_with(|| {
            let top = usize::from(parser.screen().cursor_position().0);
            (seen[..top].to_vec(), scrolled(&mut parser))
        });
        // The text above stays where it was after the first frame, and nothing is left below.
        let expected = [before.clone(), lines].concat();
        assert_eq!(
            without_empty_end(seen),
            without_empty_end(expected),
            "at {now} ms"
        );
        assert_eq!(
            scrolled(&mut parser),
            *scrolled_before,
            "scrolled at {now} ms"
        );
    }
    assert!(events.next().is_none());
    parser.process(display.close(last).as_bytes());
    let (before, _) = first.unwrap();
    let seen = rows(&parser, size);
    assert_eq!(seen[..before.len()], before);
    // Of the block nothing is left.
    let contents = parser.screen().contents();
    assert!(
        !contents.contains('━') && !contents.contains("deploying"),
        "{contents}"
    );
    assert!(contents.contains("CREATE_FAILED"), "{contents}");
}

#[test]
fn a_whole_deploy_neither_scrolls_nor_leaves_anything() {
    for size in SIZES {
        for resources in [5, 200] {
            watch_whole_deploy(resources, size, 2);
            // At the bottom, where every line more would scroll.
            watch_whole_deploy(resources, size, 100);
        }
    }
}

fn cells(parser: &Parser, size: Size) -> Vec<String> {
    let screen = parser.screen();
    let places =
        (0..size.height as u16).flat_map(|row| (0..size.width as u16).map(move |at| (row, at)));
    places
        .map(|(row, column)| match screen.cell(row, column) {
            // A cell that was never written looks like a space.
            Some(cell) if cell.has_contents() => cell.contents().to_owned(),
            _ => " ".to_owned(),
        })
        .collect()
}

/// Also on a terminal that shows a frame while it arrives, each cell is as before or as after.
#[test]
fn nothing_is_blank_between_two_frames() {
    let size = SIZES[0];
    for resources in [5, 200] {
        let (subject, events) = deploy(resources);
        let mut parser = terminal(size);
        let mut display = Display::new(subject, COLOURED);
        parser.process(display.tick(0, size).as_bytes());
        for now in (0..60_000).step_by(2_000) {
            let before = cells(&parser, size);
            let until_now = events.iter().filter(|event| event.timestamp <= now);
            display.absorb(until_now.cloned().collect(), now);
            let bytes = display.tick(now, size);
            if bytes.is_empty() {
                continue;
            }
            assert!(bytes.starts_with("\x1b[?2026h") && bytes.ends_with("\x1b[?2026l"));
            let mut whole = terminal(size);
            whole.process(&parser.screen().state_formatted());
            whole.process(bytes.as_bytes());
            let after = cells(&whole, size);
            for part in bytes.as_bytes().chunks(37) {
                parser.process(part);
                let between = cells(&parser, size);
                for (index, cell) in between.iter().enumerate() {
                    assert!(
                        *cell == before[index] || *cell == after[index],
                        "at {now} ms: {cell:?} is neither {:?} nor {:?}",
                        before[index],
                        after[index]
                    );
                }
            }
        }
    }
}

#[test]
fn a_frame_like_the_one_before_is_not_drawn() {
    let (subject, _) = deploy(5);
    let mut display = Display::new(subject, COLOURED);
    assert_ne!(display.tick(0, SIZES[0]), "");
    assert_eq!(display.tick(1, SIZES[0]), "");
}

/// Some terminals cut lines when they get narrower and some break them anew.
#[test]
fn a_resized_terminal_keeps_no_garbage() {
    let others = [(200, 50), (60, 24), (33, 24), (80, 8), (20, 3)];
    for (width, height) in others {
        for breaks_anew in [false, true] {
            let old = SIZES[0];
            let new = Size { width, height };
            let (subject, events) = deploy(200);
            let mut display = Display::new(subject, COLOURED);
            display.absorb(events, 50_000);
            let mut parser = terminal(old);
            parser.process(b"$ cargo xtask deploy\r\n");
            parser.process(display.tick(50_000, old).as_bytes());
            if breaks_anew {
                // The same lines, broken by the emulator; the cursor stays at its character.
                let lines = rows(&parser, old);
                parser = terminal(Size { height: 200, width });
                parser.process(lines[0].as_bytes());
                let top = parser.screen().cursor_position().0 + 1;
                let rest = format!("\r\n{}", lines[1..].join("\r\n"));
                parser.process(rest.as_bytes());
                parser.process(format!("\x1b[{};1H", top + 1).as_bytes());
            } else {
                parser.screen_mut().set_size(height as u16, width as u16);
            }
            let top = usize::from(parser.screen().cursor_position().0);
            let bytes = display.tick(50_100, new);
            parser.process(bytes.as_bytes());
            let seen = rows(&parser, Size { height: 200, width });
            let lines = without_empty_end(shown(&display, 50_100, new));
            // Where there is little room the text above has scrolled away.
            let begin = seen.len() - lines.len();
            assert!(begin <= top, "{new:?}: {seen:?}");
            assert_eq!(seen[begin..], lines, "{new:?}");
            for bytes in [bytes, display.pause()] {
                assert!(!bytes.contains("\r\x1b[J"), "tmux keeps a copy: {bytes:?}");
            }
        }
    }
}

#[test]
fn a_reason_cannot_draw_outside_its_line() {
    let (subject, mut events) = deploy(5);
    for event in &mut events {
        event.reason = Some("段階\u{1b}[2J\u{1b}[H\r\n\t段階\u{fe0f} ".repeat(20));
    }
    let size = SIZES[0];
    let mut parser = terminal(size);
    parser.process(b"$ above\r\n");
    let mut display = Display::new(subject, COLOURED);
    display.absorb(events, 90_000);
    parser.process(display.tick(90_000, size).as_bytes());
    let seen = rows(&parser, size);
    assert_eq!(seen[0], "$ above");
    assert_eq!(seen[1..], without_empty_end(shown(&display, 90_000, size)));
    assert!(
        seen.iter().any(|row| row.contains("段階 [2J [H 段階")),
        "{seen:?}"
    );
}
