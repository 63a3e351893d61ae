use std::path::{Path, PathBuf};

use super::subject::{Planned, Verb};
use super::*;
use crate::event::ResourceOperation;
use crate::recording::Recording;

mod golden;
mod properties;
mod terminal;

const RECORDINGS: [&str; 6] = [
    "success",
    "failure",
    "rollback",
    "replacement",
    "no-change",
    "cancelled",
];

fn fixture(file: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    directory.join(file)
}

fn recording(name: &str) -> Recording {
    let file = format!("{name}.ndjson");
    let text = std::fs::read_to_string(fixture(&file)).unwrap();
    Recording::parse(&file, &text).unwrap()
}

const COLOURED: Mode = Mode::Live { colour: true };
const COLOURLESS: Mode = Mode::Live { colour: false };

/// A deploy of `resources` resources in two nested stacks, with its events. They begin one after
/// the other and take from two to forty seconds; the last but one fails.
fn deploy(resources: usize) -> (Subject, Vec<StackEvent>) {
    let planned = |index: usize| Planned {
        place: format!("{} / Resource{index}", stack_of(index)),
        resource_type: "AWS::ApiGateway::Method".to_owned(),
        operation: ResourceOperation::Create,
    };
    let subject = Subject {
        stack_name: "movies-dev".to_owned(),
        stack_id: "movies-dev".to_owned(),
        verb: Verb::Deploy,
        begin: 0,
        planned: (0..resources).map(planned).collect(),
        estimate: Default::default(),
    };
    let mut events = Vec::new();
    for index in 0..resources {
        let begin = 1_000 + 30_000 * index as i64 / resources as i64;
        let end = begin + 2_000 + (index as i64 * 7_919) % 38_000;
        events.push(event(index, begin, "CREATE_IN_PROGRESS", None));
        events.push(match index + 2 == resources {
            true => event(
                index,
                end,
                "CREATE_FAILED",
                Some("Limit exceeded. ".repeat(30)),
            ),
            false => event(index, end, "CREATE_COMPLETE", None),
        });
    }
    events.sort_by_key(|event| event.timestamp);
    (subject, events)
}

fn stack_of(index: usize) -> &'static str {
    ["Api", "Observability"][index % 2]
}

fn event(index: usize, timestamp: i64, status: &str, reason: Option<String>) -> StackEvent {
    StackEvent {
        id: format!("{index}-{status}"),
        stack_id: stack_of(index).to_owned(),
        stack_name: format!("movies-dev-{}-1A2B3C", stack_of(index)),
        logical_id: format!("Resource{index}"),
        physical_id: format!("resource-{index}"),
        resource_type: "AWS::ApiGateway::Method".to_owned(),
        status: status.to_owned(),
        reason,
        timestamp,
    }
}
