//! The variants that are compared, and how each is started: as Lambda starts the `bootstrap` file.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::Context as _;
use serde::Serialize;

/// Which part a variant plays in the goals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Role {
    Ours,
    Python,
    Naive,
    /// Ours, built in another way.
    Other,
}

impl Role {
    /// The short name, of files and of ratios.
    pub(crate) fn name(self, label: &str) -> String {
        match self {
            Self::Ours => "ours".to_owned(),
            Self::Python => "python".to_owned(),
            Self::Naive => "naive".to_owned(),
            Self::Other => label.replace(|one: char| !one.is_ascii_alphanumeric(), "-"),
        }
    }
}

/// One way to write the function.
#[derive(Debug)]
pub(crate) struct Variant {
    pub(crate) role: Role,
    pub(crate) label: String,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    /// Where the function's files are; it is started in it.
    pub(crate) task_root: PathBuf,
    /// What a sandbox that never ran it has to read: files, or directories with all in them.
    pub(crate) files: Vec<PathBuf>,
}

/// What surrounds a function: the services it finds by its environment.
#[derive(Debug)]
pub(crate) struct Surroundings<'a> {
    pub(crate) runtime_api: String,
    pub(crate) dynamodb: String,
    pub(crate) xray_daemon: &'a str,
    pub(crate) certificates: &'a Path,
}

/// A started function. Dropping it ends the process.
#[derive(Debug)]
pub(crate) struct Function {
    child: Child,
    log: PathBuf,
    pub(crate) started: Instant,
}

impl Variant {
    /// A Rust program, which is all of its function.
    pub(crate) fn program(role: Role, label: &str, program: &Path) -> anyhow::Result<Self> {
        let task_root = program
            .parent()
            .with_context(|| format!("`{}` is in no directory", program.display()))?;
        Ok(Self {
            role,
            label: label.to_owned(),
            program: program.to_path_buf(),
            arguments: Vec::new(),
            task_root: task_root.to_path_buf(),
            files: vec![program.to_path_buf()],
        })
    }

    /// The sample under AWS's own runtime client, as Lambda's Python runtime runs it. `python` is
    /// an environment's that has boto3 and the client.
    pub(crate) fn python(python: &Path, task_root: &Path) -> anyhow::Result<Self> {
        let environment = python
            .ancestors()
            .nth(2)
            .with_context(|| format!("`{}` is in no environment", python.display()))?;
        let version = Command::new(python)
            .arg("--version")
            .output()
            .with_context(|| format!("cannot start `{}`", python.display()))?;
        let version = String::from_utf8_lossy(&version.stdout);
        // Compiled beside it by the first start; the repository is no place for that.
        std::fs::create_dir_all(task_root)
            .and_then(|()| std::fs::write(task_root.join("sample.py"), SAMPLE))
            .with_context(|| format!("cannot write to `{}`", task_root.display()))?;
        Ok(Self {
            role: Role::Python,
            label: format!("{}, boto3", version.trim()),
            program: python.to_path_buf(),
            arguments: ["-m", "awslambdaric", "sample.handler"]
                .map(OsString::from)
                .into(),
            task_root: task_root.to_path_buf(),
            files: vec![environment.to_path_buf(), task_root.to_path_buf()],
        })
    }

    /// Starts the variant in a cleared environment; what it prints goes to `log`.
    pub(crate) fn start(&self, around: &Surroundings<'_>, log: &Path) -> anyhow::Result<Function> {
        let output = File::create(log)
            .and_then(|file| Ok((file.try_clone()?, file)))
            .with_context(|| format!("cannot write `{}`", log.display()))?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .current_dir(&self.task_root)
            .env_clear()
            .envs(LAMBDA)
            .env("LAMBDA_TASK_ROOT", &self.task_root)
            .env("AWS_LAMBDA_RUNTIME_API", &around.runtime_api)
            .env("AWS_XRAY_DAEMON_ADDRESS", around.xray_daemon)
            .env("AWS_ENDPOINT_URL_DYNAMODB", &around.dynamodb)
            // Two names, because the variants' TLS libraries do not share one.
            .env("AWS_CA_BUNDLE", around.certificates)
            .env("SSL_CERT_FILE", around.certificates)
            .stdin(Stdio::null())
            .stdout(output.0)
            .stderr(output.1);
        let started = Instant::now();
        let child = command
            .spawn()
            .with_context(|| format!("cannot start `{}`", self.program.display()))?;
        Ok(Function {
            child,
            log: log.to_path_buf(),
            started,
        })
    }
}

impl Function {
    /// The most memory the process has held so far, in KiB.
    pub(crate) fn peak_memory(&self) -> anyhow::Result<u64> {
        let path = format!("/proc/{}/status", self.child.id());
        let status =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read `{path}`"))?;
        let peak = status.lines().find_map(|line| {
            let kib = line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?;
            kib.parse().ok()
        });
        peak.with_context(|| format!("`{path}` has no `VmHWM`"))
    }

    /// The end of what the function printed, for an error message.
    pub(crate) fn last_words(&self) -> String {
        let read = || -> std::io::Result<String> {
            let mut log = File::open(&self.log)?;
            let length = log.metadata()?.len();
            log.seek(SeekFrom::Start(length.saturating_sub(2000)))?;
            let mut tail = Vec::new();
            log.read_to_end(&mut tail)?;
            Ok(String::from_utf8_lossy(&tail).trim().to_owned())
        };
        match read() {
            Ok(words) if !words.is_empty() => format!("it printed:\n{words}"),
            _ => "it printed nothing".to_owned(),
        }
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const SAMPLE: &str = include_str!("../../python/sample.py");

/// What Lambda sets, as far as the variants read it, and the function's own variables.
const LAMBDA: [(&str, &str); 17] = [
    ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"),
    ("LANG", "en_US.UTF-8"),
    ("TZ", ":UTC"),
    // Lambda sets none and its user's does not exist; without this, a developer's own
    // `~/.aws/config` would be read.
    ("HOME", "/nonexistent"),
    ("AWS_REGION", "eu-central-1"),
    ("AWS_DEFAULT_REGION", "eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "example"),
    ("AWS_SESSION_TOKEN", "example"),
    ("AWS_LAMBDA_FUNCTION_NAME", "apigw_handler"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024"),
    ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/apigw_handler"),
    ("TABLE_NAME", "movies"),
    ("LOG_LEVEL", "INFO"),
    ("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled"),
];
