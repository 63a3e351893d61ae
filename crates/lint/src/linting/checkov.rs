//! checkov, with every check it has for CloudFormation.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use xshell::{Shell, cmd};

use super::finding::{Opinion, Remark};
use cfnkit_console::bail;
use cfnkit_console::error::{Context as _, Result};
use cfnkit_tools::tool;
use cfnkit_tools::tool::pip::isolated;
use cfnkit_tools::workspace::Workspace;

/// Judges every template in `directory`, by file name.
///
/// # Errors
///
/// checkov cannot be installed or run, cannot read a template or checked nothing, or its answer
/// lacks what is read. What it finds is no error.
pub fn judge(
    sh: &Shell,
    workspace: &Workspace,
    directory: &Path,
) -> Result<BTreeMap<String, Opinion>> {
    let bin = tool::CHECKOV.provide(sh, workspace)?;
    let checkov = bin.join("checkov");
    // It fails where a check fails; what it says is on stdout all the same. Without
    // `--skip-download` it would ask its vendor for the severity of its checks.
    let output = isolated(cmd!(
        sh,
        "{checkov} --directory {directory} --framework cloudformation --skip-download
         --compact --output json"
    ))
    .quiet()
    .ignore_status()
    .output()
    .context("cannot run checkov")?;
    parse(&String::from_utf8_lossy(&output.stdout)).with_context(|| {
        format!(
            "checkov failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )
    })
}

fn parse(said: &str) -> Result<BTreeMap<String, Opinion>> {
    let report: Value = serde_json::from_str(said).context("its answer is not JSON")?;
    let list = |key: &str| {
        let list = report.pointer(&format!("/results/{key}"));
        let list = list.and_then(Value::as_array);
        list.with_context(|| format!("no `{key}` in its answer"))
    };
    let unread = list("parsing_errors")?;
    if !unread.is_empty() {
        bail!("it cannot read {unread:?}");
    }
    let mut verdicts: BTreeMap<String, Opinion> = BTreeMap::new();
    for check in list("passed_checks")? {
        verdicts.entry(file_of(check)?).or_default().passed += 1;
    }
    for check in list("failed_checks")? {
        let text = |key: &str| check.get(key).and_then(Value::as_str).unwrap_or_default();
        // A resource is called by its type and its logical ID.
        let resource = text("resource").rsplit('.').next();
        let remark = Remark {
            rule: text("check_id").to_owned(),
            message: text("check_name").to_owned(),
            resource: resource.map(str::to_owned),
            rule_place: None,
        };
        let verdict = verdicts.entry(file_of(check)?).or_default();
        verdict.remarks.insert(remark);
    }
    if verdicts.is_empty() {
        bail!("it checked nothing");
    }
    Ok(verdicts)
}

fn file_of(check: &Value) -> Result<String> {
    let path = check.get("file_path").and_then(Value::as_str);
    let path = path.context("a check has no `file_path`")?;
    Ok(path.trim_start_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passed_and_failed_checks_are_told_apart() {
        // Members of checkov 3.3.30's answer; it has more.
        let said = r#"{"results": {"passed_checks": [
            {"check_id": "CKV_AWS_28", "file_path": "/a.json", "resource": "AWS::DynamoDB::Table.DataTable"}],
            "failed_checks": [
            {"check_id": "CKV_AWS_119", "check_name": "Ensure", "file_path": "/a.json",
             "resource": "AWS::DynamoDB::Table.DataTable"}],
            "skipped_checks": [], "parsing_errors": []}}"#;
        let verdicts = parse(said).unwrap();
        let verdict = &verdicts["a.json"];
        assert_eq!(verdict.passed, 1);
        let [remark] = verdict.remarks.iter().collect::<Vec<_>>()[..] else {
            panic!("expected one remark");
        };
        assert_eq!(remark.rule, "CKV_AWS_119");
        assert_eq!(remark.resource.as_deref(), Some("DataTable"));
    }

    #[test]
    fn a_template_it_cannot_read_is_an_error() {
        let said = r#"{"results": {"passed_checks": [], "failed_checks": [],
            "skipped_checks": [], "parsing_errors": ["a.json"]}}"#;
        let err = parse(said).unwrap_err();
        assert!(err.to_string().contains("a.json"), "{err:#}");
        let nothing = said.replace("\"a.json\"", "");
        assert_eq!(
            parse(&nothing).unwrap_err().to_string(),
            "it checked nothing"
        );
    }
}
