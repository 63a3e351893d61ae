//! A package beside an earlier one, as Markdown: how much larger it is, and what it was made of
//! that is new.

use super::manifest::Manifest;

/// How many inputs are listed; more are counted.
const LISTED: usize = 20;

/// The package, and how it differs from `before`, which is that of `name`.
pub fn markdown(package: &Manifest, before: Option<(&str, &Manifest)>) -> String {
    let output = &package.output;
    let mut text = String::from("### Package\n\n");
    let Some((name, before)) = before else {
        let [zip, program] = [output.zip_bytes, output.bootstrap_bytes].map(grouped);
        let hash = &output.zip_sha256;
        text.push_str(&format!(
            "| | |\n| --- | ---: |\n| zip | {zip} bytes |\n| program | {program} bytes |\n\
             | SHA-256 of the zip | `{hash}` |\n"
        ));
        return text;
    };
    text.push_str(&format!(
        "| | now | {name} | change |\n| --- | ---: | ---: | ---: |\n"
    ));
    let earlier = &before.output;
    for (what, now, then) in [
        ("zip", output.zip_bytes, earlier.zip_bytes),
        ("program", output.bootstrap_bytes, earlier.bootstrap_bytes),
    ] {
        let change = change(now, then);
        let [now, then] = [now, then].map(grouped);
        text.push_str(&format!(
            "| {what} | {now} bytes | {then} bytes | {change} |\n"
        ));
    }
    let same = match output.zip_sha256 == earlier.zip_sha256 {
        true => "same bytes",
        false => "other bytes",
    };
    text.push_str(&format!(
        "| SHA-256 of the zip | `{}` | `{}` | {same} |\n",
        output.zip_sha256, earlier.zip_sha256
    ));
    let differences = package.inputs.differences(&before.inputs);
    if differences.is_empty() {
        return text;
    }
    text.push_str(&format!("\nMade of something else than {name}:\n\n"));
    for difference in differences.iter().take(LISTED) {
        text.push_str(&format!("- {difference}\n"));
    }
    if differences.len() > LISTED {
        text.push_str(&format!("- and {} more\n", differences.len() - LISTED));
    }
    text
}

/// As in `+1,024 bytes (+0.1 %)`.
pub fn change(now: usize, then: usize) -> String {
    if now == then {
        return "none".to_owned();
    }
    let (sign, difference) = match now > then {
        true => ('+', now - then),
        false => ('-', then - now),
    };
    // In thousandths, rounded, without losing precision to a float.
    let share = match then {
        0 => String::new(),
        then => {
            let thousandths = (difference * 1000 + then / 2) / then;
            format!(" ({sign}{}.{} %)", thousandths / 10, thousandths % 10)
        }
    };
    format!("{sign}{} bytes{share}", grouped(difference))
}

/// As in `1,622,528`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use super::*;

    fn package(zip: &str, bytes: usize, movie: &str) -> Manifest {
        serde_json::from_value(json!({
            "architecture": "arm64", "target": "", "toolchain": "", "linker": "",
            "profile": "lambda", "flags": [], "lockfileSha256": "", "inputsSha256": "",
            "zipSha256": zip, "zipBytes": bytes, "bootstrapSha256": "", "bootstrapBytes": 3_000_000,
            "inputs": {"handler/src/movie.rs": movie},
        }))
        .unwrap()
    }

    #[test]
    fn what_grew_is_shown_with_what_changed() {
        let hash = |digit: &str| digit.repeat(64);
        let before = package("aa", 1_622_528, &hash("1"));
        let now = package("bb", 1_623_552, &hash("2"));
        let text = markdown(&now, Some(("main", &before)));
        expect![[r#"
            ### Package

            | | now | main | change |
            | --- | ---: | ---: | ---: |
            | zip | 1,623,552 bytes | 1,622,528 bytes | +1,024 bytes (+0.1 %) |
            | program | 3,000,000 bytes | 3,000,000 bytes | none |
            | SHA-256 of the zip | `bb` | `aa` | other bytes |

            Made of something else than main:

            - handler/src/movie.rs: changed
        "#]]
        .assert_eq(&text);
    }

    #[test]
    fn without_an_earlier_package_there_is_no_change() {
        let text = markdown(&package("aa", 999, ""), None);
        assert!(text.contains("| zip | 999 bytes |"), "{text}");
        assert!(!text.contains("change"), "{text}");
    }

    #[test]
    fn shares_are_rounded() {
        assert_eq!(change(1_000, 2_000), "-1,000 bytes (-50.0 %)");
        assert_eq!(change(2_001, 2_000), "+1 bytes (+0.1 %)");
        assert_eq!(change(5, 0), "+5 bytes");
        assert_eq!(change(7, 7), "none");
    }
}
