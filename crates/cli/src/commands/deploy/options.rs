//! The flags of `deploy` that say how, and what they come to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Context as _;

use cfnkit_assembly::adoption;
use cfnkit_assembly::assembly::AssembledTemplates;
use cfnkit_assembly::stage_file::{StageFile, check_alarm};
use cfnkit_operation::options::{OnFailure, Options, Settings};
use cfnkit_operation::stack::{DeployAction, Stack};
use cfnkit_template::tag::Tags;
use cfnkit_template::template::Template;
use cfnkit_template::{parameters, tag};

#[cfg(test)]
mod tests;

/// How long CloudFormation watches the alarms where nothing else is said.
const MONITORING_MINUTES: i32 = 10;

/// In place of an alarm: none at all, whatever the stage's file says.
const NO_ALARM: &str = "none";

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "How it is done")]
pub struct OptionArgs {
    /// What becomes of the stack if this fails; `delete` is for a stack that is created.
    #[arg(long, value_enum, default_value = "rollback", value_name = "WHAT")]
    pub(crate) on_failure: OnFailure,

    /// Make and show the change set, and leave it to be executed later.
    #[arg(long, conflicts_with_all = ["change_set", "fast", "json", "termination_protection"])]
    pub no_execute: bool,

    /// Roll an update back when this alarm goes off; may be repeated. `none` turns off those of
    /// the stage's file.
    ///
    /// The alarm's ARN, or the output of `infra/cfn/root.yaml` that has it; an alarm of the stack's
    /// own is watched once it is deployed. Production is watched by the service's health alarm where
    /// neither this flag nor `RollbackAlarms` in its file says otherwise.
    #[arg(long = "rollback-alarm", value_name = "ALARM")]
    pub(crate) rollback_alarms: Vec<String>,

    /// How long the alarms are watched after the last resource, 0 to 180 [default: the stage's
    /// file, or 10].
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(i32).range(0..=180))]
    pub(crate) monitoring_time: Option<i32>,

    /// Protect the stack from being deleted, whatever the stage's file says; `=false` takes the
    /// protection away.
    ///
    /// Where neither says so it stays as it is.
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = clap::value_parser!(bool)
    )]
    pub termination_protection: Option<bool>,

    /// Tag the stack and everything in it; may be repeated.
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = parameters::parse_assignment)]
    pub tags: Vec<(String, String)>,

    /// Send the stack's events to this SNS topic; may be repeated.
    #[arg(long = "notify", value_name = "ARN")]
    pub(crate) notify: Vec<String>,

    /// The role CloudFormation acts with, now and in later operations.
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: Option<String>,

    /// Stop watching after this time, with exit code 4; CloudFormation goes on.
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: Option<u64>,

    /// Do not wait until what is configured is ready to serve (CloudFormation's express mode).
    #[arg(long)]
    pub express: bool,

    /// Take over what exists already under a name that a template writes out, instead of failing.
    ///
    /// That is how a stage gets a table with the items in it: the table's name is written into
    /// `infra/cfn/data.yaml`, and CloudFormation imports the table when it creates the stack.
    /// Look at the changes before you say yes: what is imported is called so.
    #[arg(long, conflicts_with_all = ["local", "change_set"])]
    pub(crate) import_existing: bool,
}

/// What a deploy does about the protection from being deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    Keep,
    /// The stack is protected and its file says that it is not to be.
    KeepAgainstFile,
    Set,
    Remove,
}

impl OptionArgs {
    /// Refuses what cannot be right, before anything is built or written.
    ///
    /// # Errors
    ///
    /// An alarm is neither an alarm's ARN nor an output of `root` that has one, `none` is not the
    /// only alarm, or `--monitoring-time` is beside `--express`.
    pub fn check(&self, root: &Template) -> anyhow::Result<()> {
        let alarms = self.rollback_alarms.iter();
        for alarm in alarms.filter(|alarm| *alarm != NO_ALARM) {
            check_alarm(root, alarm)?;
        }
        if self.rollback_alarms.len() > 1 && self.rollback_alarms.iter().any(|one| one == NO_ALARM)
        {
            anyhow::bail!("`--rollback-alarm none` stands alone");
        }
        if self.monitoring_time.is_some() && self.express {
            anyhow::bail!("`--express` does not wait, so there is no `--monitoring-time`");
        }
        Ok(())
    }

    /// Refuses tags that no stack can have, those of the stage's file among them.
    ///
    /// # Errors
    ///
    /// A tag of the command line is none that AWS takes or is given twice, or there are too many,
    /// see [`tag::check_count`].
    pub fn check_tags(&self, of_file: &Tags) -> anyhow::Result<()> {
        let mut given = Tags::new();
        for (key, value) in &self.tags {
            tag::check_key(key)
                .and_then(|()| tag::check_value(key, value))
                .map_err(anyhow::Error::msg)
                .with_context(|| format!("`--tag {key}=..`"))?;
            if given.insert(key.clone(), value.clone()).is_some() {
                anyhow::bail!("`--tag {key}=..` is given twice; leave one of them out");
            }
        }
        let all: Tags = of_file.clone().into_iter().chain(given).collect();
        tag::check_count(&all).map_err(anyhow::Error::msg)
    }

    /// The options for a deploy over `stack`, and what to tell of the alarms it is not watched by.
    ///
    /// # Errors
    ///
    /// `--on-failure delete` is given for an update, or `--monitoring-time` where there is no
    /// alarm.
    pub fn options(
        &self,
        stage_file: &StageFile,
        stack: Option<&Stack>,
    ) -> anyhow::Result<(Options, Option<String>)> {
        let updates = stack.filter(|stack| stack.status.deploy_action() == DeployAction::Update);
        if self.on_failure == OnFailure::Delete
            && let Some(stack) = updates
        {
            anyhow::bail!(
                "`--on-failure delete` is for a stack that is created, and `{}` exists; \
                 `rollback` and `keep` are for updates",
                stack.name
            );
        }
        let (rollback_alarms, unwatched) = self.alarms(stage_file, updates);
        if self.monitoring_time.is_some() && rollback_alarms.is_empty() && unwatched.is_none() {
            anyhow::bail!(
                "`--monitoring-time` says how long alarms are watched, and there are none; \
                 pass `--rollback-alarm`, too"
            );
        }
        let minutes = self.monitoring_time.or(stage_file.monitoring_minutes());
        let monitoring_minutes =
            (!rollback_alarms.is_empty()).then(|| minutes.unwrap_or(MONITORING_MINUTES));
        let options = Options {
            on_failure: self.on_failure,
            express: self.express,
            import_existing: self.import_existing,
            reverts_drift: false,
            role_arn: self.role_arn.clone(),
            notify: self.notify.clone(),
            rollback_alarms,
            monitoring_minutes,
            follow_for: self.follow_for(),
            keep_change_set: self.no_execute,
            only_parameters: None,
        };
        Ok((options, unwatched))
    }

    /// Whether a flag asks for something that a stack keeps.
    pub fn asks_for_settings(&self) -> bool {
        !self.notify.is_empty()
            || self.role_arn.is_some()
            || !self.rollback_alarms.is_empty()
            || self.monitoring_time.is_some()
    }

    /// The flags that a stack with `settings` does not have yet: for them alone, a deploy is no
    /// "no changes".
    pub fn unset(&self, options: &Options, settings: &Settings) -> Vec<&'static str> {
        let notify: BTreeSet<String> = self.notify.iter().cloned().collect();
        let alarms: BTreeSet<String> = options.rollback_alarms.iter().cloned().collect();
        let minutes = options.monitoring_minutes;
        let flags = [
            (
                "`--notify`",
                !notify.is_empty() && notify != settings.notify,
            ),
            (
                "`--role-arn`",
                self.role_arn.is_some() && self.role_arn != settings.role_arn,
            ),
            (
                "`--rollback-alarm`",
                !self.rollback_alarms.is_empty() && alarms != settings.rollback_alarms,
            ),
            (
                "`--monitoring-time`",
                self.monitoring_time.is_some() && minutes != settings.monitoring_minutes,
            ),
        ];
        let unset = flags.into_iter().filter(|(_, is_unset)| *is_unset);
        unset.map(|(flag, _)| flag).collect()
    }

    /// The ARNs of the alarms, and what to tell of those that are not there. CloudFormation fails
    /// an operation with an alarm that does not exist, and a stack has none of its own before it
    /// is created.
    fn alarms(
        &self,
        stage_file: &StageFile,
        updates: Option<&Stack>,
    ) -> (Vec<String>, Option<String>) {
        let wanted = match self.rollback_alarms.is_empty() {
            true => stage_file.rollback_alarms(),
            false => self.rollback_alarms.clone(),
        };
        if self.express && self.rollback_alarms.is_empty() {
            let unwatched = (!wanted.is_empty()).then(|| {
                let alarms = wanted.join(", ");
                format!("{alarms}: not watched in this deploy, `--express` does not wait for it")
            });
            return (Vec::new(), unwatched);
        }
        let (mut alarms, mut absent) = (Vec::new(), Vec::new());
        for alarm in wanted.into_iter().filter(|alarm| alarm != NO_ALARM) {
            let own = updates.and_then(|stack| stack.outputs.get(&alarm));
            match own {
                _ if alarm.starts_with("arn:") => alarms.push(alarm),
                Some(arn) => alarms.push(arn.clone()),
                None => absent.push(alarm),
            }
        }
        let unwatched = (!absent.is_empty()).then(|| {
            let absent = absent.join(", ");
            format!("{absent}: not deployed yet, and watched from the next deploy on")
        });
        (alarms, unwatched)
    }

    /// What becomes of the protection of `stack`. Nothing but the flag takes it away: what is no
    /// longer in a file may have been meant by somebody else.
    pub fn protection(&self, stage_file: &StageFile, stack: &Stack) -> Protection {
        let by_file = stage_file.termination_protection();
        match (self.termination_protection, by_file) {
            (Some(true), _) | (None, Some(true)) if !stack.termination_protection => {
                Protection::Set
            }
            (Some(false), _) if stack.termination_protection => Protection::Remove,
            (None, Some(false)) if stack.termination_protection => Protection::KeepAgainstFile,
            _ => Protection::Keep,
        }
    }

    /// What of the templates may be taken over; none where the flag is not given.
    ///
    /// # Errors
    ///
    /// `--import-existing` is given, and no template writes out the name of something that can be
    /// taken over.
    pub fn imports(&self, templates: &AssembledTemplates) -> anyhow::Result<Option<String>> {
        if !self.import_existing {
            return Ok(None);
        }
        let candidates = adoption::candidates(templates)?;
        Ok(Some(format!(
            "imported, if they exist: {}",
            candidates.join(", ")
        )))
    }

    pub fn follow_for(&self) -> Option<Duration> {
        self.timeout
            .map(|minutes| Duration::from_secs(60 * minutes))
    }

    pub fn tags(&self) -> BTreeMap<String, String> {
        self.tags.iter().cloned().collect()
    }
}
