//! What API Gateway answers by itself, as a load test reads it.

use super::root;
use cfnkit_load::load::answer::{Layer, classify};
use cfnkit_template::stack_tree::read_template;

/// The bodies that the deployed API sends, read from the template.
#[test]
fn every_gateway_response_of_the_template_names_its_layer() {
    let template = read_template(&root().join("infra/cfn"), "api.yaml").unwrap();
    let resources = template.value()["Resources"].as_object().unwrap();
    let mut found = Vec::new();
    for (name, resource) in resources {
        let properties = &resource["Properties"];
        let Some(body) = properties["ResponseTemplates"]["application/json"].as_str() else {
            continue;
        };
        let Some(status) = properties["StatusCode"].as_str() else {
            continue;
        };
        let body = body.replace("$context.requestId", "1");
        let layer = classify(status.parse().unwrap(), None, body.as_bytes());
        found.push((name.as_str(), layer));
    }
    let expected = [
        ("InvalidKeyResponse", Layer::ApiKey),
        ("UnknownPathResponse", Layer::Gateway),
        ("UnknownPathSignedResponse", Layer::Gateway),
        ("WafFilteredResponse", Layer::Firewall),
        ("ThrottledResponse", Layer::Throttle),
        ("QuotaExceededResponse", Layer::Quota),
        ("TooLargeResponse", Layer::Gateway),
        ("MediaTypeResponse", Layer::Gateway),
        ("BadBodyResponse", Layer::Gateway),
        ("FailureResponse", Layer::Lambda),
        ("TimeoutResponse", Layer::Lambda),
    ];
    assert_eq!(found, expected);
}
