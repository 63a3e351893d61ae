//! This machine's clock, which a signature must not be far from AWS's with.

use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// The codes of a request from another time.
const SKEWED: [&str; 3] = [
    "RequestExpired",
    "RequestInTheFuture",
    "RequestTimeTooSkewed",
];

/// The codes of a signature that does not fit; that a clock is wrong is one reason among others.
const DOES_NOT_FIT: [&str; 4] = [
    "AuthFailure",
    "InvalidSignature",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
];

/// AWS takes five minutes for the way.
const TOLERANCE: Duration = Duration::from_secs(4 * 60);

/// Says so where the clock is to blame for a refusal: `date` is the answer's header.
pub(super) fn blame(code: &str, date: Option<&str>, now: SystemTime) -> Option<String> {
    let theirs = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
    let theirs = theirs.and_then(|time| SystemTime::try_from(time).ok());
    let difference = theirs.map(|theirs| match now.duration_since(theirs) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(err) => (err.duration(), "behind"),
    });
    let is_off = difference.is_some_and(|(difference, _)| difference > TOLERANCE);
    let is_to_blame = SKEWED.contains(&code) || (is_off && DOES_NOT_FIT.contains(&code));
    if !is_to_blame {
        return None;
    }
    let how = match difference {
        Some((difference, side)) if is_off => {
            format!("{} {side} AWS's", words(difference))
        }
        _ => "not AWS's".to_owned(),
    };
    Some(format!(
        "this machine's clock is {how}, and AWS refuses what is signed with it ({code}): set the \
         clock, for example with `sudo timedatectl set-ntp true`"
    ))
}

fn words(difference: Duration) -> String {
    let minutes = difference.as_secs() / 60;
    match minutes {
        0..120 => format!("{minutes} min"),
        120..2880 => format!("{} h", minutes / 60),
        _ => format!("{} days", minutes / (24 * 60)),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    const DATE: &str = "Sat, 28 Nov 2026 06:00:00 GMT";

    fn blamed(code: &str, date: Option<&str>, seconds: i64) -> String {
        let theirs = DateTime::from_str(DATE, Format::HttpDate).unwrap();
        let now = DateTime::from_secs(theirs.secs() + seconds);
        let blamed = blame(code, date, SystemTime::try_from(now).unwrap());
        blamed.unwrap_or_else(|| "not the clock".to_owned())
    }

    #[test]
    fn a_clock_is_blamed_with_its_difference() {
        expect!["this machine's clock is 20 min ahead of AWS's, and AWS refuses what is signed with it (SignatureDoesNotMatch): set the clock, for example with `sudo timedatectl set-ntp true`"]
            .assert_eq(&blamed("SignatureDoesNotMatch", Some(DATE), 1200));
        let behind = blamed("RequestTimeTooSkewed", Some(DATE), -3 * 3600);
        assert!(behind.starts_with("this machine's clock is 3 h behind AWS's"));
        let unknown = blamed("RequestExpired", None, 0);
        assert!(unknown.starts_with("this machine's clock is not AWS's"));
    }

    #[test]
    fn a_wrong_secret_is_not_the_clock() {
        assert_eq!(
            blamed("SignatureDoesNotMatch", Some(DATE), 60),
            "not the clock"
        );
        assert_eq!(blamed("SignatureDoesNotMatch", None, 0), "not the clock");
        assert_eq!(blamed("ExpiredToken", Some(DATE), 7200), "not the clock");
    }
}
