//! The flags that say how a stage is deployed and destroyed.

use serde_json::Value;

use crate::support::Run;
use crate::support::{LocalCloud, builds_apart, copy_of_repository, edit, post, xtask};

const MOVIE: &str = r#"{"year":"2023","title":"kkkg","id":"12"}"#;

fn key_on_screen(run: &Run) -> String {
    let mut words = run
        .stderr
        .split("Standard key")
        .nth(1)
        .unwrap()
        .split_whitespace();
    words.next().unwrap().to_owned()
}

#[tokio::test]
async fn a_deploy_does_what_its_flags_say() {
    let cloud = LocalCloud::start();
    let deploy = |arguments: &[&str]| {
        let mut all = vec!["deploy", "--local"];
        all.extend(arguments);
        cloud.run(&all)
    };

    // Protected, tagged, and with a topic and a role; the SDK sees it.
    deploy(&["--termination-protection", "--tag=team=movies", "--json"])
        .expect(0)
        .says("movies-dev is protected from being deleted");
    let cfn = cloud.cloudformation().await;
    let described = cfn.describe_stacks().stack_name("movies-dev");
    let described = described.send().await.unwrap();
    let stack = described.stacks().first().unwrap();
    assert_eq!(stack.enable_termination_protection(), Some(true));
    let tags: Vec<&str> = stack.tags().iter().filter_map(|tag| tag.key()).collect();
    assert!(
        tags.contains(&"team") && tags.contains(&"service"),
        "{tags:?}"
    );
    deploy(&["--tag=stage=other"])
        .expect(1)
        .says("the tag `stage` is set by this tool");
    deploy(&[
        "--tag=team=movies",
        "--on-failure=delete",
        "--param=LogRetentionInDays=30",
    ])
    .expect(1)
    .says("`--on-failure delete` is for a stack that is created, and `movies-dev` exists");

    // A change set that is left is executed by its name, once.
    let left = deploy(&[
        "--no-execute",
        "--tag=team=movies",
        "--param=StageRateLimitPerSecond=200",
    ]);
    let left = left.expect(0).says("is ready and was not executed");
    let change_set = left.stdout.trim();
    deploy(&[change_set])
        .expect(0)
        .says("~ Api")
        .says("movies-dev is deployed");
    deploy(&[change_set]).expect(1).says("change set `kept-");
    deploy(&["no-such-change-set"])
        .expect(1)
        .says("stack `movies-dev` has no change set `no-such-change-set`");

    // What is more than code is not for `--fast`.
    deploy(&["--fast", "--tag=team=movies"])
        .expect(1)
        .says("`--fast` is for changes of code alone, and the parameter `StageRateLimitPerSecond` changed");
    deploy(&["--fast", "--stage=production"])
        .expect(1)
        .says("`--fast` is not for `production`");

    // Told once, a protected stack stays.
    cloud
        .run(&["destroy", "--local"])
        .expect(1)
        .says("`--unprotect` says that it is meant");
    cloud
        .run(&["destroy", "--local", "--unprotect", "--retain=Table"])
        .expect(1)
        .says("`--retain` is for a stack whose deletion failed");
    assert_eq!(cloud.stacks().await.len(), 8);
    cloud
        .run(&["destroy", "--local", "--unprotect"])
        .expect(0)
        .says("= stays")
        .says("movies-dev is deleted");
    cloud
        .run(&["destroy", "--local"])
        .expect(0)
        .says("nothing to do");
}

#[test]
fn fast_gives_new_code_at_once_and_leaves_no_drift() {
    let cloud = LocalCloud::start();
    let copy = copy_of_repository();
    let deploy = |arguments: &[&str]| {
        let mut deploy = xtask(copy.path(), cloud.home.path());
        deploy.args(["deploy", "--local", "--stage=quick"]);
        Run::of(builds_apart(deploy.args(arguments)))
    };
    deploy(&["--fast"])
        .expect(1)
        .says("`--fast` is for a stage that is deployed");
    let run = deploy(&["--json"]).expect(0);
    let outputs: Value = run.json();
    let endpoint = outputs["Endpoint"].as_str().unwrap();
    edit(
        &copy.path().join("handler/src/event/reply.rs"),
        "Successfully inserted data!",
        "Inserted, and fast",
    );
    let run = deploy(&["--fast", "--no-smoke"])
        .expect(0)
        .says("has the new code")
        .says("movies-quick is deployed");
    let key = key_on_screen(&run);
    let (status, answer) = post(&format!("{endpoint}/"), Some(&key), MOVIE);
    assert_eq!(
        (status, answer.as_str()),
        (200, r#"{"message": "Inserted, and fast"}"#)
    );
    // CloudFormation knows the code that runs.
    let again = deploy(&[]).expect(0).says("movies-quick: no changes");
    assert!(!again.stderr.contains("deploying"));
}
