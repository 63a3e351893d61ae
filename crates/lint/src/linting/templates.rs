//! Every checker over every view of the templates, and tables of what they found.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use comfy_table::{ContentArrangement, Table, presets};
use schemars::JsonSchema;
use serde::Serialize;
use xshell::Shell;

use super::finding::{Finding, Opinion, Waivers};
use super::{checkov, guard, written};
use cfnkit_assembly::service::Service;
use cfnkit_console::bail;
use cfnkit_console::error::{Context as _, Error, Result};
use cfnkit_limits::limits::contradiction;
use cfnkit_template::flattening::Flat;
use cfnkit_template::parameters::Parameters;
use cfnkit_template::templates::Templates;
use cfnkit_tools::tool;
use cfnkit_tools::workspace::Workspace;

/// Columns of the table where there is no terminal: a log in a browser hardly shows more.
const WIDTH: u16 = 140;

/// How many checks of a tool held, failed and are waived.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Tally {
    /// Zero for checkers that tell only what fails.
    passed: usize,
    failed: usize,
    waived: usize,
}

/// What the checkers say of the templates.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Judgement {
    findings: BTreeSet<Finding>,
    /// By the checker's name.
    checkers: BTreeMap<&'static str, Tally>,
}

impl Judgement {
    /// How many findings nobody has waived.
    pub fn open(&self) -> usize {
        let open = self.findings.iter().filter(|one| one.waiver.is_none());
        open.count()
    }

    /// Fails if a finding is not waived.
    ///
    /// # Errors
    ///
    /// There is one; how many, and what can be done about it.
    pub fn verdict(&self) -> Result<()> {
        match self.open() {
            0 => Ok(()),
            open => bail!(
                "{open} findings; mend them, or waive them with a reason in the resource's \
                 `Metadata`"
            ),
        }
    }

    /// The findings as a table for a terminal of so many columns, or for a log; `None` where
    /// nothing was found.
    pub fn findings_table(&self, columns: Option<u16>) -> Option<String> {
        let width = columns.map_or(WIDTH, |columns| columns.clamp(60, WIDTH));
        (!self.findings.is_empty()).then(|| findings_table(&self.findings, width))
    }

    /// What each checker comes to, as a table.
    pub fn checkers_table(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["CHECKER", "PASSED", "FAILED", "WAIVED"]);
        for (tool, tally) in &self.checkers {
            let passed = match tally.passed {
                0 => String::new(),
                passed => passed.to_string(),
            };
            table.add_row([
                (*tool).to_owned(),
                passed,
                tally.failed.to_string(),
                tally.waived.to_string(),
            ]);
        }
        table.trim_fmt()
    }
}

/// Asks every checker about every view of the templates.
///
/// # Errors
///
/// A template cannot be read, a checker cannot be installed or run, or one found nothing right in a
/// view, and so did not look. Findings are no error.
pub fn judge_templates(sh: &Shell, workspace: &Workspace, service: &Service) -> Result<Judgement> {
    let _directory = sh.push_dir(workspace.root());
    let templates = Templates::read(&workspace.templates())?;
    let mut tools = vec![&tool::CFN_LINT, &tool::CHECKOV, &tool::YAMLLINT];
    if guard::has_rules(workspace) {
        tools.push(&tool::CFN_GUARD);
    }
    tool::provide_all(workspace, &tools)?;
    let all = templates.all();
    // The step `limits` has its own.
    let waivers = Waivers::read(all.iter().copied());
    let mut waivers = waivers.only(|rule| !rule.starts_with(contradiction::PREFIX));

    let mut findings: BTreeSet<Finding> = BTreeSet::new();
    let mut checkers: BTreeMap<&'static str, Tally> = BTreeMap::new();
    let mut add = |tool: &'static str, passed: usize, found: Vec<Finding>| {
        let tally = checkers.entry(tool).or_default();
        tally.passed += passed;
        for finding in found {
            match finding.waiver {
                Some(_) => tally.waived += 1,
                None => tally.failed += 1,
            }
            findings.insert(finding);
        }
    };
    add(
        "cfn-lint",
        0,
        written::cfn_lint(sh, workspace, &all, &mut waivers)?,
    );
    add("yamllint", 0, written::yamllint(sh, workspace)?);
    add(
        "style",
        0,
        all.iter().flat_map(|one| written::style(one)).collect(),
    );

    let directory = workspace.target().join("lint");
    let flats = write_views(sh, &directory, &templates, service.switched_on)?;
    let mut judged = Vec::new();
    if guard::has_rules(workspace) {
        let rules = guard::rules(sh, workspace)?;
        let verdicts = guard::judge(sh, workspace, &directory, &rules)?;
        judged.push(("cfn-guard", verdicts));
    }
    judged.push(("checkov", checkov::judge(sh, workspace, &directory)?));
    for (tool, mut verdicts) in judged {
        for (view, flat) in &flats {
            let file = format!("{view}.json");
            let Opinion { passed, remarks } = verdicts
                .remove(&file)
                .with_context(|| format!("{tool} said nothing of `{file}`"))?;
            if passed == 0 {
                bail!("{tool} found nothing right in `{file}`, so it did not look");
            }
            let found = remarks
                .iter()
                .map(|remark| waivers.finding_of(&templates, flat, remark))
                .collect();
            let tool = match (tool, *view) {
                ("cfn-guard", "defaults") => "cfn-guard, defaults",
                ("cfn-guard", _) => "cfn-guard, customer-managed key",
                (_, "defaults") => "checkov, defaults",
                _ => "checkov, customer-managed key",
            };
            add(tool, passed, found);
        }
    }
    add("waivers", 0, waivers.complaints());

    Ok(Judgement { findings, checkers })
}

/// Writes each view as a file of its own, for the checkers and for whoever wants to look.
fn write_views(
    sh: &Shell,
    directory: &Path,
    templates: &Templates,
    switched_on: &[(&str, &str)],
) -> Result<Vec<(&'static str, Flat)>> {
    let made = sh.remove_path(directory);
    made.and_then(|()| sh.create_dir(directory))
        .map_err(Error::said)?;
    // The defaults, and everything that can be switched on.
    let views = [("defaults", &[][..]), ("customer-managed", switched_on)];
    let views = views.into_iter().map(|(view, chosen)| {
        let chosen = chosen.iter();
        let chosen: Parameters = chosen
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let flat = templates.flatten(&chosen);
        let text = serde_json::to_string_pretty(&flat.template).map_err(Error::said)?;
        sh.write_file(directory.join(format!("{view}.json")), text)
            .map_err(Error::said)?;
        Ok((view, flat))
    });
    views.collect()
}

fn findings_table(findings: &BTreeSet<Finding>, width: u16) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(width);
    table.set_header(["RULE", "WHERE", "WHAT", "WAIVED, BECAUSE"]);
    for finding in findings {
        let waiver = finding.waiver.as_deref().unwrap_or("not waived");
        table.add_row([&finding.rule, &finding.place, &finding.message, waiver]);
    }
    table.trim_fmt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_fit_the_terminal() {
        let finding = Finding {
            rule: "limits-burst-above-concurrency".to_owned(),
            place: "infra/cfn/observability.yaml:1234".to_owned(),
            message: "the stage lets 200 requests through at once, and the function runs 100"
                .to_owned(),
            waiver: Some("Both are the documented figures of the service.".to_owned()),
        };
        let findings = BTreeSet::from([finding]);
        for width in [80, WIDTH] {
            let table = findings_table(&findings, width);
            let lines = table.lines().map(|line| line.chars().count());
            assert!(lines.max().unwrap() <= usize::from(width), "{table}");
        }
    }
}
