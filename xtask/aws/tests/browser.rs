//! The report of a load test and the documentation's site, opened in Chromium: nothing on the
//! console, nothing wider than the screen. The pictures are for people, in `target/browser/`.
//! `cargo xtask test --browser` runs it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use support::{LocalCloud, repository, target_directory};

mod support;

/// Whatever a test opens is a file of this machine; the rest keeps the browser from the network.
const SWITCHES: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--proxy-server=http://127.0.0.1:9",
];

const SCREENS: [(&str, u32, u32); 2] = [("desktop", 1280, 900), ("phone", 390, 844)];

/// A browser with a profile of its own, driven by WebDriver.
struct Browser {
    driver: Child,
    agent: ureq::Agent,
    session: String,
    pictures: PathBuf,
    _profile: TempDir,
}

impl Browser {
    fn start() -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("`apt-get install chromium chromium-driver`");
        let mut said = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = said.find_map(|line| {
            let line = line.unwrap();
            let port = line.split_once("successfully on port ")?.1;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        let port = port.expect("the driver says its port");
        // It goes on where nobody listens.
        std::thread::spawn(|| said.for_each(drop));
        let profile = tempfile::tempdir().unwrap();
        let pictures = target_directory().join("browser");
        std::fs::create_dir_all(&pictures).unwrap();
        let agent = ureq::Agent::config_builder().proxy(None);
        let agent = agent.http_status_as_error(false).build().into();
        let mut browser = Self {
            driver,
            agent,
            session: format!("http://127.0.0.1:{port}"),
            pictures,
            _profile: profile,
        };
        let profile = format!("--user-data-dir={}", browser._profile.path().display());
        let switches: Vec<&str> = SWITCHES.into_iter().chain([profile.as_str()]).collect();
        let wanted = json!({ "alwaysMatch": {
            "goog:chromeOptions": { "args": switches },
            "goog:loggingPrefs": { "browser": "ALL" }
        } });
        let session = browser.ask("session", &json!({ "capabilities": wanted }));
        let id = session["sessionId"].as_str().unwrap();
        browser.session = format!("{}/session/{id}", browser.session);
        browser
    }

    fn ask(&self, command: &str, input: &Value) -> Value {
        let url = format!("{}/{command}", self.session);
        let request = self
            .agent
            .post(&url)
            .header("content-type", "application/json");
        let mut answer = request.send(input.to_string()).unwrap();
        let body = answer
            .body_mut()
            .with_config()
            .limit(64 << 20)
            .read_to_string();
        let body: Value = serde_json::from_str(&body.unwrap()).unwrap();
        assert!(answer.status().is_success(), "{command}: {body:#}");
        body["value"].clone()
    }

    fn command(&self, name: &str, parameters: &Value) -> Value {
        self.ask(
            "goog/cdp/execute",
            &json!({ "cmd": name, "params": parameters }),
        )
    }

    /// Opens a page, and says what is wrong with it.
    fn problems(
        &self,
        page: &Path,
        (screen, width, height): (&str, u32, u32),
        scheme: &str,
    ) -> Vec<String> {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1,
                              "mobile": width < 600 });
        self.command("Emulation.setDeviceMetricsOverride", &metrics);
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.command(
            "Emulation.setEmulatedMedia",
            &json!({ "features": [feature] }),
        );
        self.ask(
            "url",
            &json!({ "url": format!("file://{}", page.display()) }),
        );
        let script = "return [document.title, document.documentElement.scrollWidth, innerWidth, \
                      [...document.images].filter(one => !one.naturalWidth).length, \
                      [...document.links].map(one => one.href), \
                      [...document.querySelectorAll('.table-wrapper')].filter(one => \
                      one.scrollWidth > one.clientWidth && !one.querySelector('th:nth-child(5)') \
                      && !one.querySelector('td[style*=right]')).length]";
        let seen = self.ask("execute/sync", &json!({ "script": script, "args": [] }));
        let picture = self.command(
            "Page.captureScreenshot",
            &json!({ "captureBeyondViewport": true, "format": "png" }),
        );
        let picture = aws_smithy_types::base64::decode(picture["data"].as_str().unwrap()).unwrap();
        assert!(picture.starts_with(b"\x89PNG"));
        let words = [page.parent().unwrap().file_name(), page.file_stem()];
        let words = words.map(|word| word.unwrap().to_str().unwrap());
        let file = format!("{}-{screen}-{scheme}.png", words.join("-"));
        std::fs::write(self.pictures.join(file), picture).unwrap();
        let mut problems = Vec::new();
        for entry in self
            .ask("se/log", &json!({ "type": "browser" }))
            .as_array()
            .unwrap()
        {
            problems.push(format!("the console says {}", entry["message"]));
        }
        if seen[0].as_str().unwrap().is_empty() {
            problems.push("it has no title".to_owned());
        }
        if seen[1].as_u64() > seen[2].as_u64() {
            problems.push(format!(
                "it is {} wide, on a screen of {}",
                seen[1], seen[2]
            ));
        }
        if seen[3] != 0 {
            problems.push(format!("{} pictures do not show", seen[3]));
        }
        // Figures in columns may; prose is read.
        if seen[5] != 0 {
            problems.push(format!("{} tables of prose scroll sideways", seen[5]));
        }
        for link in seen[4].as_array().unwrap() {
            let path = link.as_str().unwrap().strip_prefix("file://");
            let path = path.and_then(|path| path.split(['#', '?']).next());
            if path.is_some_and(|path| !Path::new(path).exists()) {
                problems.push(format!("{link} leads nowhere"));
            }
        }
        let place = format!("{} ({screen}, {scheme})", page.display());
        problems
            .iter()
            .map(|problem| format!("{place}: {problem}"))
            .collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Without this a browser that says nothing would do.
#[test]
fn what_a_page_says_on_the_console_and_what_is_too_wide_are_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let page = directory.path().join("broken.html");
    let text = "<title>x</title><script>console.error('one'); two()</script>\
                <img src='nowhere.png'><a href='nothing.html#x'>.</a><div style='width: 5000px'>.</div>\
                <div class='table-wrapper' style='width: 9px; overflow: auto'>wide</div>";
    std::fs::write(&page, text).unwrap();
    let problems = Browser::start().problems(&page, SCREENS[0], "light");
    let text = problems.join("\n");
    for expected in [
        "one",
        "two is not defined",
        "wide, on a screen of 1280",
        "do not show",
        "1 tables of prose scroll",
        "nothing.html#x\" leads nowhere",
    ] {
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn the_report_of_a_load_test_opens() {
    let cloud = LocalCloud::start();
    cloud.run(&["deploy", "--local"]).expect(0);
    let page = cloud.home.path().join("load/report.html");
    let mut load = vec!["load", "--local", "--report", page.to_str().unwrap()];
    load.extend(["--phase", "10/s:1s", "--phase", "80/s:4s"]);
    // The page shows a busy machine's failures, too.
    let loaded = cloud.run(&load);
    assert!(page.exists(), "{}", loaded.stderr);
    let browser = Browser::start();
    let mut problems = Vec::new();
    for screen in SCREENS {
        for scheme in ["light", "dark"] {
            problems.extend(browser.problems(&page, screen, scheme));
        }
    }
    assert_eq!(problems, Vec::<String>::new());
}

/// The first page of the site, which is written once for all tests that open it.
static SITE: LazyLock<PathBuf> = LazyLock::new(|| {
    let home = tempfile::tempdir().unwrap();
    let mut docs = support::xtask(&repository(), home.path());
    let docs = support::Run::of(docs.args(["docs", "--no-open"])).expect(0);
    repository().join(docs.stdout.trim())
});

#[test]
fn the_documentation_can_be_searched() {
    let browser = Browser::start();
    let page = format!("file://{}?search=quota", SITE.display());
    browser.ask("url", &json!({ "url": page }));
    let script = "return [...document.querySelectorAll('#mdbook-searchresults a')]\
                  .map(one => one.href.split('/').pop().split(/[?#]/)[0])";
    let begin = Instant::now();
    loop {
        let found = browser.ask("execute/sync", &json!({ "script": script, "args": [] }));
        if found.as_array().unwrap().contains(&json!("limits.html")) {
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "{found}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn every_page_of_the_documentation_opens() {
    let mut pages = Vec::new();
    let mut directories = vec![SITE.parent().unwrap().to_path_buf()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            // The whole book on one page is for printers.
            let is_page = path
                .extension()
                .is_some_and(|extension| extension == "html");
            if is_page && !path.ends_with("print.html") && !path.ends_with("toc.html") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    assert!(pages.len() > 30, "{pages:?}");
    let browser = Browser::start();
    let mut problems = Vec::new();
    for page in &pages {
        for screen in SCREENS {
            problems.extend(browser.problems(page, screen, "light"));
        }
    }
    assert_eq!(problems, Vec::<String>::new());
}
