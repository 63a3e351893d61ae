//! Decimal numbers as DynamoDB keeps them, whatever notation they came in. Written apart from
//! the function's own reading of numbers, so that one can be held against the other.

use std::ops::RangeInclusive;

const DIGITS_AT_MOST: usize = 38;
const MAGNITUDES: RangeInclusive<i64> = -130..=125;

/// A number without padding, so that equal numbers are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    is_negative: bool,
    /// From the first significant digit to the last; empty for zero.
    digits: String,
    /// The power of ten of the first significant digit.
    magnitude: i64,
}

impl Decimal {
    /// Nothing for what is no decimal number.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (is_negative, unsigned) = match text.strip_prefix('-') {
            Some(unsigned) => (true, unsigned),
            None => (false, text),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let padded = format!("{whole}{fraction}");
        if whole.is_empty() || !padded.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = padded.trim_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Self {
                is_negative: false,
                digits,
                magnitude: 0,
            });
        }
        let first = padded.len() - padded.trim_start_matches('0').len();
        Some(Self {
            is_negative,
            digits,
            magnitude: whole.len() as i64 - 1 - first as i64 + i64::from(exponent),
        })
    }

    pub(crate) fn has_too_many_digits(&self) -> bool {
        self.digits.len() > DIGITS_AT_MOST
    }

    pub(crate) fn is_out_of_range(&self) -> bool {
        !MAGNITUDES.contains(&self.magnitude)
    }

    /// Bytes in an item, as DynamoDB's guide says: one per two digits and one more.
    pub(crate) fn size(&self) -> usize {
        self.digits.len().div_ceil(2) + 1 + usize::from(self.is_negative)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notation_does_not_count() {
        for (one, other) in [
            ("1999", "0001999.00"),
            ("1.999E3", "1999"),
            ("-0", "0.00e9"),
            ("1E-3", "0.001"),
            ("120", "1.2e+2"),
        ] {
            assert_eq!(Decimal::parse(one), Decimal::parse(other), "{one}");
        }
        assert_ne!(Decimal::parse("1"), Decimal::parse("-1"));
        assert_ne!(Decimal::parse("1"), Decimal::parse("10"));
    }

    #[test]
    fn limits_are_dynamodbs() {
        let parse = |text: &str| Decimal::parse(text).unwrap();
        assert!(!parse(&"9".repeat(38)).has_too_many_digits());
        assert!(parse(&"9".repeat(39)).has_too_many_digits());
        assert!(!parse("-1E-130").is_out_of_range());
        assert!(parse("1E-131").is_out_of_range());
        assert!(!parse("9.99E+125").is_out_of_range());
        assert!(parse("1E+126").is_out_of_range());
    }

    #[test]
    fn words_are_no_numbers() {
        for text in ["", "-", "NaN", "1_0", " 1", ".5", "1e", "--1"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }
}
