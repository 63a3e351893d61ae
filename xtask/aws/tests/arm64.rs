//! The arm64 zip's `bootstrap` keeps the contract: under AWS's Lambda runtime interface emulator,
//! and under qemu where this machine is not arm64. `cargo xtask test --arm64` sets `HANDLER_ZIP`
//! and `RUNTIME_EMULATOR_BIN`.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rig::contract::{self, Row};
use rig::dynamodb::{DynamoDb, Step, refused_port};
use serde_json::{Value, json};
use sha2::Digest as _;
use tempfile::TempDir;

use support::{LocalCloud, Run, log_of_panic, repository, xtask};

mod support;

/// A running function, stopped at its end.
struct Function {
    child: Child,
    port: u16,
}

impl Drop for Function {
    fn drop(&mut self) {
        // The emulator starts the function as a child of its own; the group holds both.
        if let Some(group) = rustix::process::Pid::from_raw(self.child.id().cast_signed()) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

fn setting(name: &str) -> PathBuf {
    let value = std::env::var_os(name);
    value
        .unwrap_or_else(|| panic!("no {name}; run `cargo xtask test --arm64`"))
        .into()
}

/// Takes the `bootstrap` file out of the zip; it must be an arm64 program.
fn unzip(directory: &Path) -> PathBuf {
    let zip = std::fs::File::open(setting("HANDLER_ZIP")).unwrap();
    // The budget that `package` warns of.
    assert!(
        zip.metadata().unwrap().len() <= 3_000_000,
        "the zip is above 3 MB"
    );
    let mut archive = zip::ZipArchive::new(zip).unwrap();
    let mut entry = archive.by_name("bootstrap").unwrap();
    let mut program = Vec::new();
    entry.read_to_end(&mut program).unwrap();
    // ELF, 64 bits, little-endian; EM_AARCH64 is 183.
    assert_eq!(program[..6], *b"\x7fELF\x02\x01");
    assert_eq!(u16::from_le_bytes([program[18], program[19]]), 183);
    let path = directory.join("bootstrap");
    std::fs::write(&path, program).unwrap();
    let mode = entry.unix_mode().unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path
}

/// AWS's emulator, as it comes in the SAM CLI's wheel.
fn runtime_emulator(directory: &Path) -> PathBuf {
    let libraries = setting("RUNTIME_EMULATOR_BIN")
        .parent()
        .unwrap()
        .join("lib");
    let python = std::fs::read_dir(libraries)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let architecture = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "x86_64"
    };
    let wheel = python
        .join("site-packages/samcli/local/rapid")
        .join(format!("aws-lambda-rie-{architecture}"));
    // A wheel's files are not executable. By another process: what a test that starts a program has
    // open, too, cannot be run.
    let path = directory.join("aws-lambda-rie");
    let mut install = Command::new("install");
    Run::of(install.args(["-m", "755"]).args([&wheel, &path])).expect(0);
    path
}

/// Two that differ; somebody else may take one of them.
fn free_ports() -> [u16; 2] {
    let listeners = [0, 0].map(|any| TcpListener::bind((Ipv4Addr::LOCALHOST, any)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// The two programs, ready to run.
struct Programs {
    directory: TempDir,
    runtime_emulator: PathBuf,
    bootstrap: PathBuf,
}

impl Programs {
    fn unpack() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self {
            runtime_emulator: runtime_emulator(directory.path()),
            bootstrap: unzip(directory.path()),
            directory,
        }
    }

    /// Starts a function that writes to this endpoint's table `movies`. The emulator has to be told
    /// ports and ends where somebody took one meanwhile; then it is started with others.
    fn start(&self, endpoint: &str) -> Function {
        for _ in 0..5 {
            let mut function = self.start_with(endpoint, free_ports());
            if function.listens() {
                return function;
            }
        }
        panic!("the emulator ended five times before it listened");
    }

    fn start_with(&self, endpoint: &str, [port, api]: [u16; 2]) -> Function {
        let mut command = Command::new(&self.runtime_emulator);
        command
            .args([
                "--runtime-interface-emulator-address",
                &format!("127.0.0.1:{port}"),
            ])
            .args(["--runtime-api-address", &format!("127.0.0.1:{api}")]);
        if !cfg!(target_arch = "aarch64") {
            command.args(["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"]);
        }
        let child = command
            .arg(&self.bootstrap)
            .current_dir(&self.directory)
            .env("TABLE_NAME", "movies")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_ENDPOINT_URL", endpoint)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        Function { child, port }
    }
}

impl Function {
    /// Whether it listens in the end; otherwise it has ended.
    fn listens(&mut self) -> bool {
        let begin = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            assert!(begin.elapsed() < Duration::from_secs(30), "no emulator");
            std::thread::sleep(Duration::from_millis(20));
        }
        // Not somebody else on its port.
        self.child.try_wait().unwrap().is_none()
    }

    /// Invokes the function; the emulator needs a moment before it listens.
    fn invoke(&self, event: &Value) -> Value {
        let path = "2015-03-31/functions/function/invocations";
        let url = format!("http://127.0.0.1:{}/{path}", self.port);
        let begin = Instant::now();
        loop {
            match ureq::post(&url).send_json(event) {
                Ok(mut response) => return response.body_mut().read_json().unwrap(),
                Err(err) if begin.elapsed() > Duration::from_secs(30) => panic!("no answer: {err}"),
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

#[test]
fn the_arm64_bootstrap_stores_a_movie() {
    let cloud = LocalCloud::start();
    cloud.create_table("movies");
    let programs = Programs::unpack();
    let function = programs.start(&cloud.endpoint());

    let event = contract::event(r#"{"year":"2023","title":"kkkg","id":"12"}"#);
    let reply = function.invoke(&event);
    assert_eq!(reply["statusCode"], 200, "{reply}");
    assert_eq!(
        reply["body"],
        r#"{"message": "Successfully inserted data!"}"#
    );
    let asked = json!({"TableName": "movies", "Key": {"id": {"S": "12"}}});
    let item = &cloud.dynamodb("get_item", &asked)["Item"];
    assert_eq!(item["year"], json!({"N": "2023"}));
    assert_eq!(item["title"], json!({"S": "kkkg"}));
}

#[test]
fn a_panic_of_the_arm64_bootstrap_is_followed_to_its_lines() {
    let directory = tempfile::tempdir().unwrap();
    let bootstrap = unzip(directory.path());
    let zip = std::fs::read(setting("HANDLER_ZIP")).unwrap();
    let command = match cfg!(target_arch = "aarch64") {
        true => Command::new(&bootstrap),
        false => {
            let mut qemu = Command::new("qemu-aarch64-static");
            qemu.args(["-L", "/usr/aarch64-linux-gnu"]).arg(&bootstrap);
            qemu
        }
    };
    let panicked = log_of_panic(command, &[("HANDLER_SHA256", &sha256(&zip))]);
    let log = directory.path().join("log");
    std::fs::write(&log, &panicked).unwrap();

    // The line names the zip, and with it the symbols that were kept.
    let mut symbolize = xtask(&repository(), directory.path());
    let run = Run::of(symbolize.arg("symbolize").arg(&log)).expect(0);
    assert!(
        run.stdout.contains("at handler/src/main.rs:"),
        "{}",
        run.stdout
    );
}

fn sha256(bytes: &[u8]) -> String {
    let digest = sha2::Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_arm64_bootstrap_keeps_the_contract() {
    let programs = Programs::unpack();
    let dynamodb = DynamoDb::start(vec![], Step::Store);
    // Retries are limited over a process's life, so each failure gets a process of its own.
    let (failures, answers): (Vec<Row>, Vec<Row>) =
        contract::rows().into_iter().partition(has_failure);
    let function = programs.start(&dynamodb.endpoint());
    function.invoke(&contract::event(""));
    for row in answers {
        contract::run(&row, &dynamodb, |event| function.invoke(event));
    }
    for row in failures {
        let function = programs.start(&dynamodb.endpoint());
        function.invoke(&contract::event(""));
        contract::run(&row, &dynamodb, |event| function.invoke(event));
    }
    let function = programs.start(&format!("http://127.0.0.1:{}", refused_port()));
    function.invoke(&contract::event(""));
    let refused = contract::connection_refused();
    contract::run(&refused, &dynamodb, |event| function.invoke(event));
}

fn has_failure(row: &Row) -> bool {
    !row.script.is_empty() || !matches!(row.then, Step::Store)
}
