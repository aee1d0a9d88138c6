//! A soak: several processes on real Redis servers, faults drawn at random, and a
//! judge of all that was read.
//!
//! ```text
//! driver ─ starts ─▶ Redis ◀─ FaultProxy ◀─ node 0 … node N (this program again)
//!   │                                          │ read and write the database (a file)
//!   └─ history checker ◀──── events, by pipe ──┘
//! ```
//!
//! `cargo test --release -p cacheflow-redis --test soak -- --minutes 10 --seed 1`, or
//! `cargo xtask soak`. Without arguments it runs for a few seconds, as a test among
//! others. Which operations and which faults come is decided by the seed; how they
//! interleave is not.

#![cfg_attr(not(unix), allow(dead_code, unused_imports))]

mod args;
#[cfg(unix)]
mod database;
#[cfg(unix)]
mod driver;
#[cfg(unix)]
mod node;
mod random;
mod wire;
mod world;

use std::process::ExitCode;

use args::Role;

#[cfg(unix)]
fn main() -> ExitCode {
    match args::parse(std::env::args().skip(1)) {
        Ok(Role::Driver(soak)) => driver::run(&soak),
        Ok(Role::Node(settings)) => node::run(*settings),
        Ok(Role::Nothing) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Processes that are stopped and killed: Unix only.
#[cfg(not(unix))]
fn main() -> ExitCode {
    ExitCode::SUCCESS
}
