//! Whom the deploy role is given to.

use serde_json::json;

use super::super::root;
use super::policy;
use cfnkit_cli::repository::Repository;
use cfnkit_template::stack_tree::read_template;
use cfnkit_template::templates::Templates;

/// One subject, and no pattern: an environment of the stage in the repository.
#[test]
fn each_role_is_for_one_environment_of_one_repository() {
    let templates = Templates::read(&root().join("infra/cfn")).unwrap();
    for repository in ["octo-org/octo-repo", "octo-org@12/octo-repo@345"] {
        let chosen = [("Repository".to_owned(), repository.to_owned())].into();
        let flat = templates.flatten(&chosen).template;
        for (role, environment) in [("GithubDeployRole", "dev"), ("GithubDiffRole", "dev-diff")] {
            let role = &flat["Resources"][role]["Properties"];
            let statements = policy::statements(&role["AssumeRolePolicyDocument"]);
            let [statement] = statements.as_slice() else {
                panic!("expected one statement");
            };
            assert_eq!(statement["Action"], "sts:AssumeRoleWithWebIdentity");
            assert_eq!(
                statement["Principal"],
                json!({ "Federated": { "Ref": "GithubProvider" } })
            );
            let wanted = json!({ "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": format!("repo:{repository}:environment:{environment}"),
        } });
            assert_eq!(statement["Condition"], wanted);
        }
    }
}

/// The template refuses by itself what `bootstrap` refuses, for who deploys it by hand.
#[test]
fn the_template_takes_no_pattern_for_a_repository() {
    let template = read_template(&root().join("infra/cfn"), "github-oidc.yaml").unwrap();
    let pattern = &template.value()["Parameters"]["Repository"]["AllowedPattern"];
    let pattern = regex_lite::Regex::new(pattern.as_str().unwrap()).unwrap();
    let cases = [
        ("octo-org/octo-repo", true),
        ("octocat@123456/my-repo@456789", true),
        ("octo-org/*", false),
        ("octo-org/octo-repo:*", false),
        ("octo-org@1/octo-repo", false),
        ("octo-org/octo-repo@1", false),
        ("octo-org/octo-repo/x", false),
    ];
    for (text, is_taken) in cases {
        assert_eq!(pattern.is_match(text), is_taken, "{text}");
        assert_eq!(text.parse::<Repository>().is_ok(), is_taken, "{text}");
    }
}
