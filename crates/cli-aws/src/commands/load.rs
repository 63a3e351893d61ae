//! The steps of `load`.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context as _;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use xshell::Shell;

use crate::deployed::Deployed;
use crate::deployed::deployed;
use crate::live;
use cfnkit_aws::aws::api_gateway;
use cfnkit_cli::commands::load::Load;
use cfnkit_console::consent::Consent;
use cfnkit_console::exit::Exit;
use cfnkit_console::interrupt::Interrupts;
use cfnkit_console::screen;
use cfnkit_console::text::wrap;
use cfnkit_limits::limits::{Consumer, predict_phases, reading};
use cfnkit_load::load::expected::Expected;
use cfnkit_load::load::phases::{self, Phase};
use cfnkit_load::load::report::{Report, Setup};
use cfnkit_load::load::verdict::{Observed, Outcome};
use cfnkit_load::load::{page, terminal};
use cfnkit_template::templates::Templates;
use cfnkit_template::text_file;
use cfnkit_tools::workspace::Workspace;
use cfnkit_traffic::endpoint;
use cfnkit_traffic::engine::{PATIENCE, Target};
use figures::observe;

mod figures;
mod limits;
mod running;

/// Files that this program has open beside its requests' connections.
const OWN_FILES: u64 = 64;

pub(crate) async fn run(load: Load, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
    let phases = chosen_phases(&load)?;
    let needed = u64::from(load.in_flight) + OWN_FILES;
    check_open_files(load.in_flight, allow_open_files(needed))?;
    let consent = match load.environment.local {
        true => Consent::Given,
        false => Consent::from_flag(load.yes)?,
    };
    let mut interrupts = Interrupts::listen()?;
    let deployed = deployed(&load.stage, &load.environment, sh, workspace);
    let deployed = interrupts.unless(deployed).await?;
    let preparation = prepare(&load, &deployed, phases);
    let (setup, target) = interrupts.unless(preparation).await?;
    let expected = expected(&load, workspace, &deployed, &setup.phases)?;
    introduce(&setup);
    consent
        .obtain("Send these requests?", &mut interrupts)
        .await?;
    let name = setup.stack.clone();
    let begin = live::now() / 1000;
    let (tally, is_interrupted) =
        running::run(&name, target, &setup.phases, &mut interrupts).await?;
    let expected = (!is_interrupted).then_some(expected);
    let observed = match setup.is_local {
        true => Observed::default(),
        false => observe(&deployed, begin, &mut interrupts).await,
    };
    let page_file = page_file(&load, workspace, &setup);
    let report = Report::new(setup, &tally, is_interrupted, expected.as_ref(), observed);
    write_page(&page_file, &page::render(&report))?;
    match load.json {
        true => screen::data(serde_json::to_string_pretty(&report)?),
        false => screen::show(terminal::render(&report)),
    }
    screen::say(format!("report: {}", workspace.display(&page_file)));
    conclude(&report)
}

fn chosen_phases(load: &Load) -> anyhow::Result<Vec<Phase>> {
    let Some(path) = &load.phases_file else {
        return match load.phases.is_empty() {
            false => Ok(load.phases.clone()),
            true => {
                let default = phases::DEFAULT.iter().map(|text| text.parse());
                let phases: Result<Vec<Phase>, String> = default.collect();
                phases.map_err(anyhow::Error::msg)
            }
        };
    };
    let name = path.display().to_string();
    let text = text_file::read(path).with_context(|| format!("cannot read `{name}`"))?;
    Ok(phases::read(&name, &text)?)
}

/// What the limits of the deployed parameters say. The key is taken for one that was not used
/// today.
fn expected(
    load: &Load,
    workspace: &Workspace,
    deployed: &Deployed,
    phases: &[Phase],
) -> anyhow::Result<Expected> {
    let templates = Templates::read(&workspace.templates())?;
    let mut parameters = deployed.stack.parameters.clone();
    parameters.retain(|name, _| templates.root.declares(name));
    let mut layers = reading::read(&templates, &parameters)?;
    if deployed.is_local() {
        layers = layers.of_local_cloud();
    }
    let consumer = Consumer::new(load.tier.name, 0.0);
    let predictions = predict_phases(&layers, &consumer, &phases::stretches(phases))?;
    Ok(Expected::predicted(&predictions))
}

async fn prepare(
    load: &Load,
    deployed: &Deployed,
    phases: Vec<Phase>,
) -> anyhow::Result<(Setup, Target)> {
    let stack = &deployed.stack;
    let stage = &load.stage.stage;
    let service = stage.service();
    let sample = service.sample.as_ref();
    let sample = sample.context("this service names nothing that a load test could send")?;
    let shared = service.limits.as_ref();
    let shared = shared.context("this service names no limits that a load test is judged by")?;
    let reserved = service.concurrency_parameter();
    let limits = limits::of_stack(&stack.parameters, load.tier, shared, reserved)?;
    let url = endpoint::checked(
        load.url.as_deref(),
        deployed.output(service.endpoint_output)?,
    )?;
    let key_id = deployed.output(load.tier.key_output)?;
    let api_key = api_gateway::key_value(&deployed.environment.connection, key_id).await?;
    let started_at = started_at();
    let id_prefix = format!("load-{}-", compact(&started_at));
    let target = Target {
        url: url.clone(),
        api_key: Some(api_key),
        body: sample.load_body,
        id_prefix: id_prefix.clone(),
        most_in_flight: load.in_flight as usize,
        patience: PATIENCE,
    };
    let setup = Setup {
        stack: stage.stack_name(),
        stage: stage.to_string(),
        endpoint: url,
        tier: load.tier.name,
        is_local: deployed.is_local(),
        started_at,
        id_prefix,
        table: service
            .table_output
            .and_then(|output| deployed.outputs().get(output).cloned()),
        limits,
        phases,
        p99_limit_ms: load.p99,
        most_in_flight: load.in_flight as usize,
    };
    Ok((setup, target))
}

fn page_file(load: &Load, workspace: &Workspace, setup: &Setup) -> PathBuf {
    let file = format!("{}-{}.html", setup.stage, compact(&setup.started_at));
    let usual = || workspace.target().join("load").join(file);
    load.report.clone().unwrap_or_else(usual)
}

/// How many files this process may have open, after it has asked for as many as are needed: a shell
/// allows few, 256 on a Mac, and the system more to whoever asks.
fn allow_open_files(needed: u64) -> Option<u64> {
    let allowed = getrlimit(Resource::Nofile);
    if allowed.current.is_none_or(|current| current >= needed) {
        return allowed.current;
    }
    let more = Rlimit {
        current: Some(needed),
        ..allowed
    };
    match setrlimit(Resource::Nofile, more) {
        Ok(()) => Some(needed),
        Err(_) => allowed.current,
    }
}

/// Every request in flight has a connection. One that could not be opened would look like the
/// service's fault.
fn check_open_files(in_flight: u32, most: Option<u64>) -> anyhow::Result<()> {
    let needed = u64::from(in_flight) + OWN_FILES;
    match most {
        Some(most) if most < needed => anyhow::bail!(
            "{in_flight} requests in flight need {needed} open files, and this shell allows \
             {most}: raise that with `ulimit -n {needed}`, or lower `--in-flight`"
        ),
        _ => Ok(()),
    }
}

/// What will be sent, before anybody is asked.
fn introduce(setup: &Setup) {
    for line in introduction(setup) {
        screen::say(line);
    }
    screen::say("");
}

fn introduction(setup: &Setup) -> Vec<String> {
    let requests = phases::total_requests(&setup.phases);
    let phases: Vec<String> = setup.phases.iter().map(Phase::words).collect();
    let tier = setup.tier;
    let mut sentences = vec![
        format!(
            "{requests} requests with the {tier} key: {}",
            phases.join(", ")
        ),
        format!("to {}", setup.endpoint),
    ];
    let quota = setup.limits.quota_per_day;
    if requests > quota {
        sentences.push(format!(
            "the key has {quota} requests per day; what exceeds them gets 429, and so does \
             everybody else who uses that key today"
        ));
    }
    let prefix = &setup.id_prefix;
    match setup.is_local {
        true => sentences.push(format!(
            "items with ids `{prefix}..` stay until `cargo xtask local down`"
        )),
        false => {
            sentences.push(
                "each costs money: API Gateway, WAF, Lambda, DynamoDB and logs charge per request"
                    .to_owned(),
            );
            sentences.push(format!(
                "items with ids `{prefix}..` stay in the table until somebody deletes them"
            ));
        }
    }
    let lines = sentences.iter().flat_map(|one| wrap(one, 79, 8));
    lines.collect()
}

fn write_page(path: &Path, page: &str) -> anyhow::Result<()> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let write = || {
        if let Some(directory) = directory {
            std::fs::create_dir_all(directory)?;
        }
        std::fs::write(path, page)
    };
    write().with_context(|| format!("cannot write the report to `{}`", path.display()))
}

fn conclude(report: &Report) -> anyhow::Result<()> {
    let failed = report
        .verdicts
        .iter()
        .filter(|verdict| verdict.outcome == Outcome::Failed);
    let failed: Vec<&str> = failed.map(|verdict| verdict.check).collect();
    if !failed.is_empty() {
        anyhow::bail!("the load test failed: {}", failed.join("; "));
    }
    match report.is_interrupted {
        true => Err(Exit::Silent.into()),
        false => Ok(()),
    }
}

/// As in `2026-01-31T12:00:00Z`.
fn started_at() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// As in `20260131T120000Z`.
fn compact(time: &str) -> String {
    time.replace(['-', ':'], "")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use cfnkit_load::load::verdict::{Bucket, StageLimits};

    #[test]
    fn a_shell_that_allows_few_files_is_enough() {
        let before = getrlimit(Resource::Nofile);
        let few = Rlimit {
            current: Some(256),
            ..before
        };
        setrlimit(Resource::Nofile, few).unwrap();
        assert_eq!(allow_open_files(100), Some(256));
        assert_eq!(allow_open_files(300), Some(300));
        assert_eq!(getrlimit(Resource::Nofile).current, Some(300));
        if let Some(most) = before.maximum {
            assert_eq!(allow_open_files(most + 1), Some(300));
        }
        setrlimit(Resource::Nofile, before).unwrap();
    }

    #[test]
    fn connections_that_cannot_be_opened_are_not_tried() {
        assert!(check_open_files(900, Some(1024)).is_ok());
        assert!(check_open_files(900, None).is_ok());
        let err = check_open_files(2000, Some(1024)).unwrap_err();
        assert!(err.to_string().contains("`ulimit -n 2064`"), "{err}");
    }

    #[test]
    fn whoever_loads_aws_reads_what_it_costs_and_leaves_behind() {
        let bucket = Bucket {
            rate_per_second: 50.0,
            burst_requests: 100.0,
        };
        let phases = phases::DEFAULT.iter().map(|text| text.parse().unwrap());
        let setup = Setup {
            stack: "movies-dev".to_owned(),
            stage: "dev".to_owned(),
            endpoint: "https://abc.execute-api.eu-west-1.amazonaws.com/dev/".to_owned(),
            tier: "standard",
            is_local: false,
            started_at: "2026-01-31T12:00:00Z".to_owned(),
            id_prefix: format!("load-{}-", compact("2026-01-31T12:00:00Z")),
            table: None,
            phases: phases.collect(),
            limits: StageLimits {
                key: bucket,
                stage: bucket,
                quota_per_day: 10_000,
                firewall_per300_seconds: 2000,
                firewall_parameter: "WafRateLimitPer300Seconds".to_owned(),
                concurrency: None,
            },
            p99_limit_ms: 1000.0,
            most_in_flight: 900,
        };
        expect![[r#"
            24000 requests with the standard key: 50/s for 60 s, 100/s for 120 s, 150/s for
            60 s
            to https://abc.execute-api.eu-west-1.amazonaws.com/dev/
            the key has 10000 requests per day; what exceeds them gets 429, and so does
            everybody else who uses that key today
            each costs money: API Gateway, WAF, Lambda, DynamoDB and logs charge per
            request
            items with ids `load-20260131T120000Z-..` stay in the table until somebody
            deletes them
        "#]]
        .assert_eq(&(introduction(&setup).join("\n") + "\n"));
    }
}
