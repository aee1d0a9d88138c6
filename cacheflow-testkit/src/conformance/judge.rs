//! What a node does with what it finds in the store: it takes nothing for a hit
//! that an open record makes old, and removes what such a record has left.

use std::collections::VecDeque;

use cacheflow::event::{Change, Forgotten, Record, Snapshot};
use cacheflow::key::FullKey;
use cacheflow::store::{Reclaimed, Stored};

use super::nodes::Nodes;
use super::samples::opened;

/// More steps than what is kept here can need.
const MOST_STEPS: usize = 10_000;

impl Nodes {
    /// What a node takes for a hit that knows no more of the journal than what is
    /// open: everything else has to be removed.
    pub(super) async fn seen(&self, key: &FullKey) -> Option<Vec<u8>> {
        let stored = self.two.get(key).await.expect("a get")?;
        let journal = self.snapshot().await;
        is_hit(key, &stored, &journal).then(|| stored.bytes.to_vec())
    }

    /// Removes what the record has left behind, if it is open, and what depends
    /// on that; tells how many values that were.
    pub(super) async fn settle(&self, record: &Record) -> u64 {
        let mut removed = 0;
        let mut records = VecDeque::from([record.clone()]);
        while let Some(record) = records.pop_front().filter(|record| record.open) {
            let (count, dependents) = self.reclaim(&record).await;
            removed += count;
            if !dependents.is_empty() {
                let more = Change::Forgotten(Forgotten::keys(dependents));
                records.push_back(self.record(&more).await.record);
            }
            self.done(&record).await;
        }
        removed
    }

    /// Every part of a reclaim; tells how many values it has removed, and on what
    /// more depends.
    async fn reclaim(&self, record: &Record) -> (u64, Vec<FullKey>) {
        let (mut removed, mut dependents) = (0, Vec::new());
        let mut cursor = String::new();
        for _ in 0..MOST_STEPS {
            let part = self.part(record, &cursor).await;
            removed += part.removed;
            dependents.extend(part.dependents);
            match part.next {
                Some(next) => cursor = next,
                None => return (removed, dependents),
            }
        }
        panic!("the reclaim has not ended after {MOST_STEPS} steps");
    }

    /// One part of a reclaim.
    pub(super) async fn part(&self, record: &Record, cursor: &str) -> Reclaimed {
        self.one.reclaim(record, cursor).await.expect("a reclaim")
    }

    /// Records that `record` is done.
    pub(super) async fn done(&self, record: &Record) -> Record {
        self.record(&Change::Done(record.position.number))
            .await
            .record
    }

    /// What the record forgets, is no hit from the start, and is removed if
    /// nothing is open, or once that is done.
    pub(super) async fn assert_gone(&self, record: &Record, keys: &[FullKey]) {
        for key in keys {
            assert!(self.seen(key).await.is_none(), "{key} is a hit");
        }
        self.settle(record).await;
        for key in keys {
            assert!(self.bytes(key).await.is_none(), "{key} is kept");
        }
    }

    /// The record forgets nothing of this, neither now nor once it is done.
    pub(super) async fn assert_kept(&self, record: &Record, keys: &[FullKey]) {
        for key in keys {
            assert!(self.seen(key).await.is_some(), "{key} is no hit");
        }
        self.settle(record).await;
        for key in keys {
            assert!(self.seen(key).await.is_some(), "{key} was removed");
        }
    }
}

fn is_hit(key: &FullKey, stored: &Stored, journal: &Snapshot) -> bool {
    let Some(envelope) = opened(&stored.bytes) else {
        return false;
    };
    let reached = journal.reaches(envelope.incarnation);
    let makes_old = |record: &Record| {
        record.position.number > envelope.as_of && record.makes_old(key, &envelope.marks)
    };
    stored.incarnation == journal.position.incarnation
        && reached.is_some_and(|upto| envelope.as_of <= upto)
        && !journal.open.iter().any(makes_old)
}
