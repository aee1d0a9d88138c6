//! What stands in a message before its number, which the server appends.

use cacheflow::event::{Change, Forgotten};
use cacheflow::key::{CacheName, FullKey, Pattern, Tag};
use serde::Serialize;

/// Asks all nodes to tell where they stand.
pub(crate) const QUESTION: &str = r#"{"type":"POSITIONS"}"#;

/// Tells all nodes that the lease `name` was given back.
pub(crate) fn released(name: &str, origin: &str) -> String {
    let (name, origin) = (json(&name), json(&origin));
    format!(r#"{{"type":"RELEASED","lease":{name},"origin":{origin}}}"#)
}

/// A message in parts, between which the server puts what it finds: more keys
/// behind `front`, then incarnation, number and brace behind `tail`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) front: String,
    pub(crate) back: String,
    pub(crate) tail: String,
}

/// The message for `change`; `None` for one that this version does not know.
pub(crate) fn write(change: &Change, origin: &str) -> Option<Parts> {
    let (kind, keys, back) = match change {
        Change::Forgotten(forgotten) => {
            let is_clear = forgotten.keys.is_empty()
                && forgotten.tags.is_empty()
                && forgotten.patterns.is_empty();
            let kind = if is_clear { "CLEAR" } else { "EVICT" };
            (kind, forgotten.keys.clone(), rest(forgotten))
        }
        Change::Put { key, dependents } => {
            let keys = std::iter::once(key).chain(dependents).cloned().collect();
            ("EVICT", keys, r#","put":true"#.to_owned())
        }
        Change::Held { key, ttl } => {
            let hold = format!(r#","hold":{}"#, ttl.as_millis());
            ("EVICT", vec![key.clone()], hold)
        }
        Change::Done(number) => ("DONE", Vec::new(), format!(r#","done":{number}"#)),
        _ => return None,
    };
    let mut front = format!(r#"{{"type":"{kind}""#);
    let mut back = back;
    if !keys.is_empty() {
        let keys: Vec<&str> = keys.iter().map(FullKey::as_str).collect();
        front.push_str(r#","keys":"#);
        front.push_str(&json(&keys));
        front.pop();
        back.insert(0, ']');
    }
    Some(Parts {
        front,
        back,
        tail: format!(r#","origin":{}"#, json(&origin)),
    })
}

/// What a forgetting names beside keys.
fn rest(forgotten: &Forgotten) -> String {
    let mut rest = String::new();
    let mut list = |name: &str, texts: Vec<&str>| {
        if !texts.is_empty() {
            rest.push_str(&format!(r#","{name}":{}"#, json(&texts)));
        }
    };
    list("tags", forgotten.tags.iter().map(Tag::as_str).collect());
    list(
        "patterns",
        forgotten.patterns.iter().map(Pattern::as_str).collect(),
    );
    list(
        "caches",
        forgotten.caches.iter().map(CacheName::as_str).collect(),
    );
    if forgotten.everything {
        rest.push_str(r#","all":true"#);
    }
    rest
}

/// Text, or a list of texts, as JSON; neither can fail.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
