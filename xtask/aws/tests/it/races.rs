//! Writers of one id at the same moment: as many sandboxes as writers, one DynamoDB.

use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::time::Duration;

use rig::contract::{event, with_header};
use rig::runtime_api::{AnswerKind, Invocation, RuntimeApi};
use serde_json::Value;

use crate::support::{LocalCloud, build_handler};

const WRITERS: usize = 64;
const ROUNDS: usize = 100;

/// A function in its own process, as Lambda runs one for each request that is under way.
struct Sandbox {
    runtime_api: RuntimeApi,
    function: Child,
}

impl Sandbox {
    fn start(bootstrap: &std::path::Path, endpoint: &str) -> Self {
        let runtime_api = RuntimeApi::start();
        let function = Command::new(bootstrap)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api.address())
            .env("AWS_LAMBDA_FUNCTION_NAME", "apigw_handler")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_ENDPOINT_URL", endpoint)
            .env("TABLE_NAME", "movies")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            runtime_api,
            function,
        }
    }

    /// The status of the function's answer.
    fn invoke(&self, event: &Value) -> u64 {
        let invocation = Invocation {
            event: event.to_string().into_bytes(),
            deadline: Duration::from_secs(10),
            trace: None,
        };
        let timeout = Duration::from_secs(20);
        let answer = self.runtime_api.invoke(&invocation, timeout).unwrap();
        assert_eq!(answer.kind, AnswerKind::Response);
        let reply: Value = serde_json::from_slice(&answer.body).unwrap();
        reply["statusCode"].as_u64().unwrap()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.function.kill();
        let _ = self.function.wait();
    }
}

#[test]
fn of_many_writers_of_a_new_id_one_wins() {
    let cloud = LocalCloud::start();
    cloud.create_table("movies");
    let directory = tempfile::tempdir().unwrap();
    let bootstrap = build_handler(directory.path());
    let sandboxes: Vec<Sandbox> = (0..WRITERS)
        .map(|_| Sandbox::start(&bootstrap, &cloud.endpoint()))
        .collect();
    let barrier = Barrier::new(WRITERS);
    // Every writer goes through all rounds, and waits for the others before each.
    let statuses: Vec<Vec<u64>> = std::thread::scope(|scope| {
        let writers: Vec<_> = sandboxes
            .iter()
            .enumerate()
            .map(|(writer, sandbox)| {
                let barrier = &barrier;
                scope.spawn(move || {
                    (0..ROUNDS)
                        .map(|round| {
                            let body =
                                format!(r#"{{"id":"{round}","title":"{writer}","year":2023}}"#);
                            let event = with_header(event(&body), "If-None-Match", "*");
                            barrier.wait();
                            sandbox.invoke(&event)
                        })
                        .collect()
                })
            })
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .collect()
    });
    for round in 0..ROUNDS {
        let with = |status: u64| {
            statuses
                .iter()
                .filter(|rounds| rounds[round] == status)
                .count()
        };
        assert_eq!((with(200), with(412)), (1, WRITERS - 1), "round {round}");
    }
}
