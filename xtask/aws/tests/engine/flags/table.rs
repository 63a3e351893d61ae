//! How each flag is known to do something. `ZIP` and `CHANGE-SET` stand for what a test's site has.

use std::collections::BTreeSet;

use super::Rows;
use cfnkit_scripted_cloud::cloud::recorded::REQUEST_ID;

/// What is there before a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scene {
    Nothing,
    /// Deployed, as the working tree has it.
    Current,
    /// Deployed, and the handler is another since.
    Changed,
    /// The same, with a change set that was left.
    Kept,
}

/// How a flag is known to be honoured.
#[derive(Debug, Clone, Copy)]
pub(super) enum How {
    /// With this after the command's base, another thing is done or said.
    Seen(&'static [&'static str]),
    /// The same, beside something that it needs.
    Beside(&'static [&'static str], &'static [&'static str]),
    /// With this value instead of the base's own.
    Instead(&'static str),
    /// Without the base's own.
    NotWithout,
    /// On a terminal, a question is asked with the first and not with the second.
    Typed(&'static [&'static str], &'static [&'static str]),
    /// By a test of a file.
    Test(&'static str, &'static str),
    /// By its source alone: what it does builds or goes on for minutes.
    Read,
}

/// A way in which a command goes.
pub(super) struct Mode {
    pub(super) name: &'static str,
    pub(super) command: &'static str,
    pub(super) scene: Scene,
    pub(super) arguments: &'static [&'static str],
    /// What has nothing to do there, and is kept by that.
    pub(super) moot: &'static [&'static str],
}

const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:topic";
const ALARM: &str = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:one";
const ROLE: &str = "arn:aws:iam::111122223333:role/deployer";

const PREFIX_LIST: &str = "DynamoDbPrefixListId=pl-12345678";

pub(super) const MODES: [Mode; 6] = [
    Mode {
        name: "deploy CHANGE-SET",
        command: "deploy",
        scene: Scene::Kept,
        arguments: &["deploy", "CHANGE-SET", "--yes"],
        moot: &[],
    },
    Mode {
        name: "deploy --no-execute",
        command: "deploy",
        scene: Scene::Changed,
        arguments: &[
            "deploy",
            "--no-execute",
            "--asset-bucket",
            "assets",
            "--param",
            PREFIX_LIST,
            "--handler",
            "ZIP",
        ],
        // Nothing is executed, so nothing is asked and nothing is tried.
        moot: &["--yes", "--no-smoke"],
    },
    Mode {
        name: "deploy --revert-drift",
        command: "deploy",
        scene: Scene::Current,
        arguments: &["deploy", "--revert-drift", "--yes"],
        // Nothing has drifted, so nothing is done that could be tried.
        moot: &["--no-smoke"],
    },
    Mode {
        name: "deploy of what is current",
        command: "deploy",
        scene: Scene::Current,
        arguments: &[
            "deploy",
            "--yes",
            "--asset-bucket",
            "assets",
            "--param",
            PREFIX_LIST,
            "--handler",
            "ZIP",
        ],
        // There is nothing to be done in another manner.
        moot: &[
            "--no-smoke",
            "--no-execute",
            "--fast",
            "--express",
            "--on-failure",
        ],
    },
    Mode {
        name: "diff --no-change-set",
        command: "diff",
        scene: Scene::Changed,
        arguments: &[
            "diff",
            "--no-change-set",
            "--asset-bucket",
            "assets",
            "--param",
            PREFIX_LIST,
            "--handler",
            "ZIP",
        ],
        moot: &[],
    },
    Mode {
        name: "doctor --machine",
        command: "doctor",
        scene: Scene::Nothing,
        arguments: &["doctor", "--machine", "--json"],
        moot: &[],
    },
];

/// What a command's flags are added to.
pub(super) fn base(command: &str) -> (Scene, &'static [&'static str]) {
    match command {
        "deploy" => (
            Scene::Changed,
            &[
                "deploy",
                "--yes",
                "--asset-bucket",
                "assets",
                "--param",
                PREFIX_LIST,
                "--handler",
                "ZIP",
            ],
        ),
        "diff" => (
            Scene::Changed,
            &[
                "diff",
                "--asset-bucket",
                "assets",
                "--param",
                PREFIX_LIST,
                "--handler",
                "ZIP",
            ],
        ),
        "synth" => (Scene::Nothing, &["synth", "--handler", "ZIP"]),
        "bootstrap" => (Scene::Nothing, &["bootstrap", "--yes"]),
        "destroy" => (Scene::Current, &["destroy", "--yes"]),
        "doctor" => (Scene::Nothing, &["doctor"]),
        "keys rotate" => (Scene::Current, &["keys", "rotate", "premium", "--yes"]),
        "outputs" => (Scene::Current, &["outputs"]),
        "status" => (Scene::Current, &["status"]),
        "keys" => (Scene::Current, &["keys"]),
        "smoke" => (Scene::Current, &["smoke"]),
        "logs" => (Scene::Current, &["logs"]),
        "traces" => (Scene::Current, &["traces"]),
        "drift" => (Scene::Current, &["drift"]),
        "load" => (Scene::Nothing, &["load", "--yes"]),
        "ls" => (Scene::Nothing, &["ls"]),
        "limits" => (Scene::Nothing, &["limits"]),
        "graph" => (Scene::Nothing, &["graph"]),
        "local status" => (Scene::Nothing, &["local", "status"]),
        "man" => (Scene::Nothing, &["man"]),
        _ => (Scene::Nothing, &[]),
    }
}

/// The rows of all commands whose base is there.
const COMMON: [(&str, How); 6] = [
    ("--profile", How::Seen(&["--profile", "nobody"])),
    ("--region", How::Seen(&["--region", "eu-west-1"])),
    ("--stage", How::Seen(&["--stage", "production"])),
    ("--param", How::Seen(&["--param", "LogLevel=WARN"])),
    (
        "--params-file",
        How::Seen(&["--params-file", "chosen.json"]),
    ),
    ("--json", How::Seen(&["--json"])),
];

const OWN: &[(&str, &str, How)] = &[
    ("", "--ci", How::Typed(&["deploy"], &["deploy", "--ci"])),
    ("deploy", "--handler", How::Instead("other.zip")),
    (
        "deploy",
        "--handler-sha256",
        How::Seen(&["--handler-sha256", NO_HASH]),
    ),
    ("deploy", "--asset-bucket", How::Instead("other")),
    (
        "deploy",
        "--on-failure",
        How::Seen(&["--on-failure", "keep"]),
    ),
    ("deploy", "--no-execute", How::Seen(&["--no-execute"])),
    (
        "deploy",
        "--rollback-alarm",
        How::Seen(&["--rollback-alarm", ALARM]),
    ),
    (
        "deploy",
        "--monitoring-time",
        How::Beside(&["--rollback-alarm", ALARM], &["--monitoring-time", "5"]),
    ),
    (
        "deploy",
        "--termination-protection",
        How::Seen(&["--termination-protection"]),
    ),
    ("deploy", "--tag", How::Seen(&["--tag", "team=movies"])),
    ("deploy", "--notify", How::Seen(&["--notify", TOPIC])),
    ("deploy", "--role-arn", How::Seen(&["--role-arn", ROLE])),
    ("deploy", "--timeout", How::Read),
    ("deploy", "--express", How::Seen(&["--express"])),
    (
        "deploy",
        "--import-existing",
        How::Test(
            "tests/engine/adoption.rs",
            "a_named_table_is_imported_and_stays_the_stages_table",
        ),
    ),
    (
        "deploy",
        "--revert-drift",
        How::Test(
            "tests/engine/reversion.rs",
            "drift_is_shown_and_taken_back_in_each_stack",
        ),
    ),
    ("deploy", "--fast", How::Seen(&["--fast"])),
    ("deploy", "--no-smoke", How::Seen(&["--no-smoke"])),
    ("deploy", "--yes", How::NotWithout),
    ("deploy", "--local", LOCAL_DEPLOY),
    ("deploy", "--port", LOCAL_PORT),
    ("diff", "--handler", How::Instead("other.zip")),
    (
        "diff",
        "--handler-sha256",
        How::Seen(&["--handler-sha256", NO_HASH]),
    ),
    ("diff", "--asset-bucket", How::Instead("other")),
    ("diff", "--no-change-set", How::Seen(&["--no-change-set"])),
    ("diff", "--against", How::Read),
    ("diff", "--exit-code", How::Seen(&["--exit-code"])),
    (
        "diff",
        "--local",
        How::Test("tests/it/journey.rs", "a_limit_changes_one_stack"),
    ),
    ("diff", "--port", LOCAL_PORT),
    ("synth", "--handler", How::Instead("other.zip")),
    (
        "synth",
        "--handler-sha256",
        How::Seen(&["--handler-sha256", NO_HASH]),
    ),
    ("synth", "--local", How::Read),
    (
        "bootstrap",
        "--api-gateway-logs-role",
        How::Seen(&["--api-gateway-logs-role"]),
    ),
    (
        "bootstrap",
        "--encryption-key",
        How::Seen(&["--encryption-key", "customer-managed"]),
    ),
    (
        "bootstrap",
        "--github",
        How::Seen(&["--github", "octo/movies"]),
    ),
    (
        "bootstrap",
        "--github-stage",
        How::Beside(&["--github", "octo/movies"], &["--github-stage", "other"]),
    ),
    (
        "bootstrap",
        "--existing-github-provider",
        How::Beside(
            &["--github", "octo/movies"],
            &["--existing-github-provider"],
        ),
    ),
    ("bootstrap", "--yes", How::NotWithout),
    ("bootstrap", "--local", LOCAL_DEPLOY),
    ("bootstrap", "--port", LOCAL_PORT),
    ("destroy", "--retain", How::Seen(&["--retain", "Table"])),
    (
        "destroy",
        "--unprotect",
        How::Test("tests/it/choices.rs", "a_deploy_does_what_its_flags_say"),
    ),
    ("destroy", "--yes", How::NotWithout),
    (
        "doctor",
        "--param",
        How::Seen(&["--param", "ReservedConcurrency=50"]),
    ),
    (
        "doctor",
        "--params-file",
        How::Seen(&["--params-file", "reserved.json"]),
    ),
    (
        "doctor",
        "--asset-bucket",
        How::Seen(&["--asset-bucket", "assets"]),
    ),
    ("doctor", "--machine", How::Seen(&["--machine"])),
    ("keys", "--show", How::Seen(&["--show", "standard"])),
    ("keys rotate", "--finish", How::Seen(&["--finish"])),
    (
        "keys rotate",
        "--grace",
        How::Test(
            "tests/it/operations.rs",
            "a_key_is_rotated_while_both_are_valid",
        ),
    ),
    ("keys rotate", "--yes", How::NotWithout),
    ("logs", "--source", How::Seen(&["--source", "waf"])),
    (
        "logs",
        "--request-id",
        How::Seen(&["--request-id", REQUEST_ID]),
    ),
    (
        "logs",
        "--since",
        How::Beside(&["--source", "flow"], &["--since", "5m"]),
    ),
    (
        "logs",
        "--follow",
        How::Test(
            "tests/engine/operations.rs",
            "who_follows_sees_each_line_once_until_ctrl_c",
        ),
    ),
    (
        "traces",
        "--trace-id",
        How::Seen(&["--trace-id", "1-5759e988-bd862e3fe1be46a994272793"]),
    ),
    ("traces", "--since", How::Read),
    (
        "traces",
        "--filter",
        How::Seen(&["--filter", "fault = false"]),
    ),
    ("traces", "--most", How::Read),
    ("drift", "--exit-code", How::Read),
    (
        "load",
        "--phase",
        How::Test(
            "tests/engine/operations.rs",
            "a_load_on_aws_is_judged_by_what_cloudwatch_saw",
        ),
    ),
    (
        "load",
        "--phases-file",
        How::Seen(&["--phases-file", "missing.toml"]),
    ),
    (
        "status",
        "--json",
        How::Test("tests/engine/operations.rs", "a_stage_on_aws_is_one_screen"),
    ),
    ("load", "--tier", How::Read),
    ("load", "--url", How::Read),
    ("load", "--p99", How::Read),
    ("load", "--in-flight", How::Read),
    ("load", "--report", How::Read),
    (
        "load",
        "--yes",
        How::Test(
            "tests/engine/operations.rs",
            "a_load_on_aws_is_judged_by_what_cloudwatch_saw",
        ),
    ),
    (
        "load",
        "--json",
        How::Test(
            "tests/engine/operations.rs",
            "a_load_on_aws_is_judged_by_what_cloudwatch_saw",
        ),
    ),
    (
        "limits",
        "--param",
        How::Seen(&["--param", "StandardRateLimitPerSecond=40"]),
    ),
    (
        "limits",
        "--params-file",
        How::Seen(&["--params-file", "rate.json"]),
    ),
    ("limits", "--tier", How::Seen(&["--tier", "premium"])),
    ("limits", "--rate", How::Seen(&["--rate", "5"])),
    ("limits", "--addresses", How::Seen(&["--addresses", "9"])),
    ("limits", "--latency", How::Seen(&["--latency", "900"])),
    (
        "limits",
        "--item-size",
        How::Seen(&["--item-size", "90000"]),
    ),
    ("limits", "--phase", How::Seen(&["--phase", "50/s:60s"])),
    ("limits", "--check", How::Seen(&["--check"])),
    ("graph", "--stack", How::Seen(&["--stack", "Data"])),
    ("graph", "--output", How::Seen(&["--output", "graph.mmd"])),
    ("man", "--output", How::Seen(&["--output", "pages"])),
    ("local up", "--port", LOCAL_PORT),
    ("replay", "--speed", How::Read),
    ("replay", "--plain", How::Read),
    ("replay", "--width", How::Read),
    ("symbolize", "--debug", How::Read),
    ("symbolize", "--address", How::Read),
    ("symbolize", "--full", How::Read),
];

const LOCAL_DEPLOY: How = How::Test("tests/it/choices.rs", "a_deploy_does_what_its_flags_say");
const LOCAL_PORT: How = How::Test(
    "tests/it/failures.rs",
    "a_port_in_use_is_named_and_nothing_is_started",
);

/// Of no file.
const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Commands that build, test or change the repository itself.
const LONG: [&str; 11] = [
    "package",
    "lint",
    "test",
    "fuzz",
    "bench",
    "bench build",
    "bench package",
    "docs",
    "notes",
    "new",
    "watch",
];

/// The rows of those flags that have one.
pub(super) fn rows(flags: &BTreeSet<(String, String)>) -> Rows {
    let mut rows = Rows::new();
    for (command, flag) in flags {
        let own = OWN
            .iter()
            .find(|(of, name, _)| of == command && name == flag);
        let common = COMMON.iter().find(|(name, _)| name == flag);
        let has_base = !base(command).1.is_empty();
        let how = match (own, common) {
            (Some((_, _, how)), _) => Some(*how),
            (None, Some((_, how))) if has_base => Some(*how),
            // No local cloud runs, and the command says so.
            (None, _) if flag == "--local" && has_base => Some(How::Seen(&["--local"])),
            (None, _) if LONG.contains(&command.as_str()) => Some(How::Read),
            _ => None,
        };
        if let Some(how) = how {
            rows.insert((command.clone(), flag.clone()), how);
        }
    }
    rows
}
