//! Whose key encrypts: what `bootstrap` keeps of it, and what a stage takes from there.

use crate::site::Site;
use crate::stages::{deploy, no_violations, owned, parameter};
use cfnkit_scripted_cloud::cloud::state::{Stack, State};

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1";

/// Nothing but the bootstrap stack, with this choice of a key.
fn bootstrapped(choice: &str, outputs: &[(&str, &str)]) -> Site {
    let mut state = State::default();
    let id = state.new_stack_id("movies-bootstrap");
    state.stacks.push(Stack {
        id,
        name: "movies-bootstrap".to_owned(),
        status: "CREATE_COMPLETE".to_owned(),
        parameters: owned(&[("EncryptionKey", choice)]).into_iter().collect(),
        outputs: owned(outputs).into_iter().collect(),
        ..Stack::default()
    });
    Site::with(state)
}

const CHOOSE_KEY: &str = "--param=EncryptionKey=customer-managed";

#[test]
fn a_stage_is_encrypted_with_the_bootstrap_stacks_key() {
    let site = bootstrapped("customer-managed", &[("EncryptionKeyArn", KEY)]);
    deploy(&site, "dev", &[CHOOSE_KEY]).expect(0);
    assert_eq!(parameter(&site, "movies-dev", "EncryptionKeyArn"), KEY);
    deploy(&site, "dev", &[CHOOSE_KEY])
        .expect(0)
        .says("no changes");
    // Going back is possible, and leaves something behind.
    let said = format!("movies-dev leaves the key {KEY}: logs and backups written so far");
    site.run(&["diff"]).expect(0).says(&said);
    deploy(&site, "dev", &[]).expect(0).says(&said);
    assert_eq!(parameter(&site, "movies-dev", "EncryptionKeyArn"), "");
    no_violations(&site);
}

#[test]
fn a_stage_that_wants_no_key_gets_none() {
    let site = bootstrapped("customer-managed", &[("EncryptionKeyArn", KEY)]);
    deploy(&site, "dev", &[]).expect(0);
    assert_eq!(parameter(&site, "movies-dev", "EncryptionKeyArn"), "");
}

#[test]
fn without_the_key_nothing_is_built_and_the_command_is_told() {
    let command = "`cargo xtask bootstrap --encryption-key customer-managed --region us-east-1`";
    for site in [Site::new(), bootstrapped("aws-owned", &[])] {
        site.write(
            "infra/stages/live.json",
            r#"{"Parameters": {"EncryptionKey": "customer-managed"}}"#,
        );
        for verb in ["deploy", "diff"] {
            let mut arguments = vec![verb, "--stage=live", "--region=us-east-1"];
            arguments.extend((verb == "deploy").then_some("--yes"));
            let run = site.run(&arguments).expect(1).says(command);
            assert!(!run.stderr.contains("creating a change set"));
        }
        assert_eq!(site.cloud.mutating_calls().len(), 0);
    }
}

#[test]
fn bootstrap_keeps_its_choices_and_says_what_leaving_the_key_means() {
    let site = Site::new();
    let bootstrap = |others: &[&str]| {
        let mut arguments = vec!["bootstrap", "--yes"];
        arguments.extend(others);
        site.run(&arguments).expect(0)
    };
    let chosen = || {
        let name = "movies-bootstrap";
        let key = parameter(&site, name, "EncryptionKey");
        (key, parameter(&site, name, "ApiGatewayLogsRole"))
    };
    let both = |key: &str, role: &str| (key.to_owned(), role.to_owned());
    bootstrap(&[]);
    assert_eq!(chosen(), both("aws-owned", "false"));
    bootstrap(&["--encryption-key", "customer-managed"]);
    assert_eq!(chosen(), both("customer-managed", "false"));
    bootstrap(&["--api-gateway-logs-role"]);
    assert_eq!(chosen(), both("customer-managed", "true"));
    bootstrap(&[]).says("no changes");

    deploy(&site, "dev", &[CHOOSE_KEY]).expect(0);
    deploy(&site, "other", &[]).expect(0);
    let run = bootstrap(&["--encryption-key=aws-owned"]);
    assert_eq!(chosen(), both("aws-owned", "true"));
    let run = run
        .says("The key stays, outside of any stack: value-of-EncryptionKeyArn")
        .says("once it is deleted, never again");
    assert!(
        run.stderr.contains("In use by the stages: dev."),
        "{}",
        run.stderr
    );
    deploy(&site, "dev", &[CHOOSE_KEY])
        .expect(1)
        .says("`cargo xtask bootstrap --encryption-key customer-managed`");
    no_violations(&site);
}
