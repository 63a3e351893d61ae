//! What CloudFormation warns of once a change set is made: it keeps nothing from being executed,
//! and can make that fail.

use anstyle::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::line::{WIDTH, flowed, wrapped};
use super::tree::{MODIFIED, QUIET};
use cfnkit_console::text::printable;

const HEADING: Style = Style::new().bold();

/// One warning, of CloudFormation's validation or of somebody's hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// Logical IDs from the root stack down, as in `Data.Table`; a stack's where it is of a whole
    /// stack, and empty for the root.
    pub resource: String,
    /// As in `AWS::DynamoDB::Table`.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The name of the check, and CloudFormation's words.
    pub text: String,
    /// File and line of the template, as in `infra/cfn/data.yaml:12`.
    pub at: Option<String>,
}

/// All warnings of a change set and of those nested in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Warnings {
    /// Those that could be read.
    pub all: Vec<Warning>,
    /// Why some of them are not known.
    pub unread: Option<String>,
}

impl Warnings {
    /// A heading and the warnings below it; empty where there are none.
    pub fn render(&self) -> String {
        let mut text = String::new();
        for warning in &self.all {
            let place = match warning.resource.as_str() {
                "" => "the whole stack".to_owned(),
                resource => printable(&resource.replace('.', " / ")),
            };
            let first = format!("  {MODIFIED}! {place}{MODIFIED:#}");
            let phrases = [Some(printable(&warning.resource_type)), warning.at.clone()];
            let phrases = phrases.into_iter().flatten();
            let phrases: Vec<(String, Style)> = phrases
                .filter(|phrase| !phrase.is_empty())
                .map(|phrase| (phrase, QUIET))
                .collect();
            text.push_str(&flowed(&first, &phrases, 6));
            text.push('\n');
            text.push_str(&indented(&warning.text));
        }
        if let Some(reason) = &self.unread {
            text.push_str("  not all of them could be read\n");
            text.push_str(&indented(reason));
        }
        match text.is_empty() {
            true => text,
            false => format!("{HEADING}CloudFormation warns:{HEADING:#}\n{text}"),
        }
    }
}

fn indented(text: &str) -> String {
    let lines = wrapped(&printable(text), WIDTH - 5);
    lines.iter().map(|line| format!("     {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn warnings_fit_into_80_columns_and_obey_nobody() {
        let warnings = Warnings {
            all: vec![
                Warning {
                    resource: "Data.Table".to_owned(),
                    resource_type: "AWS::DynamoDB::Table".to_owned(),
                    text: "SERVICE_QUOTA_VALIDATION: 2501 tables would be more than the quota of \
                           2500 tables that this account has in this region\u{1b}[2J"
                        .to_owned(),
                    at: Some("infra/cfn/data.yaml:12".to_owned()),
                },
                Warning {
                    resource: String::new(),
                    resource_type: String::new(),
                    text: "Acme::Org::Hook: no owner".to_owned(),
                    at: None,
                },
            ],
            unread: Some("cannot list the warnings: not you (AccessDenied)".to_owned()),
        };
        expect![[r#"
            CloudFormation warns:
              ! Data / Table  AWS::DynamoDB::Table  infra/cfn/data.yaml:12
                 SERVICE_QUOTA_VALIDATION: 2501 tables would be more than the quota of 2500
                 tables that this account has in this region\u{1b}[2J
              ! the whole stack
                 Acme::Org::Hook: no owner
              not all of them could be read
                 cannot list the warnings: not you (AccessDenied)
        "#]]
        .assert_eq(&anstream::adapter::strip_str(&warnings.render()).to_string());
        assert_eq!(Warnings::default().render(), "");
    }
}
