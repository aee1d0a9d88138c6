//! The project's own commands, run as `cargo xtask <command>`.
//!
//! One module per command ([`mod@test`], [`ci`], [`tidy`], [`msrv`], [`soak`], [`fuzz`], [`mod@bench`],
//! [`instructions`])
//! beside what they share:
//! [`cli`] reads the command line, [`process`] starts programs, [`metadata`] asks cargo about the
//! workspace, [`redis`] finds, installs and starts a server. [`package`] is a step of [`ci`] that
//! has more to say than one command.
#![forbid(unsafe_code)]

mod bench;
mod ci;
mod cli;
mod fuzz;
mod instructions;
mod metadata;
mod msrv;
mod nearest;
mod package;
mod process;
mod redis;
mod soak;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::Result;

use cli::Command;
use test::Summary;

fn main() -> ExitCode {
    // The summary is kept apart from the result because it has to be the last line printed, after
    // the error of a step that failed behind it.
    let mut summary = None;
    let mut args = std::env::args().skip(1).peekable();
    // The commands with options read them themselves.
    let with_options =
        args.next_if(|name| matches!(name.as_str(), "soak" | "fuzz" | "bench" | "instructions"));
    let result = match with_options.as_deref() {
        Some("soak") => soak::parse(args).and_then(soak::run),
        Some("fuzz") => fuzz::parse(args).and_then(fuzz::run),
        Some("instructions") => instructions::parse(args).and_then(instructions::run),
        Some(_) => bench::parse(args).and_then(bench::run),
        None => cli::parse(args).and_then(|command| dispatch(command, &mut summary)),
    };

    if let Err(error) = &result {
        eprintln!("\nerror: {error:#}");
    }
    if let Some(summary) = &summary {
        println!("\n{summary}");
    }
    let tests_passed = summary.is_none_or(|summary| summary.failed == 0);
    if result.is_ok() && tests_passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn dispatch(command: Command, summary: &mut Option<Summary>) -> Result<()> {
    match command {
        Command::Test => *summary = Some(test::run()?),
        Command::Ci => ci::run(summary)?,
        Command::Tidy => tidy::run()?,
        Command::Msrv => msrv::run()?,
        Command::Help => {
            let options = [soak::HELP, fuzz::HELP, bench::HELP, instructions::HELP];
            print!("{}{}", cli::HELP, options.concat());
        }
    }
    Ok(())
}
