//! The templates as they are written: cfn-lint, yamllint, and the order and names of their parts.

use serde_json::Value;
use xshell::{Shell, cmd};

use super::finding::{Finding, Waivers};
use cfnkit_console::bail;
use cfnkit_console::error::{Context as _, Result};
use cfnkit_template::template::Template;
use cfnkit_tools::tool;
use cfnkit_tools::tool::pip::isolated;
use cfnkit_tools::workspace::Workspace;

/// yamllint's configuration: its default rules, but for what CloudFormation makes impossible.
const LAYOUT: &str = "{extends: default, rules: {document-start: disable, \
    line-length: {max: 160, allow-non-breakable-words: true}, \
    braces: {max-spaces-inside: 0}, comments: {min-spaces-from-content: 1}, \
    empty-lines: {max: 1}, key-duplicates: enable, \
    indentation: {spaces: 2, indent-sequences: true, check-multi-line-strings: false}, \
    truthy: {check-keys: false}}}";

/// The sections of a template, in the order that CloudFormation's documentation has.
const SECTIONS: [&str; 9] = [
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Rules",
    "Mappings",
    "Conditions",
    "Resources",
    "Outputs",
];

/// The attributes of a resource: what it is, whether and when it is there, and last what is set.
const ATTRIBUTES: [&str; 9] = [
    "Type",
    "Metadata",
    "Condition",
    "DependsOn",
    "CreationPolicy",
    "UpdatePolicy",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "Properties",
];

/// Runs cfn-lint, configured in `.cfnlintrc` where there is one.
pub(crate) fn cfn_lint(
    sh: &Shell,
    workspace: &Workspace,
    templates: &[&Template],
    waivers: &mut Waivers,
) -> Result<Vec<Finding>> {
    let cfn_lint = tool::CFN_LINT.provide(sh, workspace)?.join("cfn-lint");
    // Without a file named here or there it would read what is typed.
    let files = templates.iter().map(|template| template.name());
    let output = isolated(cmd!(sh, "{cfn_lint} --format json {files...}"))
        .quiet()
        .ignore_status()
        .output()
        .context("cannot run cfn-lint")?;
    let said: Value = serde_json::from_slice(&output.stdout).with_context(|| {
        format!(
            "cfn-lint failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )
    })?;
    let said = said.as_array().context("cfn-lint's answer is no list")?;
    let findings = said.iter().map(|one| {
        let text = |pointer: &str| one.pointer(pointer).and_then(Value::as_str);
        let rule = text("/Rule/Id").unwrap_or_default();
        let message = text("/Message").unwrap_or_default();
        let file = text("/Filename").unwrap_or_default();
        let template = templates.iter().find(|one| file.ends_with(one.name()));
        let resource = match text("/Location/Path/0") {
            Some("Resources") => text("/Location/Path/1"),
            _ => None,
        };
        let line = one.pointer("/Location/Start/LineNumber");
        let place = format!("{file}:{}", line.unwrap_or(&Value::Null));
        let finding = match template.zip(resource) {
            Some((template, id)) => waivers.finding(template, id, rule, message),
            None => Finding {
                rule: rule.to_owned(),
                place: String::new(),
                message: message.to_owned(),
                waiver: None,
            },
        };
        Finding { place, ..finding }
    });
    Ok(findings.collect())
}

/// Runs yamllint on the templates.
pub(crate) fn yamllint(sh: &Shell, workspace: &Workspace) -> Result<Vec<Finding>> {
    let yamllint = tool::YAMLLINT.provide(sh, workspace)?.join("yamllint");
    let output = isolated(cmd!(
        sh,
        "{yamllint} --strict --format parsable --config-data {LAYOUT} infra/cfn"
    ))
    .quiet()
    .ignore_status()
    .output()
    .context("cannot run yamllint")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if said.is_empty() && !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        bail!("yamllint failed: {}", why.trim());
    }
    said.lines().map(parse_layout).collect()
}

/// A line such as `infra/cfn/a.yaml:3:1: [error] trailing spaces (trailing-spaces)`.
fn parse_layout(line: &str) -> Result<Finding> {
    let parse = || {
        let (place, said) = line.split_once(": [")?;
        let (place, _column) = place.rsplit_once(':')?;
        let (_level, said) = said.split_once("] ")?;
        let (message, rule) = said.rsplit_once(" (")?;
        Some(Finding {
            rule: rule.trim_end_matches(')').to_owned(),
            place: place.to_owned(),
            message: message.to_owned(),
            waiver: None,
        })
    };
    parse().with_context(|| format!("yamllint says what nobody understands: {line}"))
}

/// The order of sections and attributes, and the names that people read.
pub(crate) fn style(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut complain = |rule: &str, pointer: &str, message: String| {
        let place = template.key(pointer);
        findings.push(Finding {
            rule: rule.to_owned(),
            place: place.map(|place| place.file_and_line()).unwrap_or_default(),
            message,
            waiver: None,
        });
    };
    let object = |pointer: &str| template.value().pointer(pointer).and_then(Value::as_object);
    if let Some(name) = out_of_order(object(""), &SECTIONS) {
        let order = SECTIONS.join(", ");
        complain(
            "section-order",
            &format!("/{name}"),
            format!("`{name}` is out of place; the order is {order}"),
        );
    }
    for section in ["Parameters", "Rules", "Conditions", "Resources", "Outputs"] {
        for (name, part) in object(&format!("/{section}")).into_iter().flatten() {
            let pointer = format!("/{section}/{name}");
            if !is_pascal_case(name) {
                complain("names", &pointer, format!("`{name}` is not in PascalCase"));
            }
            let says = part.get("Description").and_then(Value::as_str);
            if ["Parameters", "Outputs"].contains(&section)
                && !says.is_some_and(|text| text.ends_with(['.', ')']))
            {
                complain(
                    "descriptions",
                    &pointer,
                    format!("`{name}` needs a `Description` that ends with a full stop"),
                );
            }
            if section == "Resources"
                && let Some(key) = out_of_order(part.as_object(), &ATTRIBUTES)
            {
                let order = ATTRIBUTES.join(", ");
                complain(
                    "attribute-order",
                    &format!("{pointer}/{key}"),
                    format!("`{key}` is out of place; the order is {order}"),
                );
            }
        }
    }
    findings
}

/// The first key that comes after one that it should come before; keys that are not in `order`
/// are passed over.
fn out_of_order<'a>(
    object: Option<&'a serde_json::Map<String, Value>>,
    order: &[&str],
) -> Option<&'a str> {
    let mut last = 0;
    for key in object?.keys() {
        let Some(index) = order.iter().position(|one| one == key) else {
            continue;
        };
        if index < last {
            return Some(key);
        }
        last = index;
    }
    None
}

fn is_pascal_case(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|one| one.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn style_is_about_order_and_names() {
        let text = "Resources:\n  table_one:\n    Properties: {}\n    Type: T\nParameters:\n  \
                    Days: {Type: Number}\n  Name: {Type: String, Description: What it is.}\n";
        let template = Template::parse("infra/cfn/data.yaml", text.to_owned()).unwrap();
        let found: Vec<String> = style(&template)
            .into_iter()
            .map(|one| format!("{} {} {}\n", one.place, one.rule, one.message))
            .collect();
        expect![[r#"
            infra/cfn/data.yaml:5 section-order `Parameters` is out of place; the order is AWSTemplateFormatVersion, Description, Metadata, Parameters, Rules, Mappings, Conditions, Resources, Outputs
            infra/cfn/data.yaml:6 descriptions `Days` needs a `Description` that ends with a full stop
            infra/cfn/data.yaml:2 names `table_one` is not in PascalCase
            infra/cfn/data.yaml:4 attribute-order `Type` is out of place; the order is Type, Metadata, Condition, DependsOn, CreationPolicy, UpdatePolicy, DeletionPolicy, UpdateReplacePolicy, Properties
        "#]].assert_eq(&found.concat());
    }

    #[test]
    fn yamllints_lines_are_read() {
        let line =
            "infra/cfn/a.yaml:3:81: [error] line too long (90 > 80 characters) (line-length)";
        let finding = parse_layout(line).unwrap();
        assert_eq!(finding.rule, "line-length");
        assert_eq!(finding.place, "infra/cfn/a.yaml:3");
        assert_eq!(finding.message, "line too long (90 > 80 characters)");
        assert!(parse_layout("Traceback").is_err());
    }
}
