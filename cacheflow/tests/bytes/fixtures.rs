//! Entries that were written by hand, by what `docs/wire-format.md` says.

use cacheflow::codec::{Codec, Compression, KeyRing, Wire};
use cacheflow::entry::Envelope;

use crate::world::KEY;

/// The bytes of a file of hexadecimal digits, with comments.
fn bytes(text: &str) -> Vec<u8> {
    let digits = text.lines().flat_map(|line| {
        let (digits, _comment) = line.split_once('#').unwrap_or((line, ""));
        digits.split_whitespace()
    });
    digits
        .map(|two| u8::from_str_radix(two, 16).unwrap())
        .collect()
}

fn wire() -> Wire<String> {
    Wire::new(&Codec::MessagePack, &Compression::default(), None).unwrap()
}

fn is_read(wire: &Wire<String>, text: &str, expected: &str) {
    let bytes = bytes(text);
    let envelope = wire.open(&bytes, KEY).unwrap();
    assert_eq!((envelope.as_of, envelope.incarnation), (7, 0xfeed));
    assert_eq!(envelope.created, 1_700_000_000_000);
    assert_eq!(envelope.expires, 1_700_003_600_000);
    assert_eq!(envelope.stale_until, 1_700_090_000_000);
    assert_eq!(envelope.load_micros, 1500);
    assert_eq!(envelope.version.as_deref(), Some("w/7"));
    let tags: Vec<_> = envelope
        .marks
        .tags()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(tags, ["org:3"]);
    assert_eq!(envelope.marks.dependencies()[0].as_str(), "orders:1");
    let value = wire.value(&envelope, &bytes).unwrap();
    assert_eq!(value.as_deref(), Some(expected));
}

#[test]
fn a_plain_entry_is_read_and_written_byte_for_byte() {
    let text = include_str!("fixtures/plain.hex");
    is_read(&wire(), text, "Ada");
    let bytes = bytes(text);
    let head = wire().open(&bytes, KEY).unwrap();
    let packed = wire().pack(wire().encode(&"Ada".to_owned()).unwrap());
    let head = Envelope {
        payload: None,
        ..head
    };
    assert_eq!(wire().write(head, Some(&packed)).unwrap(), bytes);
}

#[test]
fn a_compressed_entry_is_read() {
    let text = include_str!("fixtures/compressed.hex");
    is_read(&wire(), text, "Ada, Countess of Lovelace");
}

#[test]
fn a_sealed_entry_is_read() {
    let key = std::array::from_fn(|at| at as u8);
    let sealed = wire().sealed(KeyRing::new().key(1, key), "cacheflow:shop/");
    is_read(&sealed, include_str!("fixtures/sealed.hex"), "Ada");
}
