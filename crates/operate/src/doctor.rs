//! What must be right on a machine and in an account before a deploy, and what it is there: each
//! finding is well, doubtful or wrong, and says how to mend it.

use std::error::Error;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use cfnkit_change::change_set::wrapped;
use cfnkit_console::error::chain;

#[cfg(test)]
mod tests;

/// Lambda keeps so many executions for functions that reserve none.
const UNRESERVED: u64 = 100;

/// What the sample recommends that CloudTrail's logs are kept, at least.
const A_YEAR_IN_DAYS: i32 = 365;

/// Credentials that end sooner can end in the middle of a deploy.
const LONG_ENOUGH: Duration = Duration::from_secs(30 * 60);

/// How a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// As it should be.
    Ok,
    /// A deploy works, but something is not as it should be, or could not be found out.
    Warning,
    /// A deploy fails.
    Error,
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// What was looked at.
    pub name: String,
    /// How it is.
    pub verdict: Health,
    /// What was found.
    pub text: String,
    /// What to do about it; absent where all is well.
    pub mend: Option<String>,
}

/// What was looked at, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// One for each thing that was looked at.
    pub findings: Vec<Checked>,
}

impl Checked {
    /// All is well with `name`.
    pub fn ok(name: &str, text: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            verdict: Health::Ok,
            text: text.into(),
            mend: None,
        }
    }

    /// Something about `name` is doubtful, and `mend` says what to do.
    pub fn warning(name: &str, text: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            verdict: Health::Warning,
            text: text.into(),
            mend: Some(mend.into()),
        }
    }

    /// A deploy would fail of `name`; `mend` says what to do.
    pub fn error(name: &str, text: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            verdict: Health::Error,
            ..Self::warning(name, text, mend)
        }
    }

    /// What could not be found out, because nobody answered.
    pub fn unanswered(name: &str, err: &(dyn Error + 'static)) -> Self {
        let text = format!("cannot be found out: {}", chain(err));
        Self::warning(name, text, "look again in a while, or look yourself")
    }

    /// What could not be found out, because the credentials may not ask.
    pub fn unknown(name: &str, err: &(dyn Error + 'static), right: &str) -> Self {
        Self::warning(
            name,
            format!("cannot be found out: {}", chain(err)),
            format!("allow {right} to whoever runs this, or look yourself"),
        )
    }
}

/// What `left` of the credentials' time means; `None` where they do not end.
pub fn credentials(left: Option<Duration>, login: &str) -> Checked {
    const NAME: &str = "credentials";
    match left {
        None => Checked::ok(NAME, "valid, without a known end"),
        Some(left) => {
            let minutes = left.as_secs() / 60;
            match left >= LONG_ENOUGH {
                true => Checked::ok(NAME, format!("valid for {minutes} more minutes")),
                false => Checked::warning(
                    NAME,
                    format!("valid for {minutes} more minutes; a deploy can take longer"),
                    format!("sign in again, for example with `{login}`"),
                ),
            }
        }
    }
}

/// Whether the account has the executions to reserve that a parameter asks for, which is `wanted`
/// with its name: of `limit`, `unreserved` are left, and the function has `already` of its own.
/// Lambda wants 100 to stay unreserved ("Configuring reserved concurrency", its developer guide).
pub fn concurrency(
    limit: u64,
    unreserved: u64,
    wanted: Option<(&str, u64)>,
    already: u64,
) -> Checked {
    const NAME: &str = "Lambda concurrency";
    let Some((parameter, wanted)) = wanted else {
        return Checked::ok(NAME, format!("{limit} in the account; none are reserved"));
    };
    let free = unreserved + already;
    if free >= wanted + UNRESERVED {
        return Checked::ok(
            NAME,
            format!("{limit} in the account, {free} free; {wanted} are to be reserved"),
        );
    }
    Checked::error(
        NAME,
        format!(
            "{limit} in the account, {free} free; {wanted} are to be reserved, and {UNRESERVED} \
             must stay"
        ),
        format!(
            "request more in Service Quotas (Lambda, Concurrent executions), or deploy with \
             `--param {parameter}=none`"
        ),
    )
}

/// Whether API Gateway can write logs.
pub fn logs_role(role: Option<&str>) -> Checked {
    const NAME: &str = "API Gateway's logs role";
    match role {
        Some(role) => Checked::ok(NAME, role),
        None => Checked::error(
            NAME,
            "none in this region, and the stage needs one",
            "`cargo xtask bootstrap --api-gateway-logs-role` sets it, once for every API of the \
             account",
        ),
    }
}

/// A trail of CloudTrail, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// The last part of its ARN.
    pub name: String,
    /// Whether it records all regions.
    pub is_everywhere: bool,
    /// Whether it records at present.
    pub is_logging: bool,
    /// Whether it logs all management events, those that write and those that read.
    pub logs_management_events: bool,
    /// How long its bucket keeps logs, where this account may know.
    pub kept: Kept,
}

/// How long a bucket keeps its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// No rule deletes them.
    Forever,
    /// A rule deletes them after so many days.
    Days(i32),
    /// It may not be asked.
    Unknown,
}

/// Whether AWS's own calls in the account are recorded, and long enough.
pub fn trails(trails: &[Trail]) -> Checked {
    const NAME: &str = "CloudTrail";
    const MEND: &str = "create a trail for all regions that logs management events to S3, for the \
                        account or for the organisation: CloudTrail console, Create trail";
    let good =
        |trail: &&Trail| trail.is_everywhere && trail.is_logging && trail.logs_management_events;
    let best = trails
        .iter()
        .filter(good)
        .max_by_key(|trail| match trail.kept {
            Kept::Forever => i32::MAX,
            Kept::Days(days) => days,
            Kept::Unknown => 0,
        });
    let Some(trail) = best else {
        let text = match trails {
            [] => "no trail: nobody can tell later who changed what".to_owned(),
            trails => {
                let reasons = trails.iter().map(shortcoming);
                reasons.collect::<Vec<_>>().join("; ")
            }
        };
        return Checked::warning(NAME, text, MEND);
    };
    let name = &trail.name;
    match trail.kept {
        Kept::Forever => Checked::ok(NAME, format!("{name} logs, and its bucket keeps them")),
        Kept::Days(days) if days >= A_YEAR_IN_DAYS => {
            Checked::ok(NAME, format!("{name} logs, kept for {days} days"))
        }
        Kept::Days(days) => Checked::warning(
            NAME,
            format!("{name} logs, but its bucket deletes them after {days} days"),
            "keep them for 1 to 7 years: the lifecycle rules of the trail's bucket",
        ),
        Kept::Unknown => Checked::ok(
            NAME,
            format!("{name} logs; how long its bucket keeps them is not seen from this account"),
        ),
    }
}

fn shortcoming(trail: &Trail) -> String {
    let name = &trail.name;
    if !trail.is_logging {
        return format!("{name} is switched off");
    }
    if !trail.logs_management_events {
        return format!("{name} does not log all management events");
    }
    format!("{name} logs one region only")
}

/// Whether a quota leaves room for one more of something, or for so much of it.
pub fn quota(name: &str, value: f64, used: Option<u64>, needed: u64) -> Checked {
    let used_text = used.map(|used| format!(", {used} used"));
    let text = format!("{value}{}", used_text.unwrap_or_default());
    let free = value - used.unwrap_or(0) as f64;
    match free >= needed as f64 {
        true => Checked::ok(name, text),
        false => Checked::error(
            name,
            format!("{text}; {needed} more are needed"),
            "request more in the Service Quotas console, or remove what nobody needs",
        ),
    }
}

/// A name that the stack is to give something, which something may have already.
pub fn collision(kind: &str, name: &str, exists: bool) -> Checked {
    let title = format!("name of the {kind}");
    match exists {
        false => Checked::ok(&title, format!("`{name}` is free")),
        true => Checked::error(
            &title,
            format!("there is a {kind} `{name}` that no stack of this stage owns"),
            "delete it if nobody needs it, or deploy another stage; CloudFormation cannot create \
             what exists",
        ),
    }
}

/// The findings as lines of at most 80 columns, each with its mend below.
pub fn render(findings: &[Checked]) -> String {
    const ROOM: usize = 70;
    let mut lines = Vec::new();
    for finding in findings {
        let mark = match finding.verdict {
            Health::Ok => "ok     ",
            Health::Warning => "WARNING",
            Health::Error => "ERROR  ",
        };
        let text = format!("{}: {}", finding.name, finding.text);
        for (index, line) in wrapped(&text, ROOM).iter().enumerate() {
            let mark = if index == 0 { mark } else { "       " };
            lines.push(format!("{mark}  {}", line.trim()));
        }
        if let Some(mend) = &finding.mend {
            for (index, line) in wrapped(mend, ROOM - 3).iter().enumerate() {
                let mark = if index == 0 { "->" } else { "  " };
                lines.push(format!("         {mark} {}", line.trim()));
            }
        }
    }
    lines.join("\n")
}
