//! A store with a fault.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cacheflow::Result;
use cacheflow::entry::Envelope;
use cacheflow::event::{Change, Forgotten, Position, Record};
use cacheflow::key::{CacheName, FullKey, Marks};
use cacheflow::store::{
    Fill, Filled, NodeAt, Put, Reclaimed, Recorded, Relations, SharedStore, Since, Stored,
};

use super::Fault;

pub(super) struct FaultyStore {
    pub(super) inner: Arc<dyn SharedStore>,
    pub(super) fault: Fault,
}

impl FaultyStore {
    async fn here(&self) -> Result<Position> {
        match self.inner.since(None).await? {
            Since::Anew(snapshot) => Ok(snapshot.position),
            Since::Records(records) => panic!("since nothing known: {records:?}"),
        }
    }

    /// Keeps bytes that go by nothing but their key.
    async fn keep(&self, key: &FullKey, bytes: &[u8], ttl: Duration) -> Result<()> {
        let fill = Fill {
            key,
            bytes,
            marks: Marks::NONE,
            ttl,
            longest: ttl,
            checked: self.here().await?,
        };
        self.inner.fill(fill).await.map(drop)
    }

    fn told(&self, mut recorded: Recorded) -> Recorded {
        match (self.fault, &mut recorded.record.change) {
            (Fault::TellsNothingMissed, _) => recorded.missed = Some(Vec::new()),
            (Fault::TellsDependentsToNobody, Change::Put { dependents, .. }) => dependents.clear(),
            (Fault::SaysThatNothingIsOpen, _) => recorded.record.open = false,
            _ => {}
        }
        recorded
    }

    /// Removes everything of the cache.
    async fn remove_all(&self, cache: &str) -> Result<()> {
        let forgotten = Forgotten::cache(CacheName::new(cache).unwrap());
        let here = self.here().await?;
        let record = Record {
            position: Position {
                number: here.number + 1,
                ..here
            },
            change: Change::Forgotten(forgotten),
            open: true,
        };
        self.inner.reclaim(&record, "").await.map(drop)
    }
}

#[async_trait::async_trait]
impl SharedStore for FaultyStore {
    fn name(&self) -> String {
        self.inner.name()
    }

    async fn ping(&self) -> Result<()> {
        self.inner.ping().await
    }

    async fn get(&self, key: &FullKey) -> Result<Option<Stored>> {
        let mut stored = self.inner.get(key).await?;
        if self.fault == Fault::BelievesEveryIncarnation
            && let Some(stored) = &mut stored
        {
            stored.incarnation = Envelope::incarnation_in(&stored.bytes).unwrap_or(0);
        }
        Ok(stored)
    }

    async fn get_many(&self, keys: &[&FullKey]) -> Result<Vec<Option<Stored>>> {
        let mut told = self.inner.get_many(keys).await?;
        match self.fault {
            Fault::TellsManyInAnyOrder => told.reverse(),
            Fault::LeavesOutTheMissing => told.retain(Option::is_some),
            Fault::TellsNotTooMany => told.truncate(1_000),
            Fault::BelievesEveryIncarnationOfMany => {
                for stored in told.iter_mut().flatten() {
                    stored.incarnation = Envelope::incarnation_in(&stored.bytes).unwrap_or(0);
                }
            }
            Fault::TellsOneLifetimeOfMany => {
                let longest = told.iter().flatten().map(|stored| stored.remaining).max();
                for stored in told.iter_mut().flatten() {
                    stored.remaining = longest.unwrap_or_default();
                }
            }
            _ => {}
        }
        Ok(told)
    }

    async fn touch(&self, key: &FullKey, front: &[u8], lifetime: Duration) -> Result<bool> {
        let stored = self.inner.get(key).await?;
        let there = stored.as_ref().map(|stored| stored.bytes.clone());
        let front_there = there.as_deref().and_then(|it| it.get(..front.len()));
        match (self.fault, stored) {
            (Fault::TouchesNothing, stored) => Ok(stored.is_some()),
            (Fault::TouchesAnything, _) => {
                let front = front_there.unwrap_or(front);
                self.inner.touch(key, front, lifetime).await
            }
            (Fault::TouchesByTheNumber, _) => {
                let number = |bytes: &[u8]| bytes.first_chunk::<16>().copied();
                let same = front_there.filter(|there| number(there) == number(front));
                self.inner.touch(key, same.unwrap_or(front), lifetime).await
            }
            (Fault::TouchShortens, Some(stored)) => {
                let lifetime = lifetime.max(Duration::from_millis(1));
                self.keep(key, &stored.bytes, lifetime).await?;
                Ok(true)
            }
            (Fault::TouchBringsBack, None) => {
                self.keep(key, front, lifetime).await?;
                Ok(false)
            }
            (Fault::TouchLeavesTheIndexes, Some(stored)) if front_there == Some(front) => {
                // Found by none of its marks any more.
                let lifetime = lifetime.max(stored.remaining);
                self.keep(key, &stored.bytes, lifetime).await?;
                Ok(true)
            }
            _ => self.inner.touch(key, front, lifetime).await,
        }
    }

    async fn fill(&self, mut fill: Fill<'_>) -> Result<Filled> {
        match self.fault {
            Fault::RefusesEverything => return Ok(Filled::Refused),
            Fault::FillsWithoutLooking => fill.checked = self.here().await?,
            Fault::FillsWithoutMarks => fill.marks = Marks::NONE,
            Fault::RoundsLifetimesUp => {
                fill.ttl = Duration::from_secs(fill.ttl.as_secs() + 1);
            }
            _ => {}
        }
        let filled = self.inner.fill(fill).await?;
        if (filled, self.fault) == (Filled::Refused, Fault::FillsTheRefused) {
            fill.checked = self.here().await?;
            self.inner.fill(fill).await?;
        }
        Ok(filled)
    }

    async fn put(&self, mut put: Put<'_>) -> Result<Recorded> {
        match self.fault {
            Fault::PutsWithoutLooking => put.checked = self.here().await?,
            Fault::PutsWithoutMarks => put.marks = Marks::NONE,
            _ => {}
        }
        let recorded = self.told(self.inner.put(put).await?);
        if self.fault == Fault::PutsWithoutNumber {
            let fill = Fill {
                key: put.key,
                bytes: put.bytes,
                marks: put.marks,
                ttl: put.ttl,
                longest: put.longest,
                checked: recorded.record.position,
            };
            self.inner.fill(fill).await?;
        }
        Ok(recorded)
    }

    async fn record(&self, change: &Change, known: Option<Position>) -> Result<Recorded> {
        let changed = match (self.fault, change) {
            (Fault::RecordsTheKeysAlone, Change::Forgotten(Forgotten { keys, .. })) => {
                Change::Forgotten(Forgotten::keys(keys.clone()))
            }
            (Fault::HoldsNothing, Change::Held { key, .. }) => {
                let ttl = Duration::ZERO;
                let key = key.clone();
                Change::Held { key, ttl }
            }
            (Fault::EndsNoHold, Change::Done(_)) => Change::Done(0),
            _ => change.clone(),
        };
        let mut recorded = self.told(self.inner.record(&changed, known).await?);
        if self.fault == Fault::TellsDependentsToNobody && matches!(change, Change::Forgotten(_)) {
            recorded.record.change = change.clone();
        }
        Ok(recorded)
    }

    async fn reclaim(&self, record: &Record, cursor: &str) -> Result<Reclaimed> {
        let mut record = record.clone();
        match (self.fault, &record.change) {
            (Fault::ReclaimsOtherCaches, Change::Forgotten(forgotten)) => {
                for cache in &forgotten.caches {
                    self.remove_all(&format!("{cache}c")).await?;
                }
            }
            (Fault::ReclaimsTheNew, _) => record.position.number += 1_000,
            _ => {}
        }
        let mut reclaimed = self.inner.reclaim(&record, cursor).await?;
        match self.fault {
            Fault::ReclaimsOnePart => reclaimed.next = None,
            Fault::CountsNothing => reclaimed.removed = 0,
            _ => {}
        }
        Ok(reclaimed)
    }

    async fn since(&self, known: Option<Position>) -> Result<Since> {
        let mut since = self.inner.since(known).await?;
        match (self.fault, &mut since) {
            (Fault::LosesARecord, Since::Records(records)) if records.len() > 1 => {
                records.remove(0);
            }
            (Fault::ReplaysEverything, Since::Anew(_)) if known.is_some() => {
                return Ok(Since::Records(Vec::new()));
            }
            (Fault::ForgetsWhatIsOpen, Since::Anew(snapshot)) => snapshot.open.clear(),
            _ => {}
        }
        Ok(since)
    }

    async fn discard(&self, key: &FullKey, bytes: &Bytes) -> Result<()> {
        if self.fault == Fault::DiscardsAnything
            && let Some(stored) = self.inner.get(key).await?
        {
            return self.inner.discard(key, &stored.bytes).await;
        }
        self.inner.discard(key, bytes).await
    }

    async fn nodes(&self) -> Result<Vec<NodeAt>> {
        let nodes = self.inner.nodes().await?;
        Ok(match self.fault {
            Fault::KnowsNoNodes => Vec::new(),
            _ => nodes,
        })
    }

    async fn relations(&self, key: &FullKey) -> Result<Relations> {
        let relations = self.inner.relations(key).await?;
        Ok(match self.fault {
            Fault::KnowsNoRelations => Relations::default(),
            _ => relations,
        })
    }
}
