//! What must hold for any bytes whatever: each function here is a target of the fuzzer,
//! and a plain test goes over what it has found.

#![allow(
    dead_code,
    reason = "each target is built for itself, and uses one of these"
)]

use std::collections::BTreeMap;
use std::fmt::Debug;

use cacheflow::codec::{Codec, Compression, KeyRing, Wire};
use cacheflow::entry::Envelope;
use cacheflow::key::{CacheName, FullKey, Pattern, Tag};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What goes over some bytes, and panics if something does not hold.
type Check = fn(&[u8]);

/// All targets, by name.
pub(crate) const ALL: [(&str, Check); 7] = [
    ("envelope", envelope),
    ("entry", entry),
    ("msgpack", msgpack),
    ("json", json),
    ("bincode", bincode),
    ("postcard", postcard),
    ("key", key),
];

const KEY: &[u8] = b"users:7";

/// As many ways as there are in which a type can be made.
#[derive(Debug, Deserialize, Serialize)]
enum Value {
    Nothing,
    Flag(bool),
    Small(u8, i8),
    Large(u128, i128),
    Number(f64),
    Text(String),
    Letter(char),
    Bytes(Vec<u8>),
    Empty(Vec<()>),
    Maybe(Option<Box<Value>>),
    Many(Vec<Value>),
    ByName(BTreeMap<String, Value>),
    ByNumber(BTreeMap<u16, Value>),
    Named {
        id: u64,
        next: Option<Endless>,
        rest: (u8, String),
    },
    Done(Result<u8, String>),
}

/// Follows itself without taking a byte.
#[derive(Debug, Deserialize, Serialize)]
struct Endless(Option<Box<Endless>>);

/// Reads whatever there is.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
enum Any {
    Number(u64),
    Text(String),
    Many(Vec<Any>),
    Named(BTreeMap<String, Any>),
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Settings {
    name: String,
    level: Option<i32>,
    inner: Vec<Settings>,
}

/// What is read can be written, and is then read as the same.
fn returns<V: Debug + DeserializeOwned + Serialize>(codec: &Codec, bytes: &[u8]) {
    let Ok(value) = codec.decode::<V>(bytes) else {
        return;
    };
    let mut written = Vec::new();
    // Not everything that can be read is written so: see `Codec`.
    if codec.encode(&value, &mut written).is_ok() {
        let again = codec.decode::<V>(&written).expect("what was written");
        assert_eq!(format!("{value:?}"), format!("{again:?}"));
    }
}

fn codec(codec: &Codec, bytes: &[u8]) {
    returns::<Value>(codec, bytes);
    returns::<Endless>(codec, bytes);
    returns::<Settings>(codec, bytes);
    returns::<Vec<Option<String>>>(codec, bytes);
    returns::<Any>(codec, bytes);
}

pub(crate) fn msgpack(bytes: &[u8]) {
    codec(&Codec::MessagePack, bytes);
}

pub(crate) fn json(bytes: &[u8]) {
    codec(&Codec::Json, bytes);
}

pub(crate) fn bincode(bytes: &[u8]) {
    codec(&Codec::Bincode, bytes);
}

pub(crate) fn postcard(bytes: &[u8]) {
    codec(&Codec::Postcard, bytes);
}

/// The same bytes with a right checksum, which nobody finds by trying.
fn checked(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if bytes.len() >= Envelope::HEADER_BYTES {
        let (first, second) = bytes.split_at_mut(8);
        second[..8].copy_from_slice(first);
        let mut crc = crc32fast::Hasher::new();
        crc.update(&bytes[18..74]);
        crc.update(&bytes[78..]);
        let crc = crc.finalize().to_le_bytes();
        bytes[74..78].copy_from_slice(&crc);
    }
    bytes
}

pub(crate) fn envelope(bytes: &[u8]) {
    let _ = Envelope::incarnation_in(bytes);
    let _ = Envelope::decode(bytes, KEY, 1, 0);
    let bytes = checked(bytes);
    let Ok(envelope) = Envelope::decode(&bytes, KEY, 1, 0) else {
        return;
    };
    assert_eq!(envelope.key, KEY);
    let written = envelope.encode().expect("it was short enough");
    let again = Envelope::decode(&written, KEY, 1, 0);
    assert_eq!(again.as_ref(), Ok(&envelope));
}

/// The whole way, behind what an entry begins with.
pub(crate) fn entry(bytes: &[u8]) {
    let wire = || Wire::<Value>::new(&Codec::Postcard, &Compression::zstd(), None);
    let plain = wire().expect("it can be traced").at_most(64 * 1024);
    let keys = KeyRing::new().key(1, [7; 32]);
    let sealed = wire().expect("it can be traced").sealed(keys, "shop/");

    let empty = plain.write(Envelope::of(KEY), None).expect("short");
    // The first byte chooses the flags, the rest is marks and payload.
    let Some((flags, rest)) = bytes.split_first() else {
        return;
    };
    let mut bytes = [&empty[..], rest].concat();
    bytes[20] = flags & 7;
    let marks = usize::from(flags >> 3).min(rest.len());
    let seal = if flags & 4 == 0 {
        0
    } else {
        Envelope::SEAL_BYTES
    };
    let payload = (rest.len() - marks).saturating_sub(seal);
    bytes[68..70].copy_from_slice(&(marks as u16).to_le_bytes());
    bytes[70..74].copy_from_slice(&(payload as u32).to_le_bytes());
    let bytes = checked(&bytes);

    if let Ok(envelope) = plain.open(&bytes, KEY) {
        let _ = plain.value(&envelope, &bytes);
    }
    if let Ok(envelope) = sealed.open(&bytes, KEY) {
        // Without the key nobody makes a seal.
        assert!(sealed.value(&envelope, &bytes).is_err());
    }
}

pub(crate) fn key(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Some(key) = FullKey::parse(text) {
        assert_eq!(key.as_str(), text);
        let name = CacheName::new(key.cache()).expect("it was checked");
        let rest = std::str::from_utf8(key.key()).expect("it was text");
        assert_eq!(format!("{name}:{rest}"), text);
        // What is escaped matches itself.
        if let Ok(pattern) = Pattern::new(&Pattern::escape(text)) {
            assert!(pattern.matches(&key), "{text:?}");
        }
    }
    if let Ok(tag) = Tag::new(text) {
        assert_eq!(tag.as_str(), text);
    }
    // Pattern and key in one.
    if let Some((pattern, key)) = text.split_once('\n')
        && let (Ok(pattern), Some(key)) = (Pattern::new(pattern), FullKey::parse(key))
    {
        let _ = pattern.matches(&key);
    }
}
