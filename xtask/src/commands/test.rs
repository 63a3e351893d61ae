//! `test`: everything that must hold before a change is merged.

use anyhow::Context as _;
use xshell::{Shell, cmd};

use crate::fuzzing::{check_compiler, fuzz};
use crate::packaged::check_packaged;
use crate::passed::{Passed, Scope};
use crate::service::SERVICE;
use cfnkit_assembly::assembly::Cloud;
use cfnkit_cli::commands::lint::{add_template_step, finish};
use cfnkit_console::report::Reporter;
use cfnkit_console::screen;
use cfnkit_lint::linting::{add_code_steps, add_stage_steps, add_workflow_step};
use cfnkit_lint::step::{Counts, Steps, cargo_test};
use cfnkit_package::packaging::verify::verify;
use cfnkit_package::packaging::{Reuse, package};
use cfnkit_tools::tool;
use cfnkit_tools::workspace::Workspace;

/// The slowest tests of the templates: each rule is weakened, and somebody must notice.
const MUTATION: &str = "mutation::";

/// The tests of what others do with this repository.
const DOWNSTREAM: &str = "downstream::";

/// Those of the integration tests that need no AWS, nor a local one.
const PACKAGING: [&str; 3] = ["built::", "packaging::", "symbols::"];

/// What the handler's tests read: its own files, how it is called, and what it may do.
const OF_HANDLER: [&str; 4] = [
    "handler",
    "infra/cfn/api.yaml",
    "infra/cfn/identity.yaml",
    "infra/cfn/network.yaml",
];

/// What is in the handler's directory and no part of it.
const BESIDE_HANDLER: [&str; 2] = ["handler/bench", "handler/fuzz"];

/// For tests that spend half of their time waiting for clocks and for programs that start.
const SIDE_BY_SIDE: [&str; 3] = ["--", "--test-threads", "4"];

/// What is nothing to programs.
const DOCUMENTS: [&str; 6] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "docs",
];

/// Run the checks before a commit: lint, the tests of handler, crates, templates and tool, and all
/// of it against a local cloud.
///
/// A step is left out where everything that it reads is as it was when it passed, or where it takes
/// minutes and a flag asks for it; the table says so. The dependencies are left to `cargo xtask
/// lint`, which builds cargo-deny for them.
///
/// The integration tests start and stop local clouds of their own.
#[derive(Debug, clap::Args)]
pub struct Test {
    /// Also run what passed with everything as it is now.
    #[arg(long)]
    all: bool,
    /// Also try what others do with this repository: compile the crates as they would be published,
    /// and build, test and deploy `examples/intake` and a repository that `new` writes.
    #[arg(long)]
    downstream: bool,
    /// Also hold the arm64 zip's `bootstrap` against the contract, in AWS's Lambda runtime
    /// interface emulator.
    ///
    /// On a host of another architecture this needs Debian's `qemu-user-static` and
    /// `libc6-arm64-cross`.
    #[arg(long)]
    arm64: bool,
    /// Also open the report of a load test and every page of the documentation in Chromium, at a
    /// desktop's and a phone's width, and fail for what its console says.
    ///
    /// This needs Debian's `chromium` and `chromium-driver`. The pictures are in `target/browser/`.
    #[arg(long)]
    browser: bool,
    /// Also build the package twice, the second time in another directory and from nothing, and
    /// compare.
    #[arg(long)]
    verify: bool,
    /// Also feed the handler with generated inputs, for so many seconds [default: 30].
    ///
    /// This needs a C++ compiler. `cargo xtask fuzz` does the same for longer.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "30")]
    fuzz: Option<u32>,
}

impl Test {
    pub(crate) fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        if self.arm64 {
            // Better known now than after ten minutes of other tests.
            find_qemu(sh)?;
        }
        if self.browser {
            find_browser(sh)?;
        }
        if self.fuzz.is_some() {
            check_compiler(sh)?;
        }
        let reporter = workspace.reporter();
        let test_ours = |targets: &[&str]| test_ours(sh, reporter, targets);
        let passed = Passed::new(sh, workspace, self.all)?;
        let mut steps = Steps::new(reporter);
        let handler = &SERVICE.functions[0];
        let _directory = sh.push_dir(workspace.root());
        // Cargo itself knows what has changed for these, and the others take no time.
        add_code_steps(&mut steps, sh, workspace);
        add_stage_steps(&mut steps, workspace, &SERVICE);
        let rules = Scope {
            packages: &["cfnkit-lint"],
            paths: &["infra"],
            ..Scope::default()
        };
        passed.unless(&mut steps, "templates", rules, |steps| {
            add_template_step(steps, sh, workspace, &SERVICE);
        })?;
        let workflows = Scope {
            packages: &["cfnkit-lint"],
            paths: &[".github"],
            ..Scope::default()
        };
        passed.unless(&mut steps, "workflows", workflows, |steps| {
            add_workflow_step(steps, sh, workspace);
        })?;
        let of_handler = Scope {
            paths: &OF_HANDLER,
            but: &BESIDE_HANDLER,
            ..Scope::default()
        };
        passed.unless(&mut steps, "handler", of_handler, |steps| {
            steps.run("handler", || {
                let packages = ["--package", "handler", "--package", "rig"];
                cargo_test(sh, reporter, &[&packages[..], &SIDE_BY_SIDE].concat())
            });
        })?;
        let crates = Scope {
            paths: &["crates", "xtask"],
            ..Scope::default()
        };
        passed.unless(&mut steps, "crates", crates, |steps| {
            steps.run("crates", || test_ours(&["--lib"]));
        })?;
        passed.unless(&mut steps, "weakened rules", rules, |steps| {
            steps.run("weakened rules", || {
                test_ours(&["--test", "templates", MUTATION])
            });
        })?;
        // These read the whole repository, and it does not take long.
        steps.run("promises", || {
            test_ours(&["--test", "templates", "--", "--skip", MUTATION])
        });
        steps.run("xtask", || {
            test_ours(&["--test", "tidy", "--test", "against"])
        });
        // What needs no AWS is compiled of these alone.
        let packaging = Scope {
            packages: &["xtask"],
            paths: &["handler"],
            but: &BESIDE_HANDLER,
        };
        passed.unless(&mut steps, "packaging", packaging, |steps| {
            steps.run("packaging", || {
                let it = ["--test", "it"];
                test_ours(&[&it[..], &SIDE_BY_SIDE, &PACKAGING].concat())
            });
        })?;
        let programs = Scope {
            paths: &[""],
            but: &DOCUMENTS,
            ..Scope::default()
        };
        passed.unless(&mut steps, "integration tests", programs, |steps| {
            steps.run("integration tests", || {
                let mut it = [&["--test", "it"], &SIDE_BY_SIDE[..]].concat();
                let others = PACKAGING.iter().chain([&DOWNSTREAM]);
                it.extend(others.flat_map(|others| ["--skip", others]));
                test_ours(&it)
            });
        })?;
        let engine = Scope {
            paths: &["crates", "infra", "xtask"],
            ..Scope::default()
        };
        passed.unless(&mut steps, "deploy engine", engine, |steps| {
            steps.run("deploy engine", || {
                test_ours(&[&["--test", "engine"], &SIDE_BY_SIDE[..]].concat())
            });
        })?;
        let benchmarks = Scope {
            // With the file whose line they change.
            paths: &["handler/bench", "handler/src/event/reply.rs"],
            ..Scope::default()
        };
        passed.unless(&mut steps, "benchmarks", benchmarks, |steps| {
            steps.run("benchmarks", || {
                let target = workspace.target().join("bench-build").display().to_string();
                // The driver alone would compile a TLS library for minutes.
                let package = ["--package", "packaging", "--target-dir", &target];
                let manifest = ["--manifest-path", "handler/bench/Cargo.toml"];
                cargo_test(sh, reporter, &[&manifest[..], &package].concat())
            });
        })?;
        if self.downstream {
            passed.unless(&mut steps, "packaged crates", crates, |steps| {
                steps.run("packaged crates", || check_packaged(sh, workspace));
            })?;
            passed.unless(&mut steps, "downstream", programs, |steps| {
                steps.run("downstream", || test_ours(&["--test", "it", DOWNSTREAM]));
            })?;
        } else {
            steps.leave_out("packaged crates", "with --downstream");
            steps.leave_out("downstream", "with --downstream");
        }
        steps.run_for(self.verify, "--verify", "same bytes", || {
            verify(sh, workspace, handler, Cloud::Aws.into(), &[]).map(drop)
        });
        steps.run_for(self.arm64, "--arm64", "arm64", || {
            let package = package(sh, workspace, handler, Cloud::Aws.into(), Reuse::IfUpToDate)?;
            let rie = tool::RUNTIME_EMULATOR.provide(sh, workspace)?;
            let _zip = sh.push_env("HANDLER_ZIP", &package.path);
            let _rie = sh.push_env("RUNTIME_EMULATOR_BIN", rie);
            test_ours(&["--test", "arm64"])
        });
        steps.run_for(self.browser, "--browser", "browser", || {
            test_ours(&["--test", "browser"])
        });
        steps.run_for(self.fuzz.is_some(), "--fuzz", "fuzz", || {
            let fuzzed = fuzz(sh, workspace, self.fuzz.unwrap_or_default())?;
            screen::say(format!("{} executions", fuzzed.executions));
            anyhow::Ok(())
        });
        finish(&steps)
    }
}

/// Runs tests of crates, templates or tool. The same packages are asked for whichever tests they
/// are, so that features are the same and what the tests share is compiled once for all steps.
fn test_ours(sh: &Shell, reporter: &dyn Reporter, targets: &[&str]) -> anyhow::Result<Counts> {
    let packages = ["--workspace", "--exclude", "handler", "--exclude", "rig"];
    Ok(cargo_test(sh, reporter, &[&packages, targets].concat())?)
}

fn find_browser(sh: &Shell) -> anyhow::Result<()> {
    for program in ["chromium", "chromedriver"] {
        let found = cmd!(sh, "{program} --version")
            .quiet()
            .ignore_stdout()
            .run();
        found.with_context(|| {
            format!("`--browser` needs `{program}`: `apt-get install chromium chromium-driver`")
        })?;
    }
    Ok(())
}

fn find_qemu(sh: &Shell) -> anyhow::Result<()> {
    if cfg!(target_arch = "aarch64") {
        return Ok(());
    }
    let found = cmd!(sh, "qemu-aarch64-static --version")
        .quiet()
        .ignore_stdout()
        .run();
    found.context(
        "`--arm64` runs the handler under qemu: `apt-get install qemu-user-static libc6-arm64-cross`",
    )?;
    if !std::path::Path::new("/usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1").exists() {
        anyhow::bail!(
            "`--arm64` needs the C library for arm64: `apt-get install libc6-arm64-cross`"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use cfnkit_tools::checkout::files_below;

    use super::*;

    /// With one more, the step would not run again where that one changes.
    #[test]
    fn the_handlers_tests_read_these_templates_and_no_other() {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../handler/tests");
        let mut read = BTreeSet::from(["handler".to_owned()]);
        for file in files_below(&tests).unwrap() {
            let text = std::fs::read_to_string(file).unwrap();
            let words = text.split(['"', '/']);
            let templates = words.filter(|word| word.ends_with(".yaml"));
            read.extend(templates.map(|name| format!("infra/cfn/{name}")));
        }
        let known = OF_HANDLER.map(ToOwned::to_owned);
        assert_eq!(read, BTreeSet::from(known));
    }
}
