//! Every flag of every command does something or is refused: what a run asks of the cloud and
//! what it says is another with the flag than without.
//!
//! The flags are those that the program's own help names, so that a new one without a row fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use regex_lite::Regex;

use crate::site::{Site, check_each_of};
use crate::support::{Run, repository};
use cfnkit_scripted_cloud::cloud::Call;
use cfnkit_scripted_cloud::cloud::state::State;

mod table;

use table::{How, MODES, Mode, Scene};

/// Where the commands' sources are.
const COMMANDS: [&str; 3] = [
    "crates/cli/src/commands",
    "crates/cli-aws/src/commands",
    "xtask/src/commands",
];

/// What is another in each run, and what stands for it.
static BY_CHANCE: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let patterns = [
        // How long anything takes is chance here.
        (r"==> still [^\n]*\n", ""),
        (r"(xtask|kept)-\d+-[0-9a-f]{8}", "<name>"),
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?Z?", "<time>"),
        (r"\b1\d{9,12}\b", "<time>"),
        (r" *\d+(\.\d+)? m?s\b", " <duration>"),
        (r"/[0-9a-f]{8}\b", "<id>"),
        (r"events-\S+\.jsonl", "<recording>"),
    ];
    patterns
        .map(|(pattern, name)| (Regex::new(pattern).unwrap(), name))
        .into()
});

/// Rows by command and flag.
type Rows = BTreeMap<(String, String), How>;

/// Everything that can be seen of a run. What a run makes by chance is left out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Trace {
    code: i32,
    stdout: String,
    stderr: String,
    calls: BTreeSet<String>,
}

/// The commands with their flags, as the program's help has them.
fn flags_of_program() -> &'static BTreeSet<(String, String)> {
    static FLAGS: OnceLock<BTreeSet<(String, String)>> = OnceLock::new();
    FLAGS.get_or_init(ask_for_flags)
}

fn ask_for_flags() -> BTreeSet<(String, String)> {
    let site = Site::new();
    let mut found = BTreeSet::new();
    let mut commands = vec![String::new()];
    while let Some(command) = commands.pop() {
        let words: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let help = site.run_exactly(&words).expect(0).stdout;
        let mut is_list = false;
        for line in help.lines() {
            let indent = line.len() - line.trim_start().len();
            is_list = line == "Commands:" || (is_list && indent > 0);
            if is_list && indent == 2 {
                let name = line.split_whitespace().next().unwrap();
                commands.push(format!("{command} {name}").trim().to_owned());
            }
            // Texts begin further to the right.
            let flag = line
                .trim_start()
                .split([' ', '[', '='])
                .find(|word| word.starts_with("--"));
            let is_flag = line.trim_start().starts_with('-') && (2..=6).contains(&indent);
            if let (true, Some(flag)) = (is_flag, flag) {
                found.insert((command.clone(), flag.to_owned()));
            }
        }
    }
    // Clap's own; and the one that every command has is looked at once.
    found.retain(|(command, flag)| {
        !matches!(flag.as_str(), "--help" | "--version") && (flag != "--ci" || command.is_empty())
    });
    found
}

fn site(scene: Scene) -> Site {
    let mut site = match scene {
        Scene::Nothing => Site::new(),
        Scene::Kept => Site::serving_with(kept().clone()),
        Scene::Current | Scene::Changed => Site::serving(),
    };
    // A call that came to nothing for want of time would pass for a difference.
    site.patience = "0.1";
    site.write("chosen.json", r#"{"LogLevel": "WARN"}"#);
    site.write("reserved.json", r#"{"ReservedConcurrency": "50"}"#);
    site.write("rate.json", r#"{"StandardRateLimitPerSecond": "40"}"#);
    match scene {
        Scene::Nothing | Scene::Current => {}
        Scene::Changed | Scene::Kept => {
            site.package("second");
            site.cloud.state().good_handler = None;
        }
    }
    site
}

/// With a change set that was left.
fn kept() -> &'static State {
    static KEPT: OnceLock<State> = OnceLock::new();
    KEPT.get_or_init(|| {
        let site = Site::serving();
        site.package("second");
        site.run(&["deploy", "--no-execute"]).expect(0);
        site.cloud.state().clone()
    })
}

/// The arguments with what only a site knows.
fn filled_in(site: &Site, arguments: &[&str]) -> Vec<String> {
    let set = site.cloud.state().change_sets.first().cloned();
    let set = set.map(|set| set.name).unwrap_or_default();
    let words = arguments.iter();
    words
        .map(|word| word.replace("CHANGE-SET", &set).replace("ZIP", &site.zip()))
        .collect()
}

fn trace(scene: Scene, arguments: &[&str]) -> Trace {
    let site = site(scene);
    let before = site.cloud.calls().len();
    let arguments = filled_in(&site, arguments);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let run = site.run_exactly(&arguments);
    let calls = site.cloud.calls();
    let calls = calls[before..].iter().map(described);
    Trace {
        code: run.code,
        stdout: without_chance(&site, &run.stdout),
        stderr: without_chance(&site, &run.stderr),
        calls: calls.map(|call| without_chance(&site, &call)).collect(),
    }
}

fn described(call: &Call) -> String {
    let by_chance = ["ClientToken", "ClientRequestToken", "ChangeSetName"];
    let parameters = call.parameters.iter();
    let parameters: Vec<String> = parameters
        .filter(|(name, _)| !by_chance.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!(
        "{} in {} {}",
        call.action,
        call.region,
        parameters.join(" ")
    )
}

/// The text without the directory, the port, names of change sets, times, durations and words
/// about waiting.
fn without_chance(site: &Site, text: &str) -> String {
    let text = text.replace(&site.directory(), "<directory>");
    let text = text.replace(&site.cloud.port.to_string(), "<port>");
    BY_CHANCE.iter().fold(text, |text, (pattern, name)| {
        pattern.replace_all(&text, *name).into_owned()
    })
}

/// What is wrong about `with`, which is to be another than `without`.
fn makes_no_difference(scene: Scene, without: &[&str], with: &[&str]) -> Vec<String> {
    let base = match certain(scene, without) {
        Ok(base) => base,
        Err(problem) => return vec![problem],
    };
    let flagged = trace(scene, with);
    let mut problems = Vec::new();
    if flagged == base {
        problems.push(format!("`{}` is as if it were not there", with.join(" ")));
    }
    if flagged.code == 2 {
        problems.push(format!("wrong usage: {}", flagged.stderr));
    }
    problems
}

/// The trace that two runs have alike: a difference by chance would pass for the flag's.
fn certain(scene: Scene, arguments: &[&str]) -> Result<Trace, String> {
    type Found = Arc<OnceLock<Result<Trace, String>>>;
    static KNOWN: Mutex<BTreeMap<String, Found>> = Mutex::new(BTreeMap::new());
    let key = format!("{scene:?} {arguments:?}");
    let known = Arc::clone(KNOWN.lock().unwrap().entry(key).or_default());
    // Whoever wants the same waits for it.
    let certain = known.get_or_init(|| {
        let (one, other) = (trace(scene, arguments), trace(scene, arguments));
        if one == other {
            return Ok(one);
        }
        let (one, other) = (format!("{one:#?}"), format!("{other:#?}"));
        let mut lines = one.lines().zip(other.lines());
        let (one, other) = lines.find(|(one, other)| one != other).unwrap_or_default();
        Err(format!("no two runs are the same:\n{one}\n{other}"))
    });
    certain.clone()
}

/// Whether a test is there, and has the flag in it.
fn is_tested(file: &str, test: &str, flag: &str) -> Vec<String> {
    let text = std::fs::read_to_string(repository().join("xtask/aws").join(file));
    let text = text.unwrap_or_default();
    let body = text.split_once(&format!("fn {test}("));
    let body = body.map(|(_, rest)| rest.split("\n}\n").next().unwrap_or_default());
    match body {
        Some(body) if body.contains(&format!("\"{flag}")) => Vec::new(),
        _ => vec![format!("`{test}` of `{file}` does not try it")],
    }
}

/// Whether the command's source reads what the flag says.
fn is_read(command: &str, flag: &str) -> Vec<String> {
    let field = flag.trim_start_matches("--").replace('-', "_");
    let name = command.split(' ').next().unwrap_or_default();
    let mut text = String::new();
    for sources in COMMANDS.map(|sources| repository().join(sources)) {
        let files = std::fs::read_dir(sources.join(name)).into_iter().flatten();
        let files = files.map(|entry| entry.unwrap().path());
        for file in files.chain([sources.join(format!("{name}.rs"))]) {
            text.push_str(&std::fs::read_to_string(file).unwrap_or_default());
        }
    }
    let mut reads = vec![
        format!(".{field}"),
        format!("{{ {field} }}"),
        format!("{field},"),
    ];
    // Read where the connection is made.
    if matches!(flag, "--profile" | "--region" | "--local") {
        reads.push("self.environment.".to_owned());
    }
    match reads.iter().any(|read| text.contains(read)) {
        true => Vec::new(),
        false => vec![format!("nothing reads `{field}`")],
    }
}

fn problems(command: &str, flag: &str, how: How) -> Vec<String> {
    let (scene, base) = table::base(command);
    match how {
        How::Seen(more) => makes_no_difference(scene, base, &[base, more].concat()),
        How::Beside(without, more) => {
            let without = [base, without].concat();
            makes_no_difference(scene, &without, &[&without[..], more].concat())
        }
        How::Instead(value) => {
            let mut with = base.to_vec();
            let place = with.iter().position(|word| *word == flag).unwrap();
            with[place + 1] = value;
            makes_no_difference(scene, base, &with)
        }
        How::NotWithout => {
            let mut without = base.to_vec();
            without.retain(|word| *word != flag);
            makes_no_difference(scene, &without, base)
        }
        How::Typed(without, with) => {
            let typed = |arguments| {
                let run: Run = site(Scene::Nothing).answer(arguments, r"n\n");
                run.stdout.contains("[y/N]")
            };
            match typed(without) && !typed(with) {
                true => Vec::new(),
                false => vec!["the same is asked".to_owned()],
            }
        }
        How::Test(file, test) => is_tested(file, test, flag),
        How::Read => is_read(command, flag),
    }
}

#[test]
fn every_flag_of_every_command_is_honoured() {
    let rows = table::rows(flags_of_program());
    let missing: Vec<_> = flags_of_program()
        .iter()
        .filter(|flag| !rows.contains_key(*flag))
        .collect();
    assert!(
        missing.is_empty(),
        "how are these known to do anything? {missing:?}"
    );
    let cases = rows.into_iter().map(|((command, flag), how)| {
        let name = format!("{command} {flag}");
        (name, (command, flag, how))
    });
    check_each_of(4, cases, |(command, flag, how)| {
        problems(&command, &flag, how)
    });
}

/// What a flag of `command` is followed by.
fn values<'a>(rows: &Rows, command: &str, flag: &'a str) -> Option<Vec<&'a str>> {
    let how = rows.get(&(command.to_owned(), flag.to_owned()))?;
    match *how {
        How::Seen(more) | How::Beside(_, more) => Some(more.to_vec()),
        How::Instead(value) => Some(vec![flag, value]),
        How::NotWithout => Some(vec![flag]),
        How::Typed(..) | How::Test(..) | How::Read => None,
    }
}

/// A command has several ways to go, and a flag that one of them honours can be dropped by
/// another.
#[test]
fn every_flag_is_honoured_or_refused_whichever_way_a_command_goes() {
    let rows = table::rows(flags_of_program());
    let mut cases = Vec::new();
    for mode in &MODES {
        for (command, flag) in rows.keys().filter(|(command, _)| command == mode.command) {
            let is_base = mode.arguments.contains(&flag.as_str());
            let is_moot = mode.moot.contains(&flag.as_str());
            if !is_base && !is_moot && values(&rows, command, flag).is_some() {
                cases.push((format!("{} {flag}", mode.name), (mode, flag.clone())));
            }
        }
    }
    let certain = |mode: &Mode| certain(mode.scene, mode.arguments).unwrap();
    let bases: BTreeMap<&str, Trace> = MODES
        .iter()
        .map(|mode| (mode.name, certain(mode)))
        .collect();
    for (name, base) in &bases {
        assert_eq!(base.code, 0, "{name}: {base:#?}");
    }
    check_each_of(4, cases, |(mode, flag): (&Mode, String)| {
        let more = values(&rows, mode.command, &flag).unwrap_or_default();
        let arguments = [mode.arguments, &more[..]].concat();
        let flagged = trace(mode.scene, &arguments);
        match flagged.code == 2 || flagged != bases[mode.name] {
            true => Vec::new(),
            false => vec![format!("`{}` is dropped", more.join(" "))],
        }
    });
}
