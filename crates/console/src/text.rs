//! Text that fits: cut and wrapped by the columns it takes on a terminal.

use anstyle::Style;
use unicode_width::UnicodeWidthChar as _;

/// One line of a terminal, with styles as escape codes. What does not fit is cut.
#[derive(Debug)]
pub struct Line {
    text: String,
    room: usize,
    is_cut: bool,
}

impl Line {
    /// An empty line with room for `width` columns.
    pub fn new(width: usize) -> Self {
        Self {
            text: String::new(),
            room: width,
            is_cut: false,
        }
    }

    /// Appends `text` in `style`, cut with `…` where the line has no more room.
    pub fn push(&mut self, style: Style, text: &str) -> &mut Self {
        if self.is_cut {
            return self;
        }
        let text = clean(head(text, self.room));
        let shown = match columns(&text) <= self.room {
            true => text,
            false => {
                self.is_cut = true;
                cut(&text, self.room)
            }
        };
        self.room -= columns(&shown);
        if !shown.is_empty() {
            self.text.push_str(&format!("{style}{shown}{style:#}"));
        }
        self
    }

    /// The line, with escape sequences for its styles.
    pub fn finish(self) -> String {
        self.text
    }
}

/// The columns a text without escape codes takes, at the most.
pub fn columns(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// As much of a text as can matter in `width` columns: a reason may be long, and a frame is drawn
/// ten times a second. What takes no column does not count, but ends somewhere, too.
fn head(text: &str, width: usize) -> &str {
    match text.char_indices().nth(4 * width + 4) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// A service's words on one line: nothing in them moves the cursor or changes colours.
pub fn clean(text: &str) -> String {
    // U+FE0F would make the character before it wider than it is by itself.
    let shown = text.chars().filter(|c| *c != '\u{fe0f}');
    shown
        .map(|c| match c.width() {
            None => ' ',
            Some(_) if is_obeyed(c) => ' ',
            Some(_) => c,
        })
        .collect()
}

/// Whether a screen does something at this character other than to show it: controls, line ends,
/// and what turns the direction of the text around it.
pub(crate) fn is_obeyed(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Text from elsewhere as one line that no terminal obeys: names in a damaged file, the words of
/// a service.
pub fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        match is_obeyed(character) {
            true => printable.extend(character.escape_default()),
            false => printable.push(character),
        }
    }
    printable
}

/// A text of several lines of which a screen obeys nothing but the line ends, the tabs and the
/// colours, and the log of a continuous integration nothing at all.
pub(crate) fn harmless(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(harmless_line).collect();
    lines.join("\n")
}

fn harmless_line(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut is_begin = true;
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let style = style_length(rest);
        if style > 0 {
            shown.push_str(&rest[..style]);
            rest = &rest[style..];
            continue;
        }
        match c {
            '\t' => shown.push(c),
            c if is_obeyed(c) => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
        // A blank within the marker, and it is none.
        if is_command(rest, is_begin) {
            shown.push(' ');
        }
        is_begin &= c.is_whitespace();
        rest = &rest[c.len_utf8()..];
    }
    shown
}

/// The bytes of the escape code for a style that the text begins with.
fn style_length(text: &str) -> usize {
    let Some(codes) = text.strip_prefix("\u{1b}[") else {
        return 0;
    };
    let codes = codes.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
    match codes.strip_prefix('m') {
        Some(rest) => text.len() - rest.len(),
        None => 0,
    }
}

/// Whether GitHub, Azure or TeamCity take the text for a command: `::error::`, the first thing of a
/// line, and `##[error]`, anywhere.
fn is_command(text: &str, is_begin: bool) -> bool {
    let name = |text: &str| {
        text.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '-')
            .len()
    };
    if let Some(command) = text.strip_prefix("##") {
        return command[command.len() - name(command)..].starts_with('[');
    }
    match text.strip_prefix("::") {
        Some(command) => is_begin && name(command) < command.len() && command.contains("::"),
        None => false,
    }
}

fn cut(text: &str, width: usize) -> String {
    let mut room = match width {
        0 => return String::new(),
        width => width - 1,
    };
    let fits = |c: &char| {
        let columns = c.width().unwrap_or(0);
        let fits = columns <= room;
        room = room.saturating_sub(columns);
        fits
    };
    let kept: String = text.chars().take_while(fits).collect();
    format!("{}…", kept.trim_end())
}

/// `text` in at most `most` lines of `width` columns, broken between words where that is possible.
pub fn wrap(text: &str, width: usize, most: usize) -> Vec<String> {
    let text = clean(text);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(last) = lines.last_mut() else { break };
        if last.is_empty() {
            last.push_str(word);
        } else if columns(last) + 1 + columns(word) <= width || lines.len() >= most {
            // The last line takes the rest, to be cut.
            let last = lines.last_mut();
            last.into_iter().for_each(|last| last.extend([" ", word]));
        } else {
            lines.push(word.to_owned());
        }
    }
    let cut_to_width = |line: String| match columns(&line) <= width {
        true => line,
        false => cut(&line, width),
    };
    lines.into_iter().take(most).map(cut_to_width).collect()
}

/// A clock: `35 s`, `1:05`, `1:02:03`.
pub fn clock(milliseconds: i64) -> String {
    let seconds = milliseconds.max(0) / 1000;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes}:{:02}", seconds % 60),
        _ => format!("{hours}:{minutes:02}:{:02}", seconds % 60),
    }
}

/// How long something took, in milliseconds: `0.6 s`, and from ten seconds on as on a clock.
pub fn took(milliseconds: i64) -> String {
    match milliseconds.max(0) {
        short @ ..10_000 => format!("{}.{} s", short / 1000, short / 100 % 10),
        _ => clock(milliseconds),
    }
}

/// An estimate as coarse as it is: `about 40 s left`, `about 3 min left`.
pub fn left(milliseconds: i64) -> String {
    if milliseconds <= 0 {
        return "longer than usual".to_owned();
    }
    let seconds = milliseconds / 1000;
    match seconds {
        ..=9 => "a few seconds left".to_owned(),
        10..=89 => format!("about {} s left", seconds / 10 * 10),
        90..=5399 => format!("about {} min left", (seconds + 30) / 60),
        _ => format!("about {} h left", (seconds + 1800) / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(width: usize, text: &str) -> String {
        let mut line = Line::new(width);
        line.push(Style::new(), text);
        line.finish()
    }

    #[test]
    fn what_does_not_fit_is_cut() {
        assert_eq!(line(5, "Stage"), "Stage");
        assert_eq!(line(4, "Stage"), "Sta…");
        assert_eq!(line(1, "Stage"), "…");
        assert_eq!(line(0, "Stage"), "");
        // Each of these takes two columns.
        assert_eq!(line(6, "段階段階"), "段階…");
        assert_eq!(line(5, "段階段階"), "段階…");
    }

    #[test]
    fn a_reason_cannot_move_the_cursor() {
        assert_eq!(line(40, "a\u{1b}[2Jb\nc\rd\u{9b}3Je"), "a [2Jb c d 3Je");
    }

    #[test]
    fn nothing_in_a_text_is_obeyed_but_its_lines_and_colours() {
        for (text, expected) in [
            (
                "\u{1b}[1;31merror:\u{1b}[0m a\tb\n",
                "\u{1b}[1;31merror:\u{1b}[0m a\tb\n",
            ),
            (
                "a\u{1b}[2Jb\rc\u{9b}3Jd\u{1b}",
                "a\\u{1b}[2Jb\\rc\\u{9b}3Jd\\u{1b}",
            ),
            (
                "is \u{202e}detelpmoc\u{2066}",
                "is \\u{202e}detelpmoc\\u{2066}",
            ),
            (
                "\u{61c}\u{200e}\u{200f}\u{2028}",
                "\\u{61c}\\u{200e}\\u{200f}\\u{2028}",
            ),
            ("Übermäßig 段階 👩\u{200d}🚀", "Übermäßig 段階 👩\u{200d}🚀"),
            (
                "a\n::error file=x::b\n\u{1b}[2m  ::set-output::c",
                "a\n: :error file=x::b\n\u{1b}[2m  : :set-output::c",
            ),
            (
                "no ##[error] ##vso[task] ## [x] #[derive]",
                "no # #[error] # #vso[task] ## [x] #[derive]",
            ),
            (
                "::1 and std::io::Error\n::/0",
                "::1 and std::io::Error\n::/0",
            ),
        ] {
            assert_eq!(harmless(text), expected);
        }
        assert_eq!(clean("a\u{202e}b"), "a b");
    }

    #[test]
    fn lines_break_between_words() {
        let check = |text: &str, most: usize, expected: &[&str]| {
            assert_eq!(wrap(text, 10, most), expected);
        };
        let text = "the limit is exceeded today";
        check(text, 4, &["the limit", "is", "exceeded", "today"]);
        check(text, 3, &["the limit", "is", "exceeded…"]);
        check(text, 1, &["the limit…"]);
        check("arn:aws:iam::123456789012:role/r", 3, &["arn:aws:i…"]);
        check("", 3, &[""]);
    }

    #[test]
    fn clocks_and_estimates_are_short() {
        let clocks = [0, 59_999, 60_000, 3_599_000, 3_723_000].map(clock);
        assert_eq!(clocks, ["0 s", "59 s", "1:00", "59:59", "1:02:03"]);
        let took = [-1, 0, 640, 9_999, 10_000, 63_000].map(took);
        assert_eq!(took, ["0.0 s", "0.0 s", "0.6 s", "9.9 s", "10 s", "1:03"]);
        let estimates = [0, 400, 44_000, 95_000, 5_400_000].map(left);
        let expected = [
            "longer than usual",
            "a few seconds left",
            "about 40 s left",
            "about 2 min left",
            "about 2 h left",
        ];
        assert_eq!(estimates, expected);
    }
}
