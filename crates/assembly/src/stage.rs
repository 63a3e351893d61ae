//! Stages of the service, and what has a name by its stage.

use std::fmt;
use std::str::FromStr;

/// The function's name in `root.yaml`, without the stage's suffix.
const FUNCTION: &str = "apigw_handler";

/// The stage whose function has no suffix.
const DEFAULT_STAGE: &str = "dev";

/// The service this repository delivers; the first part of every stack's name.
pub const SERVICE: &str = "movies";

/// The stack that owns the asset bucket.
pub const BOOTSTRAP_STACK: &str = "movies-bootstrap";

/// What no stage is called: roles and policies of a stage are told by the stage in their names,
/// and those that GitHub's deploy roles cannot change have this there.
const GITHUB: &str = "github";

/// One deployment of the service, and API Gateway's stage of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage(String);

impl Stage {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The root stack's name.
    pub fn stack_name(&self) -> String {
        format!("{SERVICE}-{self}")
    }

    /// The stack of the role that GitHub deploys it with. It is no stage's, and nothing that
    /// belongs to one has a name like it.
    pub fn github_stack_name(&self) -> String {
        format!("{SERVICE}-{GITHUB}-{self}")
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Stage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut characters = text.chars();
        let first = characters.next().is_some_and(|c| c.is_ascii_lowercase());
        let rest = characters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if !first || !rest || text.len() > 16 {
            return Err("a stage is 1 to 16 lowercase letters and digits, a letter first".into());
        }
        if BOOTSTRAP_STACK == format!("{SERVICE}-{text}") {
            return Err(format!(
                "`{BOOTSTRAP_STACK}` is the stack of the asset bucket"
            ));
        }
        if text == GITHUB {
            return Err(format!(
                "the stacks of GitHub's deploy roles begin with `{SERVICE}-{GITHUB}-`"
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

/// As `FunctionName` in `root.yaml` says.
pub fn function_name(stage: &Stage) -> String {
    match stage.as_str() {
        DEFAULT_STAGE => FUNCTION.to_owned(),
        stage => format!("{FUNCTION}_{stage}"),
    }
}

/// The log groups with names that are known before the stack is there.
pub fn log_groups(stage: &Stage) -> [String; 2] {
    [
        format!("/aws/lambda/{}", function_name(stage)),
        format!("aws-waf-logs-{}", stage.stack_name()),
    ]
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use cfnkit_template::stack_tree::read_template;

    #[test]
    fn stages_are_short_lowercase_names() {
        for good in ["dev", "production", "a1"] {
            assert_eq!(
                good.parse::<Stage>().unwrap().stack_name(),
                format!("movies-{good}")
            );
        }
        for bad in [
            "",
            "Dev",
            "1a",
            "a-b",
            "a_b",
            "seventeenletters1",
            "bootstrap",
            "github",
        ] {
            assert!(bad.parse::<Stage>().is_err(), "{bad}");
        }
    }

    /// The names are written down twice: here, and in the templates.
    #[test]
    fn names_are_those_of_the_templates() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let text = |file: &str| {
            let template = read_template(&root.join("infra/cfn"), file).unwrap();
            template.text().to_owned()
        };
        let named = format!(
            "FunctionName: !If [IsDefaultStage, {FUNCTION}, !Sub \"{FUNCTION}_${{Stage}}\"]"
        );
        assert!(text("root.yaml").contains(&named));
        assert!(text("root.yaml").contains(&format!(
            "IsDefaultStage: !Equals [!Ref Stage, {DEFAULT_STAGE}]"
        )));
        assert!(text("function.yaml").contains("LogGroupName: !Sub /aws/lambda/${FunctionName}"));
        assert!(text("api.yaml").contains("LogGroupName: !Sub aws-waf-logs-movies-${StageName}"));
        let stage: Stage = "prod2".parse().unwrap();
        assert_eq!(function_name(&stage), "apigw_handler_prod2");
        assert_eq!(
            log_groups(&stage),
            [
                "/aws/lambda/apigw_handler_prod2",
                "aws-waf-logs-movies-prod2"
            ]
        );
    }
}
