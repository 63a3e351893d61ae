//! What costs something of a stage, whatever the number of requests.

use expect_test::expect;
use serde_json::Value;

use super::root;
use cfnkit_operate::status::cost::{Fixtures, Use, estimate, prices};
use cfnkit_template::intrinsics::resolved_resources;
use cfnkit_template::parameters::Parameters;
use cfnkit_template::templates::Templates;
use xtask::service::SERVICE;

fn fixtures(has_encryption_key: bool) -> Fixtures {
    let templates = Templates::read(&root().join("infra/cfn")).unwrap();
    let nested = templates.nested.values();
    let resources: Vec<Value> = nested
        .flat_map(|template| resolved_resources(template, &Parameters::new()).into_values())
        .collect();
    Fixtures::read(resources.iter(), SERVICE.tiers.len(), has_encryption_key)
}

/// Counted by hand: one of the 12 alarms looks at two metrics; the handler reports three, each key
/// has one, and each method five.
#[test]
fn what_costs_something_is_read_from_the_templates() {
    expect![[r#"
        Fixtures {
            web_acl_rules: 3,
            alarm_metrics: 13,
            dashboards: 1,
            custom_metrics: 10,
            has_encryption_key: true,
        }"#]]
    .assert_eq(&format!("{:#?}", fixtures(true)));
}

#[test]
fn the_figures_say_what_an_idle_stage_costs() {
    let idle = Use {
        requests_per_second: 0.0,
        invocations_per_second: 0.0,
        duration_ms: 0.0,
        memory_in_megabytes: 1024.0,
    };
    let cost = estimate(&prices().unwrap(), fixtures(false), idle);
    let cost = serde_json::to_value(cost).unwrap();
    let page = std::fs::read_to_string(root().join("docs/src/figures.md")).unwrap();
    let total = cost["totalUsd"].as_f64().unwrap();
    let price = format!("<a id=\"idle\"></a>{total:.2} USD |");
    assert!(page.contains(&price), "figures.md does not say `{price}`");
}
