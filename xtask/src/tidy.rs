//! Tests over the repository itself: rules that a reviewer should not have to remember.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::service::SERVICE;
use cfnkit_assembly::assembly::{AssembledTemplates, Cloud, supplied_parameters};
use cfnkit_assembly::omission::UNSUPPORTED_TYPES;
use cfnkit_package::handler::zip_name;
use cfnkit_template::api_definition::definition;
use cfnkit_template::parameters::Parameters;
use cfnkit_template::stack_tree::{nested_stacks, read_template};
use cfnkit_template::template::Template;

mod changes;
mod crates;
mod deploy_role;
mod features;
mod flat;
mod limits;
mod mutation;
mod pictures;
mod privilege;
mod programs;
mod stages;
mod workflows;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

fn templates() -> Vec<Template> {
    let directory = root().join("infra/cfn");
    let mut files: Vec<String> = std::fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| read_template(&directory, file).unwrap())
        .collect()
}

fn deployed_templates(cloud: Cloud) -> AssembledTemplates {
    AssembledTemplates::read(&root().join("infra/cfn"), cloud).unwrap()
}

/// The root parameters that the tool knows of the assembly for `dev`.
fn assembly_parameters(templates: &AssembledTemplates) -> Parameters {
    templates.parameters(&SERVICE.stage("dev").unwrap(), zip_name)
}

fn sources(directory: &Path, sources_found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, sources_found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            sources_found.push((path, text));
        }
    }
}

fn sources_in(directory: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    sources(&root().join(directory), &mut found);
    assert!(!found.is_empty());
    found
}

/// The text before the tests of a file.
fn code_of(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or(text)
}

#[test]
fn descriptions_follow_one_form() {
    for template in templates() {
        let description = template.value()["Description"].as_str().unwrap_or_default();
        let stack = Path::new(template.name())
            .file_stem()
            .unwrap()
            .to_str()
            .unwrap();
        let expected = format!("movies service, {stack} stack. ");
        let is_right = description.to_lowercase().starts_with(&expected);
        assert!(is_right, "{}: {description}", template.name());
        assert!(!description.contains('\n'), "{}", template.name());
    }
}

/// CloudFormation gives other characters back as question marks, so a deployed template would
/// never equal ours.
#[test]
fn templates_are_ascii() {
    for template in templates() {
        let strange = template.text().lines().position(|line| !line.is_ascii());
        assert_eq!(strange.map(|line| line + 1), None, "{}", template.name());
    }
}

#[test]
fn deploy_supplies_the_required_parameters_and_no_others() {
    let templates = deployed_templates(Cloud::Aws);
    let supplied = assembly_parameters(&templates).into_keys();
    let mut supplied: BTreeSet<String> = supplied.collect();
    supplied.insert("AssetBucketName".to_owned());
    supplied.insert("EncryptionKeyArn".to_owned());
    supplied.insert("PermissionsBoundaryArn".to_owned());
    assert_eq!(
        supplied,
        supplied_parameters(&templates.root, &SERVICE)
            .into_iter()
            .collect()
    );
    // Looked up, unless the user knows it.
    supplied.insert("DynamoDbPrefixListId".to_owned());
    let parameters = templates.root.parameters();
    let required = parameters
        .iter()
        .filter(|parameter| parameter.default.is_none());
    let mut required: BTreeSet<String> = required.map(|parameter| parameter.name.clone()).collect();
    // These have a default for people who deploy the template by hand.
    required.extend(["EncryptionKeyArn", "PermissionsBoundaryArn", "Stage"].map(String::from));
    assert_eq!(supplied, required);
}

/// The README's table is what users choose from.
#[test]
fn the_readme_lists_every_parameter_with_its_default() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let templates = deployed_templates(Cloud::Aws);
    let supplied = supplied_parameters(&templates.root, &SERVICE);
    for parameter in templates.root.parameters() {
        if supplied.contains(&parameter.name) {
            continue;
        }
        let default = match parameter.default.as_deref() {
            None => "looked up",
            Some("") => "none",
            Some(default) => default,
        };
        let row = format!("| `{}` | {default} | ", parameter.name);
        assert!(readme.contains(&row), "README.md has no row `{row}`");
    }
}

#[test]
fn every_template_is_used() {
    let deployed = deployed_templates(Cloud::Aws);
    let mut used: BTreeSet<String> = nested_stacks(&deployed.root)
        .iter()
        .map(|logical_id| format!("infra/cfn/{}.yaml", logical_id.to_lowercase()))
        .collect();
    used.extend([
        "infra/cfn/root.yaml".to_owned(),
        "infra/cfn/bootstrap.yaml".to_owned(),
        "infra/cfn/github-oidc.yaml".to_owned(),
    ]);
    let found: BTreeSet<String> = templates()
        .iter()
        .map(|template| template.name().to_owned())
        .collect();
    assert_eq!(found, used);
}

/// The deployment's hash is over the template's text. A parameter that changes the definition
/// without changing the text would be served only by chance.
#[test]
fn the_api_definition_depends_on_nothing_that_varies() {
    let template = read_template(&root().join("infra/cfn"), "api.yaml").unwrap();
    let definition = definition(&template);
    let text = definition.to_string();
    for parameter in template.parameters() {
        let name = &parameter.name;
        let refers = text.contains(&format!("{{\"Ref\":\"{name}\"}}"))
            || text.contains(&format!("${{{name}}}"));
        let fixed = ["FunctionArn", "StageName"].contains(&name.as_str());
        assert!(!refers || fixed, "the API definition refers to `{name}`");
    }
    assert!(
        !text.contains("Fn::If"),
        "the API definition has a condition"
    );
}

/// What is not there yet when the deployment is made is not part of it. Models and validators
/// are: the methods refer to them.
#[test]
fn the_deployment_waits_for_every_method_and_gateway_response() {
    let template = read_template(&root().join("infra/cfn"), "api.yaml").unwrap();
    let of_type = |wanted: &str| -> Vec<(String, serde_json::Value)> {
        let resources = template.resources();
        resources
            .filter(|(_, resource)| resource["Type"] == wanted)
            .map(|(logical_id, resource)| (logical_id.to_owned(), resource.clone()))
            .collect()
    };
    let deployments = of_type("AWS::ApiGateway::Deployment");
    let [(_, deployment)] = deployments.as_slice() else {
        panic!("expected one deployment");
    };
    let waits_for = deployment["DependsOn"].as_array().unwrap();
    let waited_for = [
        "AWS::ApiGateway::Method",
        "AWS::ApiGateway::GatewayResponse",
    ];
    for (logical_id, _) in waited_for.into_iter().flat_map(of_type) {
        let waits = waits_for.iter().any(|one| *one == *logical_id);
        assert!(waits, "{logical_id}");
    }
}

#[test]
fn the_local_cloud_lacks_these_resources_and_no_others() {
    let names: BTreeSet<String> = deployed_templates(Cloud::Local)
        .omissions
        .into_iter()
        .map(|one| one.logical_id)
        .collect();
    let expected = [
        "BlockedAddressesQuery",
        "CountedRequestsQuery",
        "ErrorsByKeyQuery",
        "FailedRequestsQuery",
        "FlowLog",
        "SlowRequestsQuery",
        "ThrottledQuery",
        "WebAclAssociation",
        "WebAclLogging",
    ];
    assert_eq!(names, expected.map(String::from).into());
    assert_eq!(deployed_templates(Cloud::Aws).omissions, []);
}

#[test]
fn templates_carry_no_trace_of_the_local_cloud() {
    for template in templates() {
        for word in ["ministack", "localhost", "127.0.0.1", "emulator", "IsLocal"] {
            assert!(
                !template.text().contains(word),
                "{}: {word}",
                template.name()
            );
        }
    }
    let shipped: BTreeSet<String> = templates()
        .iter()
        .flat_map(|template| {
            template
                .resources()
                .map(|(_, one)| one["Type"].to_string())
                .collect::<Vec<_>>()
        })
        .collect();
    // What is left out locally is shipped.
    for omitted in ["AWS::EC2::FlowLog", "AWS::WAFv2::WebACLAssociation"] {
        assert!(UNSUPPORTED_TYPES.contains(&omitted));
        assert!(shipped.contains(&format!("\"{omitted}\"")), "{omitted}");
    }
}

/// What a module that takes values and returns values does not name.
const PURE: [&str; 6] = [
    "xshell",
    "aws_",
    "std::env",
    "SystemTime",
    "println!",
    "cfnkit_console::screen",
];

#[test]
fn modules_keep_their_boundaries() {
    let forbidden = |file: &str| -> &[&str] {
        match file {
            file if file.starts_with("handler/src/movie") => &["lambda_runtime", "aws_"],
            file if file.starts_with("handler/src/dynamodb") => &["lambda_runtime"],
            file if file.starts_with("handler/src/") => &["aws_sdk_", "aws_config", "hyper"],
            file if file.starts_with("xtask/src/diagnosis") => &PURE,
            file if file.starts_with("xtask/src/inspection") => &PURE,
            file if file.starts_with("xtask/src/change_set/") => &PURE,
            file if file.starts_with("xtask/src/comparison/") => &PURE,
            file if file.starts_with("xtask/src/display") => &PURE,
            file if file.starts_with("xtask/src/graph") => &PURE,
            file if file.starts_with("xtask/src/limits") => &PURE,
            "xtask/src/load/running.rs" => &["aws_sdk_", "aws_config"],
            file if file.starts_with("xtask/src/load/") => &PURE,
            file if file.starts_with("xtask/src/rename") => &PURE,
            "xtask/src/adoption.rs"
            | "xtask/src/api_keys.rs"
            | "xtask/src/asset.rs"
            | "xtask/src/assembly.rs"
            | "xtask/src/assembly/checks.rs"
            | "xtask/src/backtrace.rs"
            | "xtask/src/change_set.rs"
            | "xtask/src/comparison.rs"
            | "xtask/src/doctor.rs"
            | "xtask/src/elf.rs"
            | "xtask/src/estimate.rs"
            | "xtask/src/event.rs"
            | "xtask/src/flattening.rs"
            | "xtask/src/handler/comparison.rs"
            | "xtask/src/intrinsics.rs"
            | "xtask/src/log_line.rs"
            | "xtask/src/parameters.rs"
            | "xtask/src/rules.rs"
            | "xtask/src/sbom.rs"
            | "xtask/src/source.rs"
            | "xtask/src/stack.rs"
            | "xtask/src/stage_file.rs"
            | "xtask/src/stage_file/editing.rs"
            | "xtask/src/stage_file/reading.rs"
            | "xtask/src/status.rs"
            | "xtask/src/status/cost.rs"
            | "xtask/src/template.rs"
            | "xtask/src/template/positions.rs"
            | "xtask/src/trace.rs" => &PURE,
            // A server that the calls are tested against.
            "xtask/src/aws/recorded.rs" => &[],
            file if file.starts_with("xtask/src/aws") => {
                &["cfnkit_console::screen", "println!", "std::io"]
            }
            "xtask/src/tidy.rs" => &[],
            file if file.starts_with("xtask/") => &["aws_sdk_", "aws_config"],
            _ => &[],
        }
    };
    for (path, text) in [sources_in("handler/src"), sources_in("xtask/src")].concat() {
        let file = path.strip_prefix(root()).unwrap().to_str().unwrap();
        for word in forbidden(file) {
            assert!(
                !code_of(&text).contains(word),
                "{file} must not name `{word}`"
            );
        }
    }
}

/// A step that two commands share is a module of its own, below them.
#[test]
fn commands_do_not_call_each_other() {
    let directory = root().join("xtask/src/commands");
    let of = |path: &Path| -> String {
        let path = path.strip_prefix(&directory).unwrap().with_extension("");
        path.iter().next().unwrap().to_str().unwrap().to_owned()
    };
    let sources = sources_in("xtask/src/commands");
    let commands: BTreeSet<String> = sources.iter().map(|(path, _)| of(path)).collect();
    assert!(commands.contains("deploy"));
    let callable = |name: &String, path: &Path| name == "args" || *name == of(path);
    for (path, text) in &sources {
        // From a file of a command's own directory, its siblings are one `super` further.
        let up = path.strip_prefix(&directory).unwrap().iter().count();
        let up = "super::".repeat(up);
        for name in commands.iter().filter(|name| !callable(name, path)) {
            for call in [format!("use {up}{name}"), format!("commands::{name}")] {
                assert!(!text.contains(&call), "{} names `{call}`", path.display());
            }
        }
    }
}

#[test]
fn every_module_says_what_it_owns() {
    for (path, text) in [sources_in("handler/src"), sources_in("xtask/src")].concat() {
        let is_tests = path.file_name().unwrap() == "tests.rs";
        assert!(is_tests || text.starts_with("//! "), "{}", path.display());
    }
}

/// Elsewhere, an output that cannot be written would be a panic or no failure.
#[test]
fn nothing_but_the_screen_writes_to_the_screen() {
    for (path, text) in sources_in("xtask/src") {
        if path.ends_with("screen.rs") || path.components().any(|one| one.as_os_str() == "tidy") {
            continue;
        }
        // Asking for the width writes nothing.
        let text = text.replace("terminal_size_of(std::io::std", "");
        for word in ["print!(", "println!(", "stdout()", "stderr()"] {
            let word = format!("{}{word}", if word.ends_with("()") { "io::" } else { "" });
            assert!(
                path.ends_with("tidy.rs") || !code_of(&text).contains(&word),
                "{}: `{word}`",
                path.display()
            );
        }
    }
}

#[test]
fn unfinished_work_is_an_issue_and_not_a_comment() {
    for (path, text) in [sources_in("handler/src"), sources_in("xtask/src")].concat() {
        for word in [
            concat!("TO", "DO"),
            concat!("FIX", "ME"),
            concat!("#[ign", "ore"),
        ] {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
    }
}
