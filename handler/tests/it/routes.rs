//! The methods that the API's template declares, beside those of the contract: both or neither.

use std::collections::BTreeSet;
use std::path::Path;

use rig::contract::ROUTES;

/// A resource of the template: its logical ID and its text.
type Resource<'a> = (&'a str, &'a str);

/// The resources of a type, by the blank lines between them.
fn of_type<'a>(template: &'a str, kind: &str) -> Vec<Resource<'a>> {
    let kind = format!("\n    Type: {kind}\n");
    let blocks = template.split("\n\n").filter(|block| block.contains(&kind));
    blocks
        .map(|block| {
            let mut names = block.lines().filter_map(|line| line.strip_prefix("  "));
            let name = names.find(|line| line.starts_with(|first: char| first.is_alphabetic()));
            (name.unwrap().trim_end_matches(':'), block)
        })
        .collect()
}

fn property<'a>((name, text): Resource<'a>, property: &str) -> &'a str {
    let mut lines = text.lines().map(str::trim);
    let value = lines.find_map(|line| line.strip_prefix(property)?.strip_prefix(": "));
    value.unwrap_or_else(|| panic!("{name} has no {property}"))
}

/// A path as API Gateway puts it together.
fn path(resource: &str, resources: &[Resource]) -> String {
    let Some(name) = resource.strip_prefix("!Ref ") else {
        assert!(resource.ends_with(".RootResourceId"), "{resource}");
        return "/".to_owned();
    };
    let found = resources.iter().find(|one| one.0 == name);
    let found = *found.unwrap_or_else(|| panic!("no resource {name}"));
    let parent = path(property(found, "ParentId"), resources);
    let part = property(found, "PathPart").trim_matches(['\'', '"']);
    format!("{}/{part}", parent.trim_end_matches('/'))
}

#[test]
fn the_api_declares_the_methods_of_the_contract_and_no_others() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/cfn/api.yaml");
    let template = std::fs::read_to_string(file).unwrap();
    let resources = of_type(&template, "AWS::ApiGateway::Resource");
    let declared: BTreeSet<String> = of_type(&template, "AWS::ApiGateway::Method")
        .into_iter()
        .map(|method| {
            let path = path(property(method, "ResourceId"), &resources);
            format!("{} {path}", property(method, "HttpMethod"))
        })
        .collect();
    let expected = ROUTES
        .iter()
        .map(|(path, method)| format!("{method} {path}"));
    assert_eq!(declared, expected.collect());
}
