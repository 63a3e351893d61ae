//! What a failed operation tells its reader: the failure, the line of the template behind it,
//! CloudFormation's words, and what to do. It takes plain data and returns text.

use anstyle::{AnsiColor, Style};

use crate::event::StackEvent;
use cfnkit_change::change_set::Warning;
use cfnkit_console::text::printable;
use cfnkit_template::source::{Place, Problem};
use cfnkit_template::stack_tree::NESTED_STACK;
use cfnkit_template::stack_tree::StackTree;
use cfnkit_template::template::Template;

mod causes;
mod path;
#[cfg(test)]
mod tests;

/// What a service says of causes in its own words, as with its parameters' names: the name of a
/// known cause, and what is said of it in place of the general advice.
pub type Advice = &'static [(&'static str, &'static str)];

/// The causes of failures that are known, by name, each with its advice; what a failure's own
/// names are filled into is in braces.
pub fn known_causes(own: Advice) -> impl Iterator<Item = (&'static str, &'static str)> {
    causes::known(own)
}

/// Something that CloudFormation could not do, from a stack's events or from an operation's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// The stack's name; a nested one's begins with the root's.
    pub stack: String,
    /// Empty where the stack itself failed.
    pub logical_id: String,
    /// Empty where nothing was created yet.
    pub physical_id: String,
    /// As in `AWS::DynamoDB::Table`.
    pub resource_type: String,
    /// In CloudFormation's spelling, as in `CREATE_FAILED`.
    pub status: String,
    /// CloudFormation's words, where it has some.
    pub reason: Option<String>,
    /// What of the template is meant, as CloudFormation's validation names it:
    /// `/Resources/Stage/Properties/StageName`.
    pub path: Option<String>,
}

impl Failure {
    /// The failure that `event` tells of.
    pub fn of_event(event: &StackEvent) -> Self {
        // A stack's report on itself names the stack where others name the resource.
        let is_own = event.resource_type == NESTED_STACK && event.physical_id == event.stack_id;
        Self {
            stack: event.stack_name.clone(),
            logical_id: match is_own {
                true => String::new(),
                false => event.logical_id.clone(),
            },
            physical_id: event.physical_id.clone(),
            resource_type: event.resource_type.clone(),
            status: event.status.clone(),
            reason: event.reason.clone(),
            path: None,
        }
    }

    fn reason(&self) -> &str {
        self.reason.as_deref().unwrap_or_default()
    }
}

/// Where the templates behind the failures are.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// Name of the root stack, which the names of nested ones begin with.
    pub root_stack: &'a str,
    /// `None` where the working tree is not what failed.
    pub tree: Option<&'a StackTree>,
    /// The service's own.
    pub advice: Advice,
}

impl Sources<'_> {
    /// The logical IDs that lead from the root to the stack `name`; CloudFormation calls a nested
    /// stack `<stack>-<logical ID>-<random>`.
    fn chain(&self, name: &str) -> Vec<String> {
        let rest = name.strip_prefix(self.root_stack).unwrap_or_default();
        let mut parts = rest.split('-').skip(1);
        let mut chain = Vec::new();
        while let Some(logical_id) = parts.next() {
            chain.push(logical_id.to_owned());
            parts.next();
        }
        chain
    }

    fn template(&self, chain: &[String]) -> Option<&Template> {
        let mut tree = self.tree?;
        for logical_id in chain {
            tree = tree.nested.get(logical_id)?;
        }
        Some(&tree.template)
    }
}

/// The failure with its place and advice, ready to print after `error: `.
fn problem(failure: &Failure, sources: &Sources<'_>) -> Problem {
    let mut chain = sources.chain(&failure.stack);
    let mut logical_id = failure.logical_id.clone();
    // Of a nested stack that failed as a whole, the root's template has a resource.
    if logical_id.is_empty() {
        logical_id = chain.pop().unwrap_or_default();
    }
    let mut place: Vec<&str> = chain.iter().map(String::as_str).collect();
    place.push(match logical_id.is_empty() {
        true => &failure.stack,
        false => &logical_id,
    });
    let title = format!("{} {}", place.join(" / "), outcome(&failure.status));
    let cause = causes::find(failure, sources.advice);
    let template = sources.template(&chain);
    let property = cause.as_ref().map_or("", |cause| cause.property);
    let found = template.and_then(|template| locate(failure, template, &logical_id, property));
    let mut problem = Problem::new(title).at(found.clone());
    if let (Some(template), None, false) = (template, found, logical_id.is_empty()) {
        let note = format!("{} has no `{logical_id}` any more", template.name());
        problem = problem.note("template", note);
    }
    problem = match &failure.reason {
        Some(reason) => problem.note("CloudFormation", reason.as_str()),
        None => problem.note("CloudFormation", "no reason given"),
    };
    match cause {
        Some(cause) => problem.mend(cause.advice),
        None => problem,
    }
}

/// The failure as several lines, with colours as escape codes and without `error: ` in front.
pub fn render(failure: &Failure, sources: &Sources<'_>) -> String {
    problem(failure, sources).to_string()
}

/// What CloudFormation only warns of, with its place.
pub fn warning(failure: &Failure, sources: &Sources<'_>) -> Warning {
    let mut chain = sources.chain(&failure.stack);
    let template = sources.template(&chain);
    let place = template.and_then(|template| locate(failure, template, &failure.logical_id, ""));
    if !failure.logical_id.is_empty() {
        chain.push(failure.logical_id.clone());
    }
    Warning {
        resource: chain.join("."),
        resource_type: failure.resource_type.clone(),
        text: failure.reason.clone().unwrap_or_default(),
        at: place.map(|place| place.file_and_line()),
    }
}

/// The most precise place that the failure tells of: what it names, the property its cause is
/// known to be about, or the resource.
fn locate(
    failure: &Failure,
    template: &Template,
    logical_id: &str,
    property: &str,
) -> Option<Place> {
    let resource = template.resource(logical_id);
    let named = failure.path.as_deref().map(path::pointer);
    let named = named.or_else(|| path::in_text(failure.reason(), logical_id));
    if let Some(mut pointer) = named {
        // What is missing is not there to be shown; what it is missing from is.
        while pointer.matches('/').count() > 2 {
            if let Some(place) = template.key(&pointer) {
                return Some(place);
            }
            pointer.truncate(pointer.rfind('/').unwrap_or(0));
        }
        return resource.or_else(|| template.key(&pointer));
    }
    let pointer = format!("/Resources/{logical_id}/Properties/{property}");
    let property = template.key(&pointer).filter(|_| !property.is_empty());
    property.or(resource)
}

fn outcome(status: &str) -> &'static str {
    const OUTCOMES: [(&str, &str); 11] = [
        ("CREATE_FAILED", "was not created"),
        ("UPDATE_FAILED", "was not updated"),
        ("DELETE_FAILED", "was not deleted"),
        ("IMPORT_FAILED", "was not imported"),
        ("EXPORT_FAILED", "was not exported"),
        ("UPDATE_ROLLBACK_FAILED", "was not rolled back"),
        ("ROLLBACK_FAILED", "was not rolled back"),
        (
            VALIDATION_FAILED,
            "does not pass CloudFormation's validation",
        ),
        (HOOK_FAILED, "does not pass a hook"),
        (CHANGE_SET_FAILED, "has no valid change set"),
        (EXECUTION_FAILED, "was not changed"),
    ];
    let known = OUTCOMES.iter().find(|(known, _)| *known == status);
    known.map_or("failed", |(_, outcome)| outcome)
}

/// The status of what CloudFormation's early validation refuses.
pub const VALIDATION_FAILED: &str = "VALIDATION_FAILED";
/// The status of what a hook refuses.
pub const HOOK_FAILED: &str = "HOOK_COMPLETE_FAILED";

/// The status of a stack whose change set could not be made.
pub const CHANGE_SET_FAILED: &str = "CHANGE_SET_FAILED";
/// The status of a stack whose change set could not be executed.
pub const EXECUTION_FAILED: &str = "EXECUTE_FAILED";

const ERROR: Style = AnsiColor::Red.on_default().bold();

/// Everything a reader needs: the failures, the first one first, and `verdict` as the last line.
/// What prints it puts `error: ` in front.
pub fn report(failures: &[Failure], verdict: &str, sources: &Sources<'_>) -> String {
    let mut blocks: Vec<String> = Vec::new();
    for failure in failures {
        let block = render(failure, sources);
        if !blocks.contains(&block) {
            blocks.push(block);
        }
    }
    let more = blocks.len().saturating_sub(SHOWN);
    blocks.truncate(SHOWN);
    if more > 0 {
        blocks.push(format!("and {more} more"));
    }
    let verdict = printable(verdict);
    let blocks = blocks.join(&format!("\n\n{ERROR}error:{ERROR:#} "));
    match blocks.is_empty() {
        true => verdict,
        false => format!("{blocks}\n\n{verdict}"),
    }
}

/// A template with many mistakes is mended from the top.
const SHOWN: usize = 10;
