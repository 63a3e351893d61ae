//! Whose credentials a command uses, and what it makes of variables that are empty or wrong.

use crate::site::Site;

const PROFILES: &str = "[profile ours]
region = eu-west-1
aws_access_key_id = ours
aws_secret_access_key = test
endpoint_url =
[profile lost]
role_arn = arn:aws:iam::111122223333:role/r
source_profile = nobody
[profile code]
role_arn = arn:aws:iam::111122223333:role/r
source_profile = ours
mfa_serial = arn:aws:iam::111122223333:mfa/me
[profile empty]
role_arn = arn:aws:iam::111122223333:role/r
source_profile = ours
region = eu-west-1
endpoint_url =
";

#[test]
fn the_profile_of_the_flag_wins_over_keys_and_one_of_a_variable_does_not() {
    let site = Site::new();
    let file = site.write("aws-config", PROFILES);
    let place = |variables: &[(&str, &str)], flags: &[&str]| {
        let variables = [&[("AWS_CONFIG_FILE", file.as_str())], variables].concat();
        let run = site.run_with(&variables, &[&["doctor", "--json"], flags].concat());
        let report = run.json();
        let mut findings = report["findings"].as_array().unwrap().iter();
        let found = findings.find(|finding| finding["name"] == "account and region");
        found.unwrap()["text"].as_str().unwrap().to_owned()
    };
    let of_profile = "account 111122223333, us-east-1 (profile `ours`)";
    let of_keys = "account 111122223333, us-east-1 (keys of the environment)";
    assert_eq!(place(&[], &["--profile", "ours"]), of_profile);
    assert_eq!(place(&[("AWS_PROFILE", "ours")], &[]), of_keys);
    // What is empty is not there.
    let no_keys = [("AWS_ACCESS_KEY_ID", ""), ("AWS_PROFILE", "")];
    let default = [("AWS_DEFAULT_PROFILE", "ours")];
    assert_eq!(place(&[&no_keys[..], &default].concat(), &[]), of_profile);
    let empty = [
        ("AWS_REGION", ""),
        ("AWS_DEFAULT_REGION", "eu-north-1"),
        ("AWS_ENDPOINT_URL_STS", ""),
        ("AWS_ENDPOINT_URL_CLOUDFORMATION", ""),
        ("HTTPS_PROXY", ""),
    ];
    let of_default = "account 111122223333, eu-north-1 (keys of the environment)";
    assert_eq!(place(&empty, &[]), of_default);
}

#[test]
fn what_cannot_be_right_is_named_with_where_it_stands() {
    let site = Site::new();
    let file = site.write("aws-config", PROFILES);
    let says = |name: &str, value: &str, flags: &[&str], text: &str| {
        let variables = [("AWS_CONFIG_FILE", file.as_str()), (name, value)];
        let run = site.run_with(&variables, &[&["status"], flags].concat());
        run.expect(1).says(text);
    };
    says(
        "AWS_REGION",
        "us_east_1",
        &[],
        "`us_east_1` of AWS_REGION is no region; did you mean `us-east-1`?",
    );
    says(
        "AWS_ENDPOINT_URL",
        "foo",
        &[],
        "`foo` of AWS_ENDPOINT_URL is no URL",
    );
    says(
        "AWS_ENDPOINT_URL_S3",
        "http://[",
        &[],
        "`http://[` of AWS_ENDPOINT_URL_S3 is no URL",
    );
    says(
        "AWS_ENDPOINT_URL_LAMBDA",
        "foo",
        &[],
        "`foo` of AWS_ENDPOINT_URL_LAMBDA is no URL",
    );
    says(
        "AWS_ENDPOINT_URL",
        "",
        &["--profile", "empty"],
        "an `endpoint_url` of profile `empty` is empty, and signing in calls STS",
    );
    says(
        "AWS_PROFILE",
        "",
        &["--profile", "lost"],
        "takes its credentials from profile `nobody`",
    );
    says(
        "AWS_PROFILE",
        "",
        &["--profile", "code"],
        "wants a code of `arn:aws:iam::111122223333:mfa/me`, and nobody can be asked",
    );
}
