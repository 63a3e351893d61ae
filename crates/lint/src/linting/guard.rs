//! cfn-guard, with the rules in `infra/guard/`.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use serde_json::Value;
use xshell::{Shell, cmd};

use super::finding::{Opinion, Remark};
use cfnkit_console::bail;
use cfnkit_console::error::{Context as _, Error, Result};
use cfnkit_tools::workspace::Workspace;
use cfnkit_tools::{checkout, tool};

const DIRECTORY: &str = "infra/guard";

/// Whether the service has rules of its own.
pub(crate) fn has_rules(workspace: &Workspace) -> bool {
    workspace.root().join(DIRECTORY).is_dir()
}

/// The files of rules, with their texts.
///
/// # Errors
///
/// One cannot be read.
pub fn rules(sh: &Shell, workspace: &Workspace) -> Result<BTreeMap<PathBuf, String>> {
    let mut files = checkout::files_below(&workspace.root().join(DIRECTORY))?;
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "guard")
    });
    let read = |file: PathBuf| {
        let text = sh.read_file(&file).map_err(Error::said)?;
        Ok((file, text))
    };
    files.into_iter().map(read).collect()
}

/// Judges every template in `directory` by these [`rules`], by file name.
///
/// # Errors
///
/// cfn-guard cannot be installed or run, there is no rule or it did not look at one, or its answer
/// lacks what is read. What it finds is no error.
pub fn judge<'rules>(
    sh: &Shell,
    workspace: &Workspace,
    directory: &Path,
    rules: impl IntoIterator<Item = (&'rules PathBuf, &'rules String)>,
) -> Result<BTreeMap<String, Opinion>> {
    let bin = tool::CFN_GUARD.provide(sh, workspace)?;
    let cfn_guard = bin.join("cfn-guard");
    let mut places = BTreeMap::new();
    let mut arguments = Vec::new();
    for (file, text) in rules {
        add_places(workspace.display(file), text, &mut places);
        arguments.extend([OsStr::new("--rules"), file.as_os_str()]);
    }
    if places.is_empty() {
        bail!("no rule in `{DIRECTORY}`");
    }
    // It fails where a rule fails; what it says is on stdout all the same.
    let output = cmd!(
        sh,
        "{cfn_guard} validate {arguments...} --data {directory} --structured
         --output-format json --show-summary none"
    )
    .quiet()
    .ignore_status()
    .output()
    .context("cannot run cfn-guard")?;
    let said = String::from_utf8_lossy(&output.stdout);
    parse(&said, &places).with_context(|| {
        format!(
            "cfn-guard failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )
    })
}

/// File and line of each rule of a file, by its name.
fn add_places(file: impl Display, text: &str, places: &mut BTreeMap<String, String>) {
    for (index, line) in text.lines().enumerate() {
        if let Some(rest) = line.strip_prefix("rule ") {
            let name = rest.split([' ', '{']).next().unwrap_or_default();
            places.insert(name.to_owned(), format!("{file}:{}", index + 1));
        }
    }
}

fn parse(said: &str, places: &BTreeMap<String, String>) -> Result<BTreeMap<String, Opinion>> {
    let reports: Vec<Value> = serde_json::from_str(said).context("its answer is not JSON")?;
    let mut verdicts: BTreeMap<String, Opinion> = BTreeMap::new();
    for report in reports {
        let name = report.get("name").and_then(Value::as_str);
        let name = name.context("a report has no `name`")?;
        let file = Path::new(name).file_name().unwrap_or_default();
        let verdict = verdicts
            .entry(file.to_string_lossy().into_owned())
            .or_default();
        let list = |key: &str| report.get(key).and_then(Value::as_array).cloned();
        // A file of rules that it cannot parse is left out with a word on stderr.
        let all = ["compliant", "not_compliant", "not_applicable"].map(list);
        let said = Value::from_iter(all.into_iter().flatten().flatten()).to_string();
        if let Some((rule, place)) = places
            .iter()
            .find(|(rule, _)| !said.contains(&format!("\"{rule}\"")))
        {
            bail!("it did not look at the rule `{rule}` of {place}");
        }
        verdict.passed += list("compliant")
            .context("no `compliant` in a report")?
            .len();
        for broken in list("not_compliant").context("no `not_compliant` in a report")? {
            verdict.remarks.extend(remarks(&broken, places));
        }
    }
    Ok(verdicts)
}

/// One remark for each resource that breaks the rule, or one for the rule where it is not about
/// a resource that is there.
fn remarks(broken: &Value, places: &BTreeMap<String, String>) -> Vec<Remark> {
    let rule = broken.pointer("/Rule/name").and_then(Value::as_str);
    let rule = rule.unwrap_or_default();
    let mut found: Vec<(Option<String>, Option<String>)> = Vec::new();
    for check in broken
        .pointer("/Rule/checks")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let mut resources = Vec::new();
        resources_in(check, &mut resources);
        let message = first_message(check);
        if resources.is_empty() {
            found.push((None, message));
        } else {
            let each = resources.into_iter();
            found.extend(each.map(|resource| (Some(resource), message.clone())));
        }
    }
    if found.is_empty() {
        found.push((None, None));
    }
    let remark = |(resource, message): (Option<String>, Option<String>)| Remark {
        rule: rule.to_owned(),
        message: message.unwrap_or_else(|| "does not hold".to_owned()),
        resource,
        rule_place: places.get(rule).cloned(),
    };
    found.into_iter().map(remark).collect()
}

/// The logical IDs in the paths that a check was made at.
fn resources_in(value: &Value, resources: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let id = match (key.as_str(), value) {
                    ("path", Value::String(path)) => path
                        .strip_prefix("/Resources/")
                        .and_then(|rest| rest.split('/').next()),
                    _ => None,
                };
                match id {
                    Some(id) if !resources.iter().any(|one| one == id) => {
                        resources.push(id.to_owned());
                    }
                    Some(_) => {}
                    // What a value is compared with may be another resource's.
                    None if key == "to" => {}
                    None => resources_in(value, resources),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|one| resources_in(one, resources)),
        _ => {}
    }
}

fn first_message(value: &Value) -> Option<String> {
    match value {
        Value::Object(object) => {
            let own = object.get("custom_message").and_then(Value::as_str);
            let own = own.map(str::trim).filter(|text| !text.is_empty());
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            own.map(words)
                .or_else(|| object.values().find_map(first_message))
        }
        Value::Array(items) => items.iter().find_map(first_message),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What cfn-guard said of a log group and of a missing VPC.
    const SAID: &str = include_str!("guard/said.json");

    #[test]
    fn a_remark_names_the_resource_or_the_rule() {
        let places = BTreeMap::from([(
            "HAS_VPC".to_owned(),
            "infra/guard/network.guard:5".to_owned(),
        )]);
        let verdicts = parse(SAID, &places).unwrap();
        let remarks: Vec<String> = verdicts["data.json"]
            .remarks
            .iter()
            .map(|one| {
                format!(
                    "{} {:?} {:?} {}",
                    one.rule, one.resource, one.rule_place, one.message
                )
            })
            .collect();
        assert_eq!(
            remarks,
            [
                r#"HAS_VPC None Some("infra/guard/network.guard:5") need vpc"#,
                r#"LOG_RETENTION Some("FlowLogGroup") None keep a year"#,
            ]
        );
    }

    #[test]
    fn an_answer_that_is_no_report_is_an_error() {
        let places = BTreeMap::new();
        assert!(parse("", &places).is_err());
        assert!(parse("[{}]", &places).is_err());
        let left_out = BTreeMap::from([("X".to_owned(), "infra/guard/x.guard:1".to_owned())]);
        assert_eq!(
            parse(SAID, &left_out).unwrap_err().to_string(),
            "it did not look at the rule `X` of infra/guard/x.guard:1"
        );
    }
}
