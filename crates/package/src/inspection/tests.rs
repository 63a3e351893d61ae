use std::path::Path;

use super::*;
use cfnkit_scripted_cloud::program::Program;
use cfnkit_tools::architecture::Architecture;

mod archives;
mod damage;
mod executables;
mod surroundings;

/// As `cargo xtask package` zips.
fn zipped(executable: &[u8]) -> Vec<u8> {
    crate::archive::zip_bootstrap(executable).unwrap()
}

const ARM64: Expected<'_> = Expected {
    architecture: Architecture::Arm64,
    flags: &[],
    private: &[],
};

/// What is wrong with this program in an otherwise right zip, as it is printed.
fn findings(program: &Program) -> Vec<String> {
    findings_in(&zipped(&program.bytes()), &ARM64)
}

fn findings_in(zip: &[u8], expected: &Expected<'_>) -> Vec<String> {
    inspect(zip, expected)
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// The one finding there has to be, as it is printed.
#[track_caller]
fn only(findings: Vec<String>) -> String {
    let [finding] = <[String; 1]>::try_from(findings).unwrap();
    finding
}

#[track_caller]
fn problem_of(finding: &str) -> &str {
    let (problem, rest) = finding.split_once("\n  on Lambda: ").unwrap();
    let (consequence, remedy) = rest.split_once("\n  to mend: ").unwrap();
    assert!(!consequence.is_empty() && !remedy.is_empty(), "{finding}");
    assert!(!problem.contains('\n'), "{finding}");
    problem
}

/// The first line of the one finding.
#[track_caller]
fn problem(program: &Program) -> String {
    problem_of(&only(findings(program))).to_owned()
}

#[test]
fn a_good_program_in_a_good_zip_passes() {
    assert_eq!(findings(&Program::good()), [""; 0]);
    let other = Expected {
        architecture: Architecture::X86_64,
        ..ARM64
    };
    let zip = zipped(&Program::good_for_x86_64().bytes());
    assert_eq!(findings_in(&zip, &other), [""; 0]);
}

#[test]
fn a_finding_says_what_happens_and_what_to_do() {
    let finding = only(findings(&Program::good_for_x86_64()));
    expect_test::expect![[r#"
        `bootstrap` is for x86_64, not arm64
          on Lambda: the function would fail at its first start with `exec format error` (Runtime.InvalidEntrypoint)
          to mend: `cargo xtask package --target arm64`"#]]
    .assert_eq(&finding);
}
