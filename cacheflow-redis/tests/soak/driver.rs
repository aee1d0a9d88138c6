//! The process that starts all others, disturbs them, and judges.

mod children;
mod faults;
mod judge;
mod report;
mod round;
mod servers;
mod switch;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::args::Soak;
use crate::random::Random;
use faults::Deck;
use report::Report;
use round::Round;
use servers::Setting;

/// How long servers and nodes live before others take their places.
const ROUND: Duration = Duration::from_secs(150);

pub(crate) fn run(soak: &Soak) -> ExitCode {
    println!("\nrunning 1 test");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let started = Instant::now();
    let report = runtime.block_on(all_rounds(soak));
    let passed = report.print(soak);
    println!(
        "\ntest result: {}. {} passed; {} failed; 0 ignored; 0 measured; 0 filtered out; \
         finished in {:.2}s",
        if passed { "ok" } else { "FAILED" },
        u8::from(passed),
        u8::from(!passed),
        started.elapsed().as_secs_f64(),
    );
    if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Rounds on one server and rounds on two that fail over, in turn.
async fn all_rounds(soak: &Soak) -> Report {
    let pairs = (soak.time().as_secs_f64() / (2.0 * ROUND.as_secs_f64())).ceil();
    let rounds = pairs as u32 * 2;
    let time = soak.time() / rounds;
    let mut decks = [Setting::Single, Setting::Pair]
        .map(|setting| Deck::new(setting, Random::of(&[soak.seed, setting as u64])));
    let mut report = Report::default();
    for number in 0..rounds {
        let round = Round {
            number,
            setting: [Setting::Single, Setting::Pair][number as usize % 2],
            soak,
            time,
        };
        report.add(round.run(&mut decks[number as usize % 2]).await);
        if report.has_failed() {
            break;
        }
    }
    report
}
