use expect_test::{Expect, expect};

use super::*;

const ROOT: &str = "\
Parameters:
  Stage: {Type: String}
  HandlerKey: {Type: String}
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
fn build(root: &str, data: &str) -> anyhow::Result<(Assembly, tempfile::TempDir)> {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("root.yaml"), root).unwrap();
    std::fs::write(directory.path().join("data.yaml"), data).unwrap();
    let handler = || Ok(Asset::new("handler.zip", b"zip".to_vec()));
    let stage = "dev".parse().unwrap();
    let assembly = Assembly::build(directory.path(), &stage, Cloud::Aws, handler)?;
    Ok((assembly, directory))
}

fn check_error(root: &str, data: &str, expected: Expect) {
    let err = build(root, data).map(|_| ()).unwrap_err();
    expected.assert_eq(&format!("{err:#}"));
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
    assert_eq!(manifest["stack"], "movies-dev");
    let data = &manifest["templates"][1];
    let bytes = std::fs::read(target.join(data["file"].as_str().unwrap())).unwrap();
    let hash = hex(&crate::asset::sha256(&bytes));
    assert_eq!(data["sha256"], hash);
    assert_eq!(data["key"], format!("{hash}.yaml"));
    assert_eq!(manifest["parameters"]["DataTemplateKey"], data["key"]);
    assert_eq!(
        manifest["parameters"]["HandlerKey"],
        manifest["handler"]["key"]
    );
    assert_eq!(std::fs::read(target.join("handler.zip")).unwrap(), b"zip");
}

#[test]
fn what_is_deployed_is_what_is_written() {
    let (assembly, _directory) = build(ROOT, DATA).unwrap();
    assert_eq!(assembly.root.text(), ROOT);
    assert_eq!(assembly.nested["Data"].template.text(), DATA);
}

#[test]
fn a_mismatch_between_root_and_nested_stack_is_named() {
    check_error(
        &ROOT.replace("        Stage: !Ref Stage\n", "        Stag: !Ref Stage\n"),
        DATA,
        expect![[
            "infra/cfn/root.yaml:6: nested stack `Data` is given `Stag`, which infra/cfn/data.yaml does not declare"
        ]],
    );
    check_error(
        ROOT,
        &DATA.replace("  Stage:", "  Name: {Type: String}\n  Stage:"),
        expect![[
            "infra/cfn/root.yaml:6: nested stack `Data` is not given `Name`, which infra/cfn/data.yaml needs"
        ]],
    );
    check_error(
        ROOT,
        &DATA.replace("  TableName:", "  Table:"),
        expect![[
            "infra/cfn/root.yaml: reads `Data.Outputs.TableName`, which infra/cfn/data.yaml does not have"
        ]],
    );
}

#[test]
fn a_missing_template_is_named_with_the_stack_that_wants_it() {
    check_error(
        &ROOT.replace("Data", "Other"),
        DATA,
        expect![[
            "in nested stack `Other` (infra/cfn/root.yaml:6): cannot read the template `infra/cfn/other.yaml`: No such file or directory (os error 2)"
        ]],
    );
}

#[test]
fn limits_are_checked_before_anything_is_published() {
    let padding = format!("# {}\n", "x".repeat(60_000));
    check_error(
        &(padding + ROOT),
        DATA,
        expect![["infra/cfn/root.yaml: 60340 bytes; CloudFormation takes at most 51200: split it"]],
    );
    let topics: String = (0..501)
        .map(|n| format!("  T{n}: {{Type: AWS::SNS::Topic}}\n"))
        .collect();
    check_error(
        ROOT,
        &DATA.replace("Outputs:", &format!("{topics}Outputs:")),
        expect![["infra/cfn/data.yaml: 502 resources; CloudFormation takes at most 500: split it"]],
    );
}
