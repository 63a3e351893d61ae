//! Packages, deploys and looks after the service: `cargo xtask --help`.

use std::process::ExitCode;

use clap::Parser as _;

mod api_definition;
mod api_keys;
mod architecture;
mod assembly;
mod asset;
mod aws;
mod backtrace;
mod bootstrap;
mod cargo;
mod change_set;
mod checkup;
mod commands;
mod comparison;
mod consent;
mod constraint;
mod dependencies;
mod deployment;
mod diagnosis;
mod display;
mod doctor;
mod elf;
mod emulator;
mod estimate;
mod event;
mod exit;
mod failure;
mod flattening;
mod follow;
mod fuzzing;
mod graph;
mod handler;
mod inputs;
mod inspection;
mod interrupt;
mod intrinsics;
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
mod publish;
mod recording;
mod references;
mod rules;
mod sbom;
mod schema;
mod screen;
mod session;
mod smoke;
mod source;
mod stack;
mod stage_file;
mod status;
mod step;
mod symbols;
mod template;
#[cfg(test)]
mod tidy;
mod tool;
mod toolchain;
mod trace;
mod web;
mod workspace;

fn main() -> ExitCode {
    let cli = commands::Cli::parse();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(cli.run());
            // A question that nobody answered must not hold the program.
            runtime.shutdown_background();
            result
        }
        Err(err) => Err(err.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            let exit = err.downcast_ref::<exit::Exit>();
            match exit {
                Some(exit::Exit::Silent | exit::Exit::Different) => {}
                Some(exit::Exit::Declined) => screen::say(exit::Exit::Declined),
                _ => deployment::report_error(&err),
            }
            ExitCode::from(exit::code(&err))
        }
    }
}
