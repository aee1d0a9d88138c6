use std::time::Duration;

use cacheflow::event::{Change, Forgotten, Position, Record};
use cacheflow::key::{CacheName, FullKey, Pattern, Tag};

use super::read::MAX_BYTES;
use super::*;

fn key(text: &str) -> FullKey {
    FullKey::parse(text).unwrap()
}

/// As the server puts it together, with `more` keys.
fn sent(change: &Change, more: &str, open: bool) -> String {
    let Parts { front, back, tail } = write(change, "me").unwrap();
    let open = if open { r#","open":true,"sets":2"# } else { "" };
    let inc = incarnation_text(9);
    format!(r#"{front}{more}{back}{tail}{open},"inc":"{inc}","n":17}}"#)
}

fn everything_there_is() -> Vec<Change> {
    let keys = vec![key("users:1"), key("users:\"\n\\")];
    vec![
        Change::Forgotten(Forgotten::keys(keys.clone())),
        Change::Forgotten(Forgotten::cache(CacheName::new("users").unwrap())),
        Change::Forgotten(Forgotten {
            keys: keys.clone(),
            tags: vec![Tag::new("org:\u{1}7").unwrap()],
            patterns: vec![Pattern::new("a\\*b*").unwrap()],
            caches: vec![CacheName::new("users").unwrap()],
            everything: true,
        }),
        Change::Put {
            key: keys[0].clone(),
            dependents: keys,
        },
        Change::Held {
            key: key("users:1"),
            ttl: Duration::from_secs(5),
        },
        Change::Done(1 << 40),
    ]
}

#[test]
fn the_message_has_the_documented_form() {
    let forgotten = Forgotten::keys([key("users:1"), key("users:2")]);
    assert_eq!(
        sent(&Change::Forgotten(forgotten), "", false),
        r#"{"type":"EVICT","keys":["users:1","users:2"],"origin":"me","inc":"0000000000000009","n":17}"#
    );
    let cleared = Forgotten::cache(CacheName::new("users").unwrap());
    assert_eq!(
        sent(&Change::Forgotten(cleared), "", true),
        r#"{"type":"CLEAR","caches":["users"],"origin":"me","open":true,"sets":2,"inc":"0000000000000009","n":17}"#
    );
}

#[test]
fn what_is_sent_is_understood() {
    for change in everything_there_is() {
        for open in [false, true] {
            let record = Record {
                position: Position {
                    incarnation: 9,
                    number: 17,
                },
                change: change.clone(),
                open,
            };
            let origin = "me".to_owned();
            assert_eq!(
                read(sent(&change, "", open).as_bytes()),
                Some(Heard::Record { record, origin })
            );
        }
    }
}

#[test]
fn the_server_can_add_keys() {
    let change = Change::Put {
        key: key("a:1"),
        dependents: Vec::new(),
    };
    let Some(Heard::Record { record, .. }) = read(sent(&change, r#","b:2""#, false).as_bytes())
    else {
        panic!("a record")
    };
    let dependents = vec![key("b:2")];
    let key = key("a:1");
    assert_eq!(record.change, Change::Put { key, dependents });
}

#[test]
fn a_message_without_a_number_is_foreign() {
    let heard =
        read(br#"{"type":"EVICT","keys":["users:1","nocache"],"tags":["t",""],"more":[1]}"#);
    let change = Forgotten {
        keys: vec![key("users:1")],
        tags: vec![Tag::new("t").unwrap()],
        ..Forgotten::default()
    };
    let origin = String::new();
    assert_eq!(heard, Some(Heard::Foreign { change, origin }));
    assert_eq!(read(QUESTION.as_bytes()), Some(Heard::Question));
    assert_eq!(read(br#"{"type":"DANCE"}"#), Some(Heard::Nothing));
    let unknown = br#"{"type":"EVICT","keys":["nocache"]}"#;
    assert_eq!(read(unknown), Some(Heard::Nothing));
}

#[test]
fn the_return_of_a_lease_is_told_without_a_number() {
    let told = released("users:42", "me");
    assert_eq!(
        told,
        r#"{"type":"RELEASED","lease":"users:42","origin":"me"}"#
    );
    for name in ["users:42", "", "a\"\\\r\n\u{1}\u{fc}", &"x".repeat(512)] {
        let heard = read(released(name, "me").as_bytes());
        assert_eq!(heard, Some(Heard::Released(name.to_owned())));
    }
    let nameless = br#"{"type":"RELEASED","origin":"me"}"#;
    assert_eq!(read(nameless), Some(Heard::Nothing));
    // A record of this kind there is not.
    let numbered = br#"{"type":"RELEASED","lease":"a","inc":"1","n":1}"#;
    assert_eq!(read(numbered), None);
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
        r#"{"type":"EVICT","inc":"1","n":1}"#,
        r#"{"type":"EVICT","keys":["nocache"],"inc":"1","n":1}"#,
        r#"{"type":"EVICT","keys":["a:1"],"n":1}"#,
        r#"{"type":"EVICT","keys":["a:1"],"inc":"x","n":1}"#,
        r#"{"type":"EVICT","keys":["a:1"],"inc":"1","n":-1}"#,
        r#"{"type":"EVICT","put":true,"inc":"1","n":1}"#,
        r#"{"type":"EVICT","put":true,"keys":["a:1"],"tags":["t"],"inc":"1","n":1}"#,
        r#"{"type":"EVICT","hold":1,"keys":["a:1","a:2"],"inc":"1","n":1}"#,
        r#"{"type":"EVICT","patterns":["\\"],"inc":"1","n":1}"#,
        r#"{"type":"EVICT","tags":[""],"inc":"1","n":1}"#,
        r#"{"type":"DONE","inc":"1","n":1}"#,
        r#"{"type":"DONE","done":1,"keys":["a:1"],"inc":"1","n":1}"#,
        r#"{"type":"CLEAR","inc":"1","n":1}"#,
        r#"{"type":"CLEAR","caches":["a:b"],"inc":"1","n":1}"#,
    ] {
        assert_eq!(read(garbage.as_bytes()), None, "{garbage}");
    }
    let long = format!(
        r#"{{"type":"EVICT","keys":["a:1"],"origin":"{}"}}"#,
        "x".repeat(MAX_BYTES)
    );
    assert_eq!(read(long.as_bytes()), None);
}
