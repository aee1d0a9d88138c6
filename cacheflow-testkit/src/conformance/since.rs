//! What the journal tells who was away: the records, or how it stands.

use cacheflow::event::{Change, Forgotten, Position, Record};
use cacheflow::store::{Recorded, Since};

use super::nodes::Nodes;
use super::samples::{
    FAR, LONG, by_cache, by_keys, by_pattern, by_tag, cache, elsewhere, key, later, tag, tagged,
};

async fn since(nodes: &Nodes, known: Position) -> Since {
    let since = nodes.one.since(Some(known)).await;
    since.expect("what was missed")
}

/// One record of each kind.
pub(super) async fn one_of_each(nodes: &Nodes) -> Vec<Record> {
    let start = nodes.position().await;
    let all = Forgotten {
        keys: vec![key("users:1"), key("users:*\u{fc}\"\\ \r\n")],
        tags: vec![tag("org:7"), tag("*\u{fc}\"\\ \r\n:{}[]$1")],
        patterns: by_pattern("us\\*ers:[*]?\u{fc}\"").patterns,
        caches: vec![cache("users"), cache("a.b-c")],
        everything: true,
    };
    let held = Change::Held {
        key: key("users:2"),
        ttl: LONG,
    };
    let mut made = vec![
        nodes.forget(by_keys(&["users:1"])).await,
        nodes.forget(by_tag("org:7")).await,
        nodes.forget(by_cache("users")).await,
        nodes.forget(by_pattern("users:*")).await,
        nodes.forget(Forgotten::everything()).await,
        nodes.forget(all).await,
        nodes.record(&held).await,
        nodes.put(&key("users:3"), start).await,
    ];
    made.push(nodes.record(&Change::Done(start.number + 2)).await);
    let record = |recorded: Recorded| recorded.record;
    made.into_iter().map(record).collect()
}

pub(super) async fn what_was_missed_is_told_as_it_was_recorded(nodes: &Nodes) {
    let start = nodes.position().await;
    let made = one_of_each(nodes).await;
    assert_eq!(since(nodes, start).await, Since::Records(made.clone()));
    let rest = since(nodes, later(start, 4)).await;
    assert_eq!(rest, Since::Records(made[4..].to_vec()));
    let here = later(start, made.len() as u64);
    assert_eq!(since(nodes, here).await, Since::Records(Vec::new()));
    // And in the answer to a record of one's own.
    let change = Change::Forgotten(by_keys(&["users:9"]));
    let recorded = nodes.one.record(&change, Some(start)).await;
    assert_eq!(recorded.expect("a record").missed, Some(made));
}

pub(super) async fn who_stands_nowhere_is_told_how_the_journal_stands(nodes: &Nodes) {
    let start = nodes.position().await;
    let made = one_of_each(nodes).await;
    let here = later(start, made.len() as u64);
    for known in [
        elsewhere(here),
        elsewhere(start),
        later(here, 1),
        later(here, 1 << 40),
    ] {
        match since(nodes, known).await {
            Since::Anew(snapshot) => assert_eq!(snapshot.position, here),
            Since::Records(records) => panic!("since {known:?}: {records:?}"),
        }
    }
}

pub(super) async fn who_was_away_for_long_misses_nothing(nodes: &Nodes) {
    let start = nodes.position().await;
    nodes.pass(FAR).await;
    match since(nodes, start).await {
        Since::Records(records) => {
            let positions: Vec<_> = records.iter().map(|r| r.position).collect();
            let all: Vec<_> = (1..=FAR).map(|n| later(start, n)).collect();
            assert_eq!(positions, all);
        }
        Since::Anew(snapshot) => assert_eq!(snapshot.position, later(start, FAR)),
    }
}

pub(super) async fn a_snapshot_has_what_is_open(nodes: &Nodes) {
    let mut open: Vec<_> = one_of_each(nodes).await;
    let Some(Change::Done(done)) = open.pop().map(|record| record.change) else {
        panic!("the last one is done");
    };
    let kept_open = [
        by_tag("org:8"),
        by_cache("orders"),
        by_pattern("orders:*"),
        Forgotten::everything(),
    ];
    for forgotten in kept_open {
        nodes.keep("orders:1", &tagged(&["org:8"])).await;
        open.push(nodes.forget(forgotten).await.record);
    }
    open.retain(|record| record.open && record.position.number != done);
    assert_eq!(opened(nodes).await, open);
    for record in open.split_off(2) {
        nodes.settle(&record).await;
    }
    let left = opened(nodes).await;
    assert_eq!(left[..2], open);
}

/// In the order in which they were made.
async fn opened(nodes: &Nodes) -> Vec<Record> {
    let mut open = nodes.snapshot().await.open;
    open.sort_by_key(|record| record.position.number);
    open
}

/// Without a failover there is none but the journal's own.
pub(super) async fn the_lineage_reaches_to_where_the_journal_stands(nodes: &Nodes) {
    nodes.pass(2).await;
    let snapshot = nodes.snapshot().await;
    let Position {
        incarnation,
        number,
    } = snapshot.position;
    assert_eq!(snapshot.reaches(incarnation), Some(number));
    assert_eq!(snapshot.reaches(incarnation ^ 1), None);
    assert_eq!(snapshot.lineage, []);
}
