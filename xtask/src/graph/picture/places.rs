//! Where things are in the overview.

use crate::graph::overview::{Log, Overview, What};
use crate::graph::service::Service;
use crate::graph::svg::Area;

/// The places on the way of a request, with their widths; the gap after each is where arrows are.
pub(super) const COLUMNS: [(Service, f64, f64); 6] = [
    (Service::Client, 126.0, 54.0),
    (Service::Waf, 154.0, 40.0),
    (Service::ApiGateway, 276.0, 58.0),
    (Service::Lambda, 196.0, 38.0),
    (Service::Endpoint, 144.0, 58.0),
    (Service::DynamoDb, 146.0, 0.0),
];

pub(super) const LEFT: f64 = 22.0;
pub(super) const TOP: f64 = 74.0;
pub(super) const INSET: f64 = 18.0;
/// Width and height of a log group.
pub(super) const LOG: (f64, f64) = (126.0, 50.0);

/// Where the arrows to the log groups go down: spread over the width of who writes.
pub(super) fn log_places(overview: &Overview) -> Vec<(f64, &Log)> {
    let mut places = Vec::new();
    for service in [
        Service::Waf,
        Service::ApiGateway,
        Service::Lambda,
        Service::Vpc,
    ] {
        let logs: Vec<&Log> = overview
            .logs
            .iter()
            .filter(|log| log.from == service)
            .collect();
        let (left, width) = match service {
            Service::Vpc => (start(Service::Endpoint), wide(Service::Endpoint)),
            // Beside its log there is the arrow of its traces.
            Service::Lambda => (start(service), LOG.0),
            service => (start(service), wide(service)),
        };
        let room = width / logs.len().max(1) as f64;
        let logs = logs.into_iter().enumerate();
        places.extend(logs.map(|(index, log)| (left + room * (index as f64 + 0.5), log)));
    }
    places
}

pub(super) fn trace_places(overview: &Overview) -> Vec<f64> {
    let traced = overview
        .flows
        .iter()
        .filter(|flow| flow.kind == What::Traces);
    let places = traced.map(|flow| match flow.from {
        Service::Lambda => start(flow.from) + (LOG.0 + wide(flow.from)) / 2.0,
        from => start(from) + wide(from) / 2.0,
    });
    places.collect()
}

pub(super) fn vpc_frame(bottom: f64) -> Area {
    let left = start(Service::Lambda) - INSET;
    let right = start(Service::Endpoint) + wide(Service::Endpoint) + INSET;
    area(left, TOP - 10.0, right - left, bottom + 10.0 - TOP)
}

pub(super) fn start(service: Service) -> f64 {
    let before = COLUMNS.iter().take_while(|(one, ..)| *one != service);
    LEFT + before.map(|(_, width, gap)| width + gap).sum::<f64>()
}

pub(super) fn wide(service: Service) -> f64 {
    let column = COLUMNS.iter().find(|(one, ..)| *one == service);
    column.map_or(0.0, |(_, width, _)| *width)
}

pub(super) fn end() -> f64 {
    start(Service::DynamoDb) + wide(Service::DynamoDb)
}

pub(super) fn area(x: f64, y: f64, width: f64, height: f64) -> Area {
    Area {
        x,
        y,
        width,
        height,
    }
}
