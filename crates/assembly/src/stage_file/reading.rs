//! A stage file's text, read strictly: what is wrong in it is told with its line, and not
//! deployed.

use serde_json::{Map, Value};

use crate::assembly::{STAGE, supplied_parameters};
use crate::service::Service;
use cfnkit_template::constraint::broken_rule;
use cfnkit_template::json_text::JsonText;
use cfnkit_template::parameters::Parameters;
use cfnkit_template::source::{Problem, nearest};
use cfnkit_template::tag;
use cfnkit_template::tag::Tags;
use cfnkit_template::template::Template;
use cfnkit_yaml::positions::below;

#[cfg(test)]
mod tests;

/// CloudFormation's limit.
const ALARMS: usize = 5;
const MINUTES: std::ops::RangeInclusive<i64> = 0..=180;

const MEMBERS: [&str; 6] = [
    "Parameters",
    "Tags",
    "Production",
    "TerminationProtection",
    "RollbackAlarms",
    "MonitoringTimeInMinutes",
];

/// What a file says, and nothing of what it does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) parameters: Parameters,
    pub(super) tags: Tags,
    pub(super) production: Option<bool>,
    pub(super) termination_protection: Option<bool>,
    pub(super) rollback_alarms: Option<Vec<String>>,
    pub(super) monitoring_minutes: Option<i32>,
}

/// What the file `name` says with `text`, or everything that is wrong with it.
pub(super) fn read(
    name: &str,
    text: &str,
    root: &Template,
    service: &'static Service,
) -> Result<Said, Vec<Problem>> {
    let file = JsonText::parse(name, text).map_err(|problem| vec![problem])?;
    let Some(object) = file.value().as_object() else {
        return Err(vec![
            Problem::new("a stage file is an object")
                .at(file.value_at(""))
                .mend("`{\"Parameters\": {\"NAME\": \"VALUE\"}}` is one"),
        ]);
    };
    let mut reader = Reader {
        file: &file,
        root,
        service,
        problems: Vec::new(),
    };
    let said = reader.file(object);
    match reader.problems.is_empty() {
        true => Ok(said),
        false => Err(reader.problems),
    }
}

struct Reader<'a> {
    file: &'a JsonText,
    root: &'a Template,
    service: &'static Service,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn file(&mut self, object: &Map<String, Value>) -> Said {
        let mut said = Said::default();
        for (member, value) in object {
            let pointer = below("", member);
            match member.as_str() {
                "Parameters" => said.parameters = self.parameters(&pointer, value),
                "Tags" => said.tags = self.tags(&pointer, value),
                "Production" => said.production = self.boolean(&pointer, member, value),
                "TerminationProtection" => {
                    said.termination_protection = self.boolean(&pointer, member, value);
                }
                "RollbackAlarms" => said.rollback_alarms = self.alarms(&pointer, value),
                "MonitoringTimeInMinutes" => {
                    said.monitoring_minutes = self.minutes(&pointer, value);
                }
                _ => self.unknown_member(&pointer, member),
            }
        }
        if said.monitoring_minutes.is_some()
            && said.rollback_alarms.as_ref().is_some_and(Vec::is_empty)
        {
            let title = "`MonitoringTimeInMinutes` is for alarms, and `RollbackAlarms` has none";
            self.at_key(
                "/MonitoringTimeInMinutes",
                Problem::new(title).mend("remove the one, or name an alarm in the other"),
            );
        }
        said
    }

    fn unknown_member(&mut self, pointer: &str, member: &str) {
        let advice = match (member, nearest(member, MEMBERS)) {
            // CodePipeline's file has it, too.
            ("StackPolicy", _) => {
                "remove it; `aws cloudformation set-stack-policy` sets one".to_owned()
            }
            (_, Some(choice)) => format!("did you mean `{choice}`?"),
            (_, None) => format!("it has: {}", MEMBERS.join(", ")),
        };
        let problem = Problem::new(format!("a stage file has no member `{member}`"));
        self.at_key(pointer, problem.mend(advice));
    }

    fn parameters(&mut self, pointer: &str, value: &Value) -> Parameters {
        let mut parameters = Parameters::new();
        for (name, value) in self.object(pointer, "Parameters", value) {
            let pointer = below(pointer, name);
            self.parameter_name(&pointer, name);
            let Some(value) = self.string(&pointer, &format!("parameter `{name}`"), value) else {
                continue;
            };
            if let Some((rule, allowed)) = broken_rule(self.root, name, value) {
                let title = format!("parameter `{name}` is `{value}`, which is not allowed");
                let mut problem = Problem::new(title);
                if let Some(rule) = rule {
                    problem = problem.note("allowed", format!("{allowed} ({rule})"));
                }
                self.at_value(
                    &pointer,
                    problem.mend("choose another value, or change the rule"),
                );
            }
            parameters.insert(name.clone(), value.to_owned());
        }
        parameters
    }

    fn parameter_name(&mut self, pointer: &str, name: &str) {
        let supplied = supplied_parameters(self.root, self.service);
        let declared = self.root.parameters();
        let declared: Vec<&str> = declared.iter().map(|one| one.name.as_str()).collect();
        let problem = if name == STAGE {
            Problem::new("the stage is the file's name, and no parameter in it")
                .mend("remove it; `--stage NAME` reads `NAME.json`")
        } else if supplied.iter().any(|supplied| supplied == name) {
            Problem::new(format!("parameter `{name}` is set by this tool alone")).mend("remove it")
        } else if !declared.contains(&name) {
            let mut choices = declared;
            choices.retain(|choice| !supplied.iter().any(|one| one == choice));
            let advice = match nearest(name, choices.iter().copied()) {
                Some(choice) => format!("did you mean `{choice}`?"),
                None => format!("it has: {}", choices.join(", ")),
            };
            let root = self.root.name();
            Problem::new(format!("{root} has no parameter `{name}`")).mend(advice)
        } else {
            return;
        };
        self.at_key(pointer, problem);
    }

    fn tags(&mut self, pointer: &str, value: &Value) -> Tags {
        let mut tags = Tags::new();
        for (key, value) in self.object(pointer, "Tags", value) {
            let pointer = below(pointer, key);
            if let Err(title) = tag::check_key(key) {
                self.at_key(&pointer, Problem::new(title).mend("choose another key"));
            }
            let Some(value) = self.string(&pointer, &format!("tag `{key}`"), value) else {
                continue;
            };
            if let Err(title) = tag::check_value(key, value) {
                self.at_value(&pointer, Problem::new(title).mend("choose another value"));
            }
            tags.insert(key.clone(), value.to_owned());
        }
        if let Err(title) = tag::check_count(&tags) {
            self.at_key(pointer, Problem::new(title).mend("leave some out"));
        }
        tags
    }

    fn alarms(&mut self, pointer: &str, value: &Value) -> Option<Vec<String>> {
        let Some(items) = value.as_array() else {
            let problem = Problem::new("`RollbackAlarms` must be a list");
            let output = self.service.health_alarm_output.unwrap_or("OUTPUT");
            let advice = format!("`[\"{output}\"]` names an output with an alarm's ARN");
            self.at_value(pointer, problem.mend(advice));
            return None;
        };
        if items.len() > ALARMS {
            let title = format!("CloudFormation watches at most {ALARMS} alarms");
            self.at_key(pointer, Problem::new(title).mend("leave some out"));
        }
        let mut alarms = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let pointer = below(pointer, &index.to_string());
            let Some(alarm) = self.string(&pointer, "an alarm", item) else {
                continue;
            };
            if let Err(problem) = check_alarm(self.root, alarm) {
                self.at_value(&pointer, problem);
            } else if alarms.iter().any(|other| other == alarm) {
                let problem = Problem::new(format!("alarm `{alarm}` is there twice"));
                self.at_value(&pointer, problem.mend("remove it"));
            }
            alarms.push(alarm.to_owned());
        }
        Some(alarms)
    }

    fn minutes(&mut self, pointer: &str, value: &Value) -> Option<i32> {
        let minutes = value.as_i64().filter(|minutes| MINUTES.contains(minutes));
        if minutes.is_none() {
            let (least, most) = (MINUTES.start(), MINUTES.end());
            let title = format!("`MonitoringTimeInMinutes` is a number from {least} to {most}");
            self.at_value(pointer, Problem::new(title).mend("10 is usual"));
        }
        minutes.and_then(|minutes| i32::try_from(minutes).ok())
    }

    fn object<'v>(
        &mut self,
        pointer: &str,
        member: &str,
        value: &'v Value,
    ) -> impl Iterator<Item = (&'v String, &'v Value)> + use<'v> {
        if !value.is_object() {
            let title = format!("`{member}` must be an object of names and values");
            let problem = Problem::new(title);
            self.at_value(pointer, problem.mend("write `{\"NAME\": \"VALUE\"}`"));
        }
        value.as_object().into_iter().flatten()
    }

    fn string<'v>(&mut self, pointer: &str, what: &str, value: &'v Value) -> Option<&'v str> {
        let text = value.as_str();
        if text.is_none() {
            let problem = Problem::new(format!("{what} must be a string"));
            let advice = match value {
                Value::Number(_) | Value::Bool(_) => {
                    format!("write `\"{}\"`", self.file.written(pointer))
                }
                _ => "write it in quotes".to_owned(),
            };
            self.at_value(pointer, problem.mend(advice));
        }
        text
    }

    fn boolean(&mut self, pointer: &str, member: &str, value: &Value) -> Option<bool> {
        if !value.is_boolean() {
            let problem = Problem::new(format!("`{member}` is true or false"));
            self.at_value(
                pointer,
                problem.mend("write `true` or `false`, without quotes"),
            );
        }
        value.as_bool()
    }

    fn at_key(&mut self, pointer: &str, problem: Problem) {
        self.problems.push(problem.at(self.file.key(pointer)));
    }

    fn at_value(&mut self, pointer: &str, problem: Problem) {
        self.problems.push(problem.at(self.file.value_at(pointer)));
    }
}

/// Fails unless `alarm` is an alarm's ARN or the root's output with one.
///
/// # Errors
///
/// It is neither; the problem says what would be one.
pub fn check_alarm(root: &Template, alarm: &str) -> Result<(), Problem> {
    if alarm.starts_with("arn:") {
        return match alarm.contains(":cloudwatch:") && alarm.contains(":alarm:") {
            true => Ok(()),
            false => Err(Problem::new(format!("`{alarm}` is no alarm's ARN"))
                .mend("it looks like `arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME`")),
        };
    }
    let outputs = root.section("Outputs").map(|(name, _)| name);
    // By their names, as everywhere in the templates.
    let alarms: Vec<&str> = outputs.filter(|name| name.ends_with("AlarmArn")).collect();
    if alarms.contains(&alarm) {
        return Ok(());
    }
    let advice = match nearest(alarm, alarms.iter().copied()) {
        Some(choice) => format!("did you mean `{choice}`?"),
        None => format!("it has: {}; an alarm's ARN will do, too", alarms.join(", ")),
    };
    let root = root.name();
    Err(Problem::new(format!(
        "{root} has no output `{alarm}` with an alarm's ARN"
    ))
    .mend(advice))
}
