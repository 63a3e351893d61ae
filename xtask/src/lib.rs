//! Packages, deploys and looks after the service: `cargo xtask --help`.
//!
//! Without the feature `aws` it compiles in half a minute, does what needs no AWS, and hands the
//! other commands over to the program that has the feature.

// What only the other commands use is dead here, and is looked for in a build with all of them.
#![cfg_attr(not(feature = "aws"), allow(dead_code, unused_imports))]

use std::process::ExitCode;

use clap::Parser as _;

mod adoption;
mod api_definition;
mod api_explanation;
mod api_keys;
mod architecture;
mod archive;
mod assembly;
mod asset;
#[cfg(feature = "aws")]
mod aws;
mod backtrace;
mod block;
#[cfg(feature = "aws")]
mod bootstrap;
mod cargo;
mod change_set;
mod changelog;
mod checkout;
#[cfg(feature = "aws")]
mod checkup;
mod commands;
mod commit;
mod comparison;
#[cfg(feature = "aws")]
mod connection_failure;
mod consent;
mod constraint;
mod defect;
mod dependencies;
#[cfg(feature = "aws")]
mod deploy_role;
mod deploy_time;
#[cfg(feature = "aws")]
mod deployment;
mod deployment_hash;
mod diagnosis;
mod digest;
mod display;
mod doctor;
mod elf;
mod emulator;
mod encryption_key;
mod estimate;
mod event;
mod exit;
#[cfg(feature = "aws")]
mod failure;
mod flattening;
#[cfg(feature = "aws")]
mod follow;
mod fuzzing;
mod git;
mod graph;
mod handler;
#[cfg(not(feature = "aws"))]
mod handover;
mod inputs;
mod inspection;
mod interrupt;
mod intrinsics;
mod json_text;
mod limits;
mod linting;
mod listing;
mod live;
mod load;
mod log_line;
mod omission;
mod options;
mod outputs;
mod parameters;
mod patience;
mod pending;
#[cfg(feature = "aws")]
mod proxy;
#[cfg(feature = "aws")]
mod publish;
mod readback;
mod recording;
mod references;
mod rename;
mod repository;
mod rules;
mod sbom;
mod schema;
mod screen;
#[cfg(feature = "aws")]
mod session;
mod smoke;
mod source;
mod stack;
mod stack_tree;
mod stage;
mod stage_file;
mod status;
mod step;
mod symbols;
mod tag;
mod template;
mod terminal;
mod text;
mod text_file;
#[cfg(test)]
mod tidy;
mod tool;
mod toolchain;
mod trace;
mod trouble;
mod variable;
#[cfg(feature = "aws")]
mod vigil;
#[cfg(feature = "aws")]
mod web;
mod workflow_run;
mod workspace;

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
