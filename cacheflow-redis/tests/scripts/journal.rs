//! The steps that touch nothing but the journal, for values that lie elsewhere;
//! called as a store would that keeps its values on other servers.

use cacheflow_testkit::Reply;

use crate::raw::Raw;

const CHECK: &str = concat!(
    include_str!("../../src/scripts/journal.lua"),
    include_str!("../../src/scripts/glob.lua"),
    include_str!("../../src/scripts/marks.lua"),
    include_str!("../../src/scripts/check.lua")
);
const RECORD: &str = concat!(
    include_str!("../../src/scripts/journal.lua"),
    include_str!("../../src/scripts/record.lua")
);
const KEYS: [&str; 6] = [
    "5",
    "p:journal",
    "p:journal:records",
    "p:journal:open",
    "p:journal:held",
    "p:journal:nodes",
];

async fn call(raw: &Raw, script: &str, args: &[&str]) -> Reply {
    raw.redis(&[&["EVAL", script], &KEYS[..], args].concat())
        .await
}

#[tokio::test]
async fn a_record_is_made_without_touching_values_and_checked_for() {
    let raw = Raw::start().await;
    raw.keep("users:1", &["t"], &[]).await;
    let inc = format!("{:016x}", raw.position().await.incarnation);
    let args = [
        "00000000000000aa",
        &inc,
        "0",
        "p:invalidation",
        r#"{"type":"EVICT","keys":["users:1""#,
        r#"],"tags":["t"]"#,
        r#","origin":"me""#,
        "1",
        "0",
        "k",
        "users:1",
        "t",
        "t",
    ];
    let Reply::Array(answer) = call(&raw, RECORD, &args).await else {
        panic!("no list")
    };
    assert_eq!(answer[0].text().unwrap(), inc);
    assert_eq!(answer[1].text().unwrap(), "1");
    assert_eq!(answer[3], Reply::Array(Vec::new()));
    assert!(raw.holds("users:1").await);
    let open = raw.text(&["HGET", "p:journal:open", "1"]).await;
    assert_eq!(
        open,
        format!(
            r#"{{"type":"EVICT","keys":["users:1"],"tags":["t"],"origin":"me","open":true,"inc":"{inc}","n":1}}"#
        )
    );
    for (from, entry, expected) in [
        ("0", vec!["users:1", "0"], 0),
        ("1", vec!["users:1", "0"], 1),
        ("0", vec!["a:1", "1", "t"], 0),
        ("0", vec!["a:1", "1", "u", "b:1"], 1),
        ("0", vec!["a:1", "1", "u", "b:1", "users:1"], 0),
    ] {
        let args = [vec![inc.as_str(), from], entry.clone()].concat();
        let answer = call(&raw, CHECK, &args).await;
        assert_eq!(answer, Reply::Integer(expected), "{from} {entry:?}");
    }
    let args = ["00000000000000aa", "1", "a:1", "0"];
    assert_eq!(call(&raw, CHECK, &args).await, Reply::Integer(0));
}

#[tokio::test]
async fn a_hold_without_values_is_a_hold() {
    let raw = Raw::start().await;
    let here = raw.position().await;
    let inc = format!("{:016x}", here.incarnation);
    let args = [
        "00000000000000aa",
        "",
        "0",
        "",
        r#"{"type":"EVICT","keys":["users:1""#,
        r#"],"hold":60000"#,
        r#","origin":"me""#,
        "0",
        "60000",
        "k",
        "users:1",
    ];
    let Reply::Array(answer) = call(&raw, RECORD, &args).await else {
        panic!("no list")
    };
    assert_eq!(answer[3], Reply::Bulk(None), "the caller stands nowhere");
    let check = [inc.as_str(), "1", "a:1", "0", "users:1"];
    assert_eq!(call(&raw, CHECK, &check).await, Reply::Integer(0));
    raw.done(1).await;
    assert_eq!(call(&raw, CHECK, &check).await, Reply::Integer(1));
}
