//! What a stage's file turns on, as a client of the local cloud sees it.

use aws_sdk_cloudformation::types::Stack;

use crate::support::{LocalCloud, post};

async fn stack(cloud: &LocalCloud, name: &str) -> Stack {
    let cfn = cloud.cloudformation().await;
    let described = cfn.describe_stacks().stack_name(name).send().await.unwrap();
    described.stacks().first().unwrap().clone()
}

fn parameter<'a>(stack: &'a Stack, name: &str) -> &'a str {
    let mut parameters = stack.parameters().iter();
    let parameter = parameters.find(|one| one.parameter_key() == Some(name));
    parameter.and_then(|one| one.parameter_value()).unwrap()
}

#[tokio::test]
async fn each_stage_is_what_its_file_says() {
    let cloud = LocalCloud::start();
    let deploy = |arguments: &[&str]| {
        let mut all = vec!["deploy", "--local", "--json"];
        all.extend(arguments);
        cloud.run(&all)
    };
    deploy(&["--stage=production"])
        .expect(0)
        .says("movies-production is protected from being deleted");
    let production = stack(&cloud, "movies-production").await;
    assert_eq!(production.enable_termination_protection(), Some(true));
    assert_eq!(parameter(&production, "WafManagedRules"), "block");
    assert_eq!(parameter(&production, "EncryptionKeyArn"), "");
    let destroy = ["destroy", "--local", "--stage=production"];
    cloud.run(&destroy).expect(1);

    // The roles of a stage that GitHub deploys are bounded, and the function works with that.
    let github = ["bootstrap", "--local", "--github=o/r", "--github-stage=dev"];
    cloud.run(&github).expect(0);

    // The local cloud gets its key without being asked, and the function works with it.
    let key = "--param=EncryptionKey=customer-managed";
    let run = deploy(&[key]).expect(0);
    let dev = stack(&cloud, "movies-dev").await;
    assert_ne!(dev.enable_termination_protection(), Some(true));
    assert_eq!(parameter(&dev, "WafManagedRules"), "count");
    let bound = parameter(&dev, "PermissionsBoundaryArn");
    let role = stack(&cloud, "movies-github-dev").await;
    let mut outputs = role.outputs().iter();
    assert!(outputs.any(|output| output.output_value() == Some(bound)));
    assert_eq!(parameter(&production, "PermissionsBoundaryArn"), "");
    let arn = parameter(&dev, "EncryptionKeyArn");
    assert!(arn.starts_with("arn:aws:kms:us-east-1:"), "{arn}");
    let bootstrap = stack(&cloud, "movies-bootstrap").await;
    let mut outputs = bootstrap.outputs().iter();
    assert!(outputs.any(|output| output.output_value() == Some(arn)));
    let endpoint = run.json()["Endpoint"].as_str().unwrap().to_owned();
    let mut words = run
        .stderr
        .split("Standard key")
        .nth(1)
        .unwrap()
        .split_whitespace();
    let movie = r#"{"year":"2023","title":"kkkg","id":"12"}"#;
    let (status, _) = post(&format!("{endpoint}/"), words.next(), movie);
    assert_eq!(status, 200);
    deploy(&[key]).expect(0).says("movies-dev: no changes");
}
