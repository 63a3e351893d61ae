//! What is special about one service, as one value that its repository has in one place. Everything
//! else in these crates knows no service.

use crate::log_source::LogSource;
use crate::stage::Stage;

/// A service: its names in AWS, what is built for it, and what is asked of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    /// The first part of every stack's name: `orders` where a stack is called `orders-dev`.
    pub name: &'static str,
    /// One sentence for the head of `cargo xtask --help`.
    pub about: &'static str,
    /// The stage that commands work on without `--stage`.
    pub default_stage: &'static str,
    /// The programs that are packaged, in the order in which they are shown.
    pub functions: &'static [Function],
    /// Kinds of consumers with an API key each; none where the API asks for no key.
    pub tiers: &'static [Tier],
    /// The root's parameters that a deploy supplies.
    pub supplied: Supplied,
    /// The root's parameters with the limits that all tiers share; `None` where no load test is to
    /// be judged by them.
    pub limits: Option<LimitParameters>,
    /// What is said of failures in this service's own words, as with its parameters' names: the
    /// name of a cause that the diagnosis knows, and the advice.
    pub advice: &'static [(&'static str, &'static str)],
    /// The root's parameters with which everything is on that may be off, for `lint`.
    pub switched_on: &'static [(&'static str, &'static str)],
    /// The root's output with the API's URL.
    pub endpoint_output: &'static str,
    /// The root's output with the table's name; `None` where there is no table of interest.
    pub table_output: Option<&'static str>,
    /// The root's output with the ARN of the alarm that stands for the service's health. Production
    /// is rolled back by it unless its file says otherwise.
    pub health_alarm_output: Option<&'static str>,
    /// The root's outputs with the names of log groups, beside those of the functions.
    pub log_groups: &'static [LogGroup],
    /// The requests of `smoke`.
    pub probes: &'static [Probe],
    /// What is sent to try it; `None` where nothing can be sent.
    pub sample: Option<Sample>,
}

/// A program that is packaged as a Lambda function's code.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// What commands call it, and the name of its zip.
    pub name: &'static str,
    /// The cargo package with the program.
    pub package: &'static str,
    /// The program's name, as cargo builds it; in the zip it is the `bootstrap` file.
    pub program: &'static str,
    /// The cargo profile it is built with for Lambda.
    pub profile: &'static str,
    /// The root parameter that takes the key of its zip.
    pub key_parameter: &'static str,
    /// The root's output with the name of its log group.
    pub log_group_output: &'static str,
    /// The function's name in the default stage, and the first part of it before `_<stage>` in
    /// others; `None` where CloudFormation chooses one.
    pub physical_name: Option<&'static str>,
    /// The root parameter with its memory in megabytes, where there is one.
    pub memory_parameter: Option<&'static str>,
    /// The root parameter with the executions at once that are reserved for it, or a word where
    /// none are; `None` where none can be.
    pub concurrency_parameter: Option<&'static str>,
}

/// Parameters of the root that a deploy gives a value, each where the root declares it.
#[derive(Debug, PartialEq, Eq)]
pub struct Supplied {
    /// Takes the name of the bucket with the assets.
    pub asset_bucket: &'static str,
    /// Says whose key encrypts: `aws-owned` or `customer-managed`. It is read.
    pub encryption_key: &'static str,
    /// Takes the ARN of the bootstrap stack's key, or nothing.
    pub encryption_key_arn: &'static str,
    /// Takes the ARN of what bounds the stage's roles, or nothing.
    pub permissions_boundary_arn: &'static str,
    /// Takes the ID of the region's prefix list of DynamoDB. It is looked up for a new stage.
    pub prefix_list: &'static str,
    /// Take the availability zones of the subnets. They are looked up for a new stage.
    pub zones: [&'static str; 2],
}

impl Supplied {
    /// The names that a root has for them unless its service says others.
    pub const USUAL: Self = Self {
        asset_bucket: "AssetBucketName",
        encryption_key: "EncryptionKey",
        encryption_key_arn: "EncryptionKeyArn",
        permissions_boundary_arn: "PermissionsBoundaryArn",
        prefix_list: "DynamoDbPrefixListId",
        zones: ["AvailabilityZoneA", "AvailabilityZoneB"],
    };
}

/// Parameters of the root that limit all consumers together.
#[derive(Debug, PartialEq, Eq)]
pub struct LimitParameters {
    /// Requests per second of all methods.
    pub stage_rate: &'static str,
    /// Requests at once of all methods.
    pub stage_burst: &'static str,
    /// Requests of one address in five minutes until the firewall blocks it.
    pub firewall_rate: &'static str,
}

/// A kind of consumer, with a usage plan and an API key.
#[derive(Debug, PartialEq, Eq)]
pub struct Tier {
    /// What commands call it, in lower case.
    pub name: &'static str,
    /// The root's output with the current key's ID.
    pub key_output: &'static str,
    /// The root's output with the usage plan's ID.
    pub plan_output: &'static str,
    /// The root parameter that a rotation counts up.
    pub generation_parameter: &'static str,
    /// The root parameter with its requests per second.
    pub rate_parameter: &'static str,
    /// The root parameter with its requests at once.
    pub burst_parameter: &'static str,
    /// The root parameter with its requests of a day.
    pub quota_parameter: &'static str,
    /// What people call it, capitalized: `Standard`.
    pub word: &'static str,
}

/// A log group that is no function's.
#[derive(Debug, PartialEq, Eq)]
pub struct LogGroup {
    /// What writes to it.
    pub source: LogSource,
    /// The root's output with its name.
    pub output: &'static str,
    /// What its name begins with before the stack's, where the template fixes it.
    pub fixed_prefix: Option<&'static str>,
}

/// Whose key a request is sent with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// The first tier's.
    Right,
    /// One that is nobody's.
    Wrong,
    /// None.
    None,
}

/// A request of `smoke`, and what it is to be answered with.
#[derive(Debug, PartialEq, Eq)]
pub struct Probe {
    /// What is tried, for people.
    pub name: &'static str,
    /// Whose key is sent.
    pub key: Key,
    /// In upper case, as HTTP has it.
    pub method: &'static str,
    /// Below the endpoint, with a slash first.
    pub path: &'static str,
    /// Sent as `application/json`; `None` where the method has no body.
    pub body: Option<&'static str>,
    /// The statuses that are right.
    pub expected: &'static [u16],
    /// The answer's `message`, where it is documented.
    pub message: Option<&'static str>,
}

/// What is sent to try the service, and what a load test sends: by `POST`, to the endpoint's root.
#[derive(Debug, PartialEq, Eq)]
pub struct Sample {
    /// A body that a person may send first.
    pub body: &'static str,
    /// The body of a load test, with `{id}` where the number of the request goes.
    pub load_body: &'static str,
}

impl Service {
    /// A service of which nothing is known but its name.
    pub const fn named(name: &'static str) -> Self {
        Self {
            name,
            about: "Packages and deploys a service.",
            default_stage: "dev",
            functions: &[],
            tiers: &[],
            supplied: Supplied::USUAL,
            limits: None,
            advice: &[],
            switched_on: &[],
            endpoint_output: "Endpoint",
            table_output: None,
            health_alarm_output: None,
            log_groups: &[],
            probes: &[],
            sample: None,
        }
    }

    /// The root parameter with the executions at once that are reserved for a function.
    pub fn concurrency_parameter(&self) -> Option<&'static str> {
        let mut functions = self.functions.iter();
        functions.find_map(|function| function.concurrency_parameter)
    }

    /// The stack that owns the asset bucket.
    pub fn bootstrap_stack(&self) -> String {
        format!("{}-{BOOTSTRAP}", self.name)
    }

    /// The stage that is called `text`.
    ///
    /// # Errors
    ///
    /// Why no stage can be called so.
    pub fn stage(&'static self, text: &str) -> Result<Stage, String> {
        let mut characters = text.chars();
        let first = characters.next().is_some_and(|c| c.is_ascii_lowercase());
        let rest = characters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if !first || !rest || text.len() > 16 {
            return Err("a stage is 1 to 16 lowercase letters and digits, a letter first".into());
        }
        if text == BOOTSTRAP {
            let stack = self.bootstrap_stack();
            return Err(format!("`{stack}` is the stack of the asset bucket"));
        }
        if text == GITHUB {
            let name = self.name;
            return Err(format!(
                "the stacks of GitHub's deploy roles begin with `{name}-{GITHUB}-`"
            ));
        }
        Ok(Stage::new(self, text))
    }

    /// The tier that is called `name`.
    pub fn tier(&self, name: &str) -> Option<&'static Tier> {
        self.tiers.iter().find(|tier| tier.name == name)
    }

    /// The function that is called `name`.
    pub fn function(&self, name: &str) -> Option<&'static Function> {
        self.functions.iter().find(|one| one.name == name)
    }
}

/// What Lambda's log groups are called before the function's name.
const LOG_GROUPS: &str = "/aws/lambda/";

impl Function {
    /// The name of a function's log group, by the function's name.
    pub(crate) fn log_group(name: &str) -> String {
        format!("{LOG_GROUPS}{name}")
    }

    /// The name of the function whose log group is called `group`.
    pub fn of_log_group(group: &str) -> &str {
        group.trim_start_matches(LOG_GROUPS)
    }

    /// The function's name in AWS, where the template fixes it.
    pub fn name_in(&self, stage: &Stage) -> Option<String> {
        let name = self.physical_name?;
        Some(match stage.as_str() == stage.service().default_stage {
            true => name.to_owned(),
            false => format!("{name}_{stage}"),
        })
    }
}

/// The end of the name of the stack with the asset bucket, which no stage has.
const BOOTSTRAP: &str = "bootstrap";

/// What no stage is called: roles and policies of a stage are told by the stage in their names,
/// and those that GitHub's deploy roles cannot change have this there.
pub(crate) const GITHUB: &str = "github";

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A service of the tests' own.
    pub(crate) static ORDERS: Service = Service {
        functions: &[Function {
            name: "intake",
            package: "intake",
            program: "handler",
            profile: "lambda",
            key_parameter: "IntakeKey",
            log_group_output: "IntakeLogGroupName",
            physical_name: Some("intake_handler"),
            memory_parameter: None,
            concurrency_parameter: None,
        }],
        health_alarm_output: Some("ServerErrorsAlarmArn"),
        ..Service::named("orders")
    };

    #[test]
    fn stages_are_short_lowercase_names() {
        for good in ["dev", "production", "a1"] {
            let stack = ORDERS.stage(good).unwrap().stack_name();
            assert_eq!(stack, format!("orders-{good}"));
        }
        for bad in [
            "",
            "Dev",
            "1a",
            "a-b",
            "a_b",
            "seventeenletters1",
            "bootstrap",
            "github",
        ] {
            assert!(ORDERS.stage(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_function_has_the_stage_in_its_name_but_for_the_default_stage() {
        let function = &ORDERS.functions[0];
        let name = |stage: &str| function.name_in(&ORDERS.stage(stage).unwrap());
        assert_eq!(name("dev").as_deref(), Some("intake_handler"));
        assert_eq!(name("prod2").as_deref(), Some("intake_handler_prod2"));
    }
}
