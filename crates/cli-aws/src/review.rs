//! What would change, as it is shown before the question and on the page of a workflow's run.

use std::time::{Duration, SystemTime};

use crate::connection::Environment;
use cfnkit_assembly::omission::Omission;
use cfnkit_change::change_set::{self, Change, Warnings};
use cfnkit_change::comparison::sections::Sections;
use cfnkit_console::screen::{self, STRONG};
use cfnkit_console::workflow_run;
use cfnkit_deploy::expiry;
use cfnkit_operation::display::subject::planned;
use cfnkit_tools::workspace::Workspace;

/// Shows what differs beside the resources.
pub(crate) fn show_beside(beside: &Sections, stack_name: &str) {
    if beside.is_empty() {
        return;
    }
    let text = beside.render();
    screen::say(format!("\n{}", text.trim_end()));
    tell_run(&format!("{stack_name}, beside its resources"), &text);
}

/// Shows what a change set would do, what CloudFormation warns of, and what the local cloud leaves
/// out of it.
pub(crate) fn show(
    changes: &[Change],
    warnings: &Warnings,
    stack_name: &str,
    omissions: &[Omission],
) {
    let tree = change_set::render(changes);
    let callouts = change_set::callouts(changes) + &warnings.render();
    let totals = change_set::totals(changes).summary();
    screen::say(format!("\n{STRONG}{stack_name}{STRONG:#}"));
    screen::say(&tree);
    if !callouts.is_empty() {
        screen::say(&callouts);
    }
    screen::say(format!("{totals}\n"));
    tell_run(
        &format!("{stack_name}: {totals}"),
        &format!("{tree}\n{callouts}"),
    );
    for omission in omissions {
        screen::say(omission);
    }
}

fn tell_run(heading: &str, text: &str) {
    let told = workflow_run::summarize(&workflow_run::section(heading, text));
    if let Err(err) = told {
        screen::say(format!("the run's page lacks these changes: {err:#}"));
    }
}

/// Says so when the credentials end before the changes can be expected to be done.
pub(crate) fn warn_of_expiry(environment: &Environment, workspace: &Workspace, changes: &[Change]) {
    let Some(expiry) = environment.connection.expiry() else {
        return;
    };
    let left = expiry
        .duration_since(SystemTime::now())
        .unwrap_or(Duration::ZERO);
    let learned = environment.live(workspace).expected(&planned(changes));
    if let Some(warning) = expiry::warning(left, changes, learned) {
        screen::say(warning);
    }
}
