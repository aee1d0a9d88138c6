//! FILL: refused by whatever was forgotten since.

use cacheflow::event::{Change, Forgotten};
use cacheflow::key::Tag;
use cacheflow::store::Filled;

use crate::raw::{Raw, after, cache, everything, key, pattern};

#[tokio::test]
async fn a_fill_is_refused_by_each_kind_of_record_and_by_no_other() {
    let raw = Raw::start().await;
    let (tags, deps): (&[&str], &[&str]) = (&["org:7", "all"], &["orders:1", "users:2"]);
    for (forgotten, expected) in [
        (Forgotten::keys([key("pages:1")]), Filled::Refused),
        (Forgotten::keys([key("pages:12")]), Filled::Kept),
        (
            Forgotten::keys([key("a:1"), key("users:2")]),
            Filled::Refused,
        ),
        (Forgotten::keys([key("users:1")]), Filled::Kept),
        (
            Forgotten::tags([Tag::new("org:7").unwrap()]),
            Filled::Refused,
        ),
        (Forgotten::tags([Tag::new("org:77").unwrap()]), Filled::Kept),
        (cache("pages"), Filled::Refused),
        (cache("orders"), Filled::Refused),
        (cache("page"), Filled::Kept),
        (pattern("pages:?"), Filled::Refused),
        (pattern("us*:2"), Filled::Refused),
        (pattern("pages:[0-9]"), Filled::Kept),
        (pattern("page"), Filled::Kept),
        (everything(), Filled::Refused),
    ] {
        let here = raw.position().await;
        let change = Change::Forgotten(forgotten);
        let recorded = raw.record(change.clone(), None).await;
        assert_eq!(recorded.record.change, change);
        let filled = raw.fill("pages:1", tags, deps, here).await;
        assert_eq!(filled, expected, "{change:?}");
        // Who knows of the record may.
        let here = recorded.record.position;
        assert_eq!(raw.fill("pages:1", tags, deps, here).await, Filled::Kept);
        raw.forget(&["pages:1"]).await;
    }
}

#[tokio::test]
async fn a_fill_is_refused_by_a_put_and_what_goes_with_it() {
    let raw = Raw::start().await;
    raw.keep("pages:1", &[], &["users:1"]).await;
    let here = raw.position().await;
    let put = raw.put("users:1", &[], &[], here).await.unwrap();
    assert!(put.kept);
    assert_eq!(raw.fill("users:1", &[], &[], here).await, Filled::Refused);
    assert_eq!(raw.fill("pages:1", &[], &[], here).await, Filled::Refused);
    assert_eq!(
        raw.fill("x:1", &[], &["pages:1"], here).await,
        Filled::Refused
    );
    assert_eq!(raw.fill("x:1", &[], &["x:2"], here).await, Filled::Kept);
}

#[tokio::test]
async fn a_fill_of_another_journal_or_of_the_future_is_refused() {
    let raw = Raw::start().await;
    let here = raw.position().await;
    let mut foreign = here;
    foreign.incarnation ^= 1;
    assert_eq!(raw.fill("a:1", &[], &[], foreign).await, Filled::Refused);
    assert_eq!(
        raw.fill("a:1", &[], &[], after(here, 1)).await,
        Filled::Refused
    );
    assert_eq!(raw.fill("a:1", &[], &[], here).await, Filled::Kept);
}

#[tokio::test]
async fn a_fill_is_refused_if_it_cannot_look_back_far_enough() {
    let raw = Raw::start().await;
    let here = raw.position().await;
    for _ in 0..256 {
        raw.forget(&["other:1"]).await;
    }
    assert_eq!(raw.fill("a:1", &[], &[], here).await, Filled::Kept);
    raw.forget(&["other:1"]).await;
    assert_eq!(raw.fill("a:2", &[], &[], here).await, Filled::Refused);
    let later = after(here, 1);
    assert_eq!(raw.fill("a:2", &[], &[], later).await, Filled::Kept);
    // One in the middle is gone: nobody knows what it said.
    raw.redis(&["XDEL", "p:journal:records", "100-0"]).await;
    assert_eq!(raw.fill("a:3", &[], &[], later).await, Filled::Refused);
    let after_it = after(here, 100);
    assert_eq!(raw.fill("a:3", &[], &[], after_it).await, Filled::Kept);
}

#[tokio::test]
async fn large_records_are_looked_at_in_bounds() {
    let raw = Raw::start().await;
    let here = raw.position().await;
    let names: Vec<String> = (0..2_900).map(|i| format!("other:{i}")).collect();
    let keys: Vec<_> = names.iter().map(|name| key(name)).collect();
    for _ in 0..2 {
        let change = Change::Forgotten(Forgotten::keys(keys.clone()));
        assert!(raw.record(change, Some(here)).await.record.open);
    }
    assert_eq!(raw.fill("a:1", &[], &[], here).await, Filled::Kept);
    raw.record(Change::Forgotten(Forgotten::keys(keys.clone())), None)
        .await;
    // Too much to look at: the safe answer.
    assert_eq!(raw.fill("a:2", &[], &[], here).await, Filled::Refused);
    let too_many: Vec<_> = (0..3_001).map(|i| key(&format!("o:{i}"))).collect();
    let change = Change::Forgotten(Forgotten::keys(too_many));
    assert!(raw.store.record(&change, None).await.is_err());
}

#[tokio::test]
async fn the_script_is_sent_again_to_a_server_that_has_forgotten_it() {
    let raw = Raw::start().await;
    raw.keep("a:1", &["t"], &[]).await;
    raw.redis(&["SCRIPT", "FLUSH"]).await;
    raw.keep("a:2", &["t"], &[]).await;
    raw.redis(&["SCRIPT", "FLUSH"]).await;
    let record = raw.forget_tag("t").await;
    raw.redis(&["SCRIPT", "FLUSH"]).await;
    assert_eq!(raw.reclaim(&record).await.0, 2);
}
