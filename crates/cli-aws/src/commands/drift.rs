//! The steps of `drift`.

use std::time::Duration;

use anyhow::Context as _;
use xshell::Shell;

use crate::connection::connect;
use cfnkit_assembly::assembly::Cloud;
use cfnkit_aws::aws::cloudformation::drift::{self, Detection};
use cfnkit_aws::aws::cloudformation::{self, CloudFormation};
use cfnkit_change::change_set::row::Rows;
use cfnkit_change::change_set::{self, Action, Change};
use cfnkit_cli::commands::args::LocalCloud;
use cfnkit_cli::commands::drift::Drift;
use cfnkit_console::exit::Exit;
use cfnkit_console::interrupt::Interrupts;
use cfnkit_console::report::Reporter;
use cfnkit_console::screen::{self, STRONG};
use cfnkit_console::text::printable;
use cfnkit_console::vigil::vigil;
use cfnkit_deploy::follow::Pace;
use cfnkit_operation::stack::Stack;
use cfnkit_template::stack_tree::NESTED_STACK;
use cfnkit_tools::workspace::Workspace;

/// How long CloudFormation may take for one stack.
const DETECTION_TIMEOUT: Duration = Duration::from_secs(1800);

pub(crate) async fn run(drift: Drift, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
    let mut interrupts = Interrupts::listen()?;
    let connect = connect(&drift.environment, sh, workspace, LocalCloud::MustRun);
    let environment = interrupts.unless(connect).await?;
    if environment.cloud == Cloud::Local {
        anyhow::bail!(
            "the local cloud cannot tell drift; `cargo xtask drift` needs a stage on AWS"
        );
    }
    let cfn = environment.connection.cloudformation();
    let name = drift.stage.stage.stack_name();
    let mut engine = environment.engine(workspace, interrupts);
    let stack = engine.settled(&name).await?.with_context(|| {
        let flags = drift.environment.repeated();
        format!("there is no stack `{name}`; `cargo xtask deploy{flags}` creates it")
    })?;
    if stack.status.is_empty() {
        anyhow::bail!("stack `{name}` holds nothing yet");
    }
    screen::progress(format!(
        "comparing {name} and its nested stacks with what is there"
    ));
    let work = of_stack(workspace.reporter(), &cfn, &stack, environment.cloud);
    let changes = engine.interrupts.unless(work).await?;
    if drift.json {
        let rows = Rows::of(&name, &changes);
        screen::data(serde_json::to_string_pretty(&rows)?);
    }
    if changes.is_empty() {
        screen::say(format!("{name}: no drift"));
        return Ok(());
    }
    screen::say(format!("\n{STRONG}{name}{STRONG:#}"));
    screen::say(change_set::render(&changes).trim_end());
    let totals = change_set::totals(&changes).summary();
    screen::say(format!(
        "\nfrom the template to what is there: {totals}\n\
         `cargo xtask deploy --revert-drift` takes it back; without that flag a deploy sets again \
         only what it changes"
    ));
    match drift.exit_code {
        true => Err(Exit::Different.into()),
        false => Ok(()),
    }
}

/// The drift of the stack and of those nested in it, each of which CloudFormation is asked for.
async fn of_stack(
    reporter: &dyn Reporter,
    cfn: &CloudFormation,
    stack: &Stack,
    cloud: Cloud,
) -> anyhow::Result<Vec<Change>> {
    let detection = drift::detect(cfn, &stack.id).await?;
    // While that goes on, those of the nested stacks are done.
    let mut nested = Vec::new();
    for resource in cloudformation::resources_of(cfn, &stack.id).await? {
        let Some(child) = cloudformation::nested_stack(cfn, &resource).await? else {
            continue;
        };
        let changes = Box::pin(of_stack(reporter, cfn, &child, cloud)).await?;
        if !changes.is_empty() {
            nested.push(Change {
                nested: Some(changes),
                ..Change::new(
                    Action::Modify,
                    &resource.logical_id,
                    &resource.resource_type,
                )
            });
        }
    }
    let mut pace = Pace::new(cloud);
    let work = async {
        loop {
            match drift::detection(cfn, &detection).await? {
                Detection::Running => pace.wait().await,
                Detection::Complete => return anyhow::Ok(()),
                Detection::Failed(reason) => {
                    screen::say(format!(
                        "{}: some resources could not be looked at: {}",
                        stack.name,
                        printable(&reason)
                    ));
                    return Ok(());
                }
            }
        }
    };
    let doing = format!("waiting for the drift of {}", stack.name);
    let ended = vigil(reporter, &doing, DETECTION_TIMEOUT, work).await;
    ended.with_context(|| {
        format!(
            "CloudFormation has not compared `{}` within half an hour; run the same command again",
            stack.name
        )
    })??;
    let mut changes = drift::drifted(cfn, &stack.id).await?;
    // A nested stack's own drift is shown by its resources.
    changes.retain(|change| change.resource_type != NESTED_STACK);
    changes.extend(nested);
    Ok(changes)
}
