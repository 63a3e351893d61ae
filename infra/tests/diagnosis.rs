//! Where in the templates a failure of a deploy is shown.

use super::{deployed_templates, root};
use cfnkit_assembly::assembly::Cloud;
use cfnkit_operation::diagnosis::{Failure, Sources, render};
use cfnkit_template::parameters::Parameters;
use xtask::service::SERVICE;

#[test]
fn a_failure_is_found_by_property_and_by_hashed_logical_id() {
    let deployed = deployed_templates(Cloud::Aws);
    let tree = deployed.stack_tree(Parameters::new());
    let sources = Sources {
        root_stack: "movies-dev",
        tree: Some(&tree),
        advice: SERVICE.advice,
    };
    let failure = Failure {
        stack: "movies-dev-Function-1A2B".to_owned(),
        logical_id: "Function".to_owned(),
        resource_type: "AWS::Lambda::Function".to_owned(),
        status: "CREATE_FAILED".to_owned(),
        reason: Some("Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [10].".to_owned()),
        ..Failure::default()
    };
    let text = render(&failure, &sources);
    let text = anstream::adapter::strip_str(&text).to_string();
    let template = std::fs::read_to_string(root().join("infra/cfn/function.yaml")).unwrap();
    let line = template.lines().position(|line| {
        line.trim_start()
            .starts_with("ReservedConcurrentExecutions:")
    });
    let place = format!("infra/cfn/function.yaml:{}:7", line.unwrap() + 1);
    assert!(text.contains(&place), "{text}");
    // A logical ID with the hash is the placeholder's in the file.
    let api = &tree.nested["Api"].template;
    let deployment = api
        .resources()
        .find(|(id, _)| id.starts_with("Deployment"))
        .unwrap()
        .0;
    assert_ne!(deployment, "DeploymentHash");
    assert!(api.resource(deployment).is_some());
}
