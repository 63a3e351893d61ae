//! What a reader wants to know of the architecture, read off the templates: services, what each
//! is set to, and how a request, logs, traces and alarms flow. It does not know how it looks.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::service::Service;
use cfnkit_template::flattening::Templates;
use cfnkit_template::parameters::Parameters;

mod flows;
mod notes;
mod reader;

use reader::Reader;

/// Everything that can be switched on is shown; what a condition decides is called optional.
const SWITCHED_ON: [(&str, &str); 3] = [
    ("EncryptionKey", "customer-managed"),
    ("AlarmEmail", "on-call@example.com"),
    ("ApiGatewayLogsRole", "true"),
];

/// The architecture as data; it prints as Mermaid, as SVG and as this.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Overview {
    /// What leads from one service to another.
    pub(crate) flows: BTreeSet<Flow>,
    /// By service, what it is set to.
    #[schemars(with = "BTreeMap<String, Vec<String>>")]
    pub(crate) notes: BTreeMap<Service, Vec<String>>,
    /// The parts of API Gateway that decide on a request.
    pub(crate) gates: Vec<Gate>,
    /// The log groups that something writes to.
    pub(crate) logs: Vec<Log>,
}

/// What a request has to pass in API Gateway.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Gate {
    /// What a reader calls it.
    pub(crate) name: String,
    /// What it lets through, in words.
    pub(crate) limits: String,
}

/// A flow from one service to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Flow {
    /// The service that it comes from.
    #[schemars(with = "String")]
    pub(crate) from: Service,
    /// The service that it goes to.
    #[schemars(with = "String")]
    pub(crate) to: Service,
    /// What flows.
    pub(crate) kind: What,
}

/// What flows from one service to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
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

/// A log group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Log {
    /// The service that writes it.
    #[schemars(with = "String")]
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
