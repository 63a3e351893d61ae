//! What CloudFormation may take over instead of creating it: retained resources that a template
//! gives a literal name.

use serde_json::Value;

use crate::assembly::AssembledTemplates;
use cfnkit_template::source::Problem;
use cfnkit_template::template::Template;

/// The property that names a resource, where that is how CloudFormation finds one to import.
const NAMES: [(&str, &str); 4] = [
    ("AWS::DynamoDB::Table", "TableName"),
    ("AWS::Lambda::Function", "FunctionName"),
    ("AWS::Logs::LogGroup", "LogGroupName"),
    ("AWS::S3::Bucket", "BucketName"),
];

/// The resources that would be imported if they exist, as `Data.Table (its-name)`.
///
/// # Errors
///
/// Where there is none: a deploy that is to import would create everything anew.
pub fn candidates(templates: &AssembledTemplates) -> Result<Vec<String>, Problem> {
    let nested = templates.nested.iter();
    let found: Vec<String> = nested
        .flat_map(|(stack, nested)| named(stack, &nested.template))
        .collect();
    if found.is_empty() {
        let mut nested = templates.nested.values();
        let table = nested.find_map(|nested| {
            let (logical_id, _) = table(&nested.template)?;
            nested.template.resource(logical_id)
        });
        return Err(
            Problem::new("`--import-existing` would import nothing: no retained resource has a name that is written out")
                .at(table)
                .mend(
                    "CloudFormation finds what it imports by a literal name: write `TableName: <table>` \
                     under the `Properties` of the table; docs/src/adopting-a-table.md has the rest",
                ),
        );
    }
    Ok(found)
}

/// The name that a template writes out for its table.
pub fn table_name(template: &Template) -> Option<&str> {
    let (_, table) = table(template)?;
    table["Properties"]["TableName"].as_str()
}

fn table(template: &Template) -> Option<(&str, &Value)> {
    let mut resources = template.resources();
    resources.find(|(_, resource)| resource["Type"] == "AWS::DynamoDB::Table")
}

fn named(stack: &str, template: &Template) -> Vec<String> {
    let retained = template.resources().filter(|(_, resource)| {
        let policy = resource["DeletionPolicy"].as_str();
        policy.is_some_and(|policy| policy.starts_with("Retain"))
    });
    let named = retained.filter_map(|(logical_id, resource)| {
        let (_, property) = NAMES.iter().find(|(kind, _)| resource["Type"] == **kind)?;
        // A function's call is an object here.
        let name = resource["Properties"][property].as_str()?;
        Some(format!("{stack}.{logical_id} ({name})"))
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(resource: &str, expected: &[&str]) {
        let text = format!("Resources:\n  Table:\n    Type: {resource}");
        let template = Template::parse("infra/cfn/data.yaml", text).unwrap();
        assert_eq!(named("Data", &template), expected);
    }

    #[test]
    fn a_name_must_be_written_out_and_its_resource_retained() {
        let kept = "AWS::DynamoDB::Table\n    DeletionPolicy: Retain\n    Properties: ";
        check(
            &format!("{kept}{{TableName: films}}"),
            &["Data.Table (films)"],
        );
        check(&format!("{kept}{{TableName: !Sub films}}"), &[]);
        check(&format!("{kept}{{}}"), &[]);
        check(
            "AWS::DynamoDB::Table\n    Properties: {TableName: films}",
            &[],
        );
        let group = kept.replace("DynamoDB::Table", "Logs::LogGroup");
        check(
            &format!("{group}{{LogGroupName: /films}}"),
            &["Data.Table (/films)"],
        );
    }

    #[test]
    fn a_table_that_was_there_before_has_a_name_in_the_template() {
        let name = |properties: &str| {
            let text = format!(
                "Resources:\n  Movies: {{Type: AWS::DynamoDB::Table, Properties: {{{properties}}}}}"
            );
            let template = Template::parse("infra/cfn/data.yaml", text).unwrap();
            table_name(&template).map(ToOwned::to_owned)
        };
        assert_eq!(name("TableName: films"), Some("films".to_owned()));
        assert_eq!(name("TableName: !Ref Name"), None);
        assert_eq!(name(""), None);
    }
}
