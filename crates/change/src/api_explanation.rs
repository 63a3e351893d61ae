//! What is new in an API's definition, in words: `POST / changed: ApiKeyRequired`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::change_set::difference::differences;
use cfnkit_template::api_definition::definition;
use cfnkit_template::template::{Template, plain_string};

/// How many members one line names.
const NAMED: usize = 3;

/// One line for each part of the definition that differs; none where nothing does.
pub(crate) fn explain(old: &Template, new: &Template) -> Vec<String> {
    let (old, new) = (parts(old), parts(new));
    let mut lines = Vec::new();
    for (name, after) in &new {
        match old.get(name) {
            None => lines.push(format!("{name} added")),
            Some(before) => {
                let members = members(before, after);
                if !members.is_empty() {
                    lines.push(format!("{name} changed: {}", listed(&members)));
                }
            }
        }
    }
    let removed = old.keys().filter(|name| !new.contains_key(*name));
    lines.extend(removed.map(|name| format!("{name} removed")));
    lines
}

/// The definition's parts by what a caller of the API knows them by.
fn parts(template: &Template) -> BTreeMap<String, Value> {
    let definition = definition(template);
    let Value::Object(resources) = &definition else {
        return BTreeMap::new();
    };
    resources
        .iter()
        .map(|(logical_id, part)| (name(&definition, logical_id, part), part.clone()))
        .collect()
}

fn name(definition: &Value, logical_id: &str, part: &Value) -> String {
    let property = |name: &str| part["Properties"].get(name).map(plain_string);
    match part["Type"].as_str().unwrap_or_default() {
        "AWS::ApiGateway::Method" => {
            let verb = property("HttpMethod").unwrap_or_else(|| "ANY".to_owned());
            let path = path(definition, &part["Properties"]["ResourceId"], 0);
            format!("{verb} {path}")
        }
        "AWS::ApiGateway::GatewayResponse" => {
            let response = property("ResponseType").unwrap_or_else(|| logical_id.to_owned());
            format!("gateway response {response}")
        }
        "AWS::ApiGateway::Model" => format!("model {logical_id}"),
        "AWS::ApiGateway::RequestValidator" => format!("validator {logical_id}"),
        "AWS::ApiGateway::Resource" => {
            let own = Value::from_iter([("Ref", logical_id)]);
            format!("resource {}", path(definition, &own, 0))
        }
        "AWS::ApiGateway::RestApi" => "REST API".to_owned(),
        _ => logical_id.to_owned(),
    }
}

/// The path of the resource that `reference` names; the API's root for everything else.
fn path(definition: &Value, reference: &Value, depth: usize) -> String {
    let resource = reference["Ref"].as_str().map(|id| &definition[id]);
    let Some(properties) = resource.map(|resource| &resource["Properties"]) else {
        return "/".to_owned();
    };
    // Resources cannot contain themselves, but a template can say so.
    if depth > 30 || properties.is_null() {
        return "/?".to_owned();
    }
    let parent = path(definition, &properties["ParentId"], depth + 1);
    let part = plain_string(&properties["PathPart"]);
    format!("{}/{part}", parent.trim_end_matches('/'))
}

fn members(before: &Value, after: &Value) -> Vec<String> {
    let properties = (&before["Properties"], &after["Properties"]);
    let found = differences("", "", Some(properties.0), Some(properties.1));
    let mut members: Vec<String> = found.into_iter().map(|found| found.path).collect();
    members.dedup();
    members
}

fn listed(members: &[String]) -> String {
    match members.len() > NAMED {
        true => format!(
            "{} and {} more",
            members[..NAMED].join(", "),
            members.len() - NAMED
        ),
        false => members.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const API: &str = "\
Resources:
  RestApi: {Type: 'AWS::ApiGateway::RestApi', Properties: {Name: movies}}
  Movies:
    Type: AWS::ApiGateway::Resource
    Properties: {ParentId: !GetAtt RestApi.RootResourceId, PathPart: movies}
  Movie:
    Type: AWS::ApiGateway::Resource
    Properties: {ParentId: !Ref Movies, PathPart: '{id}'}
  PostMethod:
    Type: AWS::ApiGateway::Method
    Properties: {HttpMethod: POST, ResourceId: !GetAtt RestApi.RootResourceId, ApiKeyRequired: true}
  GetMethod:
    Type: AWS::ApiGateway::Method
    Properties: {HttpMethod: GET, ResourceId: !Ref Movie, ApiKeyRequired: true}
  MovieModel:
    Type: AWS::ApiGateway::Model
    Properties: {Schema: {title: Movie, type: object, a: 1, b: 2, c: 3}}
  ThrottledResponse:
    Type: AWS::ApiGateway::GatewayResponse
    Properties: {ResponseType: THROTTLED, StatusCode: '429'}
";

    fn check(edits: &[(&str, &str)], expected: Expect) {
        let template = |text: String| Template::parse("api.yaml", text).unwrap();
        let mut edited = API.to_owned();
        for (from, to) in edits {
            assert!(edited.contains(from), "{from}");
            edited = edited.replacen(from, to, 1);
        }
        let lines = explain(&template(API.to_owned()), &template(edited));
        expected.assert_eq(&lines.join("\n"));
    }

    #[test]
    fn methods_are_named_by_verb_and_path() {
        check(
            &[("ApiKeyRequired: true", "ApiKeyRequired: false")],
            expect!["POST / changed: ApiKeyRequired"],
        );
        check(
            &[("HttpMethod: GET", "HttpMethod: PUT")],
            expect![[r#"
                PUT /movies/{id} added
                GET /movies/{id} removed"#]],
        );
        check(
            &[("PathPart: movies", "PathPart: films")],
            expect![[r#"
                GET /films/{id} added
                resource /films added
                resource /films/{id} added
                GET /movies/{id} removed
                resource /movies removed
                resource /movies/{id} removed"#]],
        );
    }

    #[test]
    fn other_parts_are_named_by_what_they_are() {
        check(
            &[
                ("'429'", "'503'"),
                ("Name: movies", "Name: films"),
                (
                    "type: object, a: 1, b: 2, c: 3",
                    "type: array, a: 2, b: 3, c: 4",
                ),
            ],
            expect![[r#"
                REST API changed: Name
                gateway response THROTTLED changed: StatusCode
                model MovieModel changed: Schema.a, Schema.b, Schema.c and 1 more"#]],
        );
    }

    #[test]
    fn another_logical_id_or_order_is_nothing_new() {
        check(&[("PostMethod:", "Post:")], expect![""]);
        check(
            &[("ApiKeyRequired: true}", "ApiKeyRequired: 'true'}")],
            expect![""],
        );
    }
}
