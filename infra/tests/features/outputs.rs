//! What the stacks give each other.

use super::super::deployed_templates;
use cfnkit_assembly::assembly::Cloud;

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
