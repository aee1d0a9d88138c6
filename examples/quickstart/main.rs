//! Quickstart: what a cache is worth, and that it does not lie.
//!
//! A shop in an SQLite file is read by many tasks at once, first directly and then through attributed functions, while other
//! tasks change rows and invalidate them. At the end a table says how fast it was, which level answered, how many queries were
//! saved, and that no read was stale. `--help` tells everything.
//!
//! ```text
//!  reader ─┐                       ┌─ Direct ───────────────────► Shop (SQLite)
//!  reader ─┼─► Instance (the seam) ┤                               ▲      ▲
//!  reader ─┘      ▲                └─ Node ─► memory ─► (Redis) ───┘      │
//!                 │ 2. invalidate                                         │
//!  writer ────────┴───────────────────────────────────────── 1. commit ───┘
//!     └─ 3. report the new version ─► Oracle ◄─ judge every read ─ readers
//! ```
//!
//! | module | answers |
//! |---|---|
//! | `node` | how a service uses the cache: **start reading here** |
//! | `instance`, `direct` | what is measured: one seam, with the cache and without |
//! | `shop` | what is cached: rows with versions |
//! | `sequence` | what is asked for, in which order |
//! | `workload` | who asks, who changes, what is counted |
//! | `oracle` | what a stale read is |
//! | `report`, `progress` | what a person sees |
//! | `args`, `run` | what the command line says, and the order of things |
#![forbid(unsafe_code)]

mod args;
mod direct;
mod instance;
mod item;
mod node;
mod oracle;
mod progress;
mod random;
mod redis_url;
mod report;
mod run;
mod sequence;
mod shop;
mod workload;

use std::io::{Write, stdout};
use std::process::ExitCode;
use std::time::Duration;

use crate::args::{NoPlan, Plan};

/// The run ended, and something happened that must not happen.
const BAD_RUN: u8 = 1;

/// The run could not begin.
const NO_RUN: u8 = 2;

/// What is still running at the end may take so long; only after a request that hangs there is anything.
const SHUTDOWN: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let plan = match Plan::parse(std::env::args_os()) {
        Ok(plan) => plan,
        Err(NoPlan::Asked(help)) => {
            // To a reader who has gone there is nothing left to say.
            let _ = help.print();
            return ExitCode::SUCCESS;
        }
        Err(NoPlan::Wrong(why)) => return refuse(&format!("{why} (--help tells more)")),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&format!("cannot start the runtime: {error}")),
    };
    let report = runtime.block_on(run::run(&plan));
    runtime.shutdown_timeout(SHUTDOWN);
    match report {
        Ok(report) => {
            let _ = write!(stdout(), "{report}");
            if report.faults().is_empty() {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(BAD_RUN)
            }
        }
        Err(error) => refuse(&format!("{error:#}")),
    }
}

fn refuse(why: &str) -> ExitCode {
    eprintln!("quickstart: {why}");
    ExitCode::from(NO_RUN)
}
