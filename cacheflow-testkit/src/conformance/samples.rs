//! Keys, marks, envelopes and positions that rules work with.

use std::borrow::Cow;
use std::time::Duration;

use cacheflow::entry::Envelope;
use cacheflow::event::{Forgotten, Position};
use cacheflow::key::{CacheName, FullKey, Marks, Pattern, Tag};

/// A bound against hanging, not an expectation.
pub(super) const WITHIN: Duration = Duration::from_secs(60);

/// Longer than any rule takes.
pub(super) const LONG: Duration = Duration::from_secs(3600);

/// Further than a store looks back, if that is bounded.
pub(super) const FAR: u64 = 600;

/// The key, codec and schema in every envelope here.
const IDENTITY: (&[u8], u8, u64) = (b"key", 1, 0);

pub(super) fn key(text: &str) -> FullKey {
    FullKey::parse(text).expect("a full key")
}

pub(super) fn keys(texts: &[&str]) -> Vec<FullKey> {
    texts.iter().map(|text| key(text)).collect()
}

pub(super) fn cache(name: &str) -> CacheName {
    CacheName::new(name).expect("a cache's name")
}

pub(super) fn tag(text: &str) -> Tag {
    Tag::new(text).expect("a tag")
}

/// Marks of an entry with these tags.
pub(super) fn tagged(tags: &[&str]) -> Marks {
    Marks::new(tags.iter().map(|text| tag(text)).collect(), Vec::new())
}

/// Marks of an entry that was made of these.
pub(super) fn made_of(dependencies: &[&str]) -> Marks {
    Marks::new(Vec::new(), keys(dependencies))
}

pub(super) fn by_keys(texts: &[&str]) -> Forgotten {
    Forgotten::keys(keys(texts))
}

pub(super) fn by_tag(text: &str) -> Forgotten {
    Forgotten::tags([tag(text)])
}

pub(super) fn by_cache(name: &str) -> Forgotten {
    Forgotten::cache(cache(name))
}

pub(super) fn by_pattern(text: &str) -> Forgotten {
    Forgotten {
        patterns: vec![Pattern::new(text).expect("a pattern")],
        ..Forgotten::default()
    }
}

/// The envelope of some value that was loaded at this position.
pub(super) fn envelope(position: Position, payload: &str) -> Vec<u8> {
    marked(position, Marks::NONE, payload)
}

/// The same with marks.
pub(super) fn marked(position: Position, marks: &Marks, payload: &str) -> Vec<u8> {
    lasting(position, marks, payload, 0)
}

/// The same of a value that expires then.
pub(super) fn lasting(position: Position, marks: &Marks, payload: &str, expires: u64) -> Vec<u8> {
    let (key, codec, schema) = IDENTITY;
    let envelope = Envelope {
        as_of: position.number,
        incarnation: position.incarnation,
        codec,
        schema,
        created: 0,
        expires,
        stale_until: expires,
        load_micros: 0,
        key,
        marks: Cow::Borrowed(marks),
        version: None,
        payload: Some(payload.as_bytes()),
        ..Envelope::of(key)
    };
    envelope.encode().expect("an envelope")
}

/// The envelope in `bytes`, if it is one of these.
pub(super) fn opened(bytes: &[u8]) -> Option<Envelope<'_>> {
    let (key, codec, schema) = IDENTITY;
    Envelope::decode(bytes, key, codec, schema).ok()
}

/// `number` records later.
pub(super) fn later(position: Position, number: u64) -> Position {
    Position {
        number: position.number + number,
        ..position
    }
}

/// In a journal that nobody has.
pub(super) fn elsewhere(position: Position) -> Position {
    Position {
        incarnation: position.incarnation ^ 1,
        ..position
    }
}
