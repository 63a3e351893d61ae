//! A load test of the whole service on the local cloud.

use std::net::TcpListener;

use serde_json::json;

use crate::support::LocalCloud;

#[test]
fn a_stage_is_loaded_and_nothing_else() {
    let cloud = LocalCloud::start();
    cloud
        .run(&["load", "--local"])
        .expect(1)
        .says("there is no stack `movies-dev`");
    cloud.run(&["deploy", "--local"]).expect(0);

    let page = cloud.home.path().join("report.html");
    let page_argument = page.to_str().unwrap();
    let mut load = vec!["load", "--local", "--json", "--report", page_argument];
    load.extend(["--p99", "30000", "--phase", "5/s:2s", "--phase", "10/s:2s"]);
    let report = cloud.run(&load).expect(0).json();
    assert_eq!(report["overall"]["sent"], 30);
    let answers = report["overall"]["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(answers[0]["layer"], "stored");
    assert_eq!(report["phases"][1]["answers"][0]["count"], 20);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("Load test of movies-dev"));

    // The items are in the table, under the prefix that was said.
    let table = &report["table"];
    let output = cloud.dynamodb("scan", &json!({"TableName": table}));
    let prefix = report["idPrefix"].as_str().unwrap();
    let items = output["Items"].as_array().unwrap().iter();
    let ids = items.map(|item| item["id"]["S"].as_str().unwrap());
    assert_eq!(ids.filter(|id| id.starts_with(prefix)).count(), 30);

    // Somebody else's server never hears of it.
    let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
    stranger.set_nonblocking(true).unwrap();
    let url = format!("http://{}/", stranger.local_addr().unwrap());
    cloud
        .run(&["load", "--local", "--url", &url])
        .expect(1)
        .says("is not the endpoint of this stack");
    assert!(stranger.accept().is_err());
}
