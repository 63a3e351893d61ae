//! Replacements and security as they reach the root, and what is called out before the question.

use super::*;
use cfnkit_template::stack_tree::NESTED_STACK;

fn replaced_by(path: &str, source: Source) -> PropertyChange {
    PropertyChange {
        reasons: vec![Reason {
            origin: ValueOrigin::Parameter,
            entity: Some("TableArn".to_owned()),
            is_dynamic: true,
            recreation: Replacement::Certain,
        }],
        source,
        ..property(
            path,
            "arn:aws:dynamodb:eu-west-1:123456789012:table/movies",
            KNOWN_AFTER_APPLY,
        )
    }
}

/// Two replacements, one of them reported for nothing; a removal; security.
fn mixed() -> Vec<Change> {
    let table = Change {
        replacement: Replacement::Certain,
        fate: Some(Fate::Retained),
        properties: vec![PropertyChange {
            reasons: vec![Reason {
                origin: ValueOrigin::Template,
                entity: None,
                is_dynamic: false,
                recreation: Replacement::Certain,
            }],
            ..property("KeySchema", "id", "title")
        }],
        ..change(Action::Modify, "Table", "AWS::DynamoDB::Table")
    };
    let logs = Change {
        fate: Some(Fate::Deleted),
        ..change(Action::Remove, "Logs", "AWS::Logs::LogGroup")
    };
    let unfounded = Change {
        replacement: Replacement::Certain,
        properties: vec![replaced_by(
            "TableArn",
            Source::Unchanged("Data.Outputs.FlowLogGroupName".to_owned()),
        )],
        ..change(Action::Modify, "FlowLog", "AWS::EC2::FlowLog")
    };
    let founded = Change {
        replacement: Replacement::Possible,
        properties: vec![replaced_by(
            "Resource",
            Source::Changed("Data / Table is replaced".to_owned()),
        )],
        ..change(Action::Modify, "Policy", "AWS::IAM::RolePolicy")
    };
    let key = change(Action::Add, "Key", "AWS::KMS::Key");
    let mut unseen = change(Action::Modify, "Other", NESTED_STACK);
    unseen.notes.push("its change set is gone".to_owned());
    vec![
        nested("Data", vec![table, logs]),
        nested("Network", vec![unfounded]),
        nested("Identity", vec![founded, key]),
        unseen,
    ]
}

#[test]
fn replacements_and_security_reach_the_root() {
    check(
        &mixed(),
        expect![[r#"
        movies-dev
          ! Data      AWS::CloudFormation::Stack  [replaces Table]
            ! Table  AWS::DynamoDB::Table  [replaced, the old one is retained]
              └─ KeySchema: id -> title
            - Logs   AWS::Logs::LogGroup
          ~ Network   AWS::CloudFormation::Stack
            ~ FlowLog  AWS::EC2::FlowLog  [replacement reported, source unchanged]
              └─ TableArn:
                   - arn:aws:dynamodb:eu-west-1:123456789012:table/movies
                   + (known after the deploy)
                   (unchanged source: Data.Outputs.FlowLogGroupName)
          ~ Identity  AWS::CloudFormation::Stack  [may replace Policy, security]
            ~ Policy  AWS::IAM::RolePolicy  [may be replaced, security]
              └─ Resource:
                   - arn:aws:dynamodb:eu-west-1:123456789012:table/movies
                   + (known after the deploy)
                   (because Data / Table is replaced)
            + Key     AWS::KMS::Key  [security]
          ~ Other     AWS::CloudFormation::Stack
            └─ its change set is gone
    "#]],
    );
    let callouts = anstream::adapter::strip_str(&callouts(&mixed())).to_string();
    expect![[r#"
        replaced:
          ! Data / Table  AWS::DynamoDB::Table
             because of KeySchema
             the old one is retained, and with it its items
        may be replaced:
          ~ Identity / Policy  AWS::IAM::RolePolicy
             because of Resource (Data / Table is replaced)
        deleted with data:
          - Data / Logs  AWS::Logs::LogGroup
             it is deleted, and with it its logs
        security:
          ~ Identity / Policy  AWS::IAM::RolePolicy
          + Identity / Key  AWS::KMS::Key
    "#]]
    .assert_eq(&callouts);
    assert_eq!(
        totals(&mixed()).summary(),
        "1 to add, 2 to change, 1 to replace, 1 to delete, 1 listed with an unchanged source"
    );
}

#[test]
fn a_first_deploy_calls_nothing_out() {
    let added = Change {
        nested: Some(vec![change(Action::Add, "Role", "AWS::IAM::Role")]),
        ..change(Action::Add, "Identity", NESTED_STACK)
    };
    assert_eq!(callouts(std::slice::from_ref(&added)), "");
    assert!(!render(&[added]).contains("security"));
}
