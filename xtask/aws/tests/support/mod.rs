//! What the tests share: the command line, a local cloud of their own, and the SDK as witness.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use aws_credential_types::Credentials;
use serde_json::{Value, json};
use tempfile::TempDir;

use cfnkit_scripted_cloud::judge;
use cfnkit_scripted_cloud::recorder::Recorder;

mod run;

pub(crate) use self::run::Run;
use self::run::output;

pub(crate) fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap().to_path_buf()
}

/// A command of the built program, free of the caller's AWS settings and of what CI sets: there
/// some things are refused that a person may do.
pub(crate) fn xtask(directory: &Path, home: &Path) -> Command {
    program(Path::new(env!("CARGO_BIN_EXE_xtask-aws")), directory, home)
}

/// As `xtask`, of another service's program.
pub(crate) fn program(program: &Path, directory: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars() {
        if name.starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command
        .current_dir(directory)
        .env_remove("CI")
        .env("AWS_CONFIG_FILE", home.join("config"))
        .env("AWS_SHARED_CREDENTIALS_FILE", home.join("credentials"))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("XTASK_LOCAL_DIR", home.join("local"));
    command
}

/// A copy of the handler as it is in this repository; another test may build a changed one.
pub(crate) fn build_handler(directory: &Path) -> PathBuf {
    let mut build = cargo();
    build.args(["build", "--locked", "--package", "handler"]);
    assert!(build.current_dir(repository()).status().unwrap().success());
    let bootstrap = directory.join("bootstrap");
    std::fs::copy(target_directory().join("debug/handler"), &bootstrap).unwrap();
    bootstrap
}

/// Cargo without what it tells this test about itself, with which build scripts would run again.
/// What is built already it takes, by itself and by the programs that call it.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars() {
        if name.starts_with("CARGO_") && !matches!(&*name, "CARGO_HOME" | "CARGO_INCREMENTAL") {
            cargo.env_remove(name);
        }
    }
    cargo.env("CARGO_TARGET_DIR", target_directory());
    cargo
}

/// Has a command compile what differs alone, beside what is compiled for this repository, and put
/// what it makes where no other test looks.
pub(crate) fn builds_apart(command: &mut Command) -> &mut Command {
    command
        .env_remove("CARGO_TARGET_DIR")
        .env("CARGO_BUILD_BUILD_DIR", target_directory())
}

/// Starts the function so that it panics, and returns what it logs. `command` starts the program.
pub(crate) fn log_of_panic(mut command: Command, environment: &[(&str, &str)]) -> Vec<u8> {
    let panicked = command
        .env_clear()
        // No memory for a thread, which a name needs to be looked up: the async runtime panics.
        .env("RUST_MIN_STACK", "1000000000000000")
        .env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9")
        .env("AWS_LAMBDA_FUNCTION_NAME", "apigw_handler")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_ENDPOINT_URL", "http://localhost:9")
        .env("TABLE_NAME", "movies")
        .envs(environment.iter().copied())
        .stdin(Stdio::null());
    let panicked = output(panicked);
    assert!(!panicked.status.success());
    panicked.stdout
}

/// Holds what a command prints against its schema in `docs/schemas`, by a validator that knows
/// nothing of the types.
#[track_caller]
pub(crate) fn conforms(command: &str, printed: &Value) {
    let file = repository().join(format!("docs/schemas/{command}.json"));
    let mut schemas = boon::Schemas::new();
    let schema = boon::Compiler::new()
        .compile(file.to_str().unwrap(), &mut schemas)
        .unwrap();
    if let Err(err) = schemas.validate(printed, schema) {
        panic!("{command}: {err:#}\n{printed:#}");
    }
}

/// Asks DynamoDB once.
const ASK_DYNAMODB: &str = r#"
import json, sys
import botocore.session
operation, parameters, endpoint = sys.argv[1:]
client = botocore.session.Session().create_client(
    "dynamodb", "us-east-1", endpoint_url=endpoint,
    aws_access_key_id="test", aws_secret_access_key="test")
print(json.dumps(getattr(client, operation)(**json.loads(parameters)), default=str))
"#;

/// A local cloud of one test, stopped at its end. What was sent to it is judged then.
pub(crate) struct LocalCloud {
    pub(crate) home: TempDir,
    /// Where everybody finds it: it is the recorder's.
    pub(crate) port: u16,
    pub(crate) port_of_emulator: u16,
    pub(crate) recorder: Recorder,
}

impl LocalCloud {
    /// The emulator has to be told a port; where somebody took it meanwhile it gets another.
    pub(crate) fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut tries = 0;
        let port_of_emulator = loop {
            let port = free_port();
            let mut up = xtask(&repository(), home.path());
            let run = Run::of(up.args(["local", "up", "--port", &port.to_string()]));
            tries += 1;
            if run.code == 0 {
                break port;
            }
            let is_taken = run.stderr.contains("is not free");
            assert!(is_taken && tries < 5, "{}", run.stderr);
        };
        let recorder = Recorder::before(port_of_emulator);
        let cloud = Self {
            home,
            port: recorder.port,
            port_of_emulator,
            recorder,
        };
        // Whoever looks up where it listens comes by the recorder from now on.
        let port = |port: u16| format!("\"port\":{port}");
        let state = cloud.home.path().join("local/emulator.json");
        edit(&state, &port(port_of_emulator), &port(cloud.port));
        cloud
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_in(&repository(), arguments)
    }

    pub(crate) fn run_in(&self, directory: &Path, arguments: &[&str]) -> Run {
        Run::of(self.command(directory).args(arguments))
    }

    pub(crate) fn command(&self, directory: &Path) -> Command {
        xtask(directory, self.home.path())
    }

    /// Deploys a changed copy of the repository.
    pub(crate) fn deploy_copy(&self, copy: &TempDir) -> Run {
        let mut deploy = self.command(copy.path());
        Run::of(builds_apart(deploy.args(["deploy", "--local"])))
    }

    /// Deploys a copy whose handler is the one from here.
    pub(crate) fn deploy_templates(&self, copy: &TempDir) -> Run {
        let run = self.deploy_copy(copy);
        assert!(!run.stderr.contains("building"), "{}", run.stderr);
        run
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    async fn config(&self, access_key: &str) -> aws_config::SdkConfig {
        let http = aws_smithy_http_client::Builder::new().build_http();
        aws_config::defaults(aws_config::BehaviorVersion::latest())
            .http_client(http)
            .region("us-east-1")
            .endpoint_url(self.endpoint())
            .credentials_provider(Credentials::from_keys(access_key, "test", None))
            .load()
            .await
    }

    pub(crate) async fn cloudformation(&self) -> aws_sdk_cloudformation::Client {
        aws_sdk_cloudformation::Client::new(&self.config("test").await)
    }

    /// What DynamoDB answers AWS's own client for Python. `operation` and `parameters` are
    /// botocore's.
    pub(crate) fn dynamodb(&self, operation: &str, parameters: &Value) -> Value {
        let mut ask = program(&judge::python(), &repository(), self.home.path());
        ask.args(["-I", "-B", "-c", ASK_DYNAMODB, operation])
            .args([parameters.to_string(), self.endpoint()])
            .env("NO_PROXY", "127.0.0.1");
        Run::of(&mut ask).expect(0).json()
    }

    /// Creates a table like the template's, keyed by `id`.
    pub(crate) fn create_table(&self, name: &str) {
        let table = json!({
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        });
        self.dynamodb("create_table", &table);
    }

    /// S3 as an account sees it; the emulator takes a 12-digit access key for the account.
    pub(crate) async fn s3_of(&self, account: &str) -> aws_sdk_s3::Client {
        let config = self.config(account).await;
        let config = aws_sdk_s3::config::Builder::from(&config)
            .force_path_style(true)
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }

    /// The names of all stacks that are not deleted.
    pub(crate) async fn stacks(&self) -> Vec<String> {
        let output = self
            .cloudformation()
            .await
            .list_stacks()
            .send()
            .await
            .unwrap();
        let left = output
            .stack_summaries()
            .iter()
            .filter(|stack| stack.stack_status().unwrap().as_str() != "DELETE_COMPLETE");
        let mut names: Vec<String> = left
            .map(|stack| stack.stack_name().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }
}

impl Drop for LocalCloud {
    fn drop(&mut self) {
        let run = self.run(&["local", "down"]);
        if !std::thread::panicking() {
            assert_eq!(run.code, 0, "the local cloud did not stop: {}", run.stderr);
            judge::none_is_wrong(&self.recorder.exchanges(), &[]);
        }
    }
}

/// A port that was free a moment ago; who is told it later says that it is not.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// Sends a body to the API; returns status and answer.
pub(crate) fn post(url: &str, key: Option<&str>, body: &str) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let mut request = agent.post(url).header("Content-Type", "application/json");
    if let Some(key) = key {
        request = request.header("x-api-key", key);
    }
    let mut response = request.send(body).unwrap();
    (
        response.status().as_u16(),
        response.body_mut().read_to_string().unwrap(),
    )
}

static COPIES: AtomicU32 = AtomicU32::new(1);

/// A copy whose templates are changed: it has the handler's zip from here, and builds none.
pub(crate) fn copy_with_handler() -> TempDir {
    let copy = files_of_repository();
    let mut package = xtask(&repository(), copy.path());
    Run::of(package.args(["package", "--local"])).expect(0);
    let package = "package/local";
    let to = copy.path().join("target").join(package);
    std::fs::create_dir_all(&to).unwrap();
    for file in ["handler.zip", "handler.json"] {
        let from = target_directory().join(package).join(file);
        std::fs::copy(from, to.join(file)).unwrap();
    }
    copy
}

/// A copy whose code is changed.
pub(crate) fn copy_of_repository() -> TempDir {
    let copy = files_of_repository();
    // Cargo tells packages apart by name and version, and not by where their workspace is. With
    // the same version it would take what a copy has built for this repository's own, or another's.
    let number = COPIES.fetch_add(1, Ordering::Relaxed);
    let (version, another) = ("version = \"0.1.0\"", format!("version = \"0.0.{number}\""));
    edit(&copy.path().join("Cargo.toml"), version, &another);
    let lock = copy.path().join("Cargo.lock");
    let text = std::fs::read_to_string(&lock).unwrap();
    let packages = text.split("\n\n").map(|package| {
        let own = !package.contains("\nsource = ");
        match own {
            true => package.replace(version, &another),
            false => package.to_owned(),
        }
    });
    std::fs::write(&lock, packages.collect::<Vec<_>>().join("\n\n")).unwrap();
    copy
}

/// A copy of everything that is under version control, as it is in the working tree, without a
/// repository of its own.
fn files_of_repository() -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    let repository = repository();
    let mut listed = Command::new("git");
    listed
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(&repository);
    for file in Run::of(&mut listed).expect(0).stdout.lines() {
        let (from, to) = (repository.join(file), copy.path().join(file));
        if from.is_file() {
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(from, to).unwrap();
        }
    }
    copy
}

/// Replaces text in a file of a copy; the text must be there.
pub(crate) fn edit(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "`{from}` is not in {}", path.display());
    std::fs::write(path, text.replace(from, to)).unwrap();
}

/// Where cargo builds for this repository.
pub(crate) fn target_directory() -> PathBuf {
    // The program is at `<target>/debug/xtask-aws`.
    Path::new(env!("CARGO_BIN_EXE_xtask-aws"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_path_buf()
}
