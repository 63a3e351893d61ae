//! The steps of each command that talks to AWS.

use cfnkit_cli::commands::Remote;
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
    match command {
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
    }
}
