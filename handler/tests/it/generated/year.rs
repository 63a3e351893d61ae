//! Years: numbers in every notation, and what they come to.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;

/// A number and a way to write it.
#[derive(Clone, Debug)]
pub(crate) struct Year {
    /// JSON's grammar, unless it is quoted: then with zeros before it, perhaps.
    pub(crate) text: String,
    pub(crate) is_quoted: bool,
}

impl Year {
    pub(crate) fn json(&self) -> String {
        match self.is_quoted {
            true => format!("\"{}\"", self.text),
            false => self.text.clone(),
        }
    }
}

/// What a number comes to: its sign, its digits without padding, and the power of ten of the
/// first. Equal numbers are equal; nothing for what is no number.
pub(crate) fn amount(text: &str) -> Option<(bool, String, i64)> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], &unsigned[at + 1..]),
        None => (unsigned, "0"),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let all = whole.to_owned() + fraction;
    let significant = all.trim_start_matches('0');
    if significant.is_empty() {
        return Some((false, String::new(), 0));
    }
    let skipped = all.len() - significant.len();
    let magnitude = exponent.parse::<i64>().ok()? + whole.len() as i64 - 1 - skipped as i64;
    let digits = significant.trim_end_matches('0').to_owned();
    Some((text.starts_with('-'), digits, magnitude))
}

/// Everything a table takes.
pub(super) fn year() -> impl Strategy<Value = Year> {
    let magnitude = prop_oneof![
        6 => -3..6_i32,
        1 => -130..=125_i32,
        1 => select(&[-130, -129, 124, 125][..]),
    ];
    let digits = prop_oneof![
        6 => digits(1..6),
        1 => digits(36..39),
    ];
    prop_oneof![
        4 => Just(number("1999", true)),
        30 => (digits, magnitude, notation()).prop_map(|(digits, magnitude, notation)| {
            notation.write(&digits, magnitude)
        }),
        1 => select(&["0", "-0", "0.000", "0e5", "-0.0E-999", "0E+999999"][..])
            .prop_map(|text| number(text, false)),
    ]
}

/// What looks like a number and is too much for a table.
pub(crate) fn no_year() -> impl Strategy<Value = Year> {
    let magnitude = prop_oneof![
        select(&[-131, 126][..]),
        126..1_000_000_i32,
        -1_000_000..-130_i32,
    ];
    let texts = [
        "", " ", " 1999", "1999 ", "+1", "1.", ".5", "-", "--1", "1e", "1e1.5", "e5", "0x7cf",
        "1_999", "1,999", "NaN", "Infinity", "١٩٩٩", "1999\\n", "soon",
    ];
    prop_oneof![
        (digits(1..39), magnitude, notation()).prop_map(|(digits, magnitude, notation)| {
            let notation = Notation {
                is_plain: false,
                ..notation
            };
            notation.write(&digits, magnitude)
        }),
        // A last digit that is no zero makes every digit significant.
        (digits(38..80), notation())
            .prop_map(|(digits, notation)| { notation.write(&(digits + "1"), 3) }),
        select(texts.to_vec()).prop_map(|text| number(text, true)),
        "[1-9][0-9]{0,2}[eE][+-]?[1-9][0-9]{10,30}".prop_map(|text| number(&text, true)),
    ]
}

/// Digits of which the first is significant.
fn digits(count: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    vec(b'0'..=b'9', count).prop_map(|mut digits| {
        digits[0] = digits[0].max(b'1');
        String::from_utf8(digits).unwrap()
    })
}

fn number(text: &str, is_quoted: bool) -> Year {
    Year {
        text: text.to_owned(),
        is_quoted,
    }
}

#[derive(Clone, Debug)]
struct Notation {
    is_negative: bool,
    is_quoted: bool,
    is_plain: bool,
    e: &'static str,
    /// How many digits are before the point, where there is an exponent.
    whole: usize,
    /// Zeros before a quoted number, and behind the point of a whole one.
    zeros: usize,
}

fn notation() -> impl Strategy<Value = Notation> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    let sizes = (select(&["e", "E", "e+"][..]), 1..40_usize, 0..4_usize);
    (flags, sizes).prop_map(|(flags, sizes)| Notation {
        is_negative: flags.0,
        is_quoted: flags.1,
        is_plain: flags.2,
        e: sizes.0,
        whole: sizes.1,
        zeros: sizes.2,
    })
}

impl Notation {
    fn write(&self, digits: &str, magnitude: i32) -> Year {
        let mut text = match self.is_plain {
            true => self.write_plain(digits, magnitude),
            false => self.write_with_exponent(digits, magnitude),
        };
        if self.is_quoted {
            text.insert_str(0, &"0".repeat(self.zeros));
        }
        if self.is_negative {
            text.insert(0, '-');
        }
        Year {
            text,
            is_quoted: self.is_quoted,
        }
    }

    fn write_plain(&self, digits: &str, magnitude: i32) -> String {
        let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap());
        if magnitude < 0 {
            return format!("0.{}{digits}", zeros(-magnitude - 1));
        }
        let whole = usize::try_from(magnitude).unwrap() + 1;
        if whole < digits.len() {
            return format!("{}.{}", &digits[..whole], &digits[whole..]);
        }
        let padding = "0".repeat(whole - digits.len());
        let point = if self.zeros > 0 { "." } else { "" };
        format!("{digits}{padding}{point}{}", "0".repeat(self.zeros))
    }

    fn write_with_exponent(&self, digits: &str, magnitude: i32) -> String {
        let whole = self.whole.min(digits.len());
        let (whole, fraction) = digits.split_at(whole);
        let point = if fraction.is_empty() { "" } else { "." };
        let exponent = magnitude - i32::try_from(whole.len()).unwrap() + 1;
        // A minus of its own takes the place of the plus.
        let e = if exponent < 0 { &self.e[..1] } else { self.e };
        format!("{whole}{point}{fraction}{e}{exponent}")
    }
}
