//! `smoke`: does the deployed stage answer as it should.

use super::args::{EnvironmentArgs, StageArgs};

/// Send a few requests to the deployed endpoint and check their answers.
///
/// With the first tier's key, without a key, with a wrong one, with a body that is none,
/// to an unknown path. `deploy` does the same at its end. The table keeps one item of it, with
/// the id `smoke-test`.
#[derive(Debug, clap::Args)]
pub struct Smoke {
    #[command(flatten)]
    pub stage: StageArgs,

    #[command(flatten)]
    pub environment: EnvironmentArgs,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
