//! The limits of every stage against each other, and the contradictions that somebody accepted.

use std::collections::BTreeMap;

use anyhow::Context as _;

use super::finding::{Finding, Waivers};
use super::templates;
use crate::flattening::Templates;
use crate::limits::contradiction::{Contradiction, PREFIX, contradictions};
use crate::limits::report::{entry, wrapped};
use crate::limits::{Consumer, reading};
use crate::parameters::Parameters;
use crate::screen::{self, BAD};
use crate::stage_file::{self, StageFile};
use crate::template::Template;
use crate::workspace::Workspace;

/// Prints what no waiver accepts, and fails if there is any; a waiver of nothing is a finding too.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let templates = templates::read(&workspace.templates())?;
    let mut stages = BTreeMap::from([("the defaults".to_owned(), Parameters::new())]);
    for name in stage_file::stages(workspace)? {
        let stage = name.parse().map_err(|err| anyhow::anyhow!("{err}"))?;
        let file = StageFile::read(workspace, &stage, &templates.root)?;
        stages.insert(format!("stage `{name}`"), file.parameters().clone());
    }
    let (found, stale) = judge(&templates, &stages)?;
    let open: Vec<&(Contradiction, Vec<String>)> = found
        .iter()
        .filter(|(one, _)| one.accepted.is_none())
        .collect();
    for (one, of) in &open {
        screen::say(format!("{BAD}error:{BAD:#} {}", entry(one).trim()));
        if of.len() < stages.len() {
            screen::say(wrapped(&format!("in {}", of.join(", ")), "  ").trim_end());
        }
    }
    for one in &stale {
        screen::say(format!("{BAD}error:{BAD:#} {} {}", one.place, one.message));
    }
    let (open, accepted) = (open.len() + stale.len(), found.len() - open.len());
    if open > 0 {
        anyhow::bail!(
            "{open} findings about limits; mend them, or accept them with a reason in the \
             resource's `Metadata` (`Waivers`)"
        );
    }
    screen::say(format!(
        "no open contradiction of limits, {accepted} accepted; `cargo xtask limits` lists them"
    ));
    Ok(())
}

/// The contradictions of any of `stages`, with the stages that have them, and the waivers that are
/// wrong.
type Judgement = (Vec<(Contradiction, Vec<String>)>, Vec<Finding>);

fn judge(templates: &Templates, stages: &BTreeMap<String, Parameters>) -> anyhow::Result<Judgement> {
    let mut waivers = waivers(templates);
    let mut found: Vec<(Contradiction, Vec<String>)> = Vec::new();
    for (name, parameters) in stages {
        for one in of_stage(templates, parameters, &mut waivers, &usual())
            .with_context(|| format!("with the parameters of {name}"))?
        {
            match found.iter_mut().find(|(known, _)| *known == one) {
                Some((_, stages)) => stages.push(name.clone()),
                None => found.push((one, vec![name.clone()])),
            }
        }
    }
    Ok((found, waivers.complaints()))
}

/// The contradictions with these parameters, each with the reason that accepts it.
pub(crate) fn annotated(
    templates: &Templates,
    parameters: &Parameters,
    consumer: &Consumer,
) -> anyhow::Result<Vec<Contradiction>> {
    of_stage(templates, parameters, &mut waivers(templates), consumer)
}

fn of_stage(
    templates: &Templates,
    parameters: &Parameters,
    waivers: &mut Waivers,
    consumer: &Consumer,
) -> anyhow::Result<Vec<Contradiction>> {
    let layers = reading::read(templates, parameters)?;
    let mut found = contradictions(&layers, consumer);
    for one in &mut found {
        if let Some(origin) = &one.origin {
            let template = templates.of_stack(&origin.stack);
            let finding = waivers.finding(template, &origin.logical_id, one.rule, &one.message);
            one.accepted = finding.waiver;
        }
    }
    Ok(found)
}

/// What a request of the service is like where nobody says otherwise.
fn usual() -> Consumer {
    Consumer::new("", 0.0)
}

fn waivers(templates: &Templates) -> Waivers {
    let all: Vec<&Template> = [&templates.root, &templates.bootstrap]
        .into_iter()
        .chain(templates.nested.values())
        .collect();
    Waivers::read(all).only(|rule| rule.starts_with(PREFIX))
}
