//! What the stacks give each other.

use super::super::deployed_templates;
use cfnkit_assembly::assembly::Cloud;
use xtask::service::SERVICE;

/// While nested stacks are planned, what another stack will put out is a placeholder, which the
/// parameter has to take.
#[test]
fn what_one_stack_gives_another_is_taken_as_it_comes() {
    let templates = deployed_templates(Cloud::Aws);
    let mut taken = 0;
    for (stack, resource) in templates.root.resources() {
        let passed = resource["Properties"]["Parameters"].as_object();
        for (name, value) in passed.into_iter().flatten() {
            let attribute = value["Fn::GetAtt"].to_string();
            if !attribute.contains("Outputs.") {
                continue;
            }
            taken += 1;
            let parameter = &templates.nested[stack].template.value()["Parameters"][name];
            let kind = parameter["Type"].as_str().unwrap();
            assert!(
                ["String", "CommaDelimitedList"].contains(&kind),
                "`{name}` of {stack} is {kind}"
            );
            let says = parameter.as_object().unwrap().keys();
            let limits = says.filter(|one| *one != "Type" && *one != "Description");
            assert_eq!(limits.count(), 0, "`{name}` of {stack} is limited");
        }
    }
    assert!(taken > 15, "only {taken} outputs are passed");
}

/// One that is missing would be told by the command that looks for it, after the deploy.
#[test]
fn every_output_that_the_tool_names_is_the_roots() {
    let root = deployed_templates(Cloud::Aws).root;
    let outputs = root.value()["Outputs"].as_object().unwrap();
    let mut named = vec![SERVICE.endpoint_output];
    named.extend(SERVICE.table_output);
    named.extend(SERVICE.health_alarm_output);
    named.extend(SERVICE.functions.iter().map(|one| one.log_group_output));
    named.extend(SERVICE.log_groups.iter().map(|one| one.output));
    let tiers = SERVICE.tiers.iter();
    named.extend(tiers.flat_map(|tier| [tier.key_output, tier.plan_output]));
    for name in named {
        assert!(
            outputs.contains_key(name),
            "root.yaml has no output `{name}`"
        );
    }
}
