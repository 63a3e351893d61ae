//! What looks at a deployed stage, and what rotates its keys, on the local cloud.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{
    LocalCloud, Run, conforms, copy_of_repository, copy_with_handler, edit, post,
};

const MOVIE: &str = r#"{"year":"2023","title":"kkkg","id":"12"}"#;

#[test]
fn a_deployed_stage_tells_how_it_is() {
    let cloud = LocalCloud::start();
    for command in ["smoke", "keys", "logs", "status"] {
        cloud
            .run(&[command, "--local"])
            .expect(1)
            .says("there is no stack `movies-dev`");
    }
    let deployed = cloud.run(&["deploy", "--local", "--json"]).expect(0);
    // The deploy has looked by itself.
    for check in [
        "with key",
        "without key",
        "wrong key",
        "bad body",
        "unknown path",
    ] {
        assert!(
            deployed.stderr.contains(&format!("ok      {check}")),
            "{check}"
        );
    }
    let outputs = deployed.json();
    conforms("outputs", &outputs);

    let smoke = cloud.run(&["smoke", "--local", "--json"]).expect(0).json();
    conforms("smoke", &smoke);
    assert_eq!(smoke["passed"], true);
    assert_eq!(smoke["endpoint"], outputs["Endpoint"]);
    assert_eq!(smoke["checks"].as_array().unwrap().len(), 5);
    let asked = json!({"TableName": outputs["TableName"], "Key": {"id": {"S": "smoke-test"}}});
    assert!(
        cloud.dynamodb("get_item", &asked)["Item"].is_object(),
        "the request with the key was a real one"
    );

    let status = cloud.run(&["status", "--local", "--json"]).expect(0).json();
    conforms("status", &status);
    assert_eq!(status["stackStatus"], "CREATE_COMPLETE");
    let version = &status["version"];
    assert_eq!(version["deployedHandler"], version["localHandler"]);
    assert_eq!(version["changedTemplates"], json!([]));
    assert!(
        status["traffic"].is_null(),
        "the local cloud counts nothing"
    );
    assert!(!status["notShown"].as_array().unwrap().is_empty());

    let logs = ["logs", "--local", "--source", "function", "--json"];
    let logs = cloud.run(&logs).expect(0);
    let mut requests = BTreeSet::new();
    for line in logs.stdout.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        conforms("logs", &line);
        assert_eq!(line["source"], "function");
        if let Some(id) = line["requestId"].as_str() {
            requests.insert(id.to_owned());
        }
    }
    // Of both smoke tests, the request with the key and the one with a bad body.
    assert_eq!(requests.len(), 4, "{}", logs.stdout);
    let id = requests.first().unwrap();
    let whole = cloud
        .run(&["logs", "--local", "--request-id", id])
        .expect(0);
    assert!(
        whole.stdout.contains(&format!("requestId: {id}")),
        "{}",
        whole.stdout
    );
    for command in ["status", "keys", "logs", "smoke", "doctor"] {
        let run = cloud.run(&[command, "--local"]).expect(0);
        for line in run.stdout.lines().chain(run.stderr.lines()) {
            assert!(line.chars().count() <= 80, "{command}: {line}");
        }
    }
    cloud
        .run(&["traces", "--local"])
        .expect(1)
        .says("the local cloud traces nothing");
    let doctor = cloud.run(&["doctor", "--local", "--json"]).expect(0).json();
    conforms("doctor", &doctor);
    let findings = doctor["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["verdict"] != "error"));
    assert!(
        findings
            .iter()
            .any(|finding| finding["name"] == "asset bucket")
    );
    let load = [
        "load", "--local", "--json", "--phase", "5/s:2s", "--p99", "30000",
    ];
    for (command, arguments) in [
        ("keys", &["keys", "--local", "--json"][..]),
        (
            "diff",
            &["diff", "--local", "--json", "--param", "LogLevel=WARN"],
        ),
        ("local-status", &["local", "status", "--json"]),
        ("load", &load),
        ("limits", &["limits", "--json", "--phase", "50/s:60s"]),
        ("graph", &["graph", "--json"]),
        ("ls", &["ls", "--json"]),
        ("lint", &["lint", "--json"]),
    ] {
        conforms(command, &cloud.run(arguments).expect(0).json());
    }
}

/// Without this a validator that takes everything would do.
#[test]
fn a_schema_refuses_what_is_not_described() {
    let status = json!({ "stack": "movies-dev", "unheardOf": 1 });
    let refused = std::panic::catch_unwind(|| conforms("status", &status));
    assert!(refused.is_err());
}

#[test]
fn a_key_is_rotated_while_both_are_valid() {
    let cloud = LocalCloud::start();
    let copy = copy_with_handler();
    let run = |arguments: &[&str]| -> Run { cloud.run_in(copy.path(), arguments) };
    cloud.deploy_templates(&copy).expect(0);
    let outputs = run(&["outputs", "--local", "--json"]).expect(0).json();
    let endpoint = format!("{}/", outputs["Endpoint"].as_str().unwrap());
    let shown = || {
        let shown = run(&["keys", "--local", "--show", "standard"]).expect(0);
        assert_eq!(shown.stdout.lines().count(), 1);
        shown.stdout.trim().to_owned()
    };
    let status = |key: &str| post(&endpoint, Some(key), MOVIE).0;
    let old = shown();
    let mut in_ci = cloud.command(copy.path());
    in_ci.args(["keys", "--local", "--show", "standard"]);
    let refused = Run::of(in_ci.env("CI", "true")).expect(1);
    assert!(!refused.stdout.contains(&old) && !refused.stderr.contains(&old));
    assert_eq!(status(&old), 200);
    let listed = run(&["keys", "--local"]).expect(0);
    assert!(!listed.stdout.contains(&old) && !listed.stderr.contains(&old));
    assert_eq!(listed.stdout.matches("current").count(), 2);

    let rotated = run(&["keys", "rotate", "standard", "--local"]).expect(0);
    let new = shown();
    assert_ne!(old, new);
    for key in [&old, &new] {
        assert!(!rotated.stdout.contains(key.as_str()) && !rotated.stderr.contains(key.as_str()));
        assert_eq!(status(key), 200, "both are valid");
    }
    assert_eq!(generation(copy.path()), "2");
    run(&["keys", "rotate", "standard", "--local"])
        .expect(1)
        .says("a rotation is under way");

    // The new key is some seconds old.
    let finish = ["keys", "rotate", "standard", "--local", "--finish"];
    run(&finish).expect(1).says("nothing was disabled");
    assert_eq!(status(&old), 200);
    run(&[&finish[..], &["--grace", "0"]].concat()).expect(0);
    assert_eq!((status(&old), status(&new)), (403, 200));

    // What the stage's file remembers is what the next deploy finds.
    cloud.deploy_templates(&copy).expect(0);
    assert_eq!(shown(), new);
    let destroyed = run(&["destroy", "--local"]).expect(0);
    assert!(destroyed.stderr.contains("deleted old API key"));
}

fn generation(tree: &Path) -> String {
    let text = std::fs::read_to_string(tree.join("infra/stages/dev.json")).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    file["Parameters"]["StandardKeyGeneration"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_handler_that_answers_wrong_fails_the_deploy() {
    let cloud = LocalCloud::start();
    let copy = copy_of_repository();
    edit(
        &copy.path().join("handler/src/event/reply.rs"),
        "Successfully inserted data!",
        "Done",
    );
    let failed = cloud.deploy_copy(&copy).expect(1);
    assert!(failed.stderr.contains("FAILED  with key"));
    assert!(
        failed
            .stderr
            .contains("the message is not `Successfully inserted data!`")
    );
    assert!(failed.stderr.contains("no earlier handler to go back to"));
}
