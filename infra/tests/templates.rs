//! The form of the templates, what a deploy gives them, and what the local cloud leaves out.

use std::collections::BTreeSet;
use std::path::Path;

use cfnkit_assembly::assembly::{Cloud, supplied_parameters};
use cfnkit_assembly::omission::UNSUPPORTED_TYPES;
use cfnkit_template::api_definition::definition;
use cfnkit_template::stack_tree::{nested_stacks, read_template};
use xtask::service::SERVICE;

use super::{assembly_parameters, deployed_templates, root, templates};

#[test]
fn descriptions_follow_one_form() {
    for template in templates() {
        let description = template.value()["Description"].as_str().unwrap_or_default();
        let stack = Path::new(template.name())
            .file_stem()
            .unwrap()
            .to_str()
            .unwrap();
        let expected = format!("movies service, {stack} stack. ");
        let is_right = description.to_lowercase().starts_with(&expected);
        assert!(is_right, "{}: {description}", template.name());
        assert!(!description.contains('\n'), "{}", template.name());
    }
}

/// CloudFormation gives other characters back as question marks, so a deployed template would
/// never equal ours.
#[test]
fn templates_are_ascii() {
    for template in templates() {
        let strange = template.text().lines().position(|line| !line.is_ascii());
        assert_eq!(strange.map(|line| line + 1), None, "{}", template.name());
    }
}

#[test]
fn deploy_supplies_the_required_parameters_and_no_others() {
    let deployed = deployed_templates(Cloud::Aws);
    let mut supplied: BTreeSet<String> = assembly_parameters(&deployed).into_keys().collect();
    supplied.insert("AssetBucketName".to_owned());
    supplied.insert("EncryptionKeyArn".to_owned());
    supplied.insert("PermissionsBoundaryArn".to_owned());
    assert_eq!(
        supplied,
        supplied_parameters(&deployed.root, &SERVICE)
            .into_iter()
            .collect()
    );
    // Looked up, unless the user knows it.
    supplied.insert("DynamoDbPrefixListId".to_owned());
    let parameters = deployed.root.parameters();
    let required = parameters
        .iter()
        .filter(|parameter| parameter.default.is_none());
    let mut required: BTreeSet<String> = required.map(|parameter| parameter.name.clone()).collect();
    // These have a default for people who deploy the template by hand.
    required.extend(["EncryptionKeyArn", "PermissionsBoundaryArn", "Stage"].map(String::from));
    assert_eq!(supplied, required);
}

/// The page's table is what users choose from.
#[test]
fn the_page_lists_every_parameter_with_its_default() {
    let page = std::fs::read_to_string(root().join("docs/src/parameters.md")).unwrap();
    let deployed = deployed_templates(Cloud::Aws);
    let supplied = supplied_parameters(&deployed.root, &SERVICE);
    for parameter in deployed.root.parameters() {
        if supplied.contains(&parameter.name) {
            continue;
        }
        let default = match parameter.default.as_deref() {
            None => "looked up",
            Some("") => "none",
            Some(default) => default,
        };
        let row = format!("| `{}` | {default} | ", parameter.name);
        assert!(page.contains(&row), "parameters.md has no row `{row}`");
    }
}

/// The console shows one that is in no group below all others, as if nobody had thought of it.
#[test]
fn every_parameter_is_in_one_group_of_the_console() {
    let root = deployed_templates(Cloud::Aws).root;
    let interface = &root.value()["Metadata"]["AWS::CloudFormation::Interface"];
    let groups = interface["ParameterGroups"].as_array().unwrap();
    let listed = groups.iter().flat_map(|group| {
        let names = group["Parameters"].as_array().unwrap();
        names.iter().map(|name| name.as_str().unwrap().to_owned())
    });
    let mut listed: Vec<String> = listed.collect();
    listed.sort();
    let parameters = root.parameters();
    let mut names: Vec<String> = parameters.into_iter().map(|one| one.name).collect();
    names.sort();
    assert_eq!(listed, names);
}

#[test]
fn every_template_is_used() {
    let deployed = deployed_templates(Cloud::Aws);
    let mut used: BTreeSet<String> = nested_stacks(&deployed.root)
        .iter()
        .map(|logical_id| format!("infra/cfn/{}.yaml", logical_id.to_lowercase()))
        .collect();
    used.extend([
        "infra/cfn/root.yaml".to_owned(),
        "infra/cfn/bootstrap.yaml".to_owned(),
        "infra/cfn/github-oidc.yaml".to_owned(),
    ]);
    let found: BTreeSet<String> = templates()
        .iter()
        .map(|template| template.name().to_owned())
        .collect();
    assert_eq!(found, used);
}

/// The deployment's hash is over the template's text. A parameter that changes the definition
/// without changing the text would be served only by chance.
#[test]
fn the_api_definition_depends_on_nothing_that_varies() {
    let template = read_template(&root().join("infra/cfn"), "api.yaml").unwrap();
    let definition = definition(&template);
    let text = definition.to_string();
    for parameter in template.parameters() {
        let name = &parameter.name;
        let refers = text.contains(&format!("{{\"Ref\":\"{name}\"}}"))
            || text.contains(&format!("${{{name}}}"));
        let fixed = ["FunctionArn", "StageName"].contains(&name.as_str());
        assert!(!refers || fixed, "the API definition refers to `{name}`");
    }
    assert!(
        !text.contains("Fn::If"),
        "the API definition has a condition"
    );
}

/// What is not there yet when the deployment is made is not part of it. Models and validators
/// are: the methods refer to them.
#[test]
fn the_deployment_waits_for_every_method_and_gateway_response() {
    let template = read_template(&root().join("infra/cfn"), "api.yaml").unwrap();
    let of_type = |wanted: &str| -> Vec<(String, serde_json::Value)> {
        let resources = template.resources();
        resources
            .filter(|(_, resource)| resource["Type"] == wanted)
            .map(|(logical_id, resource)| (logical_id.to_owned(), resource.clone()))
            .collect()
    };
    let deployments = of_type("AWS::ApiGateway::Deployment");
    let [(_, deployment)] = deployments.as_slice() else {
        panic!("expected one deployment");
    };
    let waits_for = deployment["DependsOn"].as_array().unwrap();
    let waited_for = [
        "AWS::ApiGateway::Method",
        "AWS::ApiGateway::GatewayResponse",
    ];
    for (logical_id, _) in waited_for.into_iter().flat_map(of_type) {
        let waits = waits_for.iter().any(|one| *one == *logical_id);
        assert!(waits, "{logical_id}");
    }
}

#[test]
fn the_local_cloud_lacks_these_resources_and_no_others() {
    let names: BTreeSet<String> = deployed_templates(Cloud::Local)
        .omissions
        .into_iter()
        .map(|one| one.logical_id)
        .collect();
    let expected = [
        "BlockedAddressesQuery",
        "CountedRequestsQuery",
        "ErrorsByKeyQuery",
        "FailedRequestsQuery",
        "FlowLog",
        "SlowRequestsQuery",
        "ThrottledQuery",
        "WebAclAssociation",
        "WebAclLogging",
    ];
    assert_eq!(names, expected.map(String::from).into());
    assert_eq!(deployed_templates(Cloud::Aws).omissions, []);
}

#[test]
fn templates_carry_no_trace_of_the_local_cloud() {
    for template in templates() {
        for word in ["ministack", "localhost", "127.0.0.1", "emulator", "IsLocal"] {
            assert!(
                !template.text().contains(word),
                "{}: {word}",
                template.name()
            );
        }
    }
    let shipped: BTreeSet<String> = templates()
        .iter()
        .flat_map(|template| {
            template
                .resources()
                .map(|(_, one)| one["Type"].to_string())
                .collect::<Vec<_>>()
        })
        .collect();
    // What is left out locally is shipped.
    for omitted in ["AWS::EC2::FlowLog", "AWS::WAFv2::WebACLAssociation"] {
        assert!(UNSUPPORTED_TYPES.contains(&omitted));
        assert!(shipped.contains(&format!("\"{omitted}\"")), "{omitted}");
    }
}
