//! Values arrive in CloudFormation's requests as they are written, and what cannot be meant stops
//! a deploy before the first of them.

use crate::site::{STACK, Site};
use crate::stages::{deploy, no_violations, parameter};
use crate::support::repository;

/// The root template with a parameter more for each of these defaults: `Value0`, `Value1`.
fn root_with(defaults: &[&str]) -> String {
    let root = std::fs::read_to_string(repository().join("infra/cfn/root.yaml")).unwrap();
    let declared: Vec<String> = defaults
        .iter()
        .enumerate()
        .map(|(index, default)| {
            format!("  Value{index}:\n    Type: String\n    Default: {default}\n")
        })
        .collect();
    root.replace(
        "\nParameters:\n",
        &format!("\nParameters:\n{}", declared.concat()),
    )
}

#[test]
fn a_default_is_sent_as_it_is_written() {
    let site = Site::new();
    let cases = [
        ("012345678901", "012345678901"),
        ("12345678901234567890", "12345678901234567890"),
        ("123456789012345678901", "123456789012345678901"),
        ("1.10", "1.10"),
        ("0777", "0777"),
        ("0x1F", "0x1F"),
        ("1e3", "1e3"),
        ("50", "50"),
        ("yes", "true"),
        ("'~'", "~"),
    ];
    // With the mark that some editors write.
    let root = format!("\u{feff}{}", root_with(&cases.map(|(written, _)| written)));
    site.write("infra/cfn/root.yaml", &root);
    deploy(&site, "dev", &[]).expect(0);
    for (index, (written, sent)) in cases.into_iter().enumerate() {
        let name = format!("Value{index}");
        assert_eq!(parameter(&site, STACK, &name), sent, "{written}");
    }
    let calls = site.cloud.calls();
    let created = calls.iter().find(|call| call.action == "CreateChangeSet");
    let text = created.unwrap().parameter("TemplateBody");
    assert_eq!(text, root.trim_start_matches('\u{feff}'));
    // What is sent is what is compared with what is deployed.
    deploy(&site, "dev", &[]).expect(0).says("no changes");
    no_violations(&site);
}

#[test]
fn a_parameters_file_is_sent_as_it_is_written() {
    let site = Site::new();
    site.write("infra/cfn/root.yaml", &root_with(&["a", "b", "c", "d"]));
    let text = "\u{feff}{\"Value0\": 1.10, \"Value1\": 1e3, \"Value2\": 123456789012345678901,\n\
                \"Value3\": \"012345678901\"}";
    let file = site.write("chosen.json", text);
    deploy(&site, "dev", &["--params-file", &file]).expect(0);
    for (name, sent) in [
        ("Value0", "1.10"),
        ("Value1", "1e3"),
        ("Value2", "123456789012345678901"),
        ("Value3", "012345678901"),
    ] {
        assert_eq!(parameter(&site, STACK, name), sent, "{name}");
    }
    no_violations(&site);
}

#[test]
fn what_cannot_be_meant_stops_a_deploy_before_the_first_call() {
    let site = Site::new();
    let object = "{\"LogLevel\": \"INFO\",\n \"LogLevel\": \"WARN\"}";
    let object = site.write("object.json", object);
    let list = "[{\"ParameterKey\": \"LogLevel\", \"ParameterValue\": \"INFO\"},\n \
                {\"ParameterKey\": \"LogLevel\", \"ParameterValue\": \"WARN\"}]";
    let list = site.write("list.json", list);
    let long = format!("--tag={}=1", "k".repeat(140));
    for (arguments, said) in [
        (vec!["--params-file", &object], "object.json:2:2"),
        (
            vec!["--params-file", &list],
            "parameter `LogLevel` is there twice",
        ),
        (
            vec!["--param=LogLevel=INFO", "--param=LogLevel=WARN"],
            "`--param LogLevel=..` is given twice",
        ),
        (
            vec!["--tag=a=1", "--tag=a=1"],
            "`--tag a=..` is given twice",
        ),
        (
            vec!["--tag=aws:x=1"],
            "the tag `aws:x` has a prefix that is AWS's own",
        ),
        (vec![&long], "a tag's key has 1 to 128 characters"),
    ] {
        deploy(&site, "dev", &arguments).expect(1).says(said);
    }
    assert_eq!(site.cloud.calls().len(), 0);
}

/// A nested template is held to it as well.
#[test]
fn what_cloudformation_does_not_take_stops_a_deploy_before_anything_is_made() {
    let site = Site::new();
    let file = "infra/cfn/data.yaml";
    let text = std::fs::read_to_string(repository().join(file)).unwrap();
    let lines = text.lines().count();
    let alias = format!("{text}\nMetadata:\n  A: &a [x]\n  B: *a\n");
    let utf16: Vec<u8> = "\u{feff}A: 1\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (written, said) in [
        (alias.into_bytes(), format!("{file}:{}:6", lines + 4)),
        (utf16, "it is UTF-16; save it as UTF-8".to_owned()),
    ] {
        let path = site.write(file, "");
        std::fs::write(path, written).unwrap();
        deploy(&site, "dev", &[]).expect(1).says(&said);
    }
    assert_eq!(site.cloud.mutating_calls().len(), 0);
}
