//! The parts of a template that are an API's definition.

use serde_json::{Map, Value};

use crate::template::Template;

/// The resource types whose properties a deployment freezes.
pub const DEFINITION_TYPES: [&str; 6] = [
    "AWS::ApiGateway::GatewayResponse",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Model",
    "AWS::ApiGateway::RequestValidator",
    "AWS::ApiGateway::Resource",
    "AWS::ApiGateway::RestApi",
];

/// The parts of the template that are the API's definition, by logical ID.
pub fn definition(template: &Template) -> Value {
    let parts = template.resources().filter_map(|(logical_id, resource)| {
        let resource_type = resource.get("Type")?.as_str()?;
        if !DEFINITION_TYPES.contains(&resource_type) {
            return None;
        }
        let properties = resource.get("Properties").cloned().unwrap_or_default();
        let part = Map::from_iter([
            ("Type".to_owned(), resource_type.into()),
            ("Properties".to_owned(), properties),
        ]);
        Some((logical_id.to_owned(), Value::Object(part)))
    });
    Value::Object(parts.collect())
}
