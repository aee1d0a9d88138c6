//! How many bytes are left.

use cacheflow::codec::{Codec, Compression, Wire};
use cacheflow_benches::table::Table;

use super::candidates::with_dictionary;
use super::order::{Order, order};

/// Of a thousand orders that no dictionary has seen, of so many lines.
const ORDERS: std::ops::Range<u64> = 50_000..51_000;

fn bytes(codec: &Codec, compression: &Compression, lines: u64) -> usize {
    let wire = Wire::<Order>::new(codec, compression, None).expect("it can be traced");
    let stored = ORDERS.map(|number| {
        let encoded = wire.encode(&order(number, lines)).expect("it can");
        wire.pack(encoded).stored()
    });
    stored.sum::<usize>() / 1000
}

pub(crate) fn table() -> Table {
    let mut table = Table::headed(["bytes of an order", "as it is", "zstd", "with a dictionary"]);
    for codec in [
        Codec::MessagePack,
        Codec::Json,
        Codec::Bincode,
        Codec::Postcard,
    ] {
        for lines in [1, 3, 9] {
            let each = [
                Compression::none(),
                Compression::zstd().above(64),
                with_dictionary(&codec),
            ];
            let each = each.map(|compression| bytes(&codec, &compression, lines).to_string());
            let name = [format!("{codec}, {lines} lines")];
            table.row(name.into_iter().chain(each));
        }
    }
    table
}
