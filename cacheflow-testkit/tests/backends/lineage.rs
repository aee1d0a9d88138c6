//! What becomes of the in-process backend's journal in trouble, seen through the
//! ports.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use cacheflow::entry::Envelope;
use cacheflow::event::{Change, Forgotten, Position, Record, Snapshot};
use cacheflow::key::{FullKey, Marks, Tag};
use cacheflow::store::{Fill, Filled, SharedStore, Since};
use cacheflow::{Backend, Namespace};
use cacheflow_testkit::MemoryBackend;

fn store(server: &MemoryBackend) -> Arc<dyn SharedStore> {
    server.store(&Namespace::new("", "test"))
}

fn key() -> FullKey {
    FullKey::parse("numbers:1").unwrap()
}

async fn snapshot(store: &dyn SharedStore) -> Snapshot {
    match store.since(None).await.unwrap() {
        Since::Anew(snapshot) => snapshot,
        Since::Records(records) => panic!("{records:?}"),
    }
}

async fn forget(store: &dyn SharedStore, forgotten: Forgotten) -> Record {
    let change = Change::Forgotten(forgotten);
    store.record(&change, None).await.unwrap().record
}

async fn fill(store: &dyn SharedStore, checked: Position) -> Filled {
    let envelope = Envelope {
        as_of: checked.number,
        incarnation: checked.incarnation,
        codec: 1,
        schema: 0,
        created: 0,
        expires: 0,
        stale_until: 0,
        load_micros: 0,
        key: b"1",
        marks: Cow::Borrowed(Marks::NONE),
        version: None,
        payload: Some(b"x"),
        ..Envelope::of(b"1")
    };
    let fill = Fill {
        key: &key(),
        bytes: &envelope.encode().unwrap(),
        marks: Marks::NONE,
        ttl: Duration::from_secs(60),
        longest: Duration::from_secs(60),
        checked,
    };
    store.fill(fill).await.unwrap()
}

#[tokio::test]
async fn a_replica_that_takes_over_goes_on_from_what_it_has() {
    let server = MemoryBackend::new();
    let store = store(&server);
    let open = forget(&*store, Forgotten::tags([Tag::new("t").unwrap()])).await;
    assert_eq!(fill(&*store, open.position).await, Filled::Kept);
    let backup = server.backup();
    let lost = forget(&*store, Forgotten::keys([key()])).await;
    server.fail_over_to(backup);

    let after = snapshot(&*store).await;
    assert_ne!(after.position.incarnation, open.position.incarnation);
    assert!(after.position.number > lost.position.number);
    assert_eq!(after.lineage, [open.position]);
    let reached = after.reaches(open.position.incarnation);
    assert_eq!(reached, Some(open.position.number));
    assert_eq!(after.open, std::slice::from_ref(&open));
    // Who stood at what was lost, and who stood at what was not, begin anew.
    for known in [lost.position, open.position] {
        let since = store.since(Some(known)).await.unwrap();
        assert_eq!(since, Since::Anew(after.clone()));
        assert_eq!(fill(&*store, known).await, Filled::Refused);
    }
    // The value that was forgotten is back, and tells from when it is.
    let stored = store.get(&key()).await.unwrap().unwrap();
    assert_eq!(stored.incarnation, after.position.incarnation);
    let incarnation = Envelope::incarnation_in(&stored.bytes);
    assert_eq!(incarnation, Some(open.position.incarnation));
    // A second one goes on from the first.
    server.fail_over_to(server.backup());
    let lineage = snapshot(&*store).await.lineage;
    assert_eq!(lineage, [after.position, open.position]);
}

#[tokio::test]
async fn a_journal_that_was_lost_goes_on_from_none() {
    let server = MemoryBackend::new();
    let store = store(&server);
    let before = forget(&*store, Forgotten::everything()).await;
    assert_eq!(fill(&*store, before.position).await, Filled::Kept);
    server.lose_journal();
    let after = snapshot(&*store).await;
    assert_eq!(after.reaches(before.position.incarnation), None);
    assert_eq!((after.lineage, after.open), (Vec::new(), Vec::new()));
    let stored = store.get(&key()).await.unwrap().unwrap();
    assert_eq!(stored.incarnation, after.position.incarnation);
    assert_eq!(fill(&*store, before.position).await, Filled::Refused);
}

#[tokio::test]
async fn a_trimmed_journal_tells_nothing_that_it_dropped() {
    let server = MemoryBackend::new();
    let store = store(&server);
    let first = forget(&*store, Forgotten::keys([key()])).await.position;
    let second = forget(&*store, Forgotten::keys([key()])).await.position;
    server.trim_journal();
    assert_eq!(fill(&*store, first).await, Filled::Refused);
    let since = store.since(Some(first)).await.unwrap();
    assert_eq!(since, Since::Anew(snapshot(&*store).await));
    let since = store.since(Some(second)).await.unwrap();
    assert_eq!(since, Since::Records(Vec::new()));
    assert_eq!(fill(&*store, second).await, Filled::Kept);
    let third = forget(&*store, Forgotten::everything()).await;
    let since = store.since(Some(second)).await.unwrap();
    assert_eq!(since, Since::Records(vec![third]));
}
