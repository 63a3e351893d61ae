//! The overview as a picture: the way of a request from left to right, CloudWatch below it, and
//! below that what belongs to no request.

use std::fmt::Write as _;

use super::overview::{Log, Overview, What};
use super::service::Service;
use super::svg::{Anchor, Area, Svg, number, width};

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

/// The places on the way of a request, with their widths; the gap after each is where arrows are.
const COLUMNS: [(Service, f64, f64); 6] = [
    (Service::Client, 126.0, 54.0),
    (Service::Waf, 154.0, 40.0),
    (Service::ApiGateway, 276.0, 58.0),
    (Service::Lambda, 196.0, 38.0),
    (Service::Endpoint, 144.0, 58.0),
    (Service::DynamoDb, 146.0, 0.0),
];

const LEFT: f64 = 22.0;
const TOP: f64 = 74.0;
const INSET: f64 = 18.0;
const GATE: f64 = 48.0;
const LOG: (f64, f64) = (126.0, 50.0);
const ROW: f64 = 66.0;
const NOTE: f64 = 14.0;
const LINE: f64 = 18.0;

/// The picture while it is drawn.
struct Picture<'a> {
    overview: &'a Overview,
    svg: Svg,
    /// The middle of the row of requests, and the lower end of its highest box.
    middle: f64,
    bottom: f64,
}

pub(crate) fn svg(overview: &Overview) -> String {
    let header = 64.0;
    let api = header + (GATE + 8.0) * overview.gates.len() as f64 + 4.0;
    let tall = api.max(200.0);
    let bottom = TOP + tall;
    let logs = bottom + 46.0;
    let traces = logs + 44.0 + LOG.1 + 20.0;
    let rest = traces + ROW + 18.0 + 22.0;
    let right = end();
    let page = (right + 2.0 * INSET + 4.0, rest + ROW + INSET + 18.0);
    let title = "Architecture of the movies service";
    let mut picture = Picture {
        overview,
        svg: Svg::new(page, title, &description(overview), &style()),
        middle: TOP + tall / 2.0,
        bottom,
    };
    let svg = &mut picture.svg;
    svg.raw(&markers());
    svg.rect("page", area(0.75, 0.75, page.0 - 1.5, page.1 - 1.5), 14.0);
    let region = start(Service::Waf) - INSET;
    let width = right + INSET - region;
    svg.rect("region", area(region, 18.0, width, page.1 - 36.0), 12.0);
    let place = (region + 16.0, 42.0);
    svg.text("label", place, Anchor::Start, "AWS account, one region");
    picture.vpc();
    let frame = area(
        region + INSET,
        logs,
        width - 2.0 * INSET,
        traces + ROW + 18.0 - logs,
    );
    picture.cloudwatch(frame);
    picture.side_arrows(logs + 44.0, traces);
    for (service, ..) in COLUMNS {
        picture.service(service, tall);
    }
    picture.requests();
    picture.traces_and_alarms(traces);
    picture.rest(rest, traces + ROW);
    picture.svg.finish()
}

impl Picture<'_> {
    fn has(&self, service: Service) -> bool {
        let flows = &self.overview.flows;
        flows
            .iter()
            .any(|flow| flow.from == service || flow.to == service)
            || self.overview.notes.contains_key(&service)
    }

    fn notes(&self, service: Service) -> Vec<String> {
        let notes = self.overview.notes.get(&service);
        notes.cloned().unwrap_or_default()
    }

    fn vpc(&mut self) {
        if !self.has(Service::Vpc) {
            return;
        }
        let frame = vpc_frame(self.bottom);
        let notes = self.notes(Service::Vpc);
        let svg = &mut self.svg;
        svg.open(&class(Service::Vpc));
        svg.rect("frame", frame, 10.0);
        let x = frame.x + 14.0;
        svg.text("name", (x, frame.y + 25.0), Anchor::Start, "VPC");
        for (index, note) in notes.iter().enumerate() {
            let y = frame.y + 46.0 + LINE * index as f64;
            svg.text("note", (x, y), Anchor::Start, note);
        }
        svg.close();
    }

    fn cloudwatch(&mut self, frame: Area) {
        let notes = self.notes(Service::CloudWatch).join(", ");
        let svg = &mut self.svg;
        svg.open(&class(Service::CloudWatch));
        svg.rect("frame", frame, 10.0);
        let x = frame.x + frame.width - 14.0;
        svg.text("name", (x, frame.y + 28.0), Anchor::End, "CloudWatch");
        for (index, line) in wrapped(&notes, NOTE, 190.0).iter().enumerate() {
            let y = frame.y + 50.0 + LINE * index as f64;
            svg.text("note", (x, y), Anchor::End, line);
        }
        svg.close();
    }

    /// A box on the way of a request, as high as what is in it.
    fn service(&mut self, service: Service, tall: f64) {
        if !self.has(service) {
            return;
        }
        let notes = self.notes(service);
        let gates = match service {
            Service::ApiGateway => self.overview.gates.clone(),
            _ => Vec::new(),
        };
        let height = match service {
            Service::ApiGateway => tall,
            _ => 84.0 + LINE * notes.len() as f64 + 14.0,
        };
        let area = area(
            start(service),
            self.middle - height / 2.0,
            wide(service),
            height,
        );
        let svg = &mut self.svg;
        svg.open(&class(service));
        svg.rect("box", area, 10.0);
        let centre = area.x + area.width / 2.0;
        if service == Service::ApiGateway {
            icon(svg, service, (area.x + 16.0, area.y + 12.0));
            let x = area.x + 76.0;
            svg.text("name", (x, area.y + 30.0), Anchor::Start, service.label());
            svg.text("note", (x, area.y + 50.0), Anchor::Start, &notes.join(", "));
            for (index, gate) in gates.iter().enumerate() {
                let y = area.y + 64.0 + (GATE + 8.0) * index as f64;
                let part = self::area(area.x + 14.0, y, area.width - 28.0, GATE);
                let x = part.x + 12.0;
                svg.rect("part", part, 6.0);
                svg.text("label", (x, y + 19.0), Anchor::Start, &gate.name);
                svg.text("note", (x, y + 39.0), Anchor::Start, &gate.limits);
            }
        } else {
            icon(svg, service, (centre - 24.0, area.y + 14.0));
            let y = area.y + 82.0;
            svg.text("name", (centre, y), Anchor::Middle, service.label());
            for (index, note) in notes.iter().enumerate() {
                let y = y + 21.0 + LINE * index as f64;
                svg.text("note", (centre, y), Anchor::Middle, note);
            }
        }
        svg.close();
    }

    fn requests(&mut self) {
        let flows = self.overview.flows.iter();
        for flow in flows.filter(|flow| flow.kind == What::Request) {
            let from = start(flow.from) + wide(flow.from) + 1.0;
            let to = start(flow.to) - 1.0;
            let y = number(self.middle);
            let path = format!("M{} {y}H{}", number(from), number(to));
            self.svg.path("request", &path);
        }
    }

    /// From what writes logs or traces down to where they are kept.
    fn side_arrows(&mut self, logs: f64, traces: f64) {
        let overview = self.overview;
        for (place, log) in log_places(overview) {
            let top = match log.from {
                Service::Vpc => self.bottom,
                _ => self.middle,
            };
            let (x, top, end) = (number(place), number(top), number(logs - 2.0));
            self.side(&format!("M{x} {top}V{end}"));
            self.log(area(place - LOG.0 / 2.0, logs, LOG.0, LOG.1), log);
        }
        for place in trace_places(overview) {
            let (x, top, end) = (number(place), number(self.middle), number(traces - 2.0));
            self.side(&format!("M{x} {top}V{end}"));
        }
    }

    fn side(&mut self, path: &str) {
        self.svg.open(&class(Service::Logs));
        self.svg.path("side", path);
        self.svg.close();
    }

    fn log(&mut self, area: Area, log: &Log) {
        let centre = area.x + area.width / 2.0;
        let svg = &mut self.svg;
        svg.open(&class(Service::Logs));
        svg.rect("part", area, 6.0);
        svg.text("label", (centre, area.y + 20.0), Anchor::Middle, &log.name);
        svg.text("note", (centre, area.y + 40.0), Anchor::Middle, &log.kept);
        svg.close();
    }

    fn traces_and_alarms(&mut self, y: f64) {
        let of = |kind: What| {
            let flows = self.overview.flows.iter();
            let from = flows
                .filter(|flow| flow.kind == kind)
                .map(|flow| flow.from.label());
            from.collect::<Vec<_>>().join(", ")
        };
        let (traced, watched) = (of(What::Traces), of(What::Metrics));
        if !traced.is_empty() {
            let left = start(Service::ApiGateway);
            let right = start(Service::Lambda) + wide(Service::Lambda);
            let area = area(left, y, right - left, ROW);
            self.part(Service::XRay, area, "X-Ray traces", &format!("of {traced}"));
        }
        if !watched.is_empty() {
            let left = start(Service::Endpoint) - 14.0;
            let area = area(left, y, end() - 12.0 - left, ROW);
            self.part(
                Service::CloudWatch,
                area,
                "Alarms",
                &format!("on {watched}"),
            );
        }
    }

    /// What no request passes: who may do what, keys, the deployed files, who hears of alarms.
    fn rest(&mut self, y: f64, alarms: f64) {
        let left = start(Service::Waf);
        let alarm = start(Service::Endpoint) - 14.0;
        let gap = 16.0;
        let room = alarm - left - 3.0 * gap;
        let mut x = left;
        // Many use the key, and each is named.
        for (service, share) in [
            (Service::Iam, 0.28),
            (Service::Kms, 0.46),
            (Service::S3, 0.26),
        ] {
            self.other(service, area(x, y, room * share, ROW));
            x += room * share + gap;
        }
        self.other(Service::Sns, area(alarm, y, end() - alarm, ROW));
        let notified = self
            .overview
            .flows
            .iter()
            .any(|flow| flow.kind == What::Notice);
        if notified {
            let x = number((alarm + end()) / 2.0);
            let (from, to) = (number(alarms), number(y - 2.0));
            self.side(&format!("M{x} {from}V{to}"));
        }
    }

    fn other(&mut self, service: Service, area: Area) {
        let notes = self.notes(service);
        if !notes.is_empty() {
            self.part(service, area, service.label(), &notes.join(", "));
        }
    }

    /// A name with a note below it, on two lines where one is too short.
    fn part(&mut self, service: Service, area: Area, name: &str, note: &str) {
        let lines = wrapped(note, NOTE, area.width - 24.0);
        let top = if lines.len() > 1 { 20.0 } else { 28.0 };
        let svg = &mut self.svg;
        svg.open(&class(service));
        svg.rect("part", area, 6.0);
        let x = area.x + 12.0;
        svg.text("label", (x, area.y + top), Anchor::Start, name);
        for (index, line) in lines.iter().enumerate() {
            let y = area.y + top + LINE * (index + 1) as f64;
            svg.text("note", (x, y), Anchor::Start, line);
        }
        svg.close();
    }
}

/// Where the arrows to the log groups go down: spread over the width of who writes.
fn log_places(overview: &Overview) -> Vec<(f64, &Log)> {
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

fn trace_places(overview: &Overview) -> Vec<f64> {
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

fn vpc_frame(bottom: f64) -> Area {
    let left = start(Service::Lambda) - INSET;
    let right = start(Service::Endpoint) + wide(Service::Endpoint) + INSET;
    area(left, TOP - 10.0, right - left, bottom + 10.0 - TOP)
}

fn start(service: Service) -> f64 {
    let before = COLUMNS.iter().take_while(|(one, ..)| *one != service);
    LEFT + before.map(|(_, width, gap)| width + gap).sum::<f64>()
}

fn wide(service: Service) -> f64 {
    let column = COLUMNS.iter().find(|(one, ..)| *one == service);
    column.map_or(0.0, |(_, width, _)| *width)
}

fn end() -> f64 {
    start(Service::DynamoDb) + wide(Service::DynamoDb)
}

fn area(x: f64, y: f64, width: f64, height: f64) -> Area {
    Area {
        x,
        y,
        width,
        height,
    }
}

fn icon(svg: &mut Svg, service: Service, (x, y): (f64, f64)) {
    if let Some(icon) = service.icon() {
        let (x, y) = (number(x), number(y));
        svg.raw(&format!(
            "<path class=\"icon\" transform=\"translate({x} {y})\" d=\"{icon}\"/>"
        ));
    }
}

/// Breaks at spaces what is wider than `room`.
fn wrapped(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), size, false) <= room => {
                *line += " ";
                *line += word;
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn markers() -> String {
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
fn class(service: Service) -> String {
    service.label().to_lowercase().replace(' ', "-")
}

fn style() -> String {
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
fn description(overview: &Overview) -> String {
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
