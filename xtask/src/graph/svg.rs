//! What both pictures are written with: elements, text that fits its box, and colours for a
//! light and a dark page. No fonts, scripts or files from elsewhere.

use std::fmt::Write as _;

/// Nobody knows which fonts a reader has; these are looked for in this order.
const FONTS: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";

/// Where a piece of text has its `x`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A picture that is being written.
#[derive(Debug)]
pub(super) struct Svg {
    text: String,
}

impl Svg {
    /// Begins a picture that says what it is to those who cannot see it.
    pub(super) fn new(size: (f64, f64), title: &str, description: &str, style: &str) -> Self {
        let (width, height) = (number(size.0), number(size.1));
        let (title, description) = (escaped(title), escaped(description));
        Self {
            text: format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
                 width=\"{width}\" height=\"{height}\" role=\"img\" \
                 aria-labelledby=\"title desc\" font-family=\"{FONTS}\">\n\
                 <title id=\"title\">{title}</title>\n<desc id=\"desc\">{description}</desc>\n\
                 <style>\n{style}</style>\n"
            ),
        }
    }

    /// Text as it is: markup.
    pub(super) fn raw(&mut self, markup: &str) {
        self.text += markup;
        self.text.push('\n');
    }

    pub(super) fn open(&mut self, class: &str) {
        let _ = writeln!(self.text, "<g class=\"{class}\">");
    }

    pub(super) fn close(&mut self) {
        self.text += "</g>\n";
    }

    /// What a browser shows where the pointer rests.
    pub(super) fn hint(&mut self, text: &str) {
        let _ = writeln!(self.text, "<title>{}</title>", escaped(text));
    }

    pub(super) fn rect(&mut self, class: &str, area: Area, radius: f64) {
        let Area {
            x,
            y,
            width,
            height,
        } = area;
        let [x, y, width, height, radius] = [x, y, width, height, radius].map(number);
        let _ = writeln!(
            self.text,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
             rx=\"{radius}\"/>"
        );
    }

    pub(super) fn path(&mut self, class: &str, data: &str) {
        let _ = writeln!(self.text, "<path class=\"{class}\" d=\"{data}\"/>");
    }

    pub(super) fn text(&mut self, class: &str, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let [x, y] = [x, y].map(number);
        let text = escaped(text);
        let _ = writeln!(
            self.text,
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\"{anchor}>{text}</text>"
        );
    }

    pub(super) fn finish(self) -> String {
        self.text + "</svg>\n"
    }
}

/// A rectangle by its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// How wide a text is at most: every font of the list is narrower than DejaVu Sans, which this is
/// the widths of, roughly.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let em = |character: char| match character {
        'i' | 'j' | 'l' | '\'' | '|' | '.' | ',' | ':' | ';' | '!' | ' ' => 0.33,
        'f' | 't' | 'r' | 'I' | '(' | ')' | '-' | '/' => 0.4,
        'm' | 'w' | 'M' | 'W' | '%' => 0.95,
        'A'..='Z' => 0.71,
        _ => 0.62,
    };
    let em: f64 = text.chars().map(em).sum();
    let weight = if bold { 1.13 } else { 1.0 };
    em * size * weight
}

/// At most one decimal, so that the bytes are the same everywhere.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    match text.strip_suffix(".0") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}
