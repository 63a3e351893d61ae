//! The hash of an API's definition. API Gateway serves the definition as it was when a deployment
//! was made, so the deployment's logical ID must change with it, and only with it.

use cfnkit_template::api_definition::definition;
use cfnkit_template::source::Problem;
use cfnkit_template::template::Template;
use cfnkit_tools::digest::{hex, sha256};

/// The logical ID in the source template that stands for `Deployment<hash>`.
const PLACEHOLDER: &str = "DeploymentHash";

/// `template` with the placeholder replaced wherever it stands; the template itself where there
/// is no placeholder.
pub(crate) fn with_deployment_hash(template: Template) -> Result<Template, Problem> {
    if !template
        .resources()
        .any(|(logical_id, _)| logical_id == PLACEHOLDER)
    {
        return Ok(template);
    }
    let deployment_id = deployment_id(&template);
    let text = template.text().replace(PLACEHOLDER, &deployment_id);
    template.with_renamed(text, PLACEHOLDER, &deployment_id)
}

/// The logical ID of the deployment of an API that is defined in `template`. Neither comments nor the
/// order of keys change it.
pub fn deployment_id(template: &Template) -> String {
    let mut definition = definition(template);
    definition.sort_all_objects();
    let hash = sha256(definition.to_string().as_bytes());
    format!("Deployment{}", &hex(&hash)[..10])
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: &str = "\
Resources:
  RestApi:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Name: movies
  Method:
    Type: AWS::ApiGateway::Method
    Properties:
      HttpMethod: POST
      ApiKeyRequired: true
  Unknown:
    Type: AWS::ApiGateway::GatewayResponse
    Properties:
      StatusCode: \"404\"
  DeploymentHash:
    Type: AWS::ApiGateway::Deployment
    DependsOn: [Method, Unknown]
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties:
      DeploymentId: !Ref DeploymentHash
      TracingEnabled: true
";

    fn deployed(text: &str) -> Template {
        let template = Template::parse("api.yaml", text.to_owned()).unwrap();
        with_deployment_hash(template).unwrap()
    }

    fn id(text: &str) -> String {
        let template = deployed(text);
        let mut deployments = template
            .resources()
            .filter(|(_, resource)| resource["Type"] == "AWS::ApiGateway::Deployment");
        let (logical_id, _) = deployments.next().unwrap();
        logical_id.to_owned()
    }

    #[test]
    fn only_the_placeholder_changes_in_the_text() {
        let id = id(API);
        assert_eq!(id.len(), "Deployment".len() + 10);
        assert_eq!(deployed(API).text(), API.replace("DeploymentHash", &id));
    }

    #[test]
    fn a_change_of_the_definition_changes_the_id() {
        for (from, to) in [
            ("Name: movies", "Name: films"),
            ("HttpMethod: POST", "HttpMethod: PUT"),
            ("ApiKeyRequired: true", "ApiKeyRequired: false"),
            ("StatusCode: \"404\"", "StatusCode: \"403\""),
            ("  Method:\n", "  PostMethod:\n"),
        ] {
            assert_ne!(id(API), id(&API.replace(from, to)), "{from} -> {to}");
        }
    }

    #[test]
    fn a_change_elsewhere_does_not() {
        for (from, to) in [
            ("TracingEnabled: true", "TracingEnabled: false"),
            ("Resources:\n", "# About this.\nResources:\n"),
            (
                "      HttpMethod: POST\n      ApiKeyRequired: true\n",
                "      ApiKeyRequired: true\n      # In another order.\n      HttpMethod: POST\n",
            ),
        ] {
            assert_eq!(id(API), id(&API.replace(from, to)), "{from} -> {to}");
        }
    }
}
