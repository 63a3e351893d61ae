//! Colours, arrowheads and the description of the overview.

use std::fmt::Write as _;

use crate::graph::overview::{Overview, What};
use crate::graph::service::Service;

const STYLE: &str = "\
svg { --page: #fcfcfa; --ink: #232f3e; --soft: #4c5a6b; --box: #ffffff; --line: #37475a; --frame: #8593a3; }
@media (prefers-color-scheme: dark) {
svg { --page: #0d1117; --ink: #e6edf3; --soft: #a9b4c0; --box: #161b22; --line: #c3ced9; --frame: #6e7b89; }
}
.page { fill: var(--page); stroke: var(--frame); stroke-opacity: 0.5; }
.region { fill: none; stroke: var(--frame); stroke-width: 1.4; stroke-dasharray: 7 5; }
.frame { fill: var(--own); fill-opacity: 0.07; stroke: var(--own); stroke-width: 1.5; }
.box { fill: var(--box); stroke: var(--own); stroke-width: 1.6; }
.part { fill: var(--box); stroke: var(--own); stroke-opacity: 0.55; stroke-width: 1.2; }
.icon { fill: none; stroke: var(--own); stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
.name { fill: var(--ink); font-size: 17px; font-weight: 700; }
.label { fill: var(--ink); font-size: 14px; font-weight: 600; }
.note { fill: var(--soft); font-size: 14px; }
.request { fill: none; stroke: var(--line); stroke-width: 2.2; marker-end: url(#request); }
#request path { fill: var(--line); }
.side { fill: none; stroke: var(--own); stroke-width: 1.6; stroke-dasharray: 2 4; stroke-linecap: round; marker-end: url(#side); }
#side path { fill: var(--own); }
";

pub(super) fn markers() -> String {
    let marker = |id: &str, size: u8| {
        format!(
            "<marker id=\"{id}\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" \
             markerUnits=\"userSpaceOnUse\" markerWidth=\"{size}\" markerHeight=\"{size}\" \
             orient=\"auto\"><path d=\"M0 0.8L9.5 5L0 9.2Z\"/></marker>"
        )
    };
    let side = class(Service::Logs);
    format!(
        "<defs>{}<g class=\"{side}\">{}</g></defs>",
        marker("request", 15),
        marker("side", 9)
    )
}

/// A class per service, which carries its colour.
pub(super) fn class(service: Service) -> String {
    service.label().to_lowercase().replace(' ', "-")
}

pub(super) fn style() -> String {
    let shown = [
        Service::Client,
        Service::Waf,
        Service::ApiGateway,
        Service::Lambda,
        Service::Endpoint,
        Service::DynamoDb,
        Service::Vpc,
        Service::Logs,
        Service::XRay,
        Service::CloudWatch,
        Service::Sns,
        Service::Iam,
        Service::Kms,
        Service::S3,
    ];
    let mut style = STYLE.to_owned();
    for service in shown {
        let (light, _) = service.colours();
        let _ = writeln!(style, ".{} {{ --own: {light}; }}", class(service));
    }
    style += "@media (prefers-color-scheme: dark) {\n";
    for service in shown {
        let (_, dark) = service.colours();
        let _ = writeln!(style, ".{} {{ --own: {dark}; }}", class(service));
    }
    style + "}\n"
}

/// The picture in words.
pub(super) fn description(overview: &Overview) -> String {
    let mut text = String::new();
    for (kind, verb) in [
        (What::Request, "sends requests to"),
        (What::Logs, "writes to"),
        (What::Traces, "is traced by"),
        (What::Metrics, "has metrics in"),
        (What::Notice, "notifies"),
    ] {
        for flow in overview.flows.iter().filter(|flow| flow.kind == kind) {
            let _ = write!(text, "{} {verb} {}. ", flow.from.label(), flow.to.label());
        }
    }
    for (service, notes) in &overview.notes {
        let _ = write!(text, "{}: {}. ", service.label(), notes.join(", "));
    }
    for gate in &overview.gates {
        let _ = write!(text, "{}: {}. ", gate.name, gate.limits);
    }
    for log in &overview.logs {
        let _ = write!(text, "{}: {}. ", log.name, log.kept);
    }
    text.trim_end().to_owned()
}
