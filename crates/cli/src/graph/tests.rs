use expect_test::expect;

use super::*;

const ROOT: &str = "\
Parameters:
  KeyArn: {Type: String}
  Name: {Type: String}
Resources:
  Api:
    Type: AWS::CloudFormation::Stack
    Properties:
      Parameters:
        Target: !GetAtt Data.Outputs.Where
        Title: !If [IsBig, !Ref Name, small]
  Data:
    Type: AWS::CloudFormation::Stack
    Properties:
      Parameters:
        Key: !Ref KeyArn
";

const API: &str = "\
Parameters:
  Target: {Type: String}
  Title: {Type: String}
Resources:
  Method:
    Type: AWS::ApiGateway::Method
    DependsOn: [Api, Model]
    Properties:
      RestApiId: !Ref Api
      Uri: !Sub 'arn:${AWS::Partition}:${Target}'
      Title: !Ref Title
  Model:
    Type: AWS::ApiGateway::Model
    Condition: HasModel
    Properties: {Parent: !GetAtt Api.RootResourceId, Self: !Ref Model}
  Api:
    Type: AWS::ApiGateway::RestApi
";

const DATA: &str = "\
Parameters:
  Key: {Type: String}
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties: {Key: !Ref Key}
Outputs:
  Where: {Value: !Sub 'x-${Table.Arn}'}
";

const BOOTSTRAP_TEMPLATE: &str = "\
Resources:
  Key:
    Type: AWS::KMS::Key
Outputs:
  KeyArn: {Value: !GetAtt Key.Arn}
";

const GITHUB_TEMPLATE: &str = "\
Parameters:
  KeyArn: {Type: String}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties: {Key: !Ref KeyArn}
";

fn graph_of(api: &str) -> Graph {
    let parse = |name: &str, text: &str| Template::parse(name, text.to_owned()).unwrap();
    Graph::of(&Templates {
        root: parse("root.yaml", ROOT),
        nested: BTreeMap::from([
            ("Api".to_owned(), parse("api.yaml", api)),
            ("Data".to_owned(), parse("data.yaml", DATA)),
        ]),
        bootstrap: parse("bootstrap.yaml", BOOTSTRAP_TEMPLATE),
        github: Some(parse("github-oidc.yaml", GITHUB_TEMPLATE)),
    })
}

#[test]
fn references_are_followed_through_parameters_and_outputs() {
    expect![[r#"
        flowchart LR
          subgraph stack_Api["Api"]
            Api_Method["Method<br/>AWS::ApiGateway::Method"]
            Api_Model["Model<br/>AWS::ApiGateway::Model"]
            Api_Api["Api<br/>AWS::ApiGateway::RestApi"]
          end
          subgraph stack_Data["Data"]
            Data_Table["Table<br/>AWS::DynamoDB::Table"]
          end
          subgraph stack_Bootstrap["Bootstrap"]
            Bootstrap_Key["Key<br/>AWS::KMS::Key"]
          end
          subgraph stack_Github["Github"]
            Github_Role["Role<br/>AWS::IAM::Role"]
          end
          Api_Method --> Api_Api
          Api_Method -.-> Api_Model
          Api_Method ==> Data_Table
          Api_Model --> Api_Api
          Data_Table ==> Bootstrap_Key
          Github_Role ==> Bootstrap_Key
    "#]]
    .assert_eq(&mermaid::mermaid(&graph_of(API)));
}

#[test]
fn one_stack_comes_with_what_it_has_to_do_with() {
    let around = graph_of(API).around("Data").unwrap();
    expect![[r#"
        {
          "stacks": [
            {
              "name": "Api",
              "template": "api.yaml",
              "resources": [
                {
                  "logicalId": "Method",
                  "type": "AWS::ApiGateway::Method"
                }
              ]
            },
            {
              "name": "Data",
              "template": "data.yaml",
              "resources": [
                {
                  "logicalId": "Table",
                  "type": "AWS::DynamoDB::Table"
                }
              ]
            },
            {
              "name": "Bootstrap",
              "template": "bootstrap.yaml",
              "resources": [
                {
                  "logicalId": "Key",
                  "type": "AWS::KMS::Key"
                }
              ]
            }
          ],
          "edges": [
            {
              "from": "Api.Method",
              "to": "Data.Table",
              "kind": "parameter"
            },
            {
              "from": "Data.Table",
              "to": "Bootstrap.Key",
              "kind": "parameter"
            }
          ]
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&around).unwrap());
    assert_eq!(graph_of(API).around("Table"), None);
}

/// Words of Mermaid's own and characters that end a label are no way out of the text.
#[test]
fn names_are_no_markup() {
    let api = "Resources:\n  end:\n    Type: 'A\"]<b>`#1`</b>'\n  a-b:\n    Type: T\n    \
               DependsOn: end\n";
    let text = mermaid::mermaid(&graph_of(api));
    let lines = text.lines().filter(|line| line.contains("Api_"));
    let lines: Vec<&str> = lines.map(str::trim_start).collect();
    expect![[r##"
        Api_end["end<br/>A#quot;]#lt;b#gt;#96;#35;1#96;#lt;/b#gt;"]
        Api_a_2d_b["a-b<br/>T"]
        Api_a_2d_b -.-> Api_end
    "##]]
    .assert_eq(&(lines.join("\n") + "\n"));
}
