//! What the overview says of each service, in a reader's words: the values that the templates
//! come to at the root's defaults.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Gate;
use super::reader::{Reader, at};
use crate::graph::service::Service;
use cfnkit_template::template::plain_string;

impl Reader<'_> {
    pub(super) fn notes(&self) -> BTreeMap<Service, Vec<String>> {
        let notes = [
            (Service::Client, self.client()),
            (Service::Waf, self.waf()),
            (Service::ApiGateway, self.api()),
            (Service::Lambda, self.function()),
            (Service::Endpoint, self.endpoint()),
            (Service::DynamoDb, self.table()),
            (Service::Vpc, self.vpc()),
            (Service::CloudWatch, self.counts(Service::CloudWatch, &[])),
            (
                Service::Sns,
                self.counts(Service::Sns, &["AWS::SNS::TopicPolicy"]),
            ),
            (Service::Iam, self.counts(Service::Iam, &[])),
            (Service::Kms, self.used(Service::Kms)),
            (Service::S3, self.used(Service::S3)),
        ];
        let there = notes.into_iter().filter(|(_, lines)| !lines.is_empty());
        there.collect()
    }

    /// The stage, the usage plans and the body's model, which a request has to pass.
    pub(super) fn gates(&self) -> Vec<Gate> {
        let gate = |name, limits| Gate { name, limits };
        let mut gates = Vec::new();
        for (_, stage) in self.of_type("AWS::ApiGateway::Stage") {
            for settings in at(&stage["Properties"], "MethodSettings/*") {
                let rate = text(settings, "ThrottlingRateLimit");
                let burst = text(settings, "ThrottlingBurstLimit");
                let limits = format!("{rate}/s, burst {burst}, all callers");
                gates.push(gate("Stage".to_owned(), limits));
            }
        }
        for (id, plan) in self.of_type("AWS::ApiGateway::UsagePlan") {
            let origin = self.flat.origins.get(id);
            let name = origin.map_or(id, |origin| origin.logical_id.as_str());
            let name = name.strip_suffix("UsagePlan").unwrap_or(name);
            let rate = text(plan, "Properties/Throttle/RateLimit");
            let burst = text(plan, "Properties/Throttle/BurstLimit");
            let quota = text(plan, "Properties/Quota/Limit");
            let period = text(plan, "Properties/Quota/Period").to_lowercase();
            gates.push(gate(
                format!("{name} plan"),
                format!("{rate}/s, burst {burst}, {} a {period}", grouped(&quota)),
            ));
        }
        for (_, model) in self.of_type("AWS::ApiGateway::Model") {
            let r#type = text(model, "Properties/Schema/type");
            let content = text(model, "Properties/ContentType");
            gates.push(gate(format!("Body: JSON {type}"), content));
        }
        gates
    }

    fn client(&self) -> Vec<String> {
        let methods = self.of_type("AWS::ApiGateway::Method");
        let mut lines = Vec::new();
        for (_, method) in methods {
            lines.push(format!("{} /", text(method, "Properties/HttpMethod")));
            if method["Properties"]["ApiKeyRequired"] == true {
                lines.push("with x-api-key".to_owned());
            }
        }
        lines
    }

    fn waf(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (_, acl) in self.of_type("AWS::WAFv2::WebACL") {
            for limit in at(&acl["Properties"], "Rules/*/Statement/RateBasedStatement") {
                let count = grouped(&text(limit, "Limit"));
                let seconds = text(limit, "EvaluationWindowSec");
                lines.push(format!("{count} requests in {seconds} s per address"));
            }
            let groups = at(
                &acl["Properties"],
                "Rules/*/Statement/ManagedRuleGroupStatement",
            );
            if !groups.is_empty() {
                lines.push(format!("{} rule groups", groups.len()));
            }
        }
        lines
    }

    /// Of the APIs that answer; one without a deployment does not.
    fn api(&self) -> Vec<String> {
        let deployments = self.of_type("AWS::ApiGateway::Deployment");
        let deployed = deployments.map(|(_, one)| text(one, "Properties/RestApiId/Ref"));
        let deployed: Vec<String> = deployed.collect();
        let apis = self.of_type("AWS::ApiGateway::RestApi");
        let apis = apis.filter(|(id, _)| deployed.iter().any(|one| one == id));
        let kinds =
            apis.flat_map(|(_, api)| at(&api["Properties"], "EndpointConfiguration/Types/*"));
        let kinds = kinds.map(|kind| format!("REST API, {}", plain_string(kind).to_lowercase()));
        kinds.collect()
    }

    fn function(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (_, function) in self.of_type("AWS::Lambda::Function") {
            let of = |path: &str| text(function, &format!("Properties/{path}"));
            lines.push(format!("Rust, {}", of("Architectures/*")));
            lines.push(format!("{} MB, {} s", of("MemorySize"), of("Timeout")));
            let reserved = of("ReservedConcurrentExecutions");
            if !reserved.is_empty() {
                lines.push(format!("{reserved} at once"));
            }
        }
        lines
    }

    fn endpoint(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (_, endpoint) in self.of_type("AWS::EC2::VPCEndpoint") {
            lines.push(text(endpoint, "Properties/VpcEndpointType").to_lowercase());
            let statements = at(&endpoint["Properties"], "PolicyDocument/Statement/*");
            for action in statements.iter().filter_map(|one| one.get("Action")) {
                let action = plain_string(action);
                let action = action.rsplit(':').next().unwrap_or_default();
                lines.push(format!("{action} only"));
            }
        }
        lines
    }

    fn table(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (_, table) in self.of_type("AWS::DynamoDB::Table") {
            if text(table, "Properties/BillingMode") == "PAY_PER_REQUEST" {
                lines.push("on demand".to_owned());
            }
            let recovery = "Properties/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled";
            if text(table, recovery) == "true" {
                lines.push("point-in-time recovery".to_owned());
            }
            if table["Properties"].get("StreamSpecification").is_some() {
                lines.push("stream".to_owned());
            }
        }
        lines
    }

    fn vpc(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (_, vpc) in self.of_type("AWS::EC2::VPC") {
            let subnets = self.of_type("AWS::EC2::Subnet").count();
            let block = text(vpc, "Properties/CidrBlock");
            lines.push(format!("{block}, {subnets} private subnets"));
        }
        let ways = ["AWS::EC2::InternetGateway", "AWS::EC2::NatGateway"];
        if ways.iter().all(|way| self.of_type(way).next().is_none()) {
            lines.push("no internet gateway, no NAT gateway".to_owned());
        }
        lines
    }

    /// A service that others use: what there is of it, and who does.
    fn used(&self, service: Service) -> Vec<String> {
        let mut lines = self.counts(service, &["AWS::S3::BucketPolicy"]);
        let users = self.users(service);
        let users = users.iter().filter(|user| !matches!(user, Service::Iam));
        let users: Vec<&str> = users.map(|user| user.label()).collect();
        if !lines.is_empty() && !users.is_empty() {
            lines.push(format!("for {}", users.join(", ")));
        }
        lines
    }
}

/// The values at a path, as text.
fn text(value: &Value, path: &str) -> String {
    let values: Vec<String> = at(value, path).into_iter().map(plain_string).collect();
    values.join(", ")
}

/// `10000` as `10,000`.
fn grouped(number: &str) -> String {
    let mut grouped = String::new();
    for (index, digit) in number.chars().enumerate() {
        if index > 0 && (number.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
