//! What GitHub's deploy role may do: derived from the resource types of the templates and from the
//! calls of this tool, and neither more nor less than that.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{deployed_templates, root, templates};
use cfnkit_assembly::assembly::Cloud;
use cfnkit_template::parameters::Parameters;
use cfnkit_template::templates::Templates;

mod calls;
mod decisions;
mod policy;
mod published;
mod trust;

const RIGHTS: &str = include_str!("deploy_role/rights.json");
const PLACE: &str = "infra/tests/deploy_role/rights.json";

/// IAM's limits: characters of a managed policy without white space, and policies of a role.
const POLICY_SIZE: usize = 6144;
const POLICIES: usize = 10;

type Actions = BTreeSet<String>;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rights {
    about: String,
    /// What the handlers of a resource type call.
    types: BTreeMap<String, Actions>,
    /// What CloudFormation asks while it reads a template: for functions, and types of parameters.
    templates: BTreeMap<String, Actions>,
    /// What the tool calls; empty where `deploy`, `diff` and `smoke` do not.
    calls: BTreeMap<String, Actions>,
    unused: Vec<Unused>,
}

/// Actions that a handler asks for and no deploy of these templates needs.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unused {
    reason: String,
    actions: Actions,
    /// They are needed once one of these properties, or a resource of one of these types, is there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    properties: Vec<String>,
    /// They are needed once a resource of one of these types is not retained.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    retained: Vec<String>,
}

impl Rights {
    fn read() -> Self {
        serde_json::from_str(RIGHTS).unwrap()
    }

    /// Everything that something asks for, with who does.
    fn asked_for(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut asked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (who, actions) in self.types.iter().chain(&self.templates).chain(&self.calls) {
            for action in actions {
                asked.entry(action).or_default().insert(who);
            }
        }
        asked
    }

    fn unused(&self) -> BTreeSet<&str> {
        let actions = self.unused.iter().flat_map(|one| &one.actions);
        actions.map(String::as_str).collect()
    }
}

/// Every resource of a stage, in the stacks that a deploy makes.
fn deployed() -> Vec<Value> {
    let templates = deployed_templates(Cloud::Aws);
    let nested = templates.nested.values().map(|nested| &nested.template);
    let all = nested.chain([&templates.root]);
    let resources = all.flat_map(|template| {
        let resources = template.resources();
        resources
            .map(|(_, one)| one.clone())
            .collect::<Vec<Value>>()
    });
    resources.collect()
}

fn deployed_types() -> BTreeSet<String> {
    let types = deployed().into_iter();
    let types = types.map(|resource| resource["Type"].as_str().unwrap().to_owned());
    types.collect()
}

/// Everything switched on, so that no right is absent.
fn everything_on() -> Parameters {
    let chosen = [("EncryptionKey", "customer-managed")];
    let chosen = chosen.map(|(name, value)| (name.to_owned(), value.to_owned()));
    chosen.into()
}

fn policies() -> (BTreeMap<String, Value>, Value) {
    policies_with(&everything_on())
}

/// The policies of the deploy role, by logical ID; and the bound of the roles that it makes.
fn policies_with(chosen: &Parameters) -> (BTreeMap<String, Value>, Value) {
    let templates = Templates::read(&root().join("infra/cfn")).unwrap();
    let flat = templates.flatten(chosen).template;
    let resources = flat["Resources"].as_object().unwrap();
    let document = |id: &str| resources[id]["Properties"]["PolicyDocument"].clone();
    let attached = resources["GithubDeployRole"]["Properties"]["ManagedPolicyArns"].as_array();
    let attached = attached.unwrap().iter();
    let attached = attached.map(|one| one["Ref"].as_str().unwrap().to_owned());
    let policies = attached.map(|id| (id.clone(), document(&id)));
    (policies.collect(), document("GithubBoundary"))
}

fn allowed(document: &Value) -> Actions {
    let statements = policy::statements(document);
    assert!(statements.iter().all(|one| one["Effect"] == "Allow"));
    statements.iter().flat_map(policy::actions).collect()
}

#[test]
fn every_resource_type_has_its_rights_written_down() {
    let known: BTreeSet<String> = Rights::read().types.into_keys().collect();
    let types = deployed_types();
    let missing: Vec<_> = types.difference(&known).collect();
    let left: Vec<_> = known.difference(&types).collect();
    assert!(
        missing.is_empty() && left.is_empty(),
        "{PLACE} lacks {missing:?}, and has {left:?} for nothing; \
         `UPDATE_RIGHTS=1 cargo test -p infra-tests -- deploy_role` writes what the schemas say"
    );
}

#[test]
fn what_is_unused_is_asked_for_and_still_unused() {
    let rights = Rights::read();
    let resources = deployed();
    let of_types: BTreeSet<&String> = rights.types.values().flatten().collect();
    let by_us = rights.templates.values().chain(rights.calls.values());
    let by_us: BTreeSet<&String> = by_us.flatten().collect();
    let mut seen = BTreeSet::new();
    for Unused {
        reason,
        actions,
        properties,
        retained,
    } in &rights.unused
    {
        for action in actions {
            assert!(seen.insert(action), "{action} is listed twice");
            assert!(of_types.contains(action), "nothing asks for {action}");
            assert!(!by_us.contains(action), "the tool needs {action}");
        }
        for resource in &resources {
            let kind = resource["Type"].as_str().unwrap();
            for needed_by in properties {
                let is_there = match needed_by.split_once('.') {
                    Some((one, property)) => {
                        one == kind && resource["Properties"].get(property).is_some()
                    }
                    None => needed_by == kind,
                };
                assert!(
                    !is_there,
                    "`{needed_by}` is used, so it is not true any more that {reason}: \
                     take {actions:?} out of `unused` in {PLACE}, and give what is needed of them \
                     to the deploy role"
                );
            }
            if retained.iter().any(|one| one == kind) {
                assert_eq!(resource["DeletionPolicy"], "Retain", "{reason}");
                assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{reason}");
            }
        }
    }
}

/// Functions and parameter types that make CloudFormation ask AWS.
#[test]
fn what_reading_the_templates_asks_is_written_down() {
    let rights = Rights::read();
    let mut asking = BTreeSet::new();
    for template in templates() {
        if template.text().contains("!GetAZs") || template.text().contains("Fn::GetAZs") {
            asking.insert("Fn::GetAZs".to_owned());
        }
        for (_, parameter) in template.value()["Parameters"]
            .as_object()
            .into_iter()
            .flatten()
        {
            let kind = parameter["Type"].as_str().unwrap();
            if kind.contains("AWS::") {
                asking.insert(kind.to_owned());
            }
        }
    }
    let known: BTreeSet<String> = rights.templates.into_keys().collect();
    assert_eq!(known, asking);
}

#[test]
fn every_call_of_the_tool_is_written_down() {
    let known: BTreeSet<String> = Rights::read().calls.into_keys().collect();
    let made = calls::made(&calls::sources(&root().join("crates/aws/src")));
    let missing: Vec<_> = made.difference(&known).collect();
    let left: Vec<_> = known.difference(&made).collect();
    assert!(
        missing.is_empty() && left.is_empty(),
        "under `calls`, {PLACE} lacks {missing:?}, and has {left:?} for nothing; \
         write down what a call needs, or `[]` if `deploy`, `diff` and `smoke` do not make it"
    );
}

#[test]
fn the_deploy_role_may_do_what_a_deploy_asks_for_and_nothing_else() {
    let rights = Rights::read();
    let asked = rights.asked_for();
    let unused = rights.unused();
    let wanted = asked.keys().copied().filter(|one| !unused.contains(one));
    let wanted: BTreeSet<&str> = wanted.collect();
    let (policies, _) = policies();
    let given: Actions = policies.values().flat_map(allowed).collect();
    let given: BTreeSet<&str> = given.iter().map(String::as_str).collect();
    let mut wrong = Vec::new();
    for action in wanted.difference(&given) {
        let who: Vec<&str> = asked[action].iter().copied().collect();
        wrong.push(format!("add {action}, for {}", who.join(", ")));
    }
    for action in given.difference(&wanted) {
        wrong.push(format!("remove {action}, which nothing asks for"));
    }
    assert!(
        wrong.is_empty(),
        "in infra/cfn/github-oidc.yaml:\n{}",
        wrong.join("\n")
    );
    assert!(given.len() > 150, "only {} actions", given.len());
}

/// The calls are those that a test of the deploy engine sees `diff --no-change-set` make.
#[test]
fn the_role_that_compares_may_make_the_calls_of_a_comparison_and_no_others() {
    let calls = Rights::read().calls;
    let made = include_str!("deploy_role/comparison.txt").lines();
    let needed: Actions = made.flat_map(|call| calls[call].clone()).collect();
    let templates = Templates::read(&root().join("infra/cfn")).unwrap();
    let flat = templates.flatten(&everything_on()).template;
    let policy = &flat["Resources"]["GithubDiffPolicy"]["Properties"]["PolicyDocument"];
    assert_eq!(allowed(policy), needed);
}

#[test]
fn every_policy_is_small_enough_for_iam() {
    let mut chosen = everything_on();
    chosen.insert("TableName".to_owned(), "t".repeat(255));
    let (policies, bound) = policies_with(&chosen);
    assert!(policies.len() <= POLICIES, "{} policies", policies.len());
    let bound = [("GithubBoundary".to_owned(), bound)];
    for (id, document) in policies.into_iter().chain(bound) {
        let longest = [
            ("${AWS::Partition}", "aws-us-gov"),
            ("${AWS::Region}", "ap-southeast-2"),
            ("${AWS::AccountId}", "123456789012"),
        ];
        let mut text = document.to_string();
        for (name, value) in longest {
            text = text.replace(name, value);
        }
        // A stage of 16 letters where there is one of three, everywhere.
        let stages = text.matches("dev").count() + text.matches("apigw_handler").count();
        let size = text.len() + stages * 16;
        assert!(size <= POLICY_SIZE, "{id} has {size} characters");
    }
}

/// What is more in the bound than in the roles is room for a template that somebody else writes.
#[test]
fn the_bound_allows_what_the_roles_may_do_and_nothing_else() {
    let templates = Templates::read(&root().join("infra/cfn")).unwrap();
    let flat = templates.flatten(&everything_on()).template;
    let resources = flat["Resources"].as_object().unwrap();
    let mut needed = Actions::new();
    let mut bounded = 0;
    for (id, resource) in resources {
        if !id.starts_with("Identity") {
            continue;
        }
        let properties = &resource["Properties"];
        if resource["Type"] == "AWS::IAM::Role" {
            let bound = &properties["PermissionsBoundary"]["Ref"];
            assert_eq!(bound, "GithubBoundary", "{id} has no bound");
            bounded += 1;
        }
        for statement in policy::statements(&properties["PolicyDocument"]) {
            if statement["Effect"] == "Allow" {
                needed.extend(policy::actions(&statement));
            }
        }
    }
    assert!(bounded >= 2, "only {bounded} roles");
    assert_eq!(allowed(&policies().1), needed);
}
