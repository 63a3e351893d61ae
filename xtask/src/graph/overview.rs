//! What a reader wants to know of the architecture, read off the templates: services, what each
//! is set to, and how a request, logs, traces and alarms flow. It does not know how it looks.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::service::{ASSOCIATION, NAMESPACES, Service, TYPES, service};
use crate::flattening::{Flat, Templates};
use crate::parameters::Parameters;
use crate::references::names_in;
use crate::template::plain_string;

/// Everything that can be switched on is shown; what a condition decides is called optional.
const SWITCHED_ON: [(&str, &str); 3] = [
    ("EncryptionKey", "customer-managed"),
    ("AlarmEmail", "on-call@example.com"),
    ("ApiGatewayLogsRole", "true"),
];

/// The architecture as data; it prints as Mermaid, as SVG and as this.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Overview {
    /// What leads from one service to another.
    pub(crate) flows: BTreeSet<Flow>,
    /// By service, what it is set to.
    pub(crate) notes: BTreeMap<Service, Vec<String>>,
    /// The parts of API Gateway that decide on a request.
    pub(crate) gates: Vec<Gate>,
    /// The log groups that something writes to.
    pub(crate) logs: Vec<Log>,
}

/// What a request has to pass in API Gateway.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Gate {
    /// What a reader calls it.
    pub(crate) name: String,
    /// What it lets through, in words.
    pub(crate) limits: String,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Flow {
    /// The service that it comes from.
    pub(crate) from: Service,
    /// The service that it goes to.
    pub(crate) to: Service,
    /// What flows.
    pub(crate) kind: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum What {
    /// A request, and its answer the other way.
    Request,
    Logs,
    Traces,
    /// Metrics that an alarm watches.
    Metrics,
    /// What an alarm says.
    Notice,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Log {
    /// The service that writes it.
    pub(crate) from: Service,
    /// What a reader calls it.
    pub(crate) name: String,
    /// How long it is kept, in words.
    pub(crate) kept: String,
}

impl Serialize for Service {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.label())
    }
}

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

impl Overview {
    pub(crate) fn of(templates: &Templates) -> Self {
        let chosen = SWITCHED_ON.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let flat = templates.flatten(&Parameters::from(chosen));
        let reader = Reader {
            templates,
            flat: &flat,
        };
        let mut logs = BTreeSet::new();
        let mut flows = reader.ruled(&mut logs);
        flows.extend(reader.execution_logs(&mut logs));
        flows.extend(reader.traced());
        flows.extend(reader.watched());
        flows.extend(reader.through_the_endpoint());
        let requests = flows.iter().filter(|flow| flow.kind == What::Request);
        let (froms, tos): (BTreeSet<Service>, BTreeSet<Service>) =
            requests.map(|flow| (flow.from, flow.to)).unzip();
        let entries = froms.difference(&tos);
        let entries: Vec<Flow> = entries
            .map(|entry| flow(Service::Client, *entry, What::Request))
            .collect();
        flows.extend(entries);
        Self {
            flows,
            notes: reader.notes(),
            gates: reader.gates(),
            logs: logs.into_iter().collect(),
        }
    }
}

fn flow(from: Service, to: Service, kind: What) -> Flow {
    Flow { from, to, kind }
}

pub(super) struct Reader<'a> {
    pub(super) templates: &'a Templates,
    pub(super) flat: &'a Flat,
}

impl Reader<'_> {
    pub(super) fn resources(&self) -> impl Iterator<Item = (&str, &Value)> {
        let resources = self.flat.template["Resources"].as_object();
        let resources = resources.into_iter().flatten();
        resources.map(|(id, resource)| (id.as_str(), resource))
    }

    pub(super) fn of_type<'s>(
        &'s self,
        wanted: &'s str,
    ) -> impl Iterator<Item = (&'s str, &'s Value)> {
        self.resources()
            .filter(move |(_, resource)| resource["Type"] == wanted)
    }

    fn service(&self, id: &str) -> Option<Service> {
        let resource = &self.flat.template["Resources"][id];
        service(resource["Type"].as_str()?)
    }

    fn ruled(&self, logs: &mut BTreeSet<Log>) -> BTreeSet<Flow> {
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
    fn execution_logs(&self, logs: &mut BTreeSet<Log>) -> BTreeSet<Flow> {
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

    fn traced(&self) -> BTreeSet<Flow> {
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

    fn watched(&self) -> BTreeSet<Flow> {
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
    fn through_the_endpoint(&self) -> BTreeSet<Flow> {
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

    /// `3 roles, 2 policies`: the resources of a service, those that are optional said to be so.
    pub(super) fn counts(&self, service: Service, left_out: &[&str]) -> Vec<String> {
        let types = TYPES.iter().filter(|one| one.service == service);
        let types = types.filter(|one| !left_out.contains(&one.name));
        let mut counts = Vec::new();
        for one in types {
            let ids: Vec<&str> = self.of_type(one.name).map(|(id, _)| id).collect();
            let optional = ids.iter().filter(|id| self.is_optional(id)).count();
            let noun = match (ids.len(), one.noun.strip_suffix('y')) {
                (0, _) => continue,
                (1, _) => one.noun.to_owned(),
                (count, Some(stem)) if !one.noun.ends_with("ey") => format!("{count} {stem}ies"),
                (count, _) => format!("{count} {}s", one.noun),
            };
            counts.push(match optional {
                0 => noun,
                all if all == ids.len() => format!("{noun} (optional)"),
                some => format!("{noun} ({some} optional)"),
            });
        }
        counts
    }

    fn is_optional(&self, id: &str) -> bool {
        let Some(origin) = self.flat.origins.get(id) else {
            return false;
        };
        let template = self.templates.of_stack(&origin.stack);
        let mut resources = template.resources();
        resources.any(|(name, resource)| {
            name == origin.logical_id && resource.get("Condition").is_some()
        })
    }

    /// The services whose resources refer to one of the service.
    pub(super) fn users(&self, used: Service) -> BTreeSet<Service> {
        let mut users = BTreeSet::new();
        for (id, resource) in self.resources() {
            let names = names_in(resource);
            let ids = names.iter().filter_map(|name| name.split('.').next());
            if ids.filter_map(|id| self.service(id)).any(|one| one == used) {
                users.extend(self.service(id).filter(|user| *user != used));
            }
        }
        users
    }
}

/// The parts of `value` that the path names, `*` for every item.
pub(super) fn at<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut values = vec![value];
    for key in path.split('/') {
        values = match key {
            "*" => values
                .into_iter()
                .filter_map(Value::as_array)
                .flatten()
                .collect(),
            key => values
                .into_iter()
                .filter_map(|value| value.get(key))
                .collect(),
        };
    }
    values
}

/// The flat logical IDs that a property of a resource refers to.
fn named(resource: &Value, path: &str) -> Vec<String> {
    let values = resource
        .get("Properties")
        .map(|properties| at(properties, path));
    let names = values.into_iter().flatten().flat_map(names_in);
    names
        .map(|name| name.split('.').next().unwrap_or_default().to_owned())
        .collect()
}
