//! The workflows, read from their text: what they call is there, and what makes them safe holds for
//! every job. zizmor and actionlint look at the rest.

use std::collections::BTreeMap;

use clap::Parser as _;
use saphyr::{LoadableYamlNode as _, MarkedYaml, Scalar, YamlData};

use cfnkit_cli::commands::Cli;
use xtask::commands::Own;

/// What a step may run beside `cargo xtask`: what has to be there before it, and GitHub's own tool
/// where nothing of the repository is.
const OTHER_PROGRAMS: [&str; 6] = [
    "rustup toolchain install --no-self-update",
    "sudo apt-get update",
    "sudo apt-get install --yes --no-install-recommends ",
    "cargo build --package xtask-aws --locked",
    "gh release create ",
    "test \"$UNSUCCESSFUL\" = false",
];

/// Jobs that get a token for AWS or Sigstore: nothing an earlier run left may be in what they use.
const TRUSTED: [&str; 2] = ["deploy.yml", "release.yml"];

struct Workflow {
    file: String,
    text: String,
    content: MarkedYaml<'static>,
}

fn workflows() -> Vec<Workflow> {
    let directory = super::root().join(".github/workflows");
    let entries = std::fs::read_dir(directory).unwrap();
    let workflows: Vec<Workflow> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let leaked: &'static str = Box::leak(text.clone().into_boxed_str());
            let mut documents = MarkedYaml::load_from_str(leaked).unwrap();
            assert_eq!(documents.len(), 1, "{}", path.display());
            Workflow {
                file: path.file_name().unwrap().to_str().unwrap().to_owned(),
                text,
                content: documents.remove(0),
            }
        })
        .collect();
    assert!(!workflows.is_empty());
    workflows
}

fn member<'a>(node: &'a MarkedYaml<'static>, name: &str) -> Option<&'a MarkedYaml<'static>> {
    let YamlData::Mapping(mapping) = &node.data else {
        return None;
    };
    let found = mapping.iter().find(|(key, _)| text(key) == Some(name));
    found.map(|(_, value)| value)
}

fn text<'a>(node: &'a MarkedYaml<'static>) -> Option<&'a str> {
    match &node.data {
        YamlData::Value(Scalar::String(text)) => Some(text),
        _ => None,
    }
}

fn members<'a>(node: &'a MarkedYaml<'static>) -> Vec<(&'a str, &'a MarkedYaml<'static>)> {
    match &node.data {
        YamlData::Mapping(mapping) => mapping
            .iter()
            .map(|(key, value)| (text(key).unwrap(), value))
            .collect(),
        _ => Vec::new(),
    }
}

fn items<'a>(node: Option<&'a MarkedYaml<'static>>) -> &'a [MarkedYaml<'static>] {
    match node.map(|node| &node.data) {
        Some(YamlData::Sequence(items)) => items,
        _ => &[],
    }
}

impl Workflow {
    fn jobs(&self) -> Vec<(&str, &MarkedYaml<'static>)> {
        let jobs = members(member(&self.content, "jobs").unwrap());
        assert!(!jobs.is_empty(), "{}", self.file);
        jobs
    }

    /// Every step with its job's name.
    fn steps(&self) -> Vec<(&str, &MarkedYaml<'static>)> {
        let jobs = self.jobs().into_iter();
        jobs.flat_map(|(name, job)| {
            items(member(job, "steps"))
                .iter()
                .map(move |step| (name, step))
        })
        .collect()
    }
}

/// The words of a command line as a shell would see them; variables stand for any value.
fn words(line: &str) -> Vec<String> {
    let words = line.split_whitespace();
    words
        .map(|word| match word.trim_matches('"') {
            "$HANDLER_SHA256" | "$SHA256" => "0".repeat(64),
            "$GITHUB_REF_NAME" => "v0.1.0".to_owned(),
            word => {
                assert!(
                    !word.contains(['$', '"', '\'', '|', ';', '&', '>', '`']),
                    "{line}"
                );
                word.to_owned()
            }
        })
        .collect()
}

/// A flag that was renamed must not be noticed by a run on main.
#[test]
fn what_workflows_run_is_what_the_command_line_takes() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for workflow in workflows() {
        for (job, step) in workflow.steps() {
            let Some(run) = member(step, "run").and_then(text) else {
                continue;
            };
            let place = format!("{}, {job}", workflow.file);
            for line in run.lines() {
                let Some(arguments) = line.strip_prefix("cargo xtask ") else {
                    let is_known = OTHER_PROGRAMS.iter().any(|known| line.starts_with(known));
                    assert!(
                        is_known,
                        "{place}: `{line}` is logic outside of `cargo xtask`"
                    );
                    continue;
                };
                let arguments = words(arguments);
                *seen.entry(arguments[0].clone()).or_default() += 1;
                let parsed = Cli::<Own>::try_parse_from(
                    std::iter::once("cargo xtask".to_owned()).chain(arguments),
                );
                let is_right = match &parsed {
                    Ok(_) => true,
                    // `--help` is an error for clap.
                    Err(err) => err.exit_code() == 0,
                };
                assert!(is_right, "{place}: `{line}`: {}", parsed.unwrap_err());
            }
        }
    }
    let expected = ["deploy", "diff", "fuzz", "lint", "notes", "package", "test"];
    for command in expected {
        assert!(seen.contains_key(command), "no workflow runs `{command}`");
    }
}

#[test]
fn a_command_line_that_is_wrong_would_be_noticed() {
    for wrong in ["package --verfy", "dploy", "deploy --handler-sha256 0"] {
        let words = words(wrong);
        assert!(
            Cli::<Own>::try_parse_from(std::iter::once("cargo xtask".to_owned()).chain(words))
                .is_err(),
            "{wrong}"
        );
    }
}

/// zizmor asks for the pin; the version is for whoever reads it, and for Dependabot.
#[test]
fn actions_are_pinned_to_a_commit_with_its_version() {
    let mut pins: BTreeMap<String, String> = BTreeMap::new();
    for workflow in workflows() {
        let lines = workflow.text.lines();
        let uses: Vec<&str> = lines
            .filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: "))
            .collect();
        let steps = workflow.steps().into_iter();
        let used = steps
            .filter(|(_, step)| member(step, "uses").is_some())
            .count();
        assert_eq!(uses.len(), used, "{}", workflow.file);
        for line in uses {
            let (reference, version) = line.split_once(" # v").unwrap_or_else(|| {
                panic!("{}: `{line}` has no version in a comment", workflow.file)
            });
            let (action, commit) = reference.split_once('@').unwrap();
            let is_commit = commit.len() == 40
                && commit
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            assert!(is_commit, "{}: {line}", workflow.file);
            assert_eq!(version.split('.').count(), 3, "{}: {line}", workflow.file);
            // Parts of one repository are at one commit.
            let repository: Vec<&str> = action.splitn(3, '/').take(2).collect();
            let pin = format!("{commit} {version}");
            let other = pins.insert(repository.join("/"), pin.clone());
            assert!(
                other.is_none_or(|other| other == pin),
                "{action} has two pins"
            );
        }
    }
}

#[test]
fn no_workflow_has_rights_and_a_job_has_what_it_names() {
    for workflow in workflows() {
        let rights = member(&workflow.content, "permissions");
        assert!(
            rights.is_some_and(
                |rights| matches!(&rights.data, YamlData::Mapping(all) if all.is_empty())
            ),
            "{}: `permissions: {{}}` is not at the top",
            workflow.file
        );
        for (name, job) in workflow.jobs() {
            let rights = member(job, "permissions");
            let rights =
                rights.unwrap_or_else(|| panic!("{}, {name}: no permissions", workflow.file));
            for (right, level) in members(rights) {
                let level = text(level).unwrap();
                let is_ordinary = right == "contents" && level == "read";
                let is_trusted = TRUSTED.contains(&workflow.file.as_str())
                    && member(job, "environment").is_some();
                assert!(
                    is_ordinary || is_trusted,
                    "{}, {name}: `{right}: {level}` without an environment",
                    workflow.file
                );
            }
        }
    }
}

#[test]
fn every_job_ends_by_itself_and_every_workflow_queues() {
    for workflow in workflows() {
        assert!(
            member(&workflow.content, "concurrency").is_some(),
            "{}: no concurrency",
            workflow.file
        );
        for (name, job) in workflow.jobs() {
            let minutes = member(job, "timeout-minutes");
            let minutes = minutes.map(|minutes| &minutes.data);
            assert!(
                matches!(minutes, Some(YamlData::Value(Scalar::Integer(1..=180)))),
                "{}, {name}: {minutes:?}",
                workflow.file
            );
        }
    }
}

/// A checkout leaves no token, a pull request writes no cache, and what is deployed or released
/// reads none.
#[test]
fn nothing_is_left_for_others_to_find() {
    for workflow in workflows() {
        let is_trusted = TRUSTED.contains(&workflow.file.as_str());
        for (job, step) in workflow.steps() {
            let Some(uses) = member(step, "uses").and_then(text) else {
                continue;
            };
            let place = format!("{}, {job}: {uses}", workflow.file);
            let with = |name: &str| member(step, "with").and_then(|with| member(with, name));
            let on_main = "github.ref == 'refs/heads/main'";
            let (action, _) = uses.split_once('@').unwrap();
            match action {
                "actions/checkout" => {
                    let kept = with("persist-credentials").map(|kept| &kept.data);
                    assert!(
                        matches!(kept, Some(YamlData::Value(Scalar::Boolean(false)))),
                        "{place}"
                    );
                }
                "Swatinem/rust-cache" => {
                    assert!(!is_trusted, "{place}");
                    let saves = with("save-if").and_then(text);
                    assert_eq!(
                        saves,
                        Some(format!("${{{{ {on_main} }}}}").as_str()),
                        "{place}"
                    );
                }
                "actions/cache/restore" => assert!(!is_trusted, "{place}"),
                "actions/cache/save" => {
                    assert!(!is_trusted, "{place}");
                    assert_eq!(member(step, "if").and_then(text), Some(on_main), "{place}");
                }
                "actions/cache" => panic!("{place} saves whoever runs it"),
                _ => {}
            }
        }
    }
}

/// What a pull request says must never be part of a program.
#[test]
fn no_expression_is_in_a_script() {
    for workflow in workflows() {
        for (job, step) in workflow.steps() {
            let run = member(step, "run").and_then(text).unwrap_or_default();
            assert!(!run.contains("${{"), "{}, {job}: {run}", workflow.file);
        }
    }
}

/// It is the one required check, so a job that it does not wait for is not required.
#[test]
fn the_conclusion_waits_for_every_job() {
    let workflow = workflows()
        .into_iter()
        .find(|one| one.file == "ci.yml")
        .unwrap();
    let jobs = workflow.jobs();
    let (_, conclusion) = jobs.iter().find(|(name, _)| *name == "conclusion").unwrap();
    let needs: Vec<&str> = items(member(conclusion, "needs"))
        .iter()
        .filter_map(text)
        .collect();
    let others: Vec<&str> = jobs
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| *name != "conclusion")
        .collect();
    assert_eq!(needs, others);
    assert_eq!(member(conclusion, "if").and_then(text), Some("always()"));
}

/// The hash is the one that the build gave, and the file is the one that was downloaded.
#[test]
fn a_stage_gets_the_zip_that_was_built_once() {
    let workflow = workflows()
        .into_iter()
        .find(|one| one.file == "deploy.yml")
        .unwrap();
    let mut stages = Vec::new();
    for (job, step) in workflow.steps() {
        let run = member(step, "run").and_then(text).unwrap_or_default();
        if !run.starts_with("cargo xtask deploy ") && !run.starts_with("cargo xtask diff ") {
            continue;
        }
        stages.push(job);
        assert!(
            run.contains(
                "--handler target/promoted/handler.zip --handler-sha256 \"$HANDLER_SHA256\""
            ),
            "{job}: {run}"
        );
        let hash = member(step, "env").and_then(|env| member(env, "HANDLER_SHA256"));
        assert_eq!(
            hash.and_then(text),
            Some("${{ needs.package.outputs.sha256 }}"),
            "{job}"
        );
    }
    assert_eq!(stages, ["dev", "production-diff", "production"]);
}
