//! The steps of each command that talks to AWS.

use cfnkit_aws::error::{Error, ServiceError, Trouble};
use cfnkit_cli::commands::Remote;
use cfnkit_console::exit::Exit;
use cfnkit_deploy::error::Error as Unsettled;
use cfnkit_tools::workspace::Workspace;
use xshell::Shell;

mod bootstrap;
mod deploy;
mod destroy;
mod diff;
mod doctor;
mod drift;
mod keys;
mod load;
mod logs;
mod outputs;
mod smoke;
mod status;
mod traces;

/// Does what the command says.
pub(crate) async fn run(command: Remote, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
    let done = match command {
        Remote::Doctor(doctor) => doctor::run(doctor, sh, workspace).await,
        Remote::Bootstrap(bootstrap) => bootstrap::run(bootstrap, sh, workspace).await,
        Remote::Diff(diff) => diff::run(diff, sh, workspace).await,
        Remote::Deploy(deploy) => deploy::run(deploy, sh, workspace).await,
        Remote::Outputs(outputs) => outputs::run(outputs, sh, workspace).await,
        Remote::Status(status) => status::run(status, sh, workspace).await,
        Remote::Keys(keys) => keys::run(keys, sh, workspace).await,
        Remote::Smoke(smoke) => smoke::run(smoke, sh, workspace).await,
        Remote::Logs(logs) => logs::run(logs, sh, workspace).await,
        Remote::Traces(traces) => traces::run(traces, sh, workspace).await,
        Remote::Drift(drift) => drift::run(drift, sh, workspace).await,
        Remote::Load(load) => load::run(load, sh, workspace).await,
        Remote::Destroy(destroy) => destroy::run(destroy, sh, workspace).await,
    };
    done.map_err(ended)
}

/// What `err` means for who called the program: whether anything began, and how it went on.
fn ended(err: anyhow::Error) -> anyhow::Error {
    if err.is::<Exit>() {
        return err;
    }
    let text = || format!("{err:#}");
    let unsettled: Option<&Unsettled> = err.downcast_ref();
    let exit = match (unsettled, unsettled.map(Unsettled::first)) {
        // Not one that left something behind, which has to be said.
        (Some(Unsettled::Declined), _) => Exit::Declined,
        (_, Some(Unsettled::Failed { .. })) => Exit::Failed(text()),
        (_, Some(Unsettled::Unknown { .. })) => Exit::Unknown(text()),
        // What was under way goes on, and can be seen again with new credentials.
        _ if failed_call(&err).is_some_and(|call| call.trouble == Trouble::Expired) => {
            Exit::Unknown(text())
        }
        _ => return err,
    };
    exit.into()
}

/// The call at the bottom of `err` that failed; `None` where none did.
pub(crate) fn failed_call(err: &anyhow::Error) -> Option<&ServiceError> {
    err.chain().find_map(|cause| {
        let unsettled = cause.downcast_ref().and_then(Unsettled::call);
        unsettled.or_else(|| cause.downcast_ref::<Error>()?.call())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupt_that_leaves_something_behind_says_so() {
        let declined = ended(Unsettled::Declined.into());
        assert!(matches!(declined.downcast_ref(), Some(Exit::Declined)));
        let cleanup = Unsettled::Unknown {
            text: "no answer".to_owned(),
        };
        let unclean = Unsettled::Unclean {
            cleanup: Box::new(cleanup),
            first: Box::new(Unsettled::Declined),
        };
        assert_eq!(
            format!("{:#}", ended(unclean.into())),
            "what was begun could not be taken back (no answer), and the next run does it: \
             nothing was changed"
        );
    }
}
