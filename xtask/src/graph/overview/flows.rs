//! What flows from one service to another, and the property that each flow rests on.

use std::collections::BTreeSet;

use serde_json::Value;

use super::reader::{Reader, at, named};
use super::{Flow, Log, What, flow};
use crate::graph::service::{ASSOCIATION, NAMESPACES, Service};
use cfnkit_template::references::names_in;
use cfnkit_template::template::plain_string;

/// A property that makes something flow: from the resource or what `from` names, to the resource
/// or what `to` names. `*` is every item.
struct Rule {
    of: &'static str,
    from: Option<&'static str>,
    to: Option<&'static str>,
    what: What,
}

const RULES: [Rule; 8] = [
    rule(
        What::Request,
        ASSOCIATION,
        Some("WebACLArn"),
        Some("ResourceArn"),
    ),
    rule(
        What::Request,
        "AWS::ApiGateway::Method",
        None,
        Some("Integration/Uri"),
    ),
    rule(
        What::Request,
        "AWS::EC2::VPCEndpoint",
        None,
        Some("PolicyDocument/Statement/*/Resource"),
    ),
    rule(
        What::Logs,
        "AWS::ApiGateway::Stage",
        None,
        Some("AccessLogSetting/DestinationArn"),
    ),
    rule(
        What::Logs,
        "AWS::Lambda::Function",
        None,
        Some("LoggingConfig/LogGroup"),
    ),
    rule(
        What::Logs,
        "AWS::EC2::FlowLog",
        Some("ResourceId"),
        Some("LogGroupName"),
    ),
    rule(
        What::Logs,
        "AWS::WAFv2::LoggingConfiguration",
        Some("ResourceArn"),
        Some("LogDestinationConfigs"),
    ),
    rule(
        What::Notice,
        "AWS::CloudWatch::Alarm",
        None,
        Some("AlarmActions"),
    ),
];

const fn rule(
    what: What,
    of: &'static str,
    from: Option<&'static str>,
    to: Option<&'static str>,
) -> Rule {
    Rule { of, from, to, what }
}

impl Reader<'_> {
    pub(super) fn ruled(&self, logs: &mut BTreeSet<Log>) -> BTreeSet<Flow> {
        let mut flows = BTreeSet::new();
        for rule in &RULES {
            for (id, resource) in self.of_type(rule.of) {
                let end = |path: Option<&str>| match path {
                    Some(path) => named(resource, path),
                    None => vec![id.to_owned()],
                };
                for from in end(rule.from).iter().filter_map(|id| self.service(id)) {
                    for to in end(rule.to) {
                        let Some(service) = self.service(&to) else {
                            continue;
                        };
                        flows.insert(flow(from, service, rule.what));
                        if service == Service::Logs {
                            logs.insert(self.log(from, &to));
                        }
                    }
                }
            }
        }
        flows
    }

    /// API Gateway writes to the group of this name without being told to.
    pub(super) fn execution_logs(&self, logs: &mut BTreeSet<Log>) -> BTreeSet<Flow> {
        let mut flows = BTreeSet::new();
        for (id, group) in self.of_type("AWS::Logs::LogGroup") {
            let name = &group["Properties"]["LogGroupName"];
            if name.to_string().contains("API-Gateway-Execution-Logs_") {
                for from in names_in(name).iter().filter_map(|id| self.service(id)) {
                    flows.insert(flow(from, Service::Logs, What::Logs));
                    logs.insert(self.log(from, id));
                }
            }
        }
        flows
    }

    fn log(&self, from: Service, id: &str) -> Log {
        let days = &self.flat.template["Resources"][id]["Properties"]["RetentionInDays"];
        let own = self.flat.origins.get(id).map(|one| one.logical_id.as_str());
        let own = own.unwrap_or(id).trim_end_matches("LogGroup");
        let name = match own {
            "" => from.label(),
            "WebAcl" => "WAF",
            own => own,
        };
        let name = match name {
            "Lambda" => "Function",
            name => name,
        };
        Log {
            from,
            name: format!("{name} logs"),
            kept: format!("{} days", plain_string(days)),
        }
    }

    pub(super) fn traced(&self) -> BTreeSet<Flow> {
        let stages = self.of_type("AWS::ApiGateway::Stage");
        let stages = stages.filter(|(_, one)| one["Properties"]["TracingEnabled"] == true);
        let functions = self.of_type("AWS::Lambda::Function");
        let functions =
            functions.filter(|(_, one)| one["Properties"]["TracingConfig"]["Mode"] == "Active");
        let traced = stages.chain(functions);
        let services = traced.filter_map(|(id, _)| self.service(id));
        services
            .map(|from| flow(from, Service::XRay, What::Traces))
            .collect()
    }

    pub(super) fn watched(&self) -> BTreeSet<Flow> {
        let mut flows = BTreeSet::new();
        for (_, alarm) in self.of_type("AWS::CloudWatch::Alarm") {
            let paths = ["Namespace", "Metrics/*/MetricStat/Metric/Namespace"];
            let values = paths.iter().flat_map(|path| at(&alarm["Properties"], path));
            for namespace in values.filter_map(Value::as_str) {
                let known = NAMESPACES.iter().find(|(name, _)| *name == namespace);
                if let Some((_, from)) = known {
                    flows.insert(flow(*from, Service::CloudWatch, What::Metrics));
                }
            }
        }
        flows
    }

    /// From a function to an endpoint that the route tables of its subnets lead to, where the
    /// function's role may use what the endpoint lets through.
    pub(super) fn through_the_endpoint(&self) -> BTreeSet<Flow> {
        let mut flows = BTreeSet::new();
        for (_, function) in self.of_type("AWS::Lambda::Function") {
            let subnets = named(function, "VpcConfig/SubnetIds");
            let routes: BTreeSet<String> = self
                .of_type("AWS::EC2::SubnetRouteTableAssociation")
                .filter(|(_, one)| named(one, "SubnetId").iter().any(|id| subnets.contains(id)))
                .flat_map(|(_, one)| named(one, "RouteTableId"))
                .collect();
            let allowed = self.allowed(function);
            for (_, endpoint) in self.of_type("AWS::EC2::VPCEndpoint") {
                let leads = named(endpoint, "RouteTableIds")
                    .iter()
                    .any(|id| routes.contains(id));
                let targets = named(endpoint, "PolicyDocument/Statement/*/Resource");
                if leads && targets.iter().any(|target| allowed.contains(target)) {
                    flows.insert(flow(Service::Lambda, Service::Endpoint, What::Request));
                }
            }
        }
        flows
    }

    /// What the policies of the function's role name.
    fn allowed(&self, function: &Value) -> BTreeSet<String> {
        let resources = &self.flat.template["Resources"];
        let roles = named(function, "Role");
        let policies = roles
            .iter()
            .flat_map(|role| named(&resources[role], "ManagedPolicyArns"));
        policies
            .flat_map(|policy| {
                named(
                    &resources[policy.as_str()],
                    "PolicyDocument/Statement/*/Resource",
                )
            })
            .collect()
    }
}
