//! What bytes cost beside the bare codec and the bare compressor, and what a dictionary
//! gains.

mod codec {
    pub(crate) mod candidates;
    pub(crate) mod order;
    pub(crate) mod sizes;
}

use cacheflow::codec::Codec;
use cacheflow_benches::results::{Better, Extent, Goal, Measured, Section, Subject};
use cacheflow_benches::rounds::{Candidate, Plan, Scenario, measure};
use cacheflow_benches::section;

use codec::candidates::{compress, decode, decompress, encode, small};
use codec::sizes;

const ABOUT: &str = "An order of nine lines, 471 bytes (postcard) to 1,017 bytes (JSON): each bare codec \
beside the whole entry (limits, checksum, envelope); the bare compressor beside ours; small orders as they \
are, compressed, and compressed with a dictionary; and how many bytes are left.";

const CODECS: [Codec; 4] = [
    Codec::MessagePack,
    Codec::Json,
    Codec::Bincode,
    Codec::Postcard,
];

fn main() {
    section::run(all);
}

fn all(extent: Extent) -> Section {
    let plan = Plan {
        rounds: extent.pick(1, 31, 301),
        operations: extent.pick(4, 400, 400),
    };
    let mut coded = Vec::new();
    for codec in &CODECS {
        coded.push((format!("{codec}: encode"), encode(codec)));
        coded.push((format!("{codec}: decode"), decode(codec)));
    }
    let packed = vec![
        ("compress".to_owned(), compress()),
        ("decompress".to_owned(), decompress()),
    ];
    let small = vec![
        ("write".to_owned(), small::write()),
        ("read".to_owned(), small::read()),
    ];
    let coded = table("an order of nine lines", plan, coded);
    let goals = vec![goal(&coded)];
    Section {
        id: "codec".to_owned(),
        title: "Bytes".to_owned(),
        about: ABOUT.to_owned(),
        tables: vec![
            coded,
            table("zstd on 16 KiB", plan, packed),
            table("small orders", plan, small),
            sizes::table(&CODECS),
        ],
        goals,
    }
}

/// The same candidates in each scenario, the first of which is the base.
fn table(title: &str, plan: Plan, scenarios: Vec<(String, Vec<Candidate<'static>>)>) -> Measured {
    let names: Vec<&str> = scenarios[0]
        .1
        .iter()
        .map(|candidate| candidate.name)
        .collect();
    let candidates = names
        .into_iter()
        .map(|name| match name.strip_prefix("ours") {
            Some(_) => Subject::ours(name),
            None => Subject::peer(name, ""),
        });
    let candidates = candidates.collect();
    let (titles, scenarios): (Vec<_>, Vec<_>) = scenarios
        .into_iter()
        .map(|(title, candidates)| {
            let scenario = Scenario {
                threads: 1,
                candidates,
            };
            (title, scenario)
        })
        .unzip();
    Measured {
        title: title.to_owned(),
        unit: "ns".to_owned(),
        better: Better::Less,
        scenarios: titles,
        candidates,
        base: Some(0),
        samples: Measured::by_candidate(&measure(plan, &scenarios)),
    }
}

/// The dearest way of one codec.
fn goal(coded: &Measured) -> Goal {
    let ratios = (0..coded.scenarios.len()).filter_map(|scenario| coded.ratio(1, 0, scenario));
    let dearest = ratios.map(|ratio| ratio.median).fold(f64::NAN, f64::max);
    Goal {
        what: "a whole entry beside its bare codec, the dearest of eight".to_owned(),
        target: "≤ 1.3 ×".to_owned(),
        limit: 1.3,
        better: Better::Less,
        measured: dearest,
        tried: "values are written into a buffer that is used again, and read where they lie"
            .to_owned(),
    }
}
