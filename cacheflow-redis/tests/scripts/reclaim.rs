//! Reclaiming: all that is old goes, and nothing newer.

use cacheflow::event::{Change, Forgotten, Position};
use cacheflow::key::Tag;
use cacheflow::store::{Fill, Filled, Since};

use crate::raw::{Raw, TTL, cache, everything, key, marks, pattern, store, versioned};

#[tokio::test]
async fn a_tags_values_go_and_newer_ones_stay_and_are_found_by_the_next() {
    let raw = Raw::start().await;
    for i in 0..450 {
        raw.keep(&format!("m:{i}"), &["x", "y"], &[]).await;
    }
    let record = raw.forget_tag("x").await;
    assert!(record.open);
    let here = record.position;
    for text in ["m:1", "m:2", "new:1"] {
        assert_eq!(raw.fill(text, &["x"], &[], here).await, Filled::Kept);
    }
    let (removed, dependents, steps) = raw.reclaim(&record).await;
    assert_eq!((removed, dependents.len()), (448, 0));
    assert!(steps >= 3);
    for text in ["m:1", "m:2", "new:1"] {
        assert!(raw.holds(text).await, "{text}");
    }
    assert_eq!(raw.members("p:tag:x").await, ["m:1", "m:2", "new:1"]);
    assert!(raw.members("p:tag:y").await.is_empty());
    raw.done(here.number).await;
    let next = raw.forget_tag("x").await;
    assert_eq!(raw.reclaim(&next).await.0, 3);
}

#[tokio::test]
async fn a_put_after_the_record_stays() {
    let raw = Raw::start().await;
    raw.keep("a:1", &["x"], &[]).await;
    let record = raw.forget_tag("x").await;
    let put = raw.put("a:1", &["x"], &[], record.position).await.unwrap();
    assert!(put.kept);
    assert_eq!(raw.reclaim(&record).await.0, 0);
    assert!(raw.holds("a:1").await);
}

#[tokio::test]
async fn another_node_can_go_on_where_one_stopped() {
    let raw = Raw::start().await;
    for i in 0..300 {
        raw.keep(&format!("m:{i}"), &["x"], &[]).await;
    }
    for i in 0..300 {
        raw.keep(&format!("n:{i}"), &["y"], &[]).await;
    }
    let tags = ["x", "y"].map(|tag| cacheflow::key::Tag::new(tag).unwrap());
    let change = Change::Forgotten(Forgotten::tags(tags));
    let record = raw.record(change, None).await.record;
    // One node uses up the first index and dies; the other begins anew.
    let mut cursor = String::new();
    while cursor != "i2" {
        let step = raw.store.reclaim(&record, &cursor).await.unwrap();
        cursor = step.next.unwrap();
    }
    let (removed, ..) = raw.reclaim(&record).await;
    assert_eq!(removed, 300);
}

#[tokio::test]
async fn a_scan_removes_what_matches_and_leaves_the_rest_alone() {
    let raw = Raw::start().await;
    let all = [
        "users:1",
        "users:12",
        "users:ä",
        "users2:1",
        "x:users:1",
        "pages:1",
    ];
    for (forgotten, gone) in [
        (cache("users"), vec!["users:1", "users:12", "users:ä"]),
        (pattern("users:?"), vec!["users:1", "users:ä"]),
        (
            pattern("*:1"),
            vec!["users:1", "users2:1", "x:users:1", "pages:1"],
        ),
        (pattern("users:[1]"), vec![]),
        (everything(), all.to_vec()),
        (
            Forgotten {
                caches: cache("pages").caches,
                ..pattern("users2:*")
            },
            vec!["users2:1", "pages:1"],
        ),
    ] {
        for text in all {
            raw.keep(text, &["t"], &[]).await;
        }
        raw.redis(&["SET", "p:users:7", "of somebody else", "EX", "60"])
            .await;
        raw.redis(&["RPUSH", "p:users:8", "a list"]).await;
        raw.redis(&["SET", "q:users:1", "other prefix"]).await;
        let record = raw
            .record(Change::Forgotten(forgotten.clone()), None)
            .await
            .record;
        assert!(record.open);
        let here = record.position;
        assert_eq!(raw.fill("users:12", &[], &[], here).await, Filled::Kept);
        let newer = usize::from(gone.contains(&"users:12"));
        let (removed, ..) = raw.reclaim(&record).await;
        assert_eq!(removed, (gone.len() - newer) as u64, "{forgotten:?}");
        for text in all {
            let stays = text == "users:12" || !gone.contains(&text);
            assert_eq!(raw.holds(text).await, stays, "{forgotten:?} {text}");
        }
        for name in ["p:users:7", "p:users:8", "q:users:1", "p:journal"] {
            assert_eq!(raw.integer(&["EXISTS", name]).await, 1, "{name}");
        }
        raw.redis(&["DEL", "p:users:12", "p:users:8"]).await;
    }
}

#[tokio::test]
async fn a_scan_finds_what_was_made_of_a_key_with_or_without_a_value() {
    let raw = Raw::start().await;
    raw.keep("page:1", &[], &["users:1"]).await;
    raw.keep("page:2", &[], &["users:2", "orders:1"]).await;
    raw.keep("users:2", &[], &[]).await;
    // Declared, and not flattened: it goes by way of the page.
    raw.keep("site:1", &[], &["page:1"]).await;
    let change = Change::Forgotten(cache("users"));
    let record = raw.record(change, None).await.record;
    // Newer, although made of the same.
    let here = record.position;
    let filled = raw.fill("page:3", &[], &["users:2"], here).await;
    assert_eq!(filled, Filled::Kept);
    let (removed, dependents, _) = raw.reclaim(&record).await;
    assert_eq!(removed, 3);
    assert_eq!(Vec::from_iter(dependents), ["page:1"]);
    for (text, stays) in [
        ("page:1", false),
        ("page:2", false),
        ("users:2", false),
        ("page:3", true),
    ] {
        assert_eq!(raw.holds(text).await, stays, "{text}");
    }
}

#[tokio::test]
async fn a_scan_of_many_names_takes_bounded_steps() {
    let raw = Raw::start().await;
    let here = raw.position().await;
    for i in 0..2_000 {
        raw.fill(&format!("m:{i}"), &[], &[], here).await;
    }
    let change = Change::Forgotten(cache("m"));
    let record = raw.record(change, None).await.record;
    raw.redis(&["CONFIG", "SET", "slowlog-log-slower-than", "5000"])
        .await;
    let (removed, _, steps) = raw.reclaim(&record).await;
    assert_eq!(removed, 2_000);
    assert!(steps > 5, "{steps}");
}

#[tokio::test]
async fn a_value_that_nobody_believes_is_removed() {
    let raw = Raw::start().await;
    let here = raw.position().await;
    let foreign = Position {
        incarnation: here.incarnation ^ 1,
        number: 1 << 40,
    };
    let future = Position {
        number: 1 << 40,
        ..here
    };
    for (text, at) in [("a:1", foreign), ("a:2", future)] {
        let bytes = crate::raw::envelope(text, &crate::raw::marks(&["x"], &[]), at);
        let name = format!("p:{text}");
        let words: [&[u8]; 5] = [b"SET", name.as_bytes(), &bytes, b"EX", b"60"];
        raw.redis(&words).await;
        raw.redis(&["SADD", "p:tag:x", text]).await;
    }
    let record = raw.forget_tag("x").await;
    assert_eq!(raw.reclaim(&record).await.0, 2);
}

#[tokio::test]
async fn a_record_of_a_journal_that_is_gone_reclaims_nothing() {
    let raw = Raw::start().await;
    raw.keep("a:1", &["x"], &[]).await;
    let old = raw.record(Change::Forgotten(cache("a")), None).await.record;
    raw.redis(&["DEL", "p:journal"]).await;
    let other = store(&raw.server.url());
    let Since::Anew(snapshot) = other.since(None).await.unwrap() else {
        panic!("a snapshot")
    };
    assert_ne!(snapshot.position.incarnation, old.position.incarnation);
    assert!(snapshot.open.is_empty());
    raw.keep("a:2", &["x"], &[]).await;
    assert_eq!(raw.reclaim(&old).await.0, 0);
    assert!(raw.holds("a:2").await);
    // Nor what a record with its number has taken away.
    let new = raw.forget_tag("x").await;
    assert_eq!(new.position.number, old.position.number);
    let old = cacheflow::event::Record {
        position: old.position,
        ..new.clone()
    };
    assert_eq!(raw.reclaim(&old).await.0, 0);
    assert_eq!(raw.reclaim(&new).await.0, 2, "one that nobody believes");
    assert!(other.reclaim(&old, "no cursor").await.is_err());
}

/// A source may call its values as others call theirs.
#[tokio::test]
async fn a_version_is_nothing_that_a_value_goes_by() {
    let raw = Raw::start().await;
    for (tags, stays) in [(&[] as &[&str], true), (&["t"], false)] {
        let marks = marks(tags, &[]);
        let checked = raw.position().await;
        let fill = Fill {
            key: &key("a:1"),
            bytes: &versioned("a:1", &marks, checked, Some("users:7")),
            marks: &marks,
            ttl: TTL,
            longest: TTL,
            checked,
        };
        assert_eq!(raw.store.fill(fill).await.unwrap(), Filled::Kept);
        let relations = raw.store.relations(&key("a:1")).await.unwrap();
        assert!(relations.dependencies.is_empty());
        // It had the tag before, and its index was not tidied up.
        raw.redis(&["SADD", "p:tag:t", "a:1"]).await;
        let forgotten = Forgotten {
            tags: vec![Tag::new("t").unwrap()],
            ..cache("users")
        };
        let change = Change::Forgotten(forgotten);
        let record = raw.record(change, None).await.record;
        assert!(record.open);
        raw.reclaim(&record).await;
        assert_eq!(raw.holds("a:1").await, stays, "{tags:?}");
    }
}
