//! What the tests share: a database that counts its reads, nodes that are ready,
//! servers that fail, and waiting with a bound.

mod log;
mod node;
mod outside;
mod readers;
mod server;
mod still;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cacheflow::{Event, Events};

pub(crate) use log::Log;
pub(crate) use node::{Load, Node, builder, builder_on, get, impatient, two};
pub(crate) use outside::{
    all_done, all_done_of, bytes_of, calls, every_key_dies, integer, journal, members, redis,
};
pub(crate) use readers::Readers;
pub(crate) use server::{Address, Outage, Split, World};
pub(crate) use still::StillClock;

/// Against hanging; nothing that is tested comes near it.
pub(crate) const BOUND: Duration = Duration::from_secs(60);

/// Every Redis name of [`builder`]'s flows begins so.
pub(crate) const PREFIX: &str = "cacheflow:t/";

/// A source of values: what it holds now, and how often it was asked.
#[derive(Default)]
pub(crate) struct Db {
    version: AtomicU64,
    reads: AtomicU64,
}

impl Db {
    pub(crate) fn at(version: u64) -> Arc<Self> {
        let db = Self::default();
        db.set(version);
        Arc::new(db)
    }

    pub(crate) fn set(&self, version: u64) {
        self.version.store(version, Ordering::SeqCst);
    }

    pub(crate) async fn read(&self) -> Result<u64, Infallible> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        Ok(self.version.load(Ordering::SeqCst))
    }

    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(Ordering::SeqCst)
    }
}

/// Waits for an event.
pub(crate) async fn event(events: &mut Events, wanted: impl Fn(&Event) -> bool) -> Event {
    within(async {
        loop {
            match events.next().await.expect("the flow lives") {
                Ok(event) if wanted(&event) => return event,
                _ => {}
            }
        }
    })
    .await
}

/// The events that have happened so far.
pub(crate) fn so_far(events: &mut Events) -> Vec<Event> {
    std::iter::from_fn(|| events.try_next())
        .map(|event| event.expect("no event was lost"))
        .collect()
}

pub(crate) async fn within<F: IntoFuture>(work: F) -> F::Output {
    tokio::time::timeout(BOUND, work)
        .await
        .expect("it does not hang")
}
