//! What bytes cost beside the bare codec and the bare compressor, and what a dictionary
//! gains: see `README.md`.

mod codec {
    pub(crate) mod candidates;
    pub(crate) mod order;
    pub(crate) mod sizes;
}

use cacheflow::codec::Codec;
use cacheflow_benches::machine;
use cacheflow_benches::rounds::{Plan, Scenario, measure, median, ratio};
use cacheflow_benches::table::Table;

use codec::candidates::{compress, decode, decompress, encode, small};
use codec::sizes;

fn main() {
    // `cargo bench` says so; `cargo test --benches` only wants to see it run.
    let measuring = std::env::args().any(|argument| argument == "--bench");
    let quick = std::env::args().any(|argument| argument == "--quick");
    let plan = Plan {
        rounds: match (measuring, quick) {
            (false, _) => 1,
            (true, true) => 31,
            (true, false) => 301,
        },
        operations: if measuring { 400 } else { 4 },
    };
    let codecs = [
        Codec::MessagePack,
        Codec::Json,
        Codec::Bincode,
        Codec::Postcard,
    ];
    let mut titles = Vec::new();
    let mut scenarios = Vec::new();
    let mut add = |title: String, candidates| {
        titles.push(title);
        scenarios.push(Scenario {
            threads: 1,
            candidates,
        });
    };
    for codec in &codecs {
        add(format!("{codec}: encode"), encode(codec));
        add(format!("{codec}: decode"), decode(codec));
    }
    add("zstd: compress 16 KiB".to_owned(), compress());
    add("zstd: decompress 16 KiB".to_owned(), decompress());
    add("small: write".to_owned(), small::write());
    add("small: read".to_owned(), small::read());

    let taken = measure(plan, &scenarios);
    println!("{} · {} rounds\n", machine::described(), plan.rounds);
    let mut table = Table::headed(["what", "by whom", "ns", "÷ the first"]);
    for ((title, scenario), taken) in titles.iter().zip(&scenarios).zip(&taken) {
        for (candidate, rounds) in scenario.candidates.iter().zip(taken) {
            table.row([
                title.clone(),
                candidate.name.to_owned(),
                format!("{:.0}", median(rounds.clone())),
                format!("{:.2}", ratio(rounds, &taken[0])),
            ]);
        }
    }
    println!("{table}");
    println!("{}", sizes::table());
}
