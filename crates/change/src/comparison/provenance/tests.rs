use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::change_set::{Reason, ValueOrigin};
use cfnkit_template::template::Template;

/// Where a resource's one property comes from.
#[derive(Debug, Clone)]
enum From {
    /// The text of the template, which the change may edit.
    Text {
        edited: bool,
    },
    Parameter,
    /// A resource before it in the same stack, by `Ref` or `Arn`.
    Earlier(usize, bool),
}

#[derive(Debug, Clone)]
struct Resource {
    from: From,
    replaces: bool,
    /// Whether the template edits another property, which is changed in place.
    touched: bool,
}

#[derive(Debug, Clone)]
struct Stack {
    resources: Vec<Resource>,
    /// What the root passes: its own parameter, or an output of a stack before this one.
    passed: Option<(usize, usize)>,
}

fn stacks() -> impl Strategy<Value = (Vec<Stack>, bool)> {
    let from = prop_oneof![
        any::<bool>().prop_map(|edited| From::Text { edited }),
        Just(From::Parameter),
        (0..4_usize, any::<bool>()).prop_map(|(index, arn)| From::Earlier(index, arn)),
    ];
    let resource =
        (from, any::<bool>(), any::<bool>()).prop_map(|(from, replaces, touched)| Resource {
            from,
            replaces,
            touched,
        });
    let stack = (
        prop::collection::vec(resource, 1..4),
        prop::option::weighted(0.8, (0..4_usize, 0..4_usize)),
    )
        .prop_map(|(resources, passed)| Stack { resources, passed });
    (prop::collection::vec(stack, 1..5), any::<bool>())
}

/// The stacks with references only to what is there.
fn sound(mut stacks: Vec<Stack>) -> Vec<Stack> {
    let sizes: Vec<usize> = stacks.iter().map(|stack| stack.resources.len()).collect();
    for (number, stack) in stacks.iter_mut().enumerate() {
        stack.passed = match stack.passed {
            Some((from, output)) if number > 0 => {
                let from = from % number;
                Some((from, output % sizes[from]))
            }
            _ => None,
        };
        for (index, resource) in stack.resources.iter_mut().enumerate() {
            if let From::Earlier(earlier, _) = &mut resource.from {
                match index {
                    0 => resource.from = From::Parameter,
                    _ => *earlier %= index,
                }
            }
        }
    }
    stacks
}

fn template(text: &str) -> Template {
    Template::parse("t.yaml", text.to_owned()).unwrap()
}

fn tree(stacks: &[Stack], rate: &str, is_new: bool) -> StackTree {
    let mut root = "Parameters:\n  Rate: {Type: String}\nResources:\n".to_owned();
    let mut nested = BTreeMap::new();
    for (number, stack) in stacks.iter().enumerate() {
        let value = match stack.passed {
            Some((from, output)) => format!("!GetAtt S{from}.Outputs.O{output}"),
            None => "!Ref Rate".to_owned(),
        };
        root.push_str(&format!(
            "  S{number}:\n    Type: AWS::CloudFormation::Stack\n    Properties: {{Parameters: {{In: {value}}}}}\n"
        ));
        let mut text = "Parameters:\n  In: {Type: String}\nResources:\n".to_owned();
        let mut outputs = "Outputs:\n".to_owned();
        for (index, resource) in stack.resources.iter().enumerate() {
            let value = match &resource.from {
                From::Text { edited } => match is_new && *edited {
                    true => "new".to_owned(),
                    false => "old".to_owned(),
                },
                From::Parameter => "!Ref In".to_owned(),
                From::Earlier(earlier, true) => format!("!Sub 'x-${{R{earlier}.Arn}}'"),
                From::Earlier(earlier, false) => format!("!Ref R{earlier}"),
            };
            let edited = is_new && resource.touched;
            text.push_str(&format!(
                "  R{index}: {{Type: T, Properties: {{P: {value}, Q: {edited}}}}}\n"
            ));
            outputs.push_str(&format!("  O{index}: {{Value: !GetAtt R{index}.Arn}}\n"));
        }
        let child = StackTree {
            template: template(&format!("{text}{outputs}")),
            parameters: BTreeMap::new(),
            nested: BTreeMap::new(),
        };
        nested.insert(format!("S{number}"), child);
    }
    StackTree {
        template: template(&root),
        parameters: BTreeMap::from([("Rate".to_owned(), rate.to_owned())]),
        nested,
    }
}

/// What CloudFormation would list: every output of another stack is a new value to it.
fn listed(stacks: &[Stack], rate_changes: bool) -> Vec<Change> {
    let mut changes = Vec::new();
    for (number, stack) in stacks.iter().enumerate() {
        let is_unknown = stack.passed.is_some();
        let mut doubtful = Vec::new();
        let mut nested = Vec::new();
        for (index, resource) in stack.resources.iter().enumerate() {
            let (is_listed, is_dynamic) = match &resource.from {
                From::Text { edited } => (*edited, false),
                From::Parameter => (is_unknown || rate_changes, is_unknown),
                From::Earlier(earlier, _) => (doubtful[*earlier], true),
            };
            doubtful.push(is_listed && resource.replaces);
            if !is_listed && !resource.touched {
                continue;
            }
            let recreation = match resource.replaces {
                true => Replacement::Certain,
                false => Replacement::Never,
            };
            let after = match is_dynamic {
                true => KNOWN_AFTER_APPLY,
                false => "new",
            };
            let property = PropertyChange {
                path: "P".to_owned(),
                before: Some("old".to_owned()),
                after: Some(after.to_owned()),
                reasons: vec![Reason {
                    origin: ValueOrigin::Parameter,
                    entity: None,
                    is_dynamic,
                    recreation,
                }],
                ..PropertyChange::default()
            };
            let other = PropertyChange {
                path: "Q".to_owned(),
                before: Some("false".to_owned()),
                after: Some("true".to_owned()),
                reasons: vec![Reason {
                    origin: ValueOrigin::Template,
                    entity: None,
                    is_dynamic: false,
                    recreation: Replacement::Never,
                }],
                ..PropertyChange::default()
            };
            let listed = [(is_listed, property), (resource.touched, other)];
            let listed = listed.into_iter().filter(|(is_listed, _)| *is_listed);
            nested.push(Change {
                replacement: match is_listed {
                    true => recreation,
                    false => Replacement::Never,
                },
                properties: listed.map(|(_, property)| property).collect(),
                ..Change::new(Action::Modify, &format!("R{index}"), "T")
            });
        }
        changes.push(Change {
            nested: Some(nested),
            ..Change::new(Action::Modify, &format!("S{number}"), NESTED_STACK)
        });
    }
    changes
}

/// Runs the deploy: whether the property of each resource has another value afterwards. What is
/// replaced has a new ARN and a new ID.
fn outcome(stacks: &[Stack], rate_changes: bool) -> Vec<Vec<bool>> {
    let mut replaced: Vec<Vec<bool>> = Vec::new();
    let mut differs: Vec<Vec<bool>> = Vec::new();
    for stack in stacks {
        let passed = match stack.passed {
            Some((from, output)) => replaced[from][output],
            None => rate_changes,
        };
        let (mut own_replaced, mut own_differs) = (Vec::new(), Vec::new());
        for resource in &stack.resources {
            let is_other = match &resource.from {
                From::Text { edited } => *edited,
                From::Parameter => passed,
                From::Earlier(earlier, _) => own_replaced[*earlier],
            };
            own_differs.push(is_other);
            own_replaced.push(is_other && resource.replaces);
        }
        replaced.push(own_replaced);
        differs.push(own_differs);
    }
    differs
}

proptest! {
    /// An open value is traced to an unchanged source exactly where running the deploy leaves it
    /// as it was.
    #[test]
    fn a_trace_says_what_a_deploy_does((stacks, rate_changes) in stacks()) {
        let stacks = sound(stacks);
        let old = tree(&stacks, "1", false);
        let new = tree(&stacks, if rate_changes { "2" } else { "1" }, true);
        let outcome = outcome(&stacks, rate_changes);
        let traced = traced(listed(&stacks, rate_changes), &old, &new);
        for (number, stack) in traced.iter().enumerate() {
            for change in stack.nested.as_ref().unwrap() {
                let index: usize = change.logical_id[1..].parse().unwrap();
                let Some(property) = change.properties.iter().find(|one| one.path == "P") else {
                    continue;
                };
                let is_unchanged = matches!(property.source, Source::Unchanged(_));
                if is_open_property(property) {
                    prop_assert_eq!(is_unchanged, !outcome[number][index], "S{}.R{}", number, index);
                    prop_assert_ne!(&property.source, &Source::NotTraced);
                } else {
                    prop_assert_eq!(&property.source, &Source::NotTraced);
                }
            }
        }
    }
}

const ROOT: &str = "Parameters:
  Rate: {Type: String}
Resources:
  Data: {Type: 'AWS::CloudFormation::Stack', Properties: {Parameters: {Rate: !Ref Rate}}}
  Function:
    Type: AWS::CloudFormation::Stack
    Properties:
      Parameters: {In: !GetAtt Data.Outputs.Out}
";
const DATA: &str = "Parameters:
  Rate: {Type: String}
Resources:
  Table: {Type: 'AWS::DynamoDB::Table', Properties: {Rate: !Ref Rate}}
Outputs:
  Out: {Value: !GetAtt Table.Arn}
";
const FUNCTION: &str = "Parameters:
  In: {Type: String}
Resources:
  Role: {Type: 'AWS::IAM::Role', Properties: {P: !Sub '${In}/index'}}
";

fn example(edit: (&str, &str)) -> StackTree {
    let stack = |text: &str| StackTree {
        template: template(&text.replace(edit.0, edit.1)),
        parameters: BTreeMap::new(),
        nested: BTreeMap::new(),
    };
    StackTree {
        parameters: BTreeMap::from([("Rate".to_owned(), "1".to_owned())]),
        nested: BTreeMap::from([
            ("Data".to_owned(), stack(DATA)),
            ("Function".to_owned(), stack(FUNCTION)),
        ]),
        ..stack(ROOT)
    }
}

fn nested(logical_id: &str, nested: Option<Vec<Change>>) -> Change {
    Change {
        nested,
        ..Change::new(Action::Modify, logical_id, NESTED_STACK)
    }
}

fn open_role() -> Change {
    let property = PropertyChange {
        path: "P".to_owned(),
        after: Some(KNOWN_AFTER_APPLY.to_owned()),
        ..PropertyChange::default()
    };
    Change {
        properties: vec![property],
        ..Change::new(Action::Modify, "Role", "AWS::IAM::Role")
    }
}

/// What `P` of the role is traced to when `data` changes and the template is edited.
fn source(edit: (&str, &str), data: Option<Vec<Change>>) -> Source {
    let changes = vec![
        nested("Data", data),
        nested("Function", Some(vec![open_role()])),
    ];
    let traced = traced(changes, &example(("", "")), &example(edit));
    let inner = traced[1].nested.as_ref().unwrap();
    inner[0].properties[0].source.clone()
}

fn table(replacement: Replacement) -> Vec<Change> {
    vec![Change {
        replacement,
        ..Change::new(Action::Modify, "Table", "AWS::DynamoDB::Table")
    }]
}

#[test]
fn what_feeds_an_unchanged_value_is_named() {
    let unchanged = Source::Unchanged("Data.Outputs.Out".to_owned());
    assert_eq!(source(("", ""), Some(Vec::new())), unchanged);
    assert_eq!(source(("", ""), Some(table(Replacement::Never))), unchanged);
}

#[test]
fn what_changes_a_value_is_named() {
    let because = |cause: &str| Source::Changed(cause.to_owned());
    for (replacement, cause) in [
        (Replacement::Certain, "Data / Table is replaced"),
        (Replacement::Possible, "Data / Table may be replaced"),
    ] {
        assert_eq!(source(("", ""), Some(table(replacement))), because(cause));
    }
    // An attribute that an update in place can change.
    let streams = |text: &str| example(("Table.Arn", text));
    let changes = || {
        vec![
            nested("Data", Some(table(Replacement::Never))),
            nested("Function", Some(vec![open_role()])),
        ]
    };
    let (old, new) = (streams("Table.StreamArn"), streams("Table.StreamArn"));
    let found = traced(changes(), &old, &new);
    let inner = found[1].nested.as_ref().unwrap();
    assert_eq!(
        inner[0].properties[0].source,
        because("Data / Table changes")
    );
    assert_eq!(
        source(("Table.Arn", "Table.StreamArn"), Some(Vec::new())),
        because("the output Data / Out changes")
    );
}

#[test]
fn what_cannot_be_known_is_not_called_unchanged() {
    // Nobody knows what changes in the stack that feeds the value.
    assert_eq!(source(("", ""), None), Source::NotTraced);
    // The template itself says another value.
    assert_eq!(
        source(("/index", "/other"), Some(Vec::new())),
        Source::NotTraced
    );
    let resolved = ("!GetAtt Table.Arn", "'{{resolve:ssm:name}}'");
    let (old, new) = (example(resolved), example(resolved));
    let changes = vec![
        nested("Data", Some(Vec::new())),
        nested("Function", Some(vec![open_role()])),
    ];
    let found = traced(changes, &old, &new);
    let inner = found[1].nested.as_ref().unwrap();
    assert_eq!(inner[0].properties[0].source, Source::NotTraced);
}
