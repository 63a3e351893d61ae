//! The life of a stage, from an empty local cloud to its end.

use std::collections::BTreeMap;
use std::io::Write as _;

use serde_json::{Value, json};

use crate::support::{
    LocalCloud, Run, builds_apart, copy_of_repository, copy_with_handler, edit, post, repository,
    xtask,
};
use cfnkit_scripted_cloud::judge::judge;
use cfnkit_scripted_cloud::recorder::Recorder;

const MOVIE: &str = r#"{"year":"2023","title":"kkkg","id":"12"}"#;
const STORED: &str = r#"{"message": "Successfully inserted data!"}"#;

/// The value after `label` on the screen.
fn on_screen(screen: &str, label: &str) -> String {
    let line = screen
        .lines()
        .find_map(|line| line.trim().strip_prefix(label));
    line.unwrap_or_else(|| panic!("no `{label}` in:\n{screen}"))
        .trim()
        .to_owned()
}

/// How many events each nested stack has, by logical ID.
async fn events(cloud: &LocalCloud, root: &str) -> BTreeMap<String, usize> {
    let cfn = cloud.cloudformation().await;
    let resources = cfn
        .list_stack_resources()
        .stack_name(root)
        .send()
        .await
        .unwrap();
    let mut counts = BTreeMap::new();
    for resource in resources.stack_resource_summaries() {
        let nested = resource.physical_resource_id().unwrap();
        let events = cfn
            .describe_stack_events()
            .stack_name(nested)
            .send()
            .await
            .unwrap();
        let logical_id = resource.logical_resource_id().unwrap().to_owned();
        counts.insert(logical_id, events.stack_events().len());
    }
    counts
}

fn stored_movie(cloud: &LocalCloud, table: &str) -> Value {
    let asked = json!({"TableName": table, "Key": {"id": {"S": "12"}}});
    let mut output = cloud.dynamodb("get_item", &asked);
    output["Item"].take()
}

#[tokio::test]
async fn a_stage_lives_and_dies() {
    let cloud = LocalCloud::start();

    // From nothing to an answered request.
    let deployed = cloud
        .run(&["deploy", "--local"])
        .expect(0)
        .says("movies-dev is deployed");
    for omitted in ["WebAclAssociation", "WebAclLogging", "FlowLog"] {
        assert!(
            deployed
                .stderr
                .contains(&format!("not on the local cloud: {omitted} "))
        );
    }
    // What was sent is judged at the end.
    let verdicts = judge(&cloud.recorder.exchanges());
    let operations: Vec<_> = verdicts
        .iter()
        .map(|one| one.operation.as_deref())
        .collect();
    for operation in ["cloudformation.CreateChangeSet", "s3.PutObject"] {
        assert!(operations.contains(&Some(operation)), "{operations:?}");
    }
    let endpoint = on_screen(&deployed.stdout, "Endpoint");
    let standard = on_screen(&deployed.stderr, "Standard key");
    let premium = on_screen(&deployed.stderr, "Premium key");
    let outputs = cloud
        .run(&["outputs", "--local", "--json"])
        .expect(0)
        .json();
    assert_eq!(outputs["Endpoint"], endpoint);
    let endpoint = endpoint + "/";
    let table = outputs["TableName"].as_str().unwrap().to_owned();

    for key in [&standard, &premium] {
        assert_eq!(post(&endpoint, Some(key), MOVIE), (200, STORED.to_owned()));
    }
    api_gateway_answers_as_the_handler_does(&endpoint);
    let (status, _) = post(&endpoint, Some(&standard), r#"{"year":"MMXXIII"}"#);
    assert_eq!(status, 422);
    let movie = json!({"id": {"S": "12"}, "title": {"S": "kkkg"}, "year": {"N": "2023"}});
    assert_eq!(stored_movie(&cloud, &table), movie);

    the_curl_on_the_screen_works(&deployed.stderr);
    nothing_changed_means_no_mutating_call(&cloud);
    a_limit_changes_one_stack(&cloud).await;
    an_added_output_is_a_change(&cloud);
    a_changed_handler_answers(&cloud, &endpoint, &standard);
    assert_eq!(stored_movie(&cloud, &table), movie);

    // The end of the stage; the table outlives it.
    let destroyed = cloud.run(&["destroy", "--local"]).expect(0);
    assert!(
        destroyed.stderr.contains("= stays   Data / Table"),
        "{}",
        destroyed.stderr
    );
    assert!(
        destroyed
            .stderr
            .contains(&format!("retained: AWS::DynamoDB::Table {table}"))
    );
    assert_eq!(cloud.stacks().await, ["movies-bootstrap"]);
    assert_eq!(stored_movie(&cloud, &table), movie);
    cloud
        .run(&["destroy", "--local"])
        .expect(0)
        .says("there is no such stack, nothing to do");
}

/// A key that is missing or wrong and a path that is not there never reach the handler.
fn api_gateway_answers_as_the_handler_does(endpoint: &str) {
    let key = "API key is missing or not valid; send it in the x-api-key header";
    let path = "no such path or method";
    for (url, api_key, status, title, detail) in [
        (endpoint, None, 403, "Forbidden", key),
        (endpoint, Some("not-a-key"), 403, "Forbidden", key),
        (&format!("{endpoint}nowhere"), None, 404, "Not Found", path),
    ] {
        let (answered, body) = post(url, api_key, MOVIE);
        assert_eq!(answered, status, "{body}");
        let mut problem: Value = serde_json::from_str(&body).unwrap();
        assert!(problem["requestId"].as_str().unwrap().len() > 8, "{body}");
        problem["requestId"] = "any".into();
        let expected = json!({
            "type": "about:blank",
            "title": title,
            "status": status,
            "detail": detail,
            "message": detail,
            "requestId": "any",
        });
        assert_eq!(problem, expected);
    }
}

/// What a reader pastes into a shell, pasted into a shell.
fn the_curl_on_the_screen_works(screen: &str) {
    let begin = screen.find("curl -X POST").unwrap();
    let command = screen[begin..].split("\n\n").next().unwrap();
    let output = std::process::Command::new("sh")
        .args(["-c", command])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), STORED);
}

fn nothing_changed_means_no_mutating_call(cloud: &LocalCloud) {
    // The same cloud behind a port that listens in.
    let recorder = Recorder::before(cloud.port);
    let overheard = tempfile::tempdir().unwrap();
    let local = overheard.path().join("local");
    std::fs::create_dir_all(&local).unwrap();
    let state = std::fs::read_to_string(cloud.home.path().join("local/emulator.json")).unwrap();
    let state = state.replace(&cloud.port.to_string(), &recorder.port.to_string());
    // Held, as the emulator's process holds its own.
    let mut held = std::fs::File::create(local.join("emulator.json")).unwrap();
    held.lock().unwrap();
    held.write_all(state.as_bytes()).unwrap();

    for _ in 0..20 {
        let mut deploy = xtask(&repository(), overheard.path());
        Run::of(deploy.args(["deploy", "--local"]))
            .expect(0)
            .says("movies-dev: no changes");
    }
    let sent = recorder.sent();
    let mut actions: Vec<&str> = sent
        .split("Action=")
        .skip(1)
        .map(|rest| rest.split(['&', ' ', '\r', '\n']).next().unwrap())
        .collect();
    actions.sort_unstable();
    actions.dedup();
    assert_eq!(
        actions,
        ["DescribeStacks", "GetCallerIdentity", "GetTemplate"]
    );
    for method in ["PUT /", "DELETE /", "PATCH /"] {
        assert!(!sent.contains(method), "{method}");
    }
}

async fn a_limit_changes_one_stack(cloud: &LocalCloud) {
    let raise = ["--param", "StandardRateLimitPerSecond=60"];
    let arguments = |verb: &'static str| [&[verb, "--local"], raise.as_slice()].concat();
    for extra in [&["--exit-code"][..], &["--exit-code", "--no-change-set"]] {
        let diff = cloud
            .run(&[arguments("diff"), extra.to_vec()].concat())
            .expect(5);
        assert!(
            diff.stderr.contains("~ StandardUsagePlan"),
            "{}",
            diff.stderr
        );
        assert!(
            diff.stderr.contains("Throttle.RateLimit: 50 -> 60"),
            "{}",
            diff.stderr
        );
        assert!(diff.stderr.contains("1 to change"), "{}", diff.stderr);
    }
    let before = events(cloud, "movies-dev").await;
    let file = cloud.home.path().join("limits.json");
    std::fs::write(&file, r#"{"StandardRateLimitPerSecond": 60}"#).unwrap();
    cloud
        .run(&["deploy", "--local", "--params-file", file.to_str().unwrap()])
        .expect(0)
        .says("movies-dev is deployed");
    let after = events(cloud, "movies-dev").await;
    let changed: Vec<&String> = after
        .keys()
        .filter(|id| before[*id] != after[*id])
        .collect();
    assert_eq!(changed, ["Api"]);
    cloud
        .run(&[arguments("diff"), vec!["--exit-code"]].concat())
        .expect(0)
        .says("no changes");

    let cfn = cloud.cloudformation().await;
    let sets = cfn
        .list_change_sets()
        .stack_name("movies-dev")
        .send()
        .await
        .unwrap();
    let pending: Vec<_> = sets
        .summaries()
        .iter()
        .filter(|set| {
            set.execution_status()
                .is_some_and(|status| status.as_str() == "AVAILABLE")
        })
        .collect();
    assert!(
        pending.is_empty(),
        "change sets were left behind: {pending:?}"
    );
}

/// No resource changes with it, and it is deployed all the same.
fn an_added_output_is_a_change(cloud: &LocalCloud) {
    let copy = copy_with_handler();
    // What was chosen before is taken back.
    cloud.deploy_templates(&copy).expect(0);
    let root = copy.path().join("infra/cfn/root.yaml");
    let motto = "\nOutputs:\n  Motto:\n    Description: A motto.\n    Value: movies\n";
    edit(&root, "\nOutputs:\n", motto);
    for extra in [&["--exit-code"][..], &["--exit-code", "--no-change-set"]] {
        let mut diff = cloud.command(copy.path());
        diff.args(["diff", "--local"]).args(extra);
        Run::of(builds_apart(&mut diff))
            .expect(5)
            .says("Value: movies (new)")
            .says("no resource changes");
    }
    cloud
        .deploy_templates(&copy)
        .expect(0)
        .says("movies-dev is deployed");
    let outputs = cloud.run(&["outputs", "--local", "--json"]).expect(0);
    assert_eq!(outputs.json()["Motto"], "movies");
}

fn a_changed_handler_answers(cloud: &LocalCloud, endpoint: &str, key: &str) {
    let copy = copy_of_repository();
    edit(
        &copy.path().join("handler/src/event/reply.rs"),
        "Successfully inserted data!",
        "Changed!",
    );
    let run = cloud.deploy_copy(&copy).expect(1);
    // It is not what the README promises.
    run.says("movies-dev is deployed")
        .says("the message is not `Successfully inserted data!`")
        .says("the local cloud gets the previous handler from a deploy of its commit");
    let (status, answer) = post(endpoint, Some(key), &MOVIE.replace("12", "13"));
    assert_eq!(
        (status, answer.as_str()),
        (200, r#"{"message": "Changed!"}"#)
    );
}

#[test]
fn ls_lists_the_root_and_its_nested_stacks() {
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        crate::support::Run::of(xtask(&repository(), home.path()).args(arguments)).expect(0)
    };
    let rows = run(&["ls", "--json", "--stage", "it"]).json();
    let stacks: Vec<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["stack"].as_str().unwrap())
        .collect();
    assert_eq!(stacks[0], "movies-it");
    for nested in [
        "Api",
        "Data",
        "Function",
        "Identity",
        "Network",
        "Observability",
    ] {
        assert!(
            stacks.contains(&format!("movies-it/{nested}").as_str()),
            "{stacks:?}"
        );
    }
    assert_eq!(run(&["ls"]).stdout.lines().count(), stacks.len() + 1);
}

#[test]
fn synth_needs_no_credentials_and_repeats_itself() {
    let home = tempfile::tempdir().unwrap();
    let synth = || {
        let mut command = xtask(&repository(), home.path());
        crate::support::Run::of(command.args(["synth", "--local", "--stage", "synthesised"]))
            .expect(0);
        let directory = repository().join("target/assembly/synthesised.local");
        let files = std::fs::read_dir(&directory).unwrap();
        files
            .map(|file| file.unwrap().path())
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect::<BTreeMap<_, _>>()
    };
    let first = synth();
    assert!(first.len() > 8, "{:?}", first.keys());
    assert!(first == synth(), "the same source gave other bytes");
}
