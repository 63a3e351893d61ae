//! `package`: the handler as a zip for Lambda.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use xshell::Shell;

use super::args::parse_sha256;
use crate::program::service;
use cfnkit_assembly::service::Function;
use cfnkit_console::screen::{self, STRONG};
use cfnkit_console::workflow_run;
use cfnkit_package::dependencies;
use cfnkit_package::inputs::Inputs;
use cfnkit_package::packaging::growth;
use cfnkit_package::packaging::manifest::{Manifest, manifest_name};
use cfnkit_package::packaging::verify::verify;
use cfnkit_package::packaging::{self, Package as Zip, Reuse, Target};
use cfnkit_package::sbom;
use cfnkit_tools::architecture::Architecture;
use cfnkit_tools::digest::hex;
use cfnkit_tools::workspace::Workspace;

/// Build the handler for Lambda, check the result and zip it.
///
/// The zip is for Amazon Linux 2023 on arm64, and the same commit gives the same bytes, wherever
/// and whenever it is built. Beside it are `handler.json`, which says what it was made of, and the
/// symbols that `symbolize` reads, under the zip's hash.
///
/// What is missing for the cross build is installed into `target/tools/`, pinned by version and
/// hash. Where nothing the handler is built from has changed, nothing is done. RUSTFLAGS and the
/// like are respected; `target-cpu=native` is refused.
#[derive(Debug, clap::Args)]
pub struct Package {
    /// Functions to package; all without one.
    #[arg(value_name = "NAME")]
    pub(crate) functions: Vec<String>,
    /// Architecture of the function; `deploy` uses arm64.
    #[arg(long, value_name = "ARCHITECTURE", value_enum, default_value_t = Architecture::Arm64)]
    pub target: Architecture,
    /// Say which inputs have changed since the last package, and whether that changed the zip.
    #[arg(long)]
    pub(crate) explain: bool,
    /// Build twice, the second time in another directory and from nothing, and compare.
    ///
    /// Where the two differ, the file or section that does is named.
    #[arg(long, conflicts_with = "local")]
    pub verify: bool,
    /// Also write the bill of materials, CycloneDX JSON, to `handler.cdx.json` beside the zip.
    #[arg(long, conflicts_with = "local")]
    pub(crate) sbom: bool,
    /// Say how much larger or smaller it is than an earlier package, whose `handler.json` this is.
    ///
    /// The file is read before the build, so it may be the one that the build replaces. Where it
    /// is missing there is nothing to compare with, which is said and is no failure.
    #[arg(long, value_name = "MANIFEST", conflicts_with = "local")]
    pub(crate) compare_with: Option<PathBuf>,
    /// Fail unless the zip has this SHA-256, which another machine found.
    #[arg(long, value_name = "SHA256", conflicts_with = "local", value_parser = parse_sha256)]
    pub(crate) expect_sha256: Option<String>,
    /// Build for this machine instead, as the local cloud runs it.
    #[arg(long, conflicts_with = "target")]
    pub local: bool,
}

impl Package {
    /// Packages the functions that are named, or all.
    ///
    /// # Errors
    ///
    /// No function is called so, or a flag is about one zip and there would be several.
    pub fn run(self, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
        let target = match self.local {
            true => Target::LocalCloud,
            false => Target::Lambda(self.target),
        };
        let functions = self.chosen()?;
        if functions.len() > 1 && (self.compare_with.is_some() || self.expect_sha256.is_some()) {
            anyhow::bail!(
                "`--compare-with` and `--expect-sha256` are about one zip; name its function: \
                 `cargo xtask package NAME`"
            );
        }
        for function in &functions {
            if functions.len() > 1 {
                screen::show(format!("{STRONG}{}{STRONG:#}", function.name));
            }
            self.one(sh, workspace, function, target)?;
        }
        Ok(())
    }

    fn chosen(&self) -> anyhow::Result<Vec<&'static Function>> {
        let all = service().functions;
        if self.functions.is_empty() {
            return Ok(all.iter().collect());
        }
        let names = self.functions.iter();
        let chosen = names.map(|name| {
            service().function(name).with_context(|| {
                let names: Vec<&str> = all.iter().map(|function| function.name).collect();
                let names = names.join(", ");
                format!("this service has no function `{name}`; it has: {names}")
            })
        });
        chosen.collect()
    }

    fn one(
        &self,
        sh: &Shell,
        workspace: &Workspace,
        function: &'static Function,
        target: Target,
    ) -> anyhow::Result<()> {
        let before = Manifest::read(&target.directory(workspace), function);
        let earlier = match &self.compare_with {
            Some(path) => earlier(path)?,
            None => None,
        };
        if self.explain {
            let inputs = packaging::inputs(sh, workspace, function, target)?;
            explain_inputs(workspace, function, target, before.as_ref(), &inputs);
        }
        let zip = match self.verify {
            true => {
                let repeat = ["--target", self.target.name()];
                verify(sh, workspace, function, target, &repeat)?
            }
            false => packaging::package(sh, workspace, function, target, Reuse::IfUpToDate)?,
        };
        if !zip.fresh {
            screen::progress("up to date, nothing to do");
        }
        if self.explain {
            explain_output(before.as_ref(), &zip);
        }
        if self.verify {
            screen::progress("a second build elsewhere gave the same bytes");
        }
        show(workspace, function, target, &zip);
        if let Some(earlier) = &earlier {
            let (now, then) = (&zip.manifest.output, &earlier.output);
            let change = growth::change(now.zip_bytes, then.zip_bytes);
            screen::show(format!("change    {change}"));
        }
        self.report(&zip.manifest, earlier.as_ref())?;
        if self.sbom {
            let file = format!("{}.cdx.json", function.name);
            let path = target.directory(workspace).join(file);
            let triple = self.target.triple();
            let dependencies = dependencies::of_package(sh, workspace, function.package, triple)?;
            let program = sbom::Program {
                zip_sha256: zip.asset.sha256,
                triple,
            };
            let bill = sbom::cyclonedx(&dependencies, &program)?;
            packaging::replace(&path, bill.as_bytes())?;
            screen::show(format!("sbom      {}", workspace.display(&path)));
        }
        match &self.expect_sha256 {
            Some(expected) => expect(&zip.manifest, expected),
            None => Ok(()),
        }
    }

    /// Tells the workflow, where one runs this.
    fn report(&self, package: &Manifest, earlier: Option<&Manifest>) -> anyhow::Result<()> {
        let earlier = earlier.map(|earlier| ("before", earlier));
        workflow_run::summarize(&growth::markdown(package, earlier))?;
        Ok(workflow_run::set_output(
            "sha256",
            &package.output.zip_sha256,
        )?)
    }
}

/// The manifest of an earlier package, where it is there.
///
/// # Errors
///
/// It is there and is no manifest.
fn earlier(path: &Path) -> anyhow::Result<Option<Manifest>> {
    if !path.exists() {
        screen::say(format!(
            "no `{}`: there is no earlier package to compare with",
            path.display()
        ));
        return Ok(None);
    }
    let earlier = Manifest::read_file(path);
    let earlier = earlier
        .with_context(|| format!("`{}` is no `handler.json` of `package`", path.display()))?;
    Ok(Some(earlier))
}

fn expect(package: &Manifest, expected: &str) -> anyhow::Result<()> {
    let found = &package.output.zip_sha256;
    if found == expected {
        screen::progress("the zip is the expected one");
        return Ok(());
    }
    anyhow::bail!(
        "the zip has the SHA-256 {found}, and {expected} was expected; compare the two \
         `handler.json`: what differs between the machines is an input, or is missing there"
    )
}

fn show(workspace: &Workspace, function: &Function, target: Target, zip: &Zip) {
    let output = &zip.manifest.output;
    screen::show(format!("path      {}", workspace.display(&zip.path)));
    screen::show(format!(
        "size      {} bytes, {} unzipped",
        output.zip_bytes, output.bootstrap_bytes
    ));
    screen::show(format!("sha256    {}", hex(&zip.asset.sha256)));
    let manifest = zip.path.with_file_name(manifest_name(function));
    screen::show(format!("manifest  {}", workspace.display(&manifest)));
    if target != Target::LocalCloud {
        let symbols = packaging::symbols(&zip.path, &output.zip_sha256);
        screen::show(format!("symbols   {}", workspace.display(&symbols)));
    }
}

/// Why there will be a build, or why there was the last one.
fn explain_inputs(
    workspace: &Workspace,
    function: &Function,
    target: Target,
    before: Option<&Manifest>,
    inputs: &Inputs,
) {
    let Some(before) = before else {
        screen::show("no package yet: everything is new");
        return;
    };
    let differences = inputs.differences(&before.inputs);
    if !differences.is_empty() {
        screen::show("changed since the last package:");
        for difference in differences {
            screen::show(format!("  {difference}"));
        }
        return;
    }
    screen::show("nothing has changed since the last package");
    let Some(previous) = Manifest::read_previous(&target.directory(workspace), function) else {
        return;
    };
    screen::show("it differs from the one before in:");
    for difference in before.inputs.differences(&previous.inputs) {
        screen::show(format!("  {difference}"));
    }
    compare_zips(&previous, before);
}

fn explain_output(before: Option<&Manifest>, zip: &Zip) {
    if let Some(before) = before
        && before.inputs != zip.manifest.inputs
    {
        compare_zips(before, &zip.manifest);
    }
}

fn compare_zips(before: &Manifest, after: &Manifest) {
    let (before, after) = (&before.output, &after.output);
    if before.zip_sha256 == after.zip_sha256 {
        screen::show("the zip stayed the same: nothing of this reaches the binary");
        return;
    }
    let grown = after.zip_bytes.cast_signed() - before.zip_bytes.cast_signed();
    screen::show(format!(
        "the zip changed: {} -> {} ({grown:+} bytes)",
        &before.zip_sha256[..12],
        &after.zip_sha256[..12],
    ));
}
