//! How changes of this repository's own templates are explained.

use expect_test::{Expect, expect};

use super::{assembly_parameters, deployed_templates};
use cfnkit_assembly::assembly::Cloud;
use cfnkit_change::change_set::{
    Action, Change, KNOWN_AFTER_APPLY, PropertyChange, Reason, Replacement, ValueOrigin, render,
};
use cfnkit_change::comparison::explained;
use cfnkit_template::stack_tree::{NESTED_STACK, StackTree};
use cfnkit_template::template::Template;

fn tree() -> StackTree {
    let templates = deployed_templates(Cloud::Aws);
    templates.stack_tree(assembly_parameters(&templates))
}

fn modified(logical_id: &str, resource_type: &str, path: &str) -> Change {
    let reason = |origin, is_dynamic| Reason {
        origin,
        entity: None,
        is_dynamic,
        recreation: Replacement::Certain,
    };
    let property = PropertyChange {
        path: path.to_owned(),
        after: Some(KNOWN_AFTER_APPLY.to_owned()),
        reasons: vec![
            reason(ValueOrigin::Template, true),
            reason(ValueOrigin::Parameter, false),
        ],
        ..PropertyChange::default()
    };
    Change {
        properties: vec![property],
        ..Change::new(Action::Modify, logical_id, resource_type)
    }
}

fn nested(logical_id: &str, nested: Vec<Change>) -> Change {
    Change {
        nested: Some(nested),
        ..Change::new(Action::Modify, logical_id, NESTED_STACK)
    }
}

fn check(changes: Vec<Change>, new: &StackTree, expected: Expect) {
    let text = format!("movies-dev\n{}", render(&explained(changes, &tree(), new)));
    expected.assert_eq(&anstream::adapter::strip_str(&text).to_string());
}

/// What CloudFormation lists when the table is touched: everything that gets a value of its stack.
fn listed(table: Replacement) -> Vec<Change> {
    let table = Change {
        replacement: table,
        ..Change::new(Action::Modify, "Table", "AWS::DynamoDB::Table")
    };
    let log = Change {
        replacement: Replacement::Certain,
        ..modified("FlowLog", "AWS::EC2::FlowLog", "LogGroupName")
    };
    let function = modified(
        "Function",
        "AWS::Lambda::Function",
        "Environment.Variables.TABLE_NAME",
    );
    vec![
        nested("Data", vec![table]),
        nested("Network", vec![log]),
        nested("Function", vec![function]),
    ]
}

#[test]
fn a_table_changed_in_place_replaces_nothing_elsewhere() {
    check(
        listed(Replacement::Never),
        &tree(),
        expect![[r#"
            movies-dev
              ~ Data      AWS::CloudFormation::Stack
                ~ Table  AWS::DynamoDB::Table
              ~ Network   AWS::CloudFormation::Stack
                ~ FlowLog  AWS::EC2::FlowLog  [replacement reported, source unchanged]
                  └─ LogGroupName: (known after the deploy)
                       (unchanged source: Data.Outputs.FlowLogGroupName)
              ~ Function  AWS::CloudFormation::Stack
                ~ Function  AWS::Lambda::Function  [source unchanged]
                  └─ Environment.Variables.TABLE_NAME: (known after the deploy)
                       (unchanged source: Data.Outputs.TableName)
        "#]],
    );
}

#[test]
fn a_replaced_table_is_named_where_its_name_is_used() {
    check(
        listed(Replacement::Certain),
        &tree(),
        expect![[r#"
            movies-dev
              ! Data      AWS::CloudFormation::Stack  [replaces Table]
                ! Table  AWS::DynamoDB::Table  [replaced]
              ~ Network   AWS::CloudFormation::Stack
                ~ FlowLog  AWS::EC2::FlowLog  [replacement reported, source unchanged]
                  └─ LogGroupName: (known after the deploy)
                       (unchanged source: Data.Outputs.FlowLogGroupName)
              ~ Function  AWS::CloudFormation::Stack
                ~ Function  AWS::Lambda::Function
                  └─ Environment.Variables.TABLE_NAME: (known after the deploy)
                       (because Data / Table is replaced)
        "#]],
    );
}

#[test]
fn a_method_that_changes_redeploys_the_api() {
    let mut new = tree();
    let api = new.nested.get_mut("Api").unwrap();
    let text = api
        .template
        .text()
        .replacen("ApiKeyRequired: true", "ApiKeyRequired: false", 1);
    let text = text.replace("too many requests; slow down", "slow down");
    api.template = Template::parse("api.yaml", text).unwrap();
    let kind = "AWS::ApiGateway::Deployment";
    let changes = vec![nested(
        "Api",
        vec![
            Change::new(Action::Add, "Deployment2", kind),
            Change::new(Action::Remove, "Deployment1", kind),
        ],
    )];
    check(
        changes,
        &new,
        expect![[r#"
        movies-dev
          ~ Api  AWS::CloudFormation::Stack
            ~ Deployment2  AWS::ApiGateway::Deployment  [redeploys the API]
              ├─ POST / changed: ApiKeyRequired
              ├─ gateway response THROTTLED changed: ResponseTemplates.application/json.
              │  detail, ResponseTemplates.application/json.message
              └─ takes the place of Deployment1
    "#]],
    );
}
