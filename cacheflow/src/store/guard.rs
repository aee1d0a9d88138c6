//! What stands between callers and a shared store: a budget for every
//! operation, and a breaker that stops asking a store that does not answer.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

use super::{
    Fill, Filled, NodeAt, Put, Reclaimed, Recorded, Relations, SharedStore, Since, Stored,
};
use crate::clock::LastChange;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Change, Event, EventSink, Position, Record};
use crate::key::FullKey;
use crate::lock::{Acquired, Leases};

/// So many failures in a row open the breaker.
const FAILURES_TO_OPEN: u32 = 3;

/// So many changes are under way at once. More are no faster unless the store is far away, for
/// it makes one after the other, ten thousand a second; and each looks at, and is told, what
/// was recorded since its caller stood where it asks from, which is whatever was under way
/// before it.
const CHANGES: usize = 16;

/// The recovery task waits so many budgets for an answer.
const PATIENCE: u32 = 20;

/// A shared store whose failures are bounded.
///
/// - Every operation has a budget.
/// - After a few failures in a row the breaker opens: operations fail at once,
///   until the recovery task has probed the store and closes it again. No
///   caller is ever the probe.
/// - While forgettings wait in the outbox, the store is *distrusted*: it may
///   hold what was forgotten, so it is neither read nor filled.
pub(crate) struct Guarded {
    store: Arc<dyn SharedStore>,
    leases: Arc<dyn Leases>,
    budget: Duration,
    changes: Semaphore,
    failures: AtomicU32,
    open: AtomicBool,
    distrusted: AtomicBool,
    wake: Notify,
    /// When it was trusted anew, or no more.
    changed: LastChange,
    events: EventSink,
}

impl Guarded {
    pub(crate) fn new(
        store: Arc<dyn SharedStore>,
        leases: Arc<dyn Leases>,
        budget: Duration,
        events: EventSink,
    ) -> Self {
        Self {
            store,
            leases,
            budget,
            changes: Semaphore::new(CHANGES),
            failures: AtomicU32::new(0),
            open: AtomicBool::new(false),
            distrusted: AtomicBool::new(false),
            wake: Notify::new(),
            changed: LastChange::now(),
            events,
        }
    }

    pub(crate) fn name(&self) -> String {
        self.store.name()
    }

    /// Whether the store may be read and filled.
    pub(crate) fn is_trusted(&self) -> bool {
        !self.is_open() && !self.distrusted.load(Ordering::Acquire)
    }

    /// Whether the breaker is open.
    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// For how long it is trusted, or is not.
    pub(crate) fn so_for(&self) -> Duration {
        self.changed.elapsed()
    }

    pub(crate) async fn get(&self, key: &FullKey) -> Result<Option<Stored>> {
        self.trusted("get")?;
        self.within("get", self.store.get(key)).await
    }

    pub(crate) async fn get_many(&self, keys: &[&FullKey]) -> Result<Vec<Option<Stored>>> {
        self.trusted("get_many")?;
        self.within("get_many", self.store.get_many(keys)).await
    }

    pub(crate) async fn touch(
        &self,
        key: &FullKey,
        front: &[u8],
        lifetime: Duration,
    ) -> Result<bool> {
        self.trusted("touch")?;
        self.within("touch", self.store.touch(key, front, lifetime))
            .await
    }

    pub(crate) async fn fill(&self, fill: Fill<'_>) -> Result<Filled> {
        self.trusted("fill")?;
        self.within("fill", self.store.fill(fill)).await
    }

    /// With the patience of those whom nobody waits for: many take longer than one, and
    /// a store that is busy with them is not one that is away.
    pub(crate) async fn fill_many(&self, fills: &[Fill<'_>]) -> Result<Vec<Filled>> {
        self.trusted("fill_many")?;
        let work = self.store.fill_many(fills);
        self.recovering().patiently("fill_many", work).await
    }

    pub(crate) async fn discard(&self, key: &FullKey, bytes: &Bytes) -> Result<()> {
        self.trusted("discard")?;
        self.within("discard", self.store.discard(key, bytes)).await
    }

    /// Waits until a change may begin, which it may as long as what is returned is held: to be
    /// asked for before the position is read from which the change asks. Who has waited for
    /// a whole budget goes without: the store is slow, and nobody is to wait for all others.
    pub(crate) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        let turn = tokio::time::timeout(self.budget, self.changes.acquire());
        turn.await.ok()?.ok()
    }

    pub(crate) async fn put(&self, put: Put<'_>) -> Result<Recorded> {
        self.trusted("put")?;
        self.within("put", self.store.put(put)).await
    }

    pub(crate) async fn record(
        &self,
        change: &Change,
        known: Option<Position>,
    ) -> Result<Recorded> {
        self.closed("record")?;
        self.within("record", self.store.record(change, known))
            .await
    }

    pub(crate) async fn reclaim(&self, record: &Record, cursor: &str) -> Result<Reclaimed> {
        self.closed("reclaim")?;
        // Nobody waits for it.
        let work = self.store.reclaim(record, cursor);
        self.recovering().patiently("reclaim", work).await
    }

    /// Past the breaker: what was missed has to be known before anything else.
    pub(crate) async fn since(&self, known: Option<Position>) -> Result<Since> {
        self.recovering()
            .patiently("since", self.store.since(known))
            .await
    }

    pub(crate) async fn nodes(&self) -> Result<Vec<NodeAt>> {
        self.closed("nodes")?;
        self.within("nodes", self.store.nodes()).await
    }

    pub(crate) async fn relations(&self, key: &FullKey) -> Result<Relations> {
        self.trusted("relations")?;
        self.within("relations", self.store.relations(key)).await
    }

    /// What the recovery task does before it closes the breaker: past an open
    /// breaker, and with more patience than a caller has, since nobody waits.
    pub(crate) fn recovering(&self) -> Recovering<'_> {
        Recovering(self)
    }

    /// From now on the store may hold what was forgotten.
    pub(crate) fn distrust(&self) {
        let was_trusted = self.is_trusted();
        self.distrusted.store(true, Ordering::Release);
        if was_trusted {
            self.changed.set();
        }
        self.wake.notify_one();
    }

    /// Waits until there is something to recover from.
    pub(crate) async fn disturbed(&self) {
        while self.is_trusted() {
            self.wake.notified().await;
        }
    }

    /// The store has answered and was told all that it missed.
    pub(crate) fn recovered(&self) {
        let was_distrusted = self.distrusted.swap(false, Ordering::AcqRel);
        if was_distrusted || self.is_open() {
            self.changed.set();
        }
        self.failures.store(0, Ordering::Release);
        if self.open.swap(false, Ordering::AcqRel) {
            tracing::info!(store = self.name(), "the shared store answers again");
            self.events.tell(|| Event::StoreUp);
        }
    }

    fn trusted(&self, operation: &'static str) -> Result<()> {
        self.closed(operation)?;
        if self.distrusted.load(Ordering::Acquire) {
            return Err(self.error(
                ErrorKind::Unavailable,
                operation,
                "invalidations wait to be sent",
            ));
        }
        Ok(())
    }

    fn closed(&self, operation: &'static str) -> Result<()> {
        if self.is_open() {
            return Err(self.error(ErrorKind::Unavailable, operation, "breaker is open"));
        }
        Ok(())
    }

    fn error(&self, kind: ErrorKind, operation: &'static str, message: &str) -> Error {
        Error::new(kind, operation, message).with("store", self.name())
    }

    async fn within<T>(
        &self,
        operation: &'static str,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let outcome = self.budgeted(operation, work).await;
        match &outcome {
            Err(error) if is_absence(error) => self.failed(error),
            // An answer, even if it is a refusal: the store is there.
            _ => self.failures.store(0, Ordering::Release),
        }
        outcome
    }

    async fn budgeted<T>(
        &self,
        operation: &'static str,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        self.at_most(self.budget, operation, work).await
    }

    async fn at_most<T>(
        &self,
        time: Duration,
        operation: &'static str,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        match tokio::time::timeout(time, work).await {
            Ok(outcome) => outcome,
            Err(_) => Err(self.error(
                ErrorKind::Timeout,
                operation,
                &format!("no answer within {time:?}"),
            )),
        }
    }

    fn failed(&self, error: &Error) {
        let failures = self
            .failures
            .fetch_add(1, Ordering::AcqRel)
            .saturating_add(1);
        if failures >= FAILURES_TO_OPEN && !self.open.swap(true, Ordering::AcqRel) {
            if !self.distrusted.load(Ordering::Acquire) {
                self.changed.set();
            }
            tracing::warn!(store = self.name(), %error, "the shared store does not answer; loads go to their sources");
            self.events.tell(|| Event::StoreDown);
            self.wake.notify_one();
        }
    }
}

/// The leases lie on the same server: who asks for one waits no longer for it, and
/// not at all while it is known not to answer.
#[async_trait::async_trait]
impl Leases for Guarded {
    async fn acquire(&self, name: &str, owner: &str, lease: Duration) -> Result<Acquired> {
        self.closed("acquire")?;
        self.within("acquire", self.leases.acquire(name, owner, lease))
            .await
    }

    async fn renew(&self, name: &str, owner: &str, lease: Duration) -> Result<bool> {
        self.closed("renew")?;
        self.within("renew", self.leases.renew(name, owner, lease))
            .await
    }

    async fn release(&self, name: &str, owner: &str) -> Result<bool> {
        self.closed("release")?;
        self.within("release", self.leases.release(name, owner))
            .await
    }
}

/// Whether an error says that the store is not there or does not answer.
fn is_absence(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout)
}

/// See [`Guarded::recovering`].
pub(crate) struct Recovering<'a>(&'a Guarded);

impl Recovering<'_> {
    /// Whether the store is there at all.
    pub(crate) async fn ping(&self) -> Result<()> {
        self.patiently("ping", self.0.store.ping()).await
    }

    /// Whether the store answers as fast as callers need it: one that does not
    /// would only open the breaker again.
    pub(crate) async fn answers_in_time(&self) -> Result<()> {
        self.0.budgeted("ping", self.0.store.ping()).await
    }

    pub(crate) async fn record(
        &self,
        change: &Change,
        known: Option<Position>,
    ) -> Result<Recorded> {
        let work = self.0.store.record(change, known);
        self.patiently("record", work).await
    }

    async fn patiently<T>(
        &self,
        operation: &'static str,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let patience = self.0.budget.saturating_mul(PATIENCE);
        self.0.at_most(patience, operation, work).await
    }
}
