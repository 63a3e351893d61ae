//! What API Gateway answers by itself, as a load test reads it.

use super::root;
use cfnkit_load::load::answer::{Answerer, classify};
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
        ("InvalidKeyResponse", Answerer::ApiKey),
        ("UnknownPathResponse", Answerer::Gateway),
        ("UnknownPathSignedResponse", Answerer::Gateway),
        ("WafFilteredResponse", Answerer::Firewall),
        ("ThrottledResponse", Answerer::Throttle),
        ("QuotaExceededResponse", Answerer::Quota),
        ("TooLargeResponse", Answerer::Gateway),
        ("MediaTypeResponse", Answerer::Gateway),
        ("BadBodyResponse", Answerer::Gateway),
        ("FailureResponse", Answerer::Lambda),
        ("TimeoutResponse", Answerer::Lambda),
    ];
    assert_eq!(found, expected);
}
