use expect_test::{Expect, expect};

use super::*;
use crate::service::tests::ORDERS;
use cfnkit_console::error::{Result, chain};

const ROOT: &str = "\
Parameters:
  Stage: {Type: String}
  IntakeKey: {Type: String}
  DataTemplateKey: {Type: String}
Resources:
  Data:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: !Sub https://bucket/${DataTemplateKey}
      Parameters:
        Stage: !Ref Stage
Outputs:
  TableName:
    Value: !GetAtt Data.Outputs.TableName
";

const DATA: &str = "\
Parameters:
  Stage: {Type: String}
Resources:
  Table:
    Type: AWS::DynamoDB::Table
Outputs:
  TableName:
    Value: !Ref Table
";

/// Assembles two templates; the directory lives as long as the result is looked at.
fn build(root: &str, data: &str) -> Result<(Assembly, tempfile::TempDir)> {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("root.yaml"), root).unwrap();
    std::fs::write(directory.path().join("data.yaml"), data).unwrap();
    let assembly = Assembly {
        stage: ORDERS.stage("dev").unwrap(),
        stage_parameters: Parameters::new(),
        templates: AssembledTemplates::read(directory.path(), Cloud::Aws)?,
        functions: vec![FunctionAsset {
            function: &ORDERS.functions[0],
            asset: Asset::new("intake.zip", b"program".to_vec()),
        }],
    };
    Ok((assembly, directory))
}

fn check_error(root: &str, data: &str, expected: Expect) {
    let err = build(root, data).map(|_| ()).unwrap_err();
    let text = format!("error: {}\n", chain(&err));
    expected.assert_eq(&anstream::adapter::strip_str(&text).to_string());
}

#[test]
fn the_assembly_holds_every_file_under_its_hash() {
    let (assembly, directory) = build(ROOT, DATA).unwrap();
    let target = directory.path().join("assembly/dev");
    assembly.write(&target).unwrap();
    // A second time replaces the first.
    assembly.write(&target).unwrap();
    let manifest = std::fs::read_to_string(target.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["stack"], "orders-dev");
    let data = &manifest["templates"][1];
    let bytes = std::fs::read(target.join(data["file"].as_str().unwrap())).unwrap();
    let hash = hex(&cfnkit_tools::digest::sha256(&bytes));
    assert_eq!(data["sha256"], hash);
    assert_eq!(data["key"], format!("{hash}.yaml"));
    assert_eq!(manifest["parameters"]["DataTemplateKey"], data["key"]);
    assert_eq!(
        manifest["parameters"]["IntakeKey"],
        manifest["functions"][0]["key"]
    );
    let zip = std::fs::read(target.join("intake.zip")).unwrap();
    assert_eq!(zip, assembly.functions[0].asset.bytes);
}

#[test]
fn what_is_deployed_is_what_is_written() {
    let (assembly, _directory) = build(ROOT, DATA).unwrap();
    assert_eq!(assembly.templates.root.text(), ROOT);
    assert_eq!(assembly.templates.nested["Data"].template.text(), DATA);
}

#[test]
fn a_mismatch_between_root_and_nested_stack_is_named() {
    check_error(
        &ROOT.replace("        Stage: !Ref Stage\n", "        Stag: !Ref Stage\n"),
        DATA,
        expect![[r#"
            error: nested stack `Data` is given `Stag`, which infra/cfn/data.yaml does not declare
              --> infra/cfn/root.yaml:11:9
               |
            11 |         Stag: !Ref Stage
               |         ^^^^
               |
               = to mend: did you mean `Stage`?
        "#]],
    );
    check_error(
        ROOT,
        &DATA.replace("  Stage:", "  Name: {Type: String}\n  Stage:"),
        expect![[r#"
            error: nested stack `Data` is not given `Name`, which infra/cfn/data.yaml needs
              --> infra/cfn/root.yaml:10:7
               |
            10 |       Parameters:
               |       ^^^^^^^^^^
               |
               = to mend: pass `Name` here, or give it a `Default` in infra/cfn/data.yaml
        "#]],
    );
    check_error(
        ROOT,
        &DATA.replace("  TableName:", "  Table:"),
        expect![[r#"
        error: infra/cfn/root.yaml reads `Data.Outputs.TableName`, which infra/cfn/data.yaml does not have
          --> infra/cfn/root.yaml:14:12
           |
        14 |     Value: !GetAtt Data.Outputs.TableName
           |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
           |
           = to mend: did you mean `Table`?
    "#]],
    );
}

#[test]
fn a_missing_template_is_named_with_the_stack_that_wants_it() {
    check_error(
        &ROOT.replace("Data", "Other"),
        DATA,
        expect![[r#"
        error: nested stack `Other` has no template
         --> infra/cfn/root.yaml:6:3
          |
        6 |   Other:
          |   ^^^^^
          |
          = to mend: write `infra/cfn/other.yaml`: a nested stack's template has its logical ID as name
    "#]],
    );
}

#[test]
fn a_root_that_no_request_holds_is_an_asset_too() {
    let (assembly, _directory) = build(ROOT, DATA).unwrap();
    assert!(assembly.templates.root_asset.is_none());
    let padding = format!("# {}\n", "x".repeat(INLINE_BYTES));
    let (assembly, _directory) = build(&(padding + ROOT), DATA).unwrap();
    let root = assembly.templates.root_asset.as_ref().unwrap();
    assert_eq!(root.bytes, assembly.templates.root.text().as_bytes());
    assert!(assembly.assets().any(|asset| asset.key == root.key));
}

#[test]
fn limits_are_checked_before_anything_is_published() {
    let padding = format!("# {}\n", "x".repeat(1_000_000));
    check_error(
        &(padding + ROOT),
        DATA,
        expect![[r#"
            error: infra/cfn/root.yaml has 1000339 bytes; CloudFormation takes at most 1000000
             --> infra/cfn/root.yaml:1:1000001
              |
            1 | ...xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
              |                                                                    ^
              |
              = to mend: move what belongs together into a nested stack of its own
        "#]],
    );
    let topics: String = (0..501)
        .map(|n| format!("  T{n}: {{Type: AWS::SNS::Topic}}\n"))
        .collect();
    check_error(
        ROOT,
        &DATA.replace("Outputs:", &format!("{topics}Outputs:")),
        expect![[r#"
            error: infra/cfn/data.yaml has 502 resources; CloudFormation takes at most 500
               --> infra/cfn/data.yaml:505:3
                |
            505 |   T499: {Type: AWS::SNS::Topic}
                |   ^^^^
                |
                = to mend: move what belongs together into a nested stack of its own
        "#]],
    );
    let parameters: String = (0..201)
        .map(|n| format!("  P{n}: {{Type: String, Default: x}}\n"))
        .collect();
    check_error(
        ROOT,
        &DATA.replace("Resources:", &format!("{parameters}Resources:")),
        expect![[r#"
            error: infra/cfn/data.yaml has 202 parameters; CloudFormation takes at most 200
               --> infra/cfn/data.yaml:202:3
                |
            202 |   P199: {Type: String, Default: x}
                |   ^^^^
                |
                = to mend: move what belongs together into a nested stack of its own
        "#]],
    );
    let padding = format!("# {}\n", "x".repeat(1_000_000));
    check_error(
        ROOT,
        &(DATA.to_owned() + &padding),
        expect![[r#"
            error: infra/cfn/data.yaml has 1000134 bytes; CloudFormation takes at most 1000000
             --> infra/cfn/data.yaml:9:999870
              |
            9 | ...xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...
              |                                                                    ^
              |
              = to mend: move what belongs together into a nested stack of its own
        "#]],
    );
}

/// The logical ID of the deployment is another in the file.
#[test]
fn a_replaced_name_and_an_omitted_resource_leave_places_as_they_are_in_the_file() {
    let data = "Resources:\n  Gone:\n    Type: AWS::EC2::FlowLog\n  DeploymentHash:\n    \
                Type: AWS::ApiGateway::Deployment\nOutputs:\n  TableName: {Value: x}\n  \
                Gone: {Value: !Ref Gone}\nParameters:\n  Stage: {Type: String}\n";
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("root.yaml"), ROOT).unwrap();
    std::fs::write(directory.path().join("data.yaml"), data).unwrap();
    let templates = AssembledTemplates::read(directory.path(), Cloud::Aws).unwrap();
    let template = &templates.nested["Data"].template;
    let ids: Vec<&str> = template.resources().map(|(id, _)| id).collect();
    assert_ne!(ids[1], "DeploymentHash");
    let place = template.resource(ids[1]).unwrap();
    assert_eq!(place.to_string(), "infra/cfn/data.yaml:4:3");
    let err = AssembledTemplates::read(directory.path(), Cloud::Local).unwrap_err();
    let text = format!("error: {}\n", chain(&err));
    expect![[r#"
        error: output `Gone` refers to `Gone`, which the template does not declare
         --> infra/cfn/data.yaml:8:17
          |
        8 |   Gone: {Value: !Ref Gone}
          |                 ^^^^^^^^^
          |
          = to mend: declare `Gone` under `Parameters` or `Resources`, or refer to something that is there
    "#]].assert_eq(&anstream::adapter::strip_str(&text).to_string());
}
