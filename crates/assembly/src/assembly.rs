//! From the template directory and the handler's zip to an assembly: everything a deploy needs,
//! as the same bytes for the same commit. No credentials, no clock, no network.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use crate::asset::Asset;
use crate::deployment_hash::with_deployment_hash;
use crate::omission::{Omission, omit_unsupported};
use crate::service::{Function, Service};
use crate::stage::Stage;
use cfnkit_console::error::{Context as _, Result};
use cfnkit_template::parameters::Parameters;
use cfnkit_template::references::check_references;
use cfnkit_template::stack_tree::{StackTree, nested_stacks, read_template};
use cfnkit_template::template::Template;
use cfnkit_tools::digest::hex;

use checks::{check_interface, check_size, missing_template};

mod checks;
#[cfg(test)]
mod tests;

/// CloudFormation's limit for a template in the request itself; the root travels there, and in the
/// asset bucket where it is larger.
pub const INLINE_BYTES: usize = 51_200;

/// Where an assembly is deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cloud {
    /// An account at AWS.
    Aws,
    /// The emulator on this machine.
    Local,
}

/// Templates and assets, ready to publish and deploy.
#[derive(Debug)]
pub struct Assembly {
    /// What it is for.
    pub stage: Stage,
    /// What the stage's file chooses, for who deploys what was written.
    pub stage_parameters: Parameters,
    /// What is deployed of `infra/cfn`.
    pub templates: AssembledTemplates,
    /// The zip of each function, in the service's order.
    pub functions: Vec<FunctionAsset>,
}

/// A function's zip.
#[derive(Debug)]
pub struct FunctionAsset {
    /// Whose code it is.
    pub function: &'static Function,
    /// The zip, and its key in the asset bucket.
    pub asset: Asset,
}

/// Templates that fit each other, as they are deployed.
#[derive(Debug)]
pub struct AssembledTemplates {
    /// The template that names all others and every key.
    pub root: Template,
    /// The same as an asset, where it is too large for a request.
    pub root_asset: Option<Asset>,
    /// By logical ID in the root.
    pub nested: BTreeMap<String, NestedTemplate>,
    /// What the local cloud does not get; empty for AWS.
    pub omissions: Vec<Omission>,
}

/// A nested stack's template and the file it becomes in the asset bucket.
#[derive(Debug)]
pub struct NestedTemplate {
    /// As it is deployed.
    pub template: Template,
    /// The bytes of `template`.
    pub asset: Asset,
    /// The root parameter that takes the asset's key.
    pub key_parameter: String,
}

impl AssembledTemplates {
    /// Reads the templates in `directory` and checks what can be checked without an account.
    ///
    /// # Errors
    ///
    /// A template cannot be read or parsed, is larger than CloudFormation takes, or refers to what
    /// is not there; or a nested stack has no template, is not given what that declares, or does
    /// not have an output that is read.
    pub fn read(directory: &Path, cloud: Cloud) -> Result<Self> {
        Self::below(read_template(directory, "root.yaml")?, directory, cloud)
    }

    /// The same for a root that was read.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub fn below(root: Template, directory: &Path, cloud: Cloud) -> Result<Self> {
        let mut omissions = Vec::new();
        let mut prepare = |template: Template| -> Result<Template> {
            let template = with_deployment_hash(template)?;
            let template = match cloud {
                Cloud::Aws => template,
                Cloud::Local => {
                    let (template, omitted) = omit_unsupported(template)?;
                    omissions.extend(omitted);
                    template
                }
            };
            check_references(&template)?;
            Ok(template)
        };
        let root = prepare(root)?;
        check_size(&root)?;
        let root_asset = (root.text().len() > INLINE_BYTES)
            .then(|| Asset::new("root.yaml", root.text().as_bytes().to_vec()));
        let mut nested = BTreeMap::new();
        for logical_id in nested_stacks(&root) {
            let file = format!("{}.yaml", logical_id.to_lowercase());
            if !directory.join(&file).exists() {
                return Err(missing_template(&root, &logical_id, &file).into());
            }
            let template = prepare(read_template(directory, &file)?)?;
            check_size(&template)?;
            check_interface(&root, &logical_id, &template)?;
            let asset = Asset::new(&file, template.text().as_bytes().to_vec());
            let key_parameter = key_parameter(&logical_id);
            nested.insert(
                logical_id,
                NestedTemplate {
                    template,
                    asset,
                    key_parameter,
                },
            );
        }
        Ok(Self {
            root,
            root_asset,
            nested,
            omissions,
        })
    }

    /// The root parameters that an assembly of these decides itself.
    /// `key` says which key a function's zip has.
    pub fn parameters(&self, stage: &Stage, key: impl Fn(&Function) -> String) -> Parameters {
        let keys = self.nested.values();
        let keys = keys.map(|nested| (nested.key_parameter.clone(), nested.asset.key.clone()));
        let functions = stage.service().functions.iter();
        let functions = functions.map(|one| (one.key_parameter.to_owned(), key(one)));
        keys.chain(functions)
            .chain([(STAGE.to_owned(), stage.to_string())])
            .collect()
    }

    /// The stacks as they would be with these root parameters.
    pub fn stack_tree(&self, parameters: Parameters) -> StackTree {
        let nested = self.nested.iter().map(|(logical_id, nested)| {
            let tree = StackTree {
                template: nested.template.clone(),
                parameters: Parameters::new(),
                nested: BTreeMap::new(),
            };
            (logical_id.clone(), tree)
        });
        StackTree {
            template: self.root.clone(),
            parameters,
            nested: nested.collect(),
        }
    }
}

impl Assembly {
    /// Everything that must be in the asset bucket before a deploy.
    pub fn assets(&self) -> impl Iterator<Item = &Asset> {
        let templates = self.templates.nested.values().map(|nested| &nested.asset);
        let functions = self.functions.iter().map(|function| &function.asset);
        let root = self.templates.root_asset.iter();
        root.chain(templates).chain(functions)
    }

    /// The root parameters that the assembly itself decides.
    pub fn parameters(&self) -> Parameters {
        self.templates.parameters(&self.stage, |function| {
            let mut functions = self.functions.iter();
            let found = functions.find(|one| one.function == function);
            found.map(|one| one.asset.key.clone()).unwrap_or_default()
        })
    }

    /// Replaces `directory` by this assembly. Readers never see half of one: it is written
    /// beside the directory and moved into place.
    ///
    /// # Errors
    ///
    /// `directory` has no parent, or the files cannot be written beside it: what is there stays
    /// then. Otherwise it cannot be removed, or the new one not be moved to its place.
    pub fn write(&self, directory: &Path) -> Result<()> {
        let parent = directory
            .parent()
            .context("the assembly directory has no parent")?;
        let write = || -> std::io::Result<()> {
            std::fs::create_dir_all(parent)?;
            let fresh = tempfile::Builder::new()
                .prefix(".assembly-")
                .tempdir_in(parent)?;
            std::fs::write(fresh.path().join("root.yaml"), self.templates.root.text())?;
            for asset in self.assets() {
                std::fs::write(fresh.path().join(&asset.name), &asset.bytes)?;
            }
            let manifest = serde_json::to_string_pretty(&self.manifest())?;
            std::fs::write(fresh.path().join("manifest.json"), manifest + "\n")?;
            if directory.exists() {
                std::fs::remove_dir_all(directory)?;
            }
            // A temporary directory is private to its user; an assembly is an ordinary one.
            std::fs::rename(fresh.keep(), directory)
        };
        write().with_context(|| format!("cannot write the assembly `{}`", directory.display()))
    }

    fn manifest(&self) -> Manifest<'_> {
        let mut parameters = self.stage_parameters.clone();
        parameters.extend(self.parameters());
        let template = |logical_id: Option<&str>, template: &Template, asset: Option<&Asset>| {
            let sha256 = cfnkit_tools::digest::sha256(template.text().as_bytes());
            ManifestTemplate {
                logical_id: logical_id.map(ToOwned::to_owned),
                file: file_name(template),
                key: asset.map(|asset| asset.key.clone()),
                sha256: hex(&sha256),
                bytes: template.text().len(),
                resources: template.resource_count(),
            }
        };
        let nested = self.templates.nested.iter();
        let nested = nested
            .map(|(id, nested)| template(Some(id.as_str()), &nested.template, Some(&nested.asset)));
        Manifest {
            version: 2,
            stage: self.stage.as_str(),
            stack: self.stage.stack_name(),
            templates: std::iter::once(template(None, &self.templates.root, None))
                .chain(nested)
                .collect(),
            functions: self.functions.iter().map(ManifestFunction::of).collect(),
            parameters,
            omitted: self
                .templates
                .omissions
                .iter()
                .map(|omission| format!("{} {}", omission.template, omission.logical_id))
                .collect(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest<'a> {
    version: u32,
    stage: &'a str,
    stack: String,
    templates: Vec<ManifestTemplate>,
    functions: Vec<ManifestFunction<'a>>,
    parameters: Parameters,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    omitted: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ManifestTemplate {
    #[serde(skip_serializing_if = "Option::is_none")]
    logical_id: Option<String>,
    file: String,
    /// Absent for the root, which travels in the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    sha256: String,
    bytes: usize,
    resources: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ManifestFunction<'a> {
    name: &'a str,
    file: &'a str,
    key: &'a str,
    sha256: String,
    bytes: usize,
}

impl<'a> ManifestFunction<'a> {
    fn of(function: &'a FunctionAsset) -> Self {
        let asset = &function.asset;
        Self {
            name: function.function.name,
            file: &asset.name,
            key: &asset.key,
            sha256: hex(&asset.sha256),
            bytes: asset.bytes.len(),
        }
    }
}

/// The template's name inside the assembly.
fn file_name(template: &Template) -> String {
    template
        .name()
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// The root parameters that a deploy sets itself, whatever the user chooses.
pub fn supplied_parameters(root: &Template, service: &Service) -> Vec<String> {
    let keys = nested_stacks(root)
        .into_iter()
        .map(|logical_id| key_parameter(&logical_id));
    let functions = service.functions.iter();
    let functions = functions.map(|function| function.key_parameter.to_owned());
    let names = &service.supplied;
    let others = [
        names.asset_bucket,
        names.encryption_key_arn,
        names.permissions_boundary_arn,
        STAGE,
    ];
    let others = others.into_iter().filter(|name| root.declares(name));
    let others = others.map(str::to_owned);
    keys.chain(functions).chain(others).collect()
}

/// The root parameter with the stage's own name.
pub(crate) const STAGE: &str = "Stage";

fn key_parameter(logical_id: &str) -> String {
    format!("{logical_id}TemplateKey")
}
