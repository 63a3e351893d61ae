//! Bad input and bad luck: a clear error, the right exit code, and nothing left behind.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use crate::support::{LocalCloud, Run, copy_with_handler, edit, repository, xtask};

/// Runs against AWS's code path with the given environment; no account is ever reached.
fn run_aws(home: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
    Run::of(
        xtask(&repository(), home)
            .args(arguments)
            .envs(environment.iter().copied()),
    )
}

#[test]
fn a_missing_setting_is_named_with_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let keys = [
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ];
    std::fs::write(
        home.path().join("config"),
        "[profile team]\nregion = eu-west-1\n",
    )
    .unwrap();

    run_aws(home.path(), &["deploy", "--yes", "--profile", "tema"], &[])
        .expect(1)
        .says("no AWS profile `tema`; known profiles: team");
    run_aws(home.path(), &["diff"], &keys)
        .expect(1)
        .says("no region: pass `--region`");
    run_aws(home.path(), &["outputs", "--region", "eu-west-1"], &[])
        .expect(1)
        .says("no AWS credentials: pass `--profile`");
}

#[test]
fn nobody_to_ask_is_found_out_before_anything_is_done() {
    let home = tempfile::tempdir().unwrap();
    for verb in ["deploy", "destroy", "bootstrap"] {
        let mut command = xtask(&repository(), home.path());
        Run::of(command.arg(verb).stdin(std::process::Stdio::null()))
            .expect(1)
            .says("nobody can be asked, stdin is not a terminal; pass `--yes`");
    }
}

#[test]
fn an_unreachable_endpoint_is_named() {
    let home = tempfile::tempdir().unwrap();
    // The system's own services have the small numbers, and nobody serves this one.
    let endpoint = "http://127.0.0.1:9";
    let environment = [
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL", endpoint),
    ];
    run_aws(home.path(), &["deploy", "--yes"], &environment)
        .expect(1)
        .says(&format!(
            "`{endpoint}` refuses connections: nothing listens there"
        ));
}

/// Not by a program that lists processes: it may cut their names, and may not be there.
#[test]
fn the_local_cloud_is_found_without_any_program() {
    let cloud = LocalCloud::start();
    let run = |verb: &str| {
        let mut local = cloud.command(&repository());
        local.env("COLUMNS", "20").env("PATH", cloud.home.path());
        Run::of(local.args(["local", verb])).expect(0)
    };
    let running = format!("running on {}\n", cloud.endpoint());
    assert_eq!(run("status").stdout, running);
    run("down").says("the local cloud is stopped");
    assert!(std::net::TcpListener::bind(("127.0.0.1", cloud.port_of_emulator)).is_ok());
    run("down").says("the local cloud was not running");
}

#[test]
fn nothing_that_is_set_for_aws_reaches_the_local_cloud() {
    let cloud = LocalCloud::start();
    let nowhere = "http://127.0.0.1:9";
    let mut outputs = cloud.command(&repository());
    outputs
        .args(["outputs", "--local"])
        .env("AWS_USE_FIPS_ENDPOINT", "true")
        .env("AWS_USE_DUALSTACK_ENDPOINT", "true")
        .env("AWS_PROFILE", "missing")
        .env("AWS_CONFIG_FILE", repository().join("Cargo.toml"))
        .env("AWS_REGION", "no region")
        .env("AWS_CA_BUNDLE", "missing.pem")
        .env("AWS_ENDPOINT_URL_STS", nowhere)
        .env("AWS_ENDPOINT_URL_CLOUDFORMATION", nowhere)
        .env("HTTP_PROXY", nowhere);
    Run::of(&mut outputs)
        .expect(1)
        .says("there is no stack `movies-dev`");
}

#[test]
fn a_port_in_use_is_named_and_nothing_is_started() {
    let home = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let run = |arguments: &[&str]| Run::of(xtask(&repository(), home.path()).args(arguments));
    run(&["deploy", "--local", "--port", &port])
        .expect(1)
        .says(&format!("port {port} on 127.0.0.1 is not free"));
    let status = run(&["local", "status", "--json"]).expect(0);
    assert!(status.json()["endpoint"].is_null());
    run(&["outputs", "--local"])
        .expect(1)
        .says("the local cloud is not running");
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [
        &["deploy", "--param", "NoValue"][..],
        &["deploy", "--stage", "Not-A-Stage"],
        &["deploy", "--local", "--profile", "test"],
        &["nonsense"],
    ] {
        Run::of(xtask(&repository(), home.path()).args(arguments)).expect(2);
    }
}

#[tokio::test]
async fn bad_parameters_and_buckets_leave_nothing_behind() {
    let cloud = LocalCloud::start();

    cloud
        .run(&["deploy", "--local", "--param", "StandardRateLimit=60"])
        .expect(1)
        .says("has no parameter `StandardRateLimit`; did you mean `StandardRateLimitPerSecond`?");
    assert_eq!(cloud.stacks().await, Vec::<String>::new());

    // A bucket that another account owns.
    let theirs = cloud.s3_of("111122223333").await;
    theirs
        .create_bucket()
        .bucket("theirs")
        .send()
        .await
        .unwrap();
    let refused = cloud
        .run(&["deploy", "--local", "--asset-bucket", "theirs"])
        .expect(1);
    assert!(
        refused.stderr.contains("bucket `theirs`"),
        "{}",
        refused.stderr
    );
    let objects = theirs
        .list_objects_v2()
        .bucket("theirs")
        .send()
        .await
        .unwrap();
    assert_eq!(objects.key_count(), Some(0));
    assert_eq!(cloud.stacks().await, Vec::<String>::new());

    // A value that the template refuses.
    cloud
        .run(&["deploy", "--local", "--param", "FunctionTimeoutInSeconds=29"])
        .expect(1)
        .says("API Gateway answers 504 after 29, and more would only hold a slot (FunctionTimeoutInSeconds is `29`)");
    assert_eq!(cloud.stacks().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_change_set_that_is_refused_leaves_no_stack() {
    let cloud = LocalCloud::start();
    let copy = copy_with_handler();
    let root = copy.path().join("infra/cfn/root.yaml");
    edit(&root, "!Equals [!Ref Stage, dev]", "!Equals [!Ref Stage]");
    let refused = cloud.deploy_templates(&copy);
    refused.expect(1).says("movies-dev");
    assert_eq!(cloud.stacks().await, ["movies-bootstrap"]);
}

#[tokio::test]
async fn a_broken_template_is_shown_with_its_line() {
    let cloud = LocalCloud::start();
    let copy = copy_with_handler();
    let template = copy.path().join("infra/cfn/data.yaml");
    let deploy = || cloud.deploy_templates(&copy).expect(1);

    edit(&template, "!GetAtt Table.Arn", "!GetAtt Tabel.Arn");
    deploy()
        .says("output `TableArn` refers to `Tabel.Arn`")
        .says("--> infra/cfn/data.yaml:");
    edit(
        &template,
        "    Type: AWS::DynamoDB::Table",
        "    Type: [AWS::DynamoDB::Table",
    );
    deploy().says("infra/cfn/data.yaml:");
    assert_eq!(cloud.stacks().await, Vec::<String>::new());
}

#[test]
fn a_failed_create_names_its_cause_and_the_next_deploy_repairs_it() {
    let cloud = LocalCloud::start();
    let copy = copy_with_handler();
    let template = copy.path().join("infra/cfn/function.yaml");
    let deploy = || cloud.deploy_templates(&copy);

    // A type the emulator does not know fails while the nested stack is created.
    let resources = "Resources:\n";
    let unknown = "Resources:\n  Unknown:\n    Type: AWS::Chatbot::CustomAction\n\n";
    edit(&template, resources, unknown);
    let failed = deploy().expect(3);
    assert!(
        failed
            .stderr
            .contains("= CloudFormation: Unsupported resource type"),
        "{}",
        failed.stderr
    );

    edit(&template, unknown, resources);
    deploy().expect(0).says("movies-dev is deployed");
}
