use expect_test::expect;

use super::*;

fn template(name: &str, text: &str) -> Template {
    Template::parse(name, text.to_owned()).unwrap()
}

fn example() -> Templates {
    let root = "Parameters:\n  Days: {Type: Number, Default: 365}\n  Bucket: {Type: String}\n  \
        Protected: {Type: String, Default: 'true'}\nResources:\n  Data:\n    \
        Type: AWS::CloudFormation::Stack\n    Properties: {Parameters: {Days: !Ref Days, Protected: !Ref Protected}}\n  \
        Use:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      Parameters:\n        \
        TableArn: !GetAtt Data.Outputs.Arn\n        Ids: !GetAtt Data.Outputs.Ids\n        Bucket: !Ref Bucket\n";
    let data = "Parameters:\n  Days: {Type: Number}\n  Protected: {Type: String}\nConditions:\n  \
        IsOpen: !Equals [!Ref Protected, 'false']\nResources:\n  Table:\n    Type: Table\n    \
        DependsOn: [Group, Door]\n    Properties: {Protected: !Ref Protected, A: !If [IsOpen, 1, !Ref AWS::NoValue]}\n  \
        Group:\n    Type: Group\n    Properties: {Days: !Ref Days, Name: !Sub 'x-${Table}'}\n  \
        Door:\n    Type: Door\n    Condition: IsOpen\nOutputs:\n  Arn: {Value: !GetAtt Table.Arn}\n  \
        Ids: {Value: !Sub '${Table},${Group}'}\n";
    let using = "Parameters:\n  TableArn: {Type: String}\n  Ids: {Type: List<String>}\n  \
        Bucket: {Type: String}\nResources:\n  Policy:\n    Type: Policy\n    \
        Properties: {Resource: !Ref TableArn, Below: !Sub '${TableArn}/*', Ids: !Ref Ids, Here: !Ref AWS::Region, Bucket: !Ref Bucket}\n";
    let bootstrap = "Resources:\n  AssetBucket: {Type: Bucket}\nOutputs:\n  Bucket: {Value: !Ref AssetBucket}\n";
    let github = "Parameters:\n  Bucket: {Type: String}\nResources:\n  Role: {Type: Role, Properties: {Bucket: !Ref Bucket}}\n";
    Templates {
        root: template("root.yaml", root),
        nested: BTreeMap::from([
            ("Data".to_owned(), template("data.yaml", data)),
            ("Use".to_owned(), template("use.yaml", using)),
        ]),
        bootstrap: template("bootstrap.yaml", bootstrap),
        github: Some(template("github-oidc.yaml", github)),
    }
}

#[test]
fn references_lead_to_resources_and_values_have_their_types() {
    let flat = example().flatten(&Parameters::new());
    expect![[r#"
        {
          "DataGroup": {
            "Type": "Group",
            "Properties": {
              "Days": 365,
              "Name": {
                "Fn::Sub": "x-${DataTable}"
              }
            }
          },
          "DataTable": {
            "Type": "Table",
            "DependsOn": [
              "DataGroup"
            ],
            "Properties": {
              "Protected": true
            }
          },
          "UsePolicy": {
            "Type": "Policy",
            "Properties": {
              "Resource": {
                "Fn::GetAtt": [
                  "DataTable",
                  "Arn"
                ]
              },
              "Below": {
                "Fn::Sub": "${DataTable.Arn}/*"
              },
              "Ids": [
                {
                  "Ref": "DataTable"
                },
                {
                  "Ref": "DataGroup"
                }
              ],
              "Here": {
                "Ref": "AWS::Region"
              },
              "Bucket": {
                "Ref": "BootstrapAssetBucket"
              }
            }
          },
          "BootstrapAssetBucket": {
            "Type": "Bucket"
          },
          "GithubRole": {
            "Type": "Role",
            "Properties": {
              "Bucket": {
                "Ref": "BootstrapAssetBucket"
              }
            }
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&flat.template["Resources"]).unwrap());
}

#[test]
fn conditions_follow_what_is_chosen() {
    let chosen = Parameters::from([("Protected".to_owned(), "false".to_owned())]);
    let flat = example().flatten(&chosen);
    let table = &flat.template["Resources"]["DataTable"];
    assert_eq!(table["Properties"], json!({ "Protected": false, "A": 1 }));
    assert_eq!(table["DependsOn"], json!(["DataGroup", "DataDoor"]));
    let origin = &flat.origins["DataDoor"];
    assert_eq!((&*origin.stack, &*origin.logical_id), ("Data", "Door"));
}
