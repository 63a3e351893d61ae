//! The built program where no server answers as it should: each reason has its own words, the
//! cause first, in one line.

use std::io::{Read as _, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::{ServerConfig, ServerConnection, Stream};

use crate::site::Site;
use crate::support::{Run, repository, xtask};
use cfnkit_scripted_cloud::cloud::Cloud;
use cfnkit_scripted_cloud::cloud::state::State;

/// What AWS says of a clock that is off.
const SKEWED: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code>\
    <Message>Signature expired: 20261128T060000Z is now earlier than 20261128T070000Z</Message>\
    </Error></ErrorResponse>";

/// A refusal that is about no credentials that have expired.
const DENIED: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
    <Message>role/expired-things may not do that</Message></Error></ErrorResponse>";

/// Listens until the tests end.
fn listen(answer: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || answer(stream));
        }
    });
    port
}

/// Answers every request with the same.
fn answering(status: u16, headers: &'static str, body: &'static str) -> u16 {
    listen(move |mut stream| {
        let mut buffer = [0; 8192];
        let _ = stream.read(&mut buffer);
        let _ = write_answer(&mut stream, status, headers, body);
    })
}

fn write_answer(
    stream: &mut impl Write,
    status: u16,
    headers: &str,
    body: &str,
) -> std::io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status} x\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

/// A port behind TLS with a certificate of its own, which is also the bundle that trusts it.
struct Secure {
    port: u16,
    bundle: String,
}

impl Secure {
    fn with(name: &str, last_year: i32) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.not_after = date_time_ymd(last_year, 1, 1);
        let certificate = parameters.self_signed(&key).unwrap();
        let chain = vec![certificate.der().clone()];
        let config = rig::tls::server_config(chain, key.serialize_der().try_into().unwrap());
        Self {
            port: listen(move |stream| serve(&config, stream)),
            bundle: certificate.pem(),
        }
    }
}

fn serve(config: &Arc<ServerConfig>, mut stream: TcpStream) {
    let mut connection = ServerConnection::new(Arc::clone(config)).unwrap();
    let mut stream = Stream::new(&mut connection, &mut stream);
    let mut buffer = [0; 8192];
    if stream.read(&mut buffer).is_ok() {
        let _ = write_answer(&mut stream, 403, "", DENIED);
    }
}

fn run(home: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
    let mut command = xtask(&repository(), home);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command
        .args(arguments)
        .env("NO_COLOR", "1")
        .env("AWS_REGION", "eu-west-1")
        .env("XTASK_PATIENCE", "0.1")
        .envs(environment.iter().copied());
    if !home.join("config").exists() {
        command
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test");
    }
    Run::of(&mut command)
}

/// The line that `outputs` ends with where AWS cannot be reached.
fn told(environment: &[(&str, &str)]) -> String {
    let home = tempfile::tempdir().unwrap();
    error_of(&run(home.path(), &["outputs"], environment))
}

fn error_of(run: &Run) -> String {
    assert_eq!(run.code, 1, "{}", run.stderr);
    let errors = run.stderr.lines();
    let errors: Vec<&str> = errors
        .filter_map(|line| line.strip_prefix("error: "))
        .collect();
    let [error] = errors.as_slice() else {
        panic!("not one line: {}", run.stderr);
    };
    (*error).to_owned()
}

#[track_caller]
fn begins(told: &str, expected: &str) {
    assert!(told.starts_with(expected), "{told}\nand not\n{expected}");
}

#[test]
fn a_certificate_is_trusted_by_the_bundle_that_is_named() {
    let secure = Secure::with("127.0.0.1", 2096);
    let directory = tempfile::tempdir().unwrap();
    let bundle = directory.path().join("bundle.pem");
    std::fs::write(&bundle, format!("a remark\n{}", secure.bundle)).unwrap();
    let (bundle, endpoint) = (
        bundle.to_str().unwrap(),
        format!("https://127.0.0.1:{}", secure.port),
    );
    begins(
        &told(&[("AWS_ENDPOINT_URL", &endpoint)]),
        &format!(
            "the certificate of `{endpoint}` is signed by an authority that is not trusted here"
        ),
    );
    let trusted = told(&[("AWS_ENDPOINT_URL", &endpoint), ("AWS_CA_BUNDLE", bundle)]);
    begins(
        &trusted,
        "role/expired-things may not do that (AccessDenied)",
    );

    let home = tempfile::tempdir().unwrap();
    let config = format!(
        "[profile a]\naws_access_key_id = a\naws_secret_access_key = b\nca_bundle = {bundle}\n"
    );
    std::fs::write(home.path().join("config"), config).unwrap();
    let environment = [
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_PROFILE", "a"),
    ];
    let trusted = error_of(&run(home.path(), &["outputs"], &environment));
    begins(
        &trusted,
        "role/expired-things may not do that (AccessDenied)",
    );

    let missing = told(&[
        ("AWS_ENDPOINT_URL", &endpoint),
        ("AWS_CA_BUNDLE", "/no/such.pem"),
    ]);
    begins(
        &missing,
        "cannot read `/no/such.pem`, which AWS_CA_BUNDLE names",
    );
    let wrong = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let empty = told(&[("AWS_ENDPOINT_URL", &endpoint), ("AWS_CA_BUNDLE", wrong)]);
    assert!(
        empty.ends_with("which AWS_CA_BUNDLE names, has no certificate (PEM)"),
        "{empty}"
    );
}

#[test]
fn a_certificate_that_is_not_good_is_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    let bundle = directory.path().join("bundle.pem");
    let cases = [
        (
            Secure::with("127.0.0.1", 2020),
            "has expired, or this machine's clock is wrong",
        ),
        (
            Secure::with("other.example", 2096),
            "is not for `127.0.0.1` but for other.example; check AWS_ENDPOINT_URL",
        ),
    ];
    for (secure, expected) in cases {
        std::fs::write(&bundle, &secure.bundle).unwrap();
        let endpoint = format!("https://127.0.0.1:{}", secure.port);
        let told = told(&[
            ("AWS_ENDPOINT_URL", &endpoint),
            ("AWS_CA_BUNDLE", bundle.to_str().unwrap()),
        ]);
        assert_eq!(told, format!("the certificate of `{endpoint}` {expected}"));
    }
}

#[test]
fn what_is_wrong_with_an_endpoint_is_told_apart() {
    let plain = answering(400, "", "<html>Bad Request</html>");
    let secure = Secure::with("127.0.0.1", 2096).port;
    let ending = listen(drop);
    let cases = [
        (
            format!("https://127.0.0.1:{plain}"),
            format!("what answers at `https://127.0.0.1:{plain}` does not speak TLS"),
        ),
        (
            format!("http://127.0.0.1:{secure}"),
            format!("what answers at `http://127.0.0.1:{secure}` does not speak HTTP"),
        ),
        (
            format!("http://127.0.0.1:{ending}"),
            format!("`http://127.0.0.1:{ending}` ended the connection without an answer"),
        ),
        (
            "http://sts.nowhere.invalid".to_owned(),
            "the name of `http://sts.nowhere.invalid` does not resolve".to_owned(),
        ),
        (
            "http://127.0.0.1:9".to_owned(),
            "`http://127.0.0.1:9` refuses connections: nothing listens there".to_owned(),
        ),
    ];
    for (endpoint, expected) in cases {
        begins(&told(&[("AWS_ENDPOINT_URL", &endpoint)]), &expected);
    }
}

#[test]
fn what_is_wrong_with_a_proxy_is_told_apart() {
    let wants = answering(407, "proxy-authenticate: Basic realm=\"x\"\r\n", "");
    let bars = answering(403, "", "no");
    let answers = answering(403, "", DENIED);
    let (wants, bars) = (format!("127.0.0.1:{wants}"), format!("127.0.0.1:{bars}"));
    let answers = format!("http://127.0.0.1:{answers}");
    let plain = ("AWS_ENDPOINT_URL", "http://aws.example");
    let asks = format!("the proxy `{wants}` wants a user and a password (HTTP 407)");
    let through = |proxy: &str| format!("http://me:secret@{proxy}");
    let (wanting, barring) = (through(&wants), through(&bars));
    begins(&told(&[("HTTPS_PROXY", &wanting)]), &asks);
    begins(&told(&[plain, ("HTTP_PROXY", &wanting)]), &asks);
    begins(
        &told(&[("HTTPS_PROXY", &barring)]),
        &format!("the proxy `{bars}` does not let this machine through to `https://sts.eu-west-1"),
    );
    for environment in [
        vec![("HTTPS_PROXY", "http://127.0.0.1:9")],
        vec![plain, ("HTTP_PROXY", "http://me:secret@127.0.0.1:9")],
    ] {
        begins(
            &told(&environment),
            "the proxy `127.0.0.1:9` refuses connections",
        );
    }
    // An address is no name that a star could stand for, and yet is meant.
    let direct = [
        ("AWS_ENDPOINT_URL", answers.as_str()),
        ("HTTP_PROXY", "http://127.0.0.1:9"),
        ("NO_PROXY", "*"),
    ];
    begins(&told(&direct), "role/expired-things may not do that");
}

#[test]
fn a_refusal_is_explained_by_its_code() {
    let at = |port: u16| told(&[("AWS_ENDPOINT_URL", &format!("http://127.0.0.1:{port}"))]);
    let skewed = answering(403, "date: Sat, 28 Nov 2020 06:00:00 GMT\r\n", SKEWED);
    let skewed = at(skewed);
    begins(&skewed, "this machine's clock is ");
    assert!(
        skewed.contains(" days ahead of AWS's, and AWS refuses what is signed"),
        "{skewed}"
    );
    let denied = at(answering(403, "", DENIED));
    begins(
        &denied,
        "role/expired-things may not do that (AccessDenied)",
    );
    let internal = at(answering(500, "", ""));
    begins(
        &internal,
        "the answer has no reason (HTTP 500); AWS was asked",
    );
}

/// A server that takes a request and is silent is waited for, but not without a word.
#[test]
fn nothing_is_waited_for_in_silence() {
    let silent = listen(|mut stream| {
        let mut buffer = [0; 8192];
        while stream.read(&mut buffer).is_ok_and(|read| read > 0) {}
    });
    let endpoint = format!("http://127.0.0.1:{silent}");
    let home = tempfile::tempdir().unwrap();
    let environment = [
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("XTASK_PATIENCE", "0.15"),
    ];
    let run =
        run(home.path(), &["outputs"], &environment).says(&format!("==> waiting for `{endpoint}`"));
    begins(
        &error_of(&run),
        &format!("no answer from `{endpoint}` in time"),
    );
}

#[test]
fn a_program_that_gives_no_credentials_is_named() {
    let endpoint = format!("http://127.0.0.1:{}", answering(403, "", DENIED));
    let cases = [
        (
            "/no/such --secret x",
            "`/no/such`, the `credential_process` of profile `p`, gives no credentials: ",
        ),
        (
            "sh -c 'echo why >&2; exit 3'",
            "`sh`, the `credential_process` of profile `p`, gives no credentials: process exited with code exit status: 3. Stderr: why",
        ),
        (
            "echo hello",
            "`echo`, the `credential_process` of profile `p`, gives no credentials: could not parse response",
        ),
        (
            "sleep 30",
            "`sleep`, the `credential_process` of profile `p`, has not ended after ",
        ),
    ];
    for (process, expected) in cases {
        let home = tempfile::tempdir().unwrap();
        let config = format!(
            "[profile p]\ncredential_process = {process}\n[profile q]\nsource_profile = p\n\
             role_arn = arn:aws:iam::111122223333:role/r\n"
        );
        std::fs::write(home.path().join("config"), config).unwrap();
        let environment = [
            ("AWS_ENDPOINT_URL", endpoint.as_str()),
            ("AWS_PROFILE", "q"),
            ("XTASK_PATIENCE", "0.03"),
        ];
        let run = run(home.path(), &["outputs"], &environment);
        begins(&error_of(&run), expected);
        assert_eq!(
            run.stderr.contains("==> waiting for `sleep`"),
            process.starts_with("sleep"),
            "{}",
            run.stderr
        );
        assert!(!run.stderr.contains("secret"), "{}", run.stderr);
    }
}

/// As the SDK's own clients do.
#[test]
fn calls_signed_by_hand_go_to_the_endpoint_of_their_service() {
    let site = Site::deployed();
    let of_logs = Cloud::with(State::default());
    let at = |port: u16| format!("http://127.0.0.1:{port}");
    let (all, logs) = (at(site.cloud.port), at(of_logs.port));
    let home = tempfile::tempdir().unwrap();
    let environment = [
        ("AWS_ENDPOINT_URL", all.as_str()),
        ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", logs.as_str()),
        ("AWS_REGION", "us-east-1"),
    ];
    run(home.path(), &["logs"], &environment);
    let asked = |cloud: &Cloud| {
        let calls = cloud.calls().into_iter();
        calls
            .filter(|call| call.action == "FilterLogEvents")
            .count()
    };
    assert_eq!(asked(&site.cloud), 0);
    assert!(asked(&of_logs) > 0, "{:?}", of_logs.calls());
}

/// In JSON the code is often in a header alone.
#[test]
fn a_call_signed_by_hand_is_refused_with_its_code() {
    let site = Site::deployed();
    let header = "x-amzn-ErrorType: AccessDeniedException:http://internal.amazon.com/\r\n";
    let refusing = answering(403, header, "{\"Message\": \"you may not\"}");
    let all = format!("http://127.0.0.1:{}", site.cloud.port);
    let logs = format!("http://127.0.0.1:{refusing}");
    let home = tempfile::tempdir().unwrap();
    let environment = [
        ("AWS_ENDPOINT_URL", all.as_str()),
        ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", logs.as_str()),
        ("AWS_REGION", "us-east-1"),
    ];
    let error = error_of(&run(home.path(), &["logs"], &environment));
    let expected = format!("`{logs}` answered 403 AccessDeniedException: you may not");
    assert!(error.ends_with(&expected), "{error}");
}
