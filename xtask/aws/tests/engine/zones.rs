//! The zones of a stage's subnets: chosen once, where there is Lambda, and kept.

use crate::site::{STACK, Site};
use crate::stages::{deploy, no_violations, parameter};

const LOOK_UP: &str = "DescribeAvailabilityZones";
const OTHER: &str = "--param=LogLevel=WARN";

fn zones(site: &Site) -> [String; 2] {
    ["AvailabilityZoneA", "AvailabilityZoneB"].map(|name| parameter(site, STACK, name))
}

fn look_ups(site: &Site) -> usize {
    let calls = site.cloud.calls();
    calls.iter().filter(|call| call.action == LOOK_UP).count()
}

/// Nothing is deployed, and nobody says where it is to be.
fn empty() -> Site {
    let mut site = Site::new();
    site.looks_up = true;
    site
}

/// A stage of a time when the templates had no such parameters.
fn of_old(status: &str) -> Site {
    let mut site = Site::deployed();
    site.looks_up = true;
    let mut state = site.cloud.state();
    let index = state.find(STACK).unwrap();
    let stack = &mut state.stacks[index];
    stack.status = status.to_owned();
    stack
        .parameters
        .retain(|name, _| !name.starts_with("AvailabilityZone"));
    drop(state);
    site
}

#[test]
fn a_new_stage_gets_zones_with_lambda_and_keeps_them() {
    let site = empty();
    deploy(&site, "dev", &[]).expect(0);
    assert_eq!(zones(&site), ["us-east-1b", "us-east-1c"]);
    deploy(&site, "dev", &[OTHER]).expect(0);
    deploy(&site, "dev", &[OTHER]).expect(0).says("no changes");
    assert_eq!(zones(&site), ["us-east-1b", "us-east-1c"]);
    assert_eq!(look_ups(&site), 1);
    no_violations(&site);
}

#[test]
fn a_stage_whose_zones_cloudformation_chose_keeps_them() {
    let site = of_old("UPDATE_COMPLETE");
    deploy(&site, "dev", &[OTHER]).expect(0);
    assert_eq!(zones(&site), ["", ""]);
    assert_eq!(look_ups(&site), 0);
    no_violations(&site);
}

#[test]
fn a_stage_that_could_not_be_made_gets_zones_anew() {
    let site = of_old("ROLLBACK_COMPLETE");
    deploy(&site, "dev", &[]).expect(0);
    assert_eq!(zones(&site), ["us-east-1b", "us-east-1c"]);
}

#[test]
fn zones_can_be_chosen_two_at_a_time() {
    let site = empty();
    let [first, second] = ["A", "B"].map(|one| format!("--param=AvailabilityZone{one}=us-east-1d"));
    for alone in [&first, &second] {
        deploy(&site, "dev", &[alone])
            .expect(1)
            .says("name two, or neither");
    }
    deploy(&site, "dev", &[&first, &second])
        .expect(1)
        .says("name two, or neither");
    assert_eq!(site.cloud.mutating_calls().len(), 0);
    deploy(
        &site,
        "dev",
        &[&first, "--param=AvailabilityZoneB=us-east-1a"],
    )
    .expect(0);
    deploy(&site, "dev", &[OTHER]).expect(0);
    assert_eq!(zones(&site), ["us-east-1d", "us-east-1a"]);
    assert_eq!(look_ups(&site), 0);
    no_violations(&site);
}

#[test]
fn where_every_zone_has_lambda_cloudformation_chooses() {
    let site = empty();
    let deploy = ["deploy", "--yes"];
    site.run_with(&[("AWS_REGION", "eu-central-1")], &deploy)
        .expect(0);
    assert_eq!(zones(&site), ["", ""]);
    assert_eq!(look_ups(&site), 0);
}

#[test]
fn who_may_not_look_zones_up_is_told_what_to_name() {
    let site = empty();
    let words = "You are not authorized to perform this operation.";
    site.cloud.state().refuses = Some((LOOK_UP, "UnauthorizedOperation", words));
    deploy(&site, "dev", &[])
        .expect(1)
        .says("cannot look up the zones of us-east-1 (ec2:DescribeAvailabilityZones)")
        .says("`--param AvailabilityZoneA=..`");
    assert_eq!(site.cloud.mutating_calls().len(), 0);
}
