//! Rates, times and shares as they are printed: as many digits as say something.

/// As in `6.7/s`.
pub(crate) fn per_second(rate: f64) -> String {
    format!("{}/s", number(rate))
}

/// One digit after the point below a hundred, thousands apart from ten thousand on.
pub(crate) fn number(value: f64) -> String {
    if value < 99.95 {
        let text = format!("{value:.1}");
        return text.strip_suffix(".0").unwrap_or(&text).to_owned();
    }
    let digits = format!("{value:.0}");
    if digits.len() < 5 {
        return digits;
    }
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// As in `40 ms`, `200 s`, `16 min 40 s`, `2 h 13 min`, `1 day`.
pub(crate) fn duration(seconds: f64) -> String {
    const MINUTE: f64 = 60.0;
    const HOUR: f64 = 3_600.0;
    const DAY: f64 = 86_400.0;
    if (0.0005..0.9995).contains(&seconds) {
        return format!("{:.0} ms", seconds * 1000.0);
    }
    if seconds < 10.0 {
        return format!("{} s", number(seconds));
    }
    if seconds < 5.0 * MINUTE + 0.5 {
        return format!("{seconds:.0} s");
    }
    let (large, small, names) = match seconds.round() {
        seconds if seconds < HOUR => (MINUTE, 1.0, ["min", "s"]),
        seconds if seconds < DAY => (HOUR, MINUTE, ["h", "min"]),
        _ => (DAY, HOUR, ["day", "h"]),
    };
    let in_small = (seconds / small).round();
    let (whole, rest) = (
        (in_small * small / large).floor(),
        in_small % (large / small),
    );
    let plural = if names[0] == "day" && whole > 1.5 {
        "s"
    } else {
        ""
    };
    match rest < 0.5 {
        true => format!("{whole} {}{plural}", names[0]),
        false => format!("{whole} {}{plural} {rest} {}", names[0], names[1]),
    }
}

/// As in `2000 per 300 s` and `10,000 per day`.
pub(crate) fn per_window(requests: f64, seconds: f64) -> String {
    let window = duration(seconds);
    let window = window.strip_prefix("1 ").unwrap_or(&window);
    format!("{} per {window}", number(requests))
}

/// As in `43%`; as in `432x` where a percentage is no help.
pub(crate) fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if percent > 0.0 && percent < 1.0 => "<1%".to_owned(),
        percent if percent >= 99_950.0 => ">999x".to_owned(),
        percent if percent >= 999.5 => format!("{}x", number(share.round())),
        percent => format!("{}%", number(percent.round())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_the_digits_that_say_something() {
        let numbers = [
            0.0,
            6.666,
            50.0,
            99.96,
            1234.4,
            9999.0,
            10_000.0,
            1_234_567.0,
        ];
        let numbers = numbers.map(number).join(" ");
        assert_eq!(numbers, "0 6.7 50 100 1234 9999 10,000 1,234,567");
        let times = [
            0.04, 9.0, 12.4, 300.0, 1000.0, 3600.0, 8000.0, 86_400.0, 200_000.0,
        ];
        assert_eq!(
            times.map(duration).join(", "),
            "40 ms, 9 s, 12 s, 300 s, 16 min 40 s, 1 h, 2 h 13 min, 1 day, 2 days 8 h"
        );
        let shares = [0.0, 0.004, 0.5, 7.5, 432.0, 1e6].map(percent).join(" ");
        assert_eq!(shares, "0% <1% 50% 750% 432x >999x");
    }
}
