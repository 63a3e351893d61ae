//! Numbers as the table keeps them: decimal, up to 38 significant digits, never a float.

/// Significant digits a stored number may have.
const MAX_DIGITS: usize = 38;
/// Decimal exponents of the first significant digit: 1E-130 to 9.99..E+125.
const MAGNITUDES: std::ops::RangeInclusive<i64> = -130..=125;
/// No storable number needs more text than a sign, "0.", 129 zeros and 38 digits: the rest is
/// padding, and bounded before anybody has to parse it.
const MAX_TEXT: usize = 200;

/// A number the table accepts, as it was written; the table drops the padding itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    text: String,
}

impl Number {
    /// Takes JSON's number grammar and leading zeros, nothing else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Exponent::parse(exponent)?),
            None => (unsigned, Exponent::Small(0)),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (mantissa, None),
        };
        if !is_digits(whole) || !fraction.is_none_or(is_digits) {
            return None;
        }

        let digits = [whole, fraction.unwrap_or_default()].concat();
        let is_significant = |digit| digit != '0';
        let Some(first) = digits.find(is_significant) else {
            return Some(Self::zero());
        };
        let Exponent::Small(exponent) = exponent else {
            return None;
        };
        let last = digits.rfind(is_significant).unwrap_or(first);
        let significant = last - first + 1;
        let magnitude = whole.len() as i64 - 1 - first as i64 + i64::from(exponent);
        (significant <= MAX_DIGITS && MAGNITUDES.contains(&magnitude)).then(|| Self {
            text: text.to_owned(),
        })
    }

    /// Zero has no exponent and no sign, whatever was written around it.
    fn zero() -> Self {
        Self {
            text: "0".to_owned(),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }
}

/// What follows the `e`.
enum Exponent {
    Small(i32),
    /// Beyond every number but zero, which takes any exponent.
    Large,
}

impl Exponent {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        is_digits(digits).then(|| text.parse().map_or(Self::Large, Self::Small))
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let number = Number::parse(text);
        assert_eq!(number.as_ref().map(Number::as_str), expected, "{text}");
    }

    fn check_kept(text: &str) {
        check(text, Some(text));
    }

    #[test]
    fn numbers_are_kept_as_written() {
        for text in ["1999", "-5", "0042", "1.50", "1.999E3", "2e+3", "2e-3"] {
            check_kept(text);
        }
    }

    #[test]
    fn zeros_are_zero() {
        for text in [
            "0",
            "-0",
            "0.00",
            "0e999",
            "0e99999999999",
            "-0.0E-99999999999",
        ] {
            check(text, Some("0"));
        }
    }

    #[test]
    fn anything_else_is_no_number() {
        for text in [
            "",
            "-",
            "--1",
            "+1",
            " 1",
            "1 ",
            "1.",
            ".5",
            "1.2.3",
            "1e",
            "1e1.5",
            "1e++1",
            "0e",
            "0e+",
            "0e99999999999x",
            "e5",
            "0x10",
            "1_000",
            "1,5",
            "NaN",
            "Infinity",
            "١٩٩٩",
            "1e99999999999",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn digits_stop_at_38() {
        let digits = "1234567890".repeat(4);
        check_kept(&digits[..38]);
        check_kept(&format!("-{}.{}", &digits[..20], &digits[20..38]));
        check(&digits[..39], None);
        check(&format!("{}.{}", &digits[..20], &digits[20..39]), None);
    }

    #[test]
    fn padding_is_no_significant_digit() {
        check_kept(&format!("1{}", "0".repeat(60)));
        check_kept(&format!("000{}", "9".repeat(38)));
        check_kept(&format!("0.{}1", "0".repeat(60)));
    }

    #[test]
    fn magnitude_has_limits() {
        check_kept("1E-130");
        check_kept("9.9999999999999999999999999999999999999E+125");
        check_kept("-1E125");
        check_kept(&format!("0.{}1", "0".repeat(129)));
        check_kept(&format!("1{}", "0".repeat(125)));
        check("1E-131", None);
        check("0.1E-130", None);
        check("1E+126", None);
        check("10E125", None);
        check(&format!("1{}", "0".repeat(126)), None);
        check("1E2147483647", None);
        check("1E-2147483648", None);
    }

    #[test]
    fn endless_padding_is_refused() {
        check_kept(&format!("{}1", "0".repeat(199)));
        check(&format!("{}1", "0".repeat(200)), None);
    }
}
