//! What a tag of a stack may be. The stage's file and the command line are held to the same.

use std::collections::BTreeMap;

/// A stack's tags by key.
pub type Tags = BTreeMap<String, String>;

/// Tags that every stack has from the tool.
const OWN: [&str; 2] = ["service", "stage"];

/// AWS's limits.
const TAGS: usize = 50;
const KEY_LENGTH: usize = 128;
const VALUE_LENGTH: usize = 256;
/// What AWS takes beside letters, digits and spaces.
const SIGNS: &str = "_.:/=+-@";

/// Fails with what is wrong about a key that is chosen.
///
/// # Errors
///
/// The key is the tool's own, begins with `aws:` or has not 1 to 128 characters ("Tag",
/// CloudFormation API Reference), or has a character that AWS does not take.
pub fn check_key(key: &str) -> Result<(), String> {
    if OWN.contains(&key) {
        return Err(format!("the tag `{key}` is set by this tool"));
    }
    if key.to_lowercase().starts_with("aws:") {
        return Err(format!("the tag `{key}` has a prefix that is AWS's own"));
    }
    if key.is_empty() || key.chars().count() > KEY_LENGTH {
        return Err(format!("a tag's key has 1 to {KEY_LENGTH} characters"));
    }
    check_characters(&format!("the tag `{key}`"), key)
}

/// Fails with what is wrong about the value of `key`.
///
/// # Errors
///
/// The value has not 1 to 256 characters ("Tag", CloudFormation API Reference), or has one that AWS
/// does not take.
pub fn check_value(key: &str, value: &str) -> Result<(), String> {
    if value.is_empty() || value.chars().count() > VALUE_LENGTH {
        return Err(format!(
            "the value of the tag `{key}` does not have 1 to {VALUE_LENGTH} characters"
        ));
    }
    check_characters(&format!("the value of the tag `{key}`"), value)
}

/// Fails where the tool's own tags have no place beside those that are chosen.
///
/// # Errors
///
/// More than 48 are chosen: a stack has at most 50 ("CreateStack", CloudFormation API Reference).
pub fn check_count(chosen: &Tags) -> Result<(), String> {
    let most = TAGS - OWN.len();
    match chosen.len() > most {
        true => Err(format!(
            "{} tags are chosen; a stack has at most {most} beside `{}`",
            chosen.len(),
            OWN.join("` and `")
        )),
        false => Ok(()),
    }
}

fn check_characters(what: &str, text: &str) -> Result<(), String> {
    let is_right = |one: &char| {
        one.is_alphanumeric() || (one.is_whitespace() && !one.is_control()) || SIGNS.contains(*one)
    };
    match text.chars().find(|one| !is_right(one)) {
        Some(wrong) => Err(format!(
            "{what} has a `{}`; AWS takes letters, digits, spaces and `{SIGNS}`",
            wrong.escape_default()
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn what_aws_takes_is_right_and_the_rest_is_told() {
        for key in ["team", "a:b/c=d+e-f@g.h_i j", "größe", &"k".repeat(128)] {
            assert_eq!(check_key(key), Ok(()), "{key}");
        }
        let long = "k".repeat(129);
        let wrong = ["", "stage", "AWS:x", "a*", "a\nb", &long];
        let wrong: Vec<String> = wrong
            .iter()
            .filter_map(|key| check_key(key).err())
            .collect();
        expect![[r"
            a tag's key has 1 to 128 characters
            the tag `stage` is set by this tool
            the tag `AWS:x` has a prefix that is AWS's own
            the tag `a*` has a `*`; AWS takes letters, digits, spaces and `_.:/=+-@`
            the tag `a
            b` has a `\n`; AWS takes letters, digits, spaces and `_.:/=+-@`
            a tag's key has 1 to 128 characters"]]
        .assert_eq(&wrong.join("\n"));
        assert_eq!(check_value("k", &"v".repeat(256)), Ok(()));
        for value in ["", "<b>", &"v".repeat(257)] {
            assert!(check_value("k", value).is_err(), "{value}");
        }
    }

    #[test]
    fn the_tools_own_tags_count() {
        let tags = |count: usize| {
            (0..count)
                .map(|one| (one.to_string(), "v".to_owned()))
                .collect()
        };
        assert_eq!(check_count(&tags(48)), Ok(()));
        expect!["49 tags are chosen; a stack has at most 48 beside `service` and `stage`"]
            .assert_eq(&check_count(&tags(49)).unwrap_err());
    }
}
