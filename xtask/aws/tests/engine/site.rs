//! A working tree of a test's own, its scripted cloud, and the built program run against it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};

use crate::support::{Run, xtask};
use cfnkit_scripted_cloud::archive;
use cfnkit_scripted_cloud::cloud::Cloud;
use cfnkit_scripted_cloud::cloud::bucket::BUCKET;
use cfnkit_scripted_cloud::cloud::recorded;
use cfnkit_scripted_cloud::cloud::state::State;

mod running;
mod tree;

pub(crate) use running::Running;
use tree::Tree;

/// Programs at a time; most of their time is waiting.
const AT_A_TIME: usize = 8;

pub(crate) const STACK: &str = "movies-dev";

/// What the tests multiply the program's waits with.
const PATIENCE: &str = "0.01";

/// What a deploy of a new stage would look up.
const LOOKED_UP: [&str; 3] = [
    "DynamoDbPrefixListId=pl-12345678",
    "AvailabilityZoneA=us-east-1b",
    "AvailabilityZoneB=us-east-1c",
];

/// Runs a program on a pseudo-terminal and types something at its question.
const TERMINAL: &str = r"
import os, pty, sys
answer = sys.argv[1].encode().decode('unicode_escape').encode()
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown = b''
while True:
    try:
        some = os.read(terminal, 65536)
    except OSError:
        break
    if not some:
        break
    shown += some
    if answer and b'[y/N]' in shown:
        os.write(terminal, answer)
        answer = b''
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";

pub(crate) struct Site {
    tree: Tree,
    pub(crate) cloud: Cloud,
    pub(crate) patience: &'static str,
    /// Whether there is an endpoint that a deploy can try.
    has_endpoint: bool,
    /// Whether the program looks up what it has to know of a region; otherwise it is told.
    pub(crate) looks_up: bool,
}

impl Site {
    pub(crate) fn with(state: State) -> Self {
        Self {
            tree: Tree::new(),
            cloud: Cloud::with(state),
            patience: PATIENCE,
            has_endpoint: false,
            looks_up: false,
        }
    }

    /// Nothing is deployed.
    pub(crate) fn new() -> Self {
        Self::with(State::default())
    }

    /// The stage is deployed, with the defaults and the first handler.
    pub(crate) fn deployed() -> Self {
        Self::with(deployed().clone())
    }

    /// The same with an endpoint, which answers well with the handler that is deployed.
    pub(crate) fn serving() -> Self {
        Self::serving_with(deployed().clone())
    }

    /// The same with what another such site came to.
    pub(crate) fn serving_with(state: State) -> Self {
        let mut site = Self::with(state);
        site.has_endpoint = true;
        let endpoint = format!("http://127.0.0.1:{}/dev", site.cloud.port);
        let mut state = site.cloud.state();
        let index = state.find(STACK).unwrap();
        let stack = &mut state.stacks[index];
        // As long as API Gateway's own.
        for (name, value) in [
            ("Endpoint", endpoint.as_str()),
            ("StandardApiKeyId", recorded::CURRENT),
            ("PremiumApiKeyId", "p6q7r8s9t0"),
        ] {
            stack.outputs.insert(name.to_owned(), value.to_owned());
        }
        let handler = stack.parameters["HandlerKey"].clone();
        state.endpoint = endpoint;
        state.good_handler = Some(handler);
        drop(state);
        site
    }

    /// Packages another handler.
    pub(crate) fn package(&self, text: &str) {
        std::fs::write(&self.tree.zip, archive::handler(text)).unwrap();
    }

    /// Writes a file of the working tree; returns its path.
    pub(crate) fn write(&self, file: &str, text: &str) -> String {
        self.tree.write(file, text)
    }

    /// The path of the packaged handler.
    pub(crate) fn zip(&self) -> String {
        self.tree.zip.to_str().unwrap().to_owned()
    }

    /// Where the program runs.
    pub(crate) fn directory(&self) -> String {
        let directory = self.tree.directory.path();
        directory.to_str().unwrap().to_owned()
    }

    fn command(&self, tree: &Tree, arguments: &[&str]) -> Command {
        let mut command = self.bare_command(tree, arguments);
        // What is neither built nor chosen has none of it.
        let is_settled = arguments.contains(&"--against")
            || arguments.contains(&"--revert-drift")
            || arguments
                .get(1)
                .is_some_and(|name| name.starts_with("kept-"));
        if matches!(arguments.first(), Some(&("deploy" | "diff"))) && !is_settled {
            command
                .args(["--asset-bucket", BUCKET])
                .arg("--handler")
                .arg(&tree.zip);
            if !self.looks_up {
                command.args(LOOKED_UP.iter().flat_map(|one| ["--param", one]));
            }
        }
        // Most have an engine and no endpoint.
        if arguments.first() == Some(&"deploy") && !self.has_endpoint {
            command.arg("--no-smoke");
        }
        command
    }

    fn bare_command(&self, tree: &Tree, arguments: &[&str]) -> Command {
        let directory = tree.directory.path();
        let mut command = xtask(directory, directory);
        command
            .args(arguments)
            .env_remove("CI")
            .env_remove("CARGO_TARGET_DIR")
            .env("NO_COLOR", "1")
            .env(
                "AWS_ENDPOINT_URL",
                format!("http://127.0.0.1:{}", self.cloud.port),
            )
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "us-east-1")
            .env("XTASK_PATIENCE", self.patience)
            .stdin(Stdio::null());
        command
    }

    /// Runs with these arguments and nothing that most commands need.
    pub(crate) fn run_exactly(&self, arguments: &[&str]) -> Run {
        Running::start(self.bare_command(&self.tree, arguments)).end()
    }

    /// A command of this tree, for streams of the caller's own.
    pub(crate) fn command_here(&self, arguments: &[&str]) -> Command {
        self.command(&self.tree, arguments)
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        Running::start(self.command(&self.tree, arguments))
    }

    /// Starts it as the last arguments of another program, which becomes it.
    pub(crate) fn start_in(&self, before: &[&str], arguments: &[&str]) -> Running {
        let command = self.command(&self.tree, arguments);
        Running::start(in_another(before, &command))
    }

    /// From another working tree, as somebody else does it. It waits for no place among the
    /// programs that run: others of the same test may hold them.
    pub(crate) fn start_elsewhere(&self, arguments: &[&str]) -> Running {
        let tree = Tree::new();
        let mut running = Running::start_with(self.command(&tree, arguments), None);
        running.tree = Some(tree);
        running
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.start(arguments).end()
    }

    /// Runs with other variables.
    pub(crate) fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
        let mut command = self.command(&self.tree, arguments);
        command.envs(variables.iter().copied());
        Running::start(command).end()
    }

    /// Runs in another directory.
    pub(crate) fn run_in(&self, directory: &Path, arguments: &[&str]) -> Run {
        let mut command = self.command(&self.tree, arguments);
        command.current_dir(directory);
        Running::start(command).end()
    }

    /// Runs on a terminal, types `answer` (with Python's escapes) at the question, and returns
    /// everything that the terminal showed as stdout.
    pub(crate) fn answer(&self, arguments: &[&str], answer: &str) -> Run {
        let command = self.command(&self.tree, arguments);
        let mut terminal = in_another(&["python3", "-c", TERMINAL, answer], &command);
        terminal.env("TERM", "dumb");
        Running::start(terminal).end()
    }

    /// What a deploy must not leave: change sets that were not executed, and empty stacks.
    pub(crate) fn left_behind(&self) -> Vec<String> {
        let state = self.cloud.state();
        let roots = state.stacks.iter().filter(|stack| stack.parent.is_none());
        let empty = roots.filter(|stack| stack.status == "REVIEW_IN_PROGRESS");
        let sets = state.change_sets.iter();
        // One that is being deleted goes whether or not anybody looks.
        let sets = sets.filter(|set| {
            set.parent.is_none()
                && !set.execution.starts_with("EXECUTE_")
                && set.status != "DELETE_IN_PROGRESS"
        });
        empty
            .map(|stack| format!("stack {} in REVIEW_IN_PROGRESS", stack.name))
            .chain(sets.map(|set| {
                format!(
                    "change set {} ({}, {})",
                    set.name, set.status, set.execution
                )
            }))
            .collect()
    }

    /// Everything that is wrong about a run that must have gone well.
    pub(crate) fn problems(&self, run: &Run, code: i32, status: &str) -> Vec<String> {
        let mut problems = self.left_behind();
        if run.code != code {
            problems.push(format!("exit code {} and not {code}", run.code));
        }
        let state = self.cloud.state();
        if state.status_of(STACK) != status {
            problems.push(format!("{} and not {status}", state.status_of(STACK)));
        }
        problems.extend(state.violations.iter().map(|text| format!("wrong: {text}")));
        if !problems.is_empty() {
            problems.push(format!("it said: {}", last_words(run)));
        }
        problems
    }
}

/// `command` as the last arguments of another program.
fn in_another(before: &[&str], command: &Command) -> Command {
    let mut another = Command::new(before[0]);
    another
        .args(&before[1..])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(command.get_current_dir().unwrap())
        .stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => another.env(name, value),
            None => another.env_remove(name),
        };
    }
    another
}

/// The end of what a run said.
pub(crate) fn last_words(run: &Run) -> String {
    let lines: Vec<&str> = run.stderr.trim().lines().collect();
    lines[lines.len().saturating_sub(3)..].join(" | ")
}

fn deployed() -> &'static State {
    static DEPLOYED: OnceLock<State> = OnceLock::new();
    DEPLOYED.get_or_init(|| {
        let site = Site::new();
        site.run(&["deploy", "--yes"]).expect(0);
        let mut state = site.cloud.state().clone();
        assert_eq!(state.status_of(STACK), "CREATE_COMPLETE");
        assert!(state.violations.is_empty(), "{:?}", state.violations);
        state.change_sets.clear();
        state.used_tokens.clear();
        state
    })
}

/// One of so many cases, and each where `XTASK_FAULTS` is `all`. Where kinds take turns in them,
/// a step that no number of kinds divides meets each kind as often as the others.
pub(crate) fn chosen<T>(cases: impl Iterator<Item = T>, one_in: usize) -> impl Iterator<Item = T> {
    let all = std::env::var("XTASK_FAULTS").is_ok_and(|which| which == "all");
    cases.step_by(if all { 1 } else { one_in })
}

/// Checks all cases, some at a time, and fails with everything that was wrong about each.
#[track_caller]
pub(crate) fn check_each<T: Send>(
    cases: impl IntoIterator<Item = (String, T)>,
    check: impl Fn(T) -> Vec<String> + Sync,
) {
    check_each_of(AT_A_TIME, cases, check);
}

/// The same, `at_a_time` of them.
#[track_caller]
pub(crate) fn check_each_of<T: Send>(
    at_a_time: usize,
    cases: impl IntoIterator<Item = (String, T)>,
    check: impl Fn(T) -> Vec<String> + Sync,
) {
    let cases: Vec<_> = cases.into_iter().collect();
    assert!(!cases.is_empty());
    let count = cases.len();
    let cases = Mutex::new(cases.into_iter());
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..at_a_time {
            scope.spawn(|| {
                loop {
                    let next = cases.lock().unwrap().next();
                    let Some((name, case)) = next else { return };
                    let problems = check(case);
                    if !problems.is_empty() {
                        let text = problems.join("\n    ");
                        wrong.lock().unwrap().push(format!("{name}:\n    {text}"));
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    assert!(
        wrong.is_empty(),
        "{} of {count} cases are wrong:\n\n{}\n",
        wrong.len(),
        wrong.join("\n\n")
    );
}
