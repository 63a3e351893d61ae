//! Packages, deploys and looks after the service: `cargo xtask --help`.
//!
//! Without the feature `aws` it compiles in half a minute, does what needs no AWS, and hands the
//! other commands over to the program that has the feature.

// What only the other commands use is dead here, and is looked for in a build with all of them.
#![cfg_attr(not(feature = "aws"), allow(dead_code, unused_imports))]

use std::process::ExitCode;

use cfnkit_console::{defect, exit, screen, variable};
use clap::Parser as _;

#[cfg(feature = "aws")]
mod bootstrap;
mod changelog;
#[cfg(feature = "aws")]
mod checkup;
mod commands;
mod commit;
#[cfg(feature = "aws")]
mod deploy_role;
mod fuzzing;
mod graph;
#[cfg(not(feature = "aws"))]
mod handover;
mod listing;
mod outputs;
mod rename;
mod repository;
mod schema;
#[cfg(test)]
mod tidy;

/// Runs the command of this process's arguments.
pub fn main() -> ExitCode {
    defect::listen();
    defect::caught(run).unwrap_or_else(ExitCode::from)
}

fn run() -> ExitCode {
    screen::begin();
    if let Err(err) = variable::drop_empty() {
        screen::error(&err);
        return ExitCode::from(exit::code(&err));
    }
    let cli = match commands::Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => return screen::usage(&usage),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => {
            let result = defect::caught(|| runtime.block_on(cli.run()));
            // A question that nobody answered must not hold the program.
            runtime.shutdown_background();
            match result {
                Ok(result) => result,
                Err(code) => return ExitCode::from(code),
            }
        }
        Err(err) => Err(err.into()),
    };
    match exit::if_written(result, screen::written()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            let exit = err.downcast_ref::<exit::Exit>();
            match exit {
                Some(exit::Exit::Silent | exit::Exit::Different) => {}
                Some(exit::Exit::Declined) => screen::say(exit::Exit::Declined),
                _ => screen::error(&err),
            }
            ExitCode::from(exit::code(&err))
        }
    }
}
