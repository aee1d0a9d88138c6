//! Who is measured.

use std::hint::black_box;
use std::sync::Mutex;

use cacheflow::codec::{Codec, Compression, Dictionaries, Dictionary, Wire};
use cacheflow::entry::Envelope;
use cacheflow_benches::rounds::Candidate;
use zstd::bulk::{Compressor, Decompressor};

use super::order::{Order, order};

const KEY: &[u8] = b"orders:4711";

/// Of an order of about a kilobyte.
const LINES: u64 = 9;

fn wire(codec: &Codec, compression: &Compression) -> Wire<Order> {
    Wire::new(codec, compression, None).expect("it can be traced")
}

fn written(wire: &Wire<Order>, order: &Order) -> Vec<u8> {
    let packed = wire.pack(wire.encode(order).expect("it can be encoded"));
    wire.write(Envelope::of(KEY), Some(&packed))
        .expect("it is short")
}

fn read(wire: &Wire<Order>, bytes: &[u8]) -> Order {
    let envelope = wire.open(bytes, KEY).expect("it was written here");
    let value = wire.value(&envelope, bytes).expect("it was written here");
    value.expect("there is one")
}

fn again<'a>(name: &'static str, run: impl Fn() + Sync + 'a) -> Candidate<'a> {
    Candidate::new(name, move |from, to| {
        for _ in from..to {
            run();
        }
    })
}

/// The codec's own crate, called as its users do.
fn bare_encode(codec: &Codec, order: &Order) -> Vec<u8> {
    match codec {
        Codec::MessagePack => rmp_serde::to_vec_named(order).expect("it can"),
        Codec::Json => serde_json::to_vec(order).expect("it can"),
        Codec::Bincode => {
            bincode::serde::encode_to_vec(order, bincode::config::standard()).expect("it can")
        }
        _ => postcard::to_stdvec(order).expect("it can"),
    }
}

fn bare_decode(codec: &Codec, bytes: &[u8]) -> Order {
    match codec {
        Codec::MessagePack => rmp_serde::from_slice(bytes).expect("it can"),
        Codec::Json => serde_json::from_slice(bytes).expect("it can"),
        Codec::Bincode => {
            let decoded = bincode::serde::decode_from_slice(bytes, bincode::config::standard());
            decoded.expect("it can").0
        }
        _ => postcard::from_bytes(bytes).expect("it can"),
    }
}

pub(crate) fn encode(codec: &Codec) -> Vec<Candidate<'static>> {
    let (one, two) = (codec.clone(), wire(codec, &Compression::none()));
    let (first, second) = (order(4711, LINES), order(4711, LINES));
    vec![
        again("bare codec", move || {
            black_box(bare_encode(&one, black_box(&first)));
        }),
        again("ours, the whole entry", move || {
            black_box(written(&two, black_box(&second)));
        }),
    ]
}

pub(crate) fn decode(codec: &Codec) -> Vec<Candidate<'static>> {
    let (one, two) = (codec.clone(), wire(codec, &Compression::none()));
    let bare = bare_encode(codec, &order(4711, LINES));
    let ours = written(&two, &order(4711, LINES));
    vec![
        again("bare codec", move || {
            black_box(bare_decode(&one, black_box(&bare)));
        }),
        again("ours, the whole entry", move || {
            black_box(read(&two, black_box(&ours)));
        }),
    ]
}

/// Sixteen kilobytes of orders.
fn large() -> Vec<u8> {
    let orders: Vec<_> = (0..14).map(|number| order(number, LINES)).collect();
    rmp_serde::to_vec_named(&orders).expect("it can")
}

fn bytes_wire() -> Wire<Vec<u8>> {
    Wire::new(&Codec::MessagePack, &Compression::zstd(), None).expect("it can be traced")
}

pub(crate) fn compress() -> Vec<Candidate<'static>> {
    let (bare, each, ours) = (large(), large(), large());
    let compressor = Mutex::new(Compressor::new(3).expect("zstd works"));
    let wire = bytes_wire();
    vec![
        again("raw zstd, one context", move || {
            let mut compressor = compressor.lock().expect("nobody panics");
            black_box(compressor.compress(black_box(&bare)).expect("it can"));
        }),
        again("`encode_all`, `decode_all`", move || {
            black_box(zstd::encode_all(black_box(&each[..]), 3).expect("it can"));
        }),
        again("ours", move || {
            black_box(wire.pack(black_box(&ours).clone()));
        }),
    ]
}

pub(crate) fn decompress() -> Vec<Candidate<'static>> {
    let length = large().len();
    let frame = zstd::bulk::compress(&large(), 3).expect("it can");
    let (bare, each) = (frame.clone(), frame);
    let decompressor = Mutex::new(Decompressor::new().expect("zstd works"));
    // Beside the payload only a few bytes are decoded.
    let text = Wire::<String>::new(&Codec::MessagePack, &Compression::zstd(), None);
    let text = text.expect("it can be traced");
    let readable: String = large().iter().map(|byte| char::from(byte & 0x7f)).collect();
    let packed = text.pack(text.encode(&readable).expect("it can"));
    let entry = text.write(Envelope::of(KEY), Some(&packed)).expect("short");
    vec![
        again("raw zstd, one context", move || {
            let mut decompressor = decompressor.lock().expect("nobody panics");
            black_box(
                decompressor
                    .decompress(black_box(&bare), length)
                    .expect("it can"),
            );
        }),
        again("`encode_all`, `decode_all`", move || {
            black_box(zstd::decode_all(black_box(&each[..])).expect("it can"));
        }),
        again("ours", move || {
            let envelope = text.open(black_box(&entry), KEY).expect("written here");
            black_box(text.value(&envelope, &entry).expect("written here"));
        }),
    ]
}

/// A dictionary of small orders.
pub(crate) fn trained(codec: &Codec) -> Dictionary {
    let wire = wire(codec, &Compression::none());
    let samples: Vec<_> = (0..5_000)
        .map(|number| wire.encode(&order(number, number % 3)).expect("it can"))
        .collect();
    Dictionary::train(1, &samples, 16 * 1024).expect("they have much in common")
}

pub(crate) fn with_dictionary(codec: &Codec) -> Compression {
    Compression::zstd().dictionaries(Dictionaries::default().with(trained(codec)))
}

/// Orders of one or two lines.
pub(crate) mod small {
    use super::*;

    fn wires() -> [(&'static str, Wire<Order>); 3] {
        let codec = Codec::MessagePack;
        [
            ("ours, as they are", wire(&codec, &Compression::none())),
            (
                "ours, zstd alone",
                wire(&codec, &Compression::zstd().above(64)),
            ),
            (
                "ours, zstd with a dictionary",
                wire(&codec, &with_dictionary(&codec)),
            ),
        ]
    }

    pub(crate) fn write() -> Vec<Candidate<'static>> {
        let candidate = |(name, wire)| {
            let orders: Vec<_> = (5_000..5_100)
                .map(|number| order(number, number % 3))
                .collect();
            Candidate::new(name, move |from, to| {
                for at in from..to {
                    black_box(written(&wire, black_box(&orders[at % orders.len()])));
                }
            })
        };
        wires().map(candidate).into()
    }

    pub(crate) fn read() -> Vec<Candidate<'static>> {
        let candidate = |(name, wire): (_, Wire<Order>)| {
            let orders = (5_000..5_100).map(|number| order(number, number % 3));
            let entries: Vec<_> = orders.map(|order| written(&wire, &order)).collect();
            Candidate::new(name, move |from, to| {
                for at in from..to {
                    black_box(super::read(&wire, black_box(&entries[at % entries.len()])));
                }
            })
        };
        wires().map(candidate).into()
    }
}
