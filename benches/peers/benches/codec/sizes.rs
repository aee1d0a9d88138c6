//! How many bytes are left.

use cacheflow::codec::{Codec, Compression, Wire};
use cacheflow_benches::results::{Better, Measured, Subject};

use super::candidates::with_dictionary;
use super::order::{Order, order};

/// Of a thousand orders that no dictionary has seen, of so many lines.
const ORDERS: std::ops::Range<u64> = 50_000..51_000;

/// Orders of so many lines.
const LINES: [u64; 3] = [1, 3, 9];

fn bytes(codec: &Codec, compression: &Compression, lines: u64) -> usize {
    let wire = Wire::<Order>::new(codec, compression, None).expect("it can be traced");
    let stored = ORDERS.map(|number| {
        let encoded = wire.encode(&order(number, lines)).expect("it can");
        wire.pack(encoded).stored()
    });
    stored.sum::<usize>() / 1000
}

/// How a codec's bytes are compressed.
type Way = fn(&Codec) -> Compression;

pub(crate) fn table(codecs: &[Codec]) -> Measured {
    let ways: [(&str, Way); 3] = [
        ("as it is", |_| Compression::none()),
        ("zstd", |_| Compression::zstd().above(64)),
        ("zstd with a dictionary", with_dictionary),
    ];
    let scenarios = codecs
        .iter()
        .flat_map(|codec| LINES.map(|lines| (codec, lines)));
    let scenarios: Vec<(&Codec, u64)> = scenarios.collect();
    let sizes = ways.map(|(_, way)| {
        let size = |(codec, lines): &(&Codec, u64)| vec![bytes(codec, &way(codec), *lines) as f64];
        scenarios.iter().map(size).collect()
    });
    let title = |(codec, lines): &(&Codec, u64)| format!("{codec}, {lines} lines");
    Measured {
        title: "bytes of an order".to_owned(),
        unit: "bytes".to_owned(),
        better: Better::Less,
        scenarios: scenarios.iter().map(title).collect(),
        candidates: ways.map(|(name, _)| Subject::ours(name)).into(),
        base: None,
        samples: sizes.into(),
    }
}
