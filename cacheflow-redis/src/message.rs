//! Records as messages: one line of JSON each.

use cacheflow::event::{Change, Position, Record};
use cacheflow::key::{CacheName, FullKey};
use serde::{Deserialize, Serialize};

/// A longer message is not read.
const MAX_BYTES: usize = 1024 * 1024;

/// What stands in a message before its number, which the server appends.
#[derive(Serialize)]
struct Head<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    keys: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    put: bool,
    origin: &'a str,
}

/// A message as it arrives.
#[derive(Deserialize)]
struct Message {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    keys: Vec<String>,
    cache: Option<String>,
    #[serde(default)]
    put: bool,
    #[serde(default)]
    origin: String,
    inc: Option<String>,
    n: Option<u64>,
}

/// A message that was understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A record of the journal.
    Record { record: Record, origin: String },
    /// Keys that somebody who keeps no journal has changed.
    Foreign { keys: Vec<FullKey>, origin: String },
}

/// The message for `change`, open at its end: the server appends incarnation,
/// number and brace.
pub(crate) fn head(change: &Change, origin: &str) -> Option<String> {
    let head = match change {
        Change::Forgotten(keys) => Head {
            kind: "EVICT",
            keys: keys.iter().map(FullKey::as_str).collect(),
            cache: None,
            put: false,
            origin,
        },
        Change::Put(key) => Head {
            kind: "EVICT",
            keys: vec![key.as_str()],
            cache: None,
            put: true,
            origin,
        },
        Change::Cleared(cache) => Head {
            kind: "CLEAR",
            keys: Vec::new(),
            cache: Some(cache.as_str()),
            put: false,
            origin,
        },
        _ => return None,
    };
    let mut json = serde_json::to_string(&head).ok()?;
    json.pop();
    Some(json)
}

/// Reads a message; `None` if it cannot be understood in every respect.
pub(crate) fn read(bytes: &[u8]) -> Option<Heard> {
    if bytes.len() > MAX_BYTES {
        return None;
    }
    let message: Message = serde_json::from_slice(bytes).ok()?;
    let origin = message.origin;
    let parsed =
        || -> Option<Vec<FullKey>> { message.keys.iter().map(|key| FullKey::parse(key)).collect() };
    let position = match (message.inc, message.n) {
        (Some(inc), Some(number)) => Some(Position {
            incarnation: incarnation(&inc)?,
            number,
        }),
        (None, None) => None,
        _ => return None,
    };
    let change = match (message.kind.as_str(), message.put) {
        ("EVICT", false) => Change::Forgotten(parsed()?),
        ("EVICT", true) => match parsed()?.as_slice() {
            [key] => Change::Put(key.clone()),
            _ => return None,
        },
        ("CLEAR", false) => Change::Cleared(CacheName::new(&message.cache?).ok()?),
        _ => return None,
    };
    match (position, change) {
        (Some(position), change) => Some(Heard::Record {
            record: Record { position, change },
            origin,
        }),
        // Who keeps no journal may name keys in its own form; what is not a key
        // of ours is nothing that we hold.
        (None, Change::Forgotten(keys)) => Some(Heard::Foreign { keys, origin }),
        (None, _) => None,
    }
}

/// An incarnation as it stands in Redis and in messages.
pub(crate) fn incarnation_text(incarnation: u64) -> String {
    format!("{incarnation:016x}")
}

/// Reads an incarnation.
pub(crate) fn incarnation(text: &str) -> Option<u64> {
    u64::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> FullKey {
        FullKey::parse(text).unwrap()
    }

    fn sent(change: &Change) -> String {
        format!(
            "{},\"inc\":\"{}\",\"n\":17}}",
            head(change, "me").unwrap(),
            incarnation_text(9)
        )
    }

    #[test]
    fn the_message_has_the_documented_form() {
        assert_eq!(
            sent(&Change::Forgotten(vec![key("users:1"), key("users:2")])),
            r#"{"type":"EVICT","keys":["users:1","users:2"],"origin":"me","inc":"0000000000000009","n":17}"#
        );
    }

    #[test]
    fn what_is_sent_is_understood() {
        for change in [
            Change::Forgotten(vec![key("users:1"), key("users:2")]),
            Change::Put(key("users:1")),
            Change::Cleared(CacheName::new("users").unwrap()),
        ] {
            let record = Record {
                position: Position {
                    incarnation: 9,
                    number: 17,
                },
                change: change.clone(),
            };
            let origin = "me".to_owned();
            assert_eq!(
                read(sent(&change).as_bytes()),
                Some(Heard::Record { record, origin })
            );
        }
    }

    #[test]
    fn a_message_without_a_number_is_foreign() {
        let heard = read(br#"{"type":"EVICT","keys":["users:1"],"origin":"x","more":[1]}"#);
        let keys = vec![key("users:1")];
        let origin = "x".to_owned();
        assert_eq!(heard, Some(Heard::Foreign { keys, origin }));
    }

    #[test]
    fn everything_else_is_not_understood() {
        for garbage in [
            "",
            "null",
            "{}",
            "[1]",
            "{\"type\":\"EVICT\"",
            r#"{"type":"DANCE","keys":[],"inc":"1","n":1}"#,
            r#"{"type":"EVICT","keys":["nocache"],"inc":"1","n":1}"#,
            r#"{"type":"EVICT","keys":["a:1"],"n":1}"#,
            r#"{"type":"EVICT","keys":["a:1"],"inc":"x","n":1}"#,
            r#"{"type":"EVICT","keys":["a:1"],"inc":"1","n":-1}"#,
            r#"{"type":"EVICT","put":true,"keys":["a:1","a:2"],"inc":"1","n":1}"#,
            r#"{"type":"CLEAR","inc":"1","n":1}"#,
            r#"{"type":"CLEAR","cache":"a:b","inc":"1","n":1}"#,
            r#"{"type":"CLEAR","cache":"a"}"#,
        ] {
            assert_eq!(read(garbage.as_bytes()), None, "{garbage}");
        }
        let long = format!(
            r#"{{"type":"EVICT","keys":["a:1"],"origin":"{}"}}"#,
            "x".repeat(MAX_BYTES)
        );
        assert_eq!(read(long.as_bytes()), None);
    }
}
