//! The overview as a picture: the way of a request from left to right, CloudWatch below it, and
//! below that what belongs to no request.

use super::overview::{Log, Overview, What};
use super::service::Service;
use super::svg::{Anchor, Area, Svg, number, width};

mod places;
mod words;

use places::{
    COLUMNS, INSET, LOG, TOP, area, end, log_places, start, trace_places, vpc_frame, wide,
};
use words::{class, description, markers, style};

const GATE: f64 = 48.0;
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
        let room = wide(service) - 12.0;
        let notes: Vec<String> = notes
            .iter()
            .flat_map(|note| wrapped(note, NOTE, room))
            .collect();
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
