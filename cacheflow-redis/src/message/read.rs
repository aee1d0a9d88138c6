//! A message as it arrives.

use std::time::Duration;

use cacheflow::event::{Change, Forgotten, Position, Record};
use cacheflow::key::{CacheName, FullKey, Pattern, Tag};
use serde::Deserialize;

use super::incarnation;

/// A longer message is not read.
pub(super) const MAX_BYTES: usize = 1024 * 1024;

/// A message that was understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A record of the journal.
    Record { record: Record, origin: String },
    /// What somebody who keeps no journal has changed.
    Foreign { change: Forgotten, origin: String },
    /// Somebody wants to know where all nodes stand.
    Question,
    /// The lease of this name was given back.
    Released(String),
    /// Nothing that concerns this node.
    Nothing,
}

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    keys: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    patterns: Vec<String>,
    #[serde(default)]
    caches: Vec<String>,
    #[serde(default)]
    all: bool,
    #[serde(default)]
    put: bool,
    hold: Option<u64>,
    done: Option<u64>,
    #[serde(default)]
    open: bool,
    lease: Option<String>,
    #[serde(default)]
    origin: String,
    inc: Option<String>,
    n: Option<u64>,
}

/// Reads a message; `None` if it cannot be understood in every respect.
pub(crate) fn read(bytes: &[u8]) -> Option<Heard> {
    if bytes.len() > MAX_BYTES {
        return None;
    }
    let message: Message = serde_json::from_slice(bytes).ok()?;
    match (&message.inc, message.n) {
        (Some(inc), Some(number)) => {
            let position = Position {
                incarnation: incarnation(inc)?,
                number,
            };
            let record = Record {
                position,
                change: message.change()?,
                open: message.open,
            };
            let origin = message.origin;
            Some(Heard::Record { record, origin })
        }
        (None, None) => Some(message.without_number()),
        _ => None,
    }
}

impl Message {
    fn change(&self) -> Option<Change> {
        let forgotten = Forgotten {
            keys: parsed(&self.keys, FullKey::parse)?,
            tags: parsed(&self.tags, |tag| Tag::new(tag).ok())?,
            patterns: parsed(&self.patterns, |pattern| Pattern::new(pattern).ok())?,
            caches: parsed(&self.caches, |cache| CacheName::new(cache).ok())?,
            everything: self.all,
        };
        match (self.kind.as_str(), self.put, self.hold, self.done) {
            ("EVICT" | "CLEAR", false, None, None) if !forgotten.is_empty() => {
                Some(Change::Forgotten(forgotten))
            }
            ("EVICT", true, None, None) if forgotten.is_keys_only() => {
                let (key, dependents) = forgotten.keys.split_first()?;
                Some(Change::Put {
                    key: key.clone(),
                    dependents: dependents.to_vec(),
                })
            }
            ("EVICT", false, Some(hold), None) if forgotten.is_keys_only() => {
                // One key: what was made of it has a record of its own.
                match forgotten.keys.as_slice() {
                    [key] => Some(Change::Held {
                        key: key.clone(),
                        ttl: Duration::from_millis(hold),
                    }),
                    _ => None,
                }
            }
            ("DONE", false, None, Some(number)) if forgotten.is_empty() => {
                Some(Change::Done(number))
            }
            _ => None,
        }
    }

    /// Who keeps no journal may name keys in its own form; what is not a key or
    /// tag of ours is nothing that we hold.
    fn without_number(self) -> Heard {
        let keys: Vec<_> = self
            .keys
            .iter()
            .filter_map(|key| FullKey::parse(key))
            .collect();
        let tags: Vec<_> = self
            .tags
            .iter()
            .filter_map(|tag| Tag::new(tag).ok())
            .collect();
        match (self.kind.as_str(), self.lease) {
            ("POSITIONS", _) => Heard::Question,
            // No record: it has no number, whoever does not know of leases passes
            // it over, and who misses it has missed no change.
            ("RELEASED", Some(name)) => Heard::Released(name),
            ("EVICT", _) if !keys.is_empty() || !tags.is_empty() => Heard::Foreign {
                change: Forgotten {
                    keys,
                    tags,
                    ..Forgotten::default()
                },
                origin: self.origin,
            },
            _ => Heard::Nothing,
        }
    }
}

fn parsed<T>(texts: &[String], parse: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    texts.iter().map(|text| parse(text)).collect()
}
