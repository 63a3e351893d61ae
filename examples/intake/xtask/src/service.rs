//! What is special about this service.

use cfnkit_assembly::log_source::LogSource;
use cfnkit_assembly::service::{Function, Key, LogGroup, Probe, Sample, Service};

/// The intake of notes.
pub static SERVICE: Service = Service {
    about: "Packages and deploys the intake of notes",
    functions: &[
        Function {
            name: "intake",
            package: "intake",
            program: "intake",
            profile: "lambda",
            key_parameter: "IntakeKey",
            log_group_output: "IntakeLogGroupName",
            physical_name: None,
            memory_parameter: None,
            concurrency_parameter: None,
        },
        Function {
            name: "worker",
            package: "worker",
            program: "worker",
            profile: "lambda",
            key_parameter: "WorkerKey",
            log_group_output: "WorkerLogGroupName",
            physical_name: None,
            memory_parameter: None,
            concurrency_parameter: None,
        },
    ],
    table_output: Some("TableName"),
    log_groups: &[LogGroup {
        source: LogSource::Api,
        output: "AccessLogGroupName",
        fixed_prefix: None,
    }],
    probes: &[
        Probe {
            name: "a note",
            key: Key::None,
            method: "POST",
            path: "/",
            body: Some("a smoke test"),
            expected: &[202],
            message: None,
        },
        Probe {
            name: "no text",
            key: Key::None,
            method: "POST",
            path: "/",
            body: Some(" "),
            expected: &[422],
            message: None,
        },
    ],
    sample: Some(Sample {
        body: "buy milk",
        load_body: "note {id}",
    }),
    ..Service::named("notes")
};
