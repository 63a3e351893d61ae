//! Stage files, `infra/stages/<stage>.json`: what a stage has other than the templates' defaults,
//! and what a deploy turns on for it. They know neither the command line nor what is deployed.

use std::path::Path;

use crate::service::Service;
use crate::stage::Stage;
use cfnkit_console::error::{Context as _, Result};
use cfnkit_template::parameters::Parameters;
use cfnkit_template::source::{Problem, nearest};
use cfnkit_template::stack_tree::read_template;
use cfnkit_template::tag::Tags;
use cfnkit_template::template::Template;
use cfnkit_template::text_file;
use cfnkit_tools::workspace::Workspace;

mod editing;
mod reading;
#[cfg(test)]
mod tests;

pub use editing::with_parameter;
use reading::Said;
pub use reading::check_alarm;

/// From the repository's root.
const DIRECTORY: &str = "infra/stages";

/// What a stage's file says; the defaults where there is none.
#[derive(Debug, Clone)]
pub struct StageFile {
    stage: Stage,
    is_there: bool,
    /// A stage with a file and almost this name, where this one has none.
    meant: Option<Stage>,
    said: Said,
}

impl StageFile {
    /// What the file of `stage` says, checked against the root template.
    ///
    /// # Errors
    ///
    /// The file is there and cannot be read, or something in it is wrong: the error is the first
    /// problem with its place, and says how many more there are.
    pub fn read(workspace: &Workspace, stage: &Stage, root: &Template) -> Result<Self> {
        let name = file_name(stage.as_str());
        let path = workspace.root().join(&name);
        let text = match text_file::read(&path) {
            Ok(text) => text,
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => {
                let stages = stages(workspace)?;
                let meant = nearest(stage.as_str(), stages.iter().map(String::as_str));
                return Ok(Self {
                    meant: meant.and_then(|name| stage.service().stage(name).ok()),
                    ..Self::without(stage)
                });
            }
            Err(err) => return Err(err).context(format!("cannot read `{name}`")),
        };
        let said = reading::read(&name, &text, root, stage.service());
        let said = said.map_err(|problems| first(problems, &name))?;
        Ok(Self {
            is_there: true,
            said,
            ..Self::without(stage)
        })
    }

    /// What a stage has that no file speaks of.
    pub fn without(stage: &Stage) -> Self {
        Self {
            stage: stage.clone(),
            is_there: false,
            meant: None,
            said: Said::default(),
        }
    }

    /// The file, as the repository names it.
    pub fn name(&self) -> String {
        file_name(self.stage.as_str())
    }

    /// What to tell of a stage without a file, and the stage that was probably meant.
    pub fn absence(&self) -> Option<(String, Option<&Stage>)> {
        let text = || {
            format!(
                "stage `{}` has no file and the defaults of `infra/cfn/root.yaml`; \
                 `{}` would be the place for others",
                self.stage,
                self.name()
            )
        };
        (!self.is_there).then(|| (text(), self.meant.as_ref()))
    }

    /// The root's parameters that it chooses.
    pub fn parameters(&self) -> &Parameters {
        &self.said.parameters
    }

    /// Tags of the root stack beside those of every stage.
    pub fn tags(&self) -> &Tags {
        &self.said.tags
    }

    /// Whose file it is, there or not.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Whether people depend on it, so that every change of it is watched. Where the file does
    /// not say, the name does.
    pub fn is_production(&self) -> bool {
        let name = self.stage.as_str();
        let is_called_so = matches!(name, "production" | "prod");
        self.said.production.unwrap_or(is_called_so)
    }

    /// Whether the stack is to be protected; `None` leaves it as it is.
    pub fn termination_protection(&self) -> Option<bool> {
        self.said.termination_protection
    }

    /// The alarms that roll an update back, by ARN or by the root's output with it. Production
    /// has one unless its file says otherwise.
    pub fn rollback_alarms(&self) -> Vec<String> {
        match &self.said.rollback_alarms {
            Some(alarms) => alarms.clone(),
            None if self.is_production() => {
                let alarm = self.stage.service().health_alarm_output;
                alarm.map(ToOwned::to_owned).into_iter().collect()
            }
            None => Vec::new(),
        }
    }

    /// How many minutes rollback alarms are watched after an update; `None` where the file does not
    /// say.
    pub fn monitoring_minutes(&self) -> Option<i32> {
        self.said.monitoring_minutes
    }
}

/// The stages that have a file, by name.
///
/// # Errors
///
/// The directory is there and cannot be read.
pub fn stages(workspace: &Workspace) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let directory = workspace.root().join(DIRECTORY);
    let entries = match std::fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(names),
        Err(err) => return Err(err).context(format!("cannot read `{DIRECTORY}`")),
    };
    for entry in entries {
        let path = entry.context(format!("cannot read `{DIRECTORY}`"))?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
            && let Some(name) = path.file_stem().and_then(|name| name.to_str())
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Everything that is wrong with any stage's file; `Err` is for what cannot be read at all.
///
/// # Errors
///
/// The root template cannot be read or parsed, or the text of a stage's file cannot be read.
pub fn check_all(workspace: &Workspace, service: &'static Service) -> Result<Vec<Problem>> {
    let root = read_template(&workspace.templates(), "root.yaml")?;
    check_against(workspace, service, &root)
}

fn check_against(
    workspace: &Workspace,
    service: &'static Service,
    root: &Template,
) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for stage in stages(workspace)? {
        let name = file_name(&stage);
        if let Err(reason) = service.stage(&stage) {
            let problem = Problem::new(format!("`{name}` can be no stage's file: {reason}"));
            problems.push(problem.mend("rename it"));
        }
        let text = read_text(&workspace.root().join(&name), &name)?;
        problems.extend(
            reading::read(&name, &text, root, service)
                .err()
                .unwrap_or_default(),
        );
    }
    Ok(problems)
}

fn read_text(path: &Path, name: &str) -> Result<String> {
    text_file::read(path).with_context(|| format!("cannot read `{name}`"))
}

fn file_name(stage: &str) -> String {
    format!("{DIRECTORY}/{stage}.json")
}

/// The first problem; how many more there are is said with it.
fn first(problems: Vec<Problem>, name: &str) -> Problem {
    let others = problems.len().saturating_sub(1);
    match problems.into_iter().next() {
        Some(problem) if others > 0 => {
            let more = format!("{others} more in this file");
            problem.note("beside it", more)
        }
        Some(problem) => problem,
        None => Problem::new(format!("`{name}` is wrong")),
    }
}
