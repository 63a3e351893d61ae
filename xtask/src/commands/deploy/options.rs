//! The flags of `deploy` that say how, and what they come to.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::options::{OnFailure, Options};
use crate::parameters;
use crate::stack::{Stack, Stage};

/// The output with the alarm that stands for the service's health.
const HEALTH_ALARM: &str = "ServerErrorsAlarmArn";

/// How long CloudFormation watches the alarms where nothing else is said.
const MONITORING_MINUTES: i32 = 10;

/// Tags that every stack has.
const OWN_TAGS: [&str; 2] = ["service", "stage"];

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "How it is done")]
pub(super) struct OptionArgs {
    /// What becomes of the stack if this fails; `delete` is for a stack that is created.
    #[arg(long, value_enum, default_value = "rollback", value_name = "WHAT")]
    on_failure: OnFailure,

    /// Make and show the change set, and leave it to be executed later.
    #[arg(long, conflicts_with_all = ["change_set", "fast"])]
    no_execute: bool,

    /// Roll an update back when this alarm goes off; may be repeated.
    ///
    /// In the stage `production` (or `prod`) it is the stack's own alarm for 5xx answers, once
    /// that is deployed.
    #[arg(long = "rollback-alarm", value_name = "ARN")]
    rollback_alarms: Vec<String>,

    /// How long the alarms are watched after the last resource, 0 to 180 [default: 10].
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(i32).range(0..=180))]
    monitoring_time: Option<i32>,

    /// Protect the stack from being deleted.
    #[arg(long)]
    pub(super) termination_protection: bool,

    /// Tag the stack and everything in it; may be repeated.
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = parameters::parse_assignment)]
    tags: Vec<(String, String)>,

    /// Send the stack's events to this SNS topic; may be repeated.
    #[arg(long = "notify", value_name = "ARN")]
    notify: Vec<String>,

    /// The role CloudFormation acts with, now and in later operations.
    #[arg(long, value_name = "ARN")]
    role_arn: Option<String>,

    /// Stop watching after this time, with exit code 4; CloudFormation goes on.
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: Option<u64>,

    /// Do not wait until what is configured is ready to serve (CloudFormation's express mode).
    #[arg(long)]
    express: bool,
}

impl OptionArgs {
    /// Refuses what cannot be right, before anything is built or written.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        if let Some((key, _)) = self
            .tags
            .iter()
            .find(|(key, _)| OWN_TAGS.contains(&key.as_str()))
        {
            anyhow::bail!("the tag `{key}` is set already; choose another key");
        }
        if self.monitoring_time.is_some() && self.express {
            anyhow::bail!("`--express` does not wait, so there is no `--monitoring-time`");
        }
        Ok(())
    }

    /// The options for a deploy over `stack`.
    pub(super) fn options(&self, stage: &Stage, stack: Option<&Stack>) -> anyhow::Result<Options> {
        let updates = stack
            .filter(|stack| stack.status.deploy_action() == crate::stack::DeployAction::Update);
        if self.on_failure == OnFailure::Delete
            && let Some(stack) = updates
        {
            anyhow::bail!(
                "`--on-failure delete` is for a stack that is created, and `{}` exists; \
                 `rollback` and `keep` are for updates",
                stack.name
            );
        }
        let mut rollback_alarms = self.rollback_alarms.clone();
        if rollback_alarms.is_empty() && stage.is_production() && !self.express {
            let own = updates.and_then(|stack| stack.outputs.get(HEALTH_ALARM));
            rollback_alarms.extend(own.cloned());
        }
        let monitoring_minutes = (!rollback_alarms.is_empty())
            .then(|| self.monitoring_time.unwrap_or(MONITORING_MINUTES));
        Ok(Options {
            on_failure: self.on_failure,
            express: self.express,
            role_arn: self.role_arn.clone(),
            notify: self.notify.clone(),
            rollback_alarms,
            monitoring_minutes,
            follow_for: self
                .timeout
                .map(|minutes| Duration::from_secs(60 * minutes)),
            keep_change_set: self.no_execute,
        })
    }

    pub(super) fn keeps_change_set(&self) -> bool {
        self.no_execute
    }

    pub(super) fn tags(&self) -> BTreeMap<String, String> {
        self.tags.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::stack::StackStatus;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        options: OptionArgs,

        #[arg(long)]
        fast: bool,

        change_set: Option<String>,
    }

    fn parse(arguments: &[&str]) -> OptionArgs {
        let arguments = ["deploy"].iter().chain(arguments);
        let line = Line::try_parse_from(arguments).unwrap();
        assert!(!line.fast && line.change_set.is_none());
        line.options
    }

    fn deployed() -> Stack {
        Stack {
            id: "arn:stack".to_owned(),
            name: "movies-production".to_owned(),
            status: StackStatus("UPDATE_COMPLETE".to_owned()),
            status_reason: None,
            parameters: BTreeMap::new(),
            outputs: BTreeMap::from([(HEALTH_ALARM.to_owned(), "arn:own".to_owned())]),
            tags: BTreeMap::new(),
            termination_protection: false,
        }
    }

    #[test]
    fn production_is_watched_by_its_own_alarm_once_it_is_there() {
        let (dev, production) = ("dev".parse().unwrap(), "production".parse().unwrap());
        let alarms = |arguments: &[&str], stage: &Stage, stack: Option<&Stack>| {
            let options = parse(arguments).options(stage, stack).unwrap();
            (options.rollback_alarms, options.monitoring_minutes)
        };
        let stack = deployed();
        let own = (vec!["arn:own".to_owned()], Some(MONITORING_MINUTES));
        assert_eq!(alarms(&[], &production, Some(&stack)), own);
        assert_eq!(alarms(&[], &production, None), (vec![], None));
        assert_eq!(alarms(&[], &dev, Some(&stack)), (vec![], None));
        let chosen = ["--rollback-alarm=arn:other", "--monitoring-time=0"];
        let other = (vec!["arn:other".to_owned()], Some(0));
        assert_eq!(alarms(&chosen, &production, Some(&stack)), other);
        assert_eq!(alarms(&chosen, &dev, None), other);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let stage = "dev".parse().unwrap();
        let delete = parse(&["--on-failure=delete"]);
        assert!(delete.options(&stage, None).is_ok());
        let err = delete.options(&stage, Some(&deployed())).unwrap_err();
        assert!(
            err.to_string()
                .starts_with("`--on-failure delete` is for a stack that is created")
        );
        assert!(parse(&["--tag=service=x"]).check().is_err());
        assert!(parse(&["--tag=team=x"]).check().is_ok());
        assert!(
            parse(&["--express", "--monitoring-time=5"])
                .check()
                .is_err()
        );
    }
}
