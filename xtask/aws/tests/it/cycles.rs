//! The same again, and again: nothing piles up.

use serde_json::json;

use crate::support::LocalCloud;

/// How many lives of a stage; `XTASK_CYCLES` sets another number.
const CYCLES: usize = 3;

fn cycles() -> usize {
    let cycles = std::env::var("XTASK_CYCLES").ok();
    cycles.map_or(CYCLES, |cycles| cycles.parse().unwrap())
}

#[tokio::test]
async fn a_stage_that_is_made_and_destroyed_leaves_its_tables_alone() {
    let cloud = LocalCloud::start();
    let cycles = cycles();
    for _ in 0..cycles {
        cloud.run(&["deploy", "--local"]).expect(0);
        cloud
            .run(&["deploy", "--local", "--param=StageRateLimitPerSecond=200"])
            .expect(0)
            .says("movies-dev is deployed");
        cloud.run(&["destroy", "--local"]).expect(0);
    }
    assert_eq!(cloud.stacks().await, ["movies-bootstrap"]);
    let tables = cloud.dynamodb("list_tables", &json!({}));
    assert_eq!(tables["TableNames"].as_array().unwrap().len(), cycles);
    let cfn = cloud.cloudformation().await;
    let left = cfn
        .list_change_sets()
        .stack_name("movies-bootstrap")
        .send()
        .await
        .unwrap();
    assert!(left.summaries().iter().all(|set| {
        set.execution_status()
            .is_none_or(|status| status.as_str() != "AVAILABLE")
    }));
}
