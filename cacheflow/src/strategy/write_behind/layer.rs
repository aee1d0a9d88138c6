//! Writing what waits, in the background.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::WriteBehind;
use super::buffer::{Buffer, Put};
use super::decide::retry_after;
use crate::clock::Clock;
use crate::error::BoxError;
use crate::event::{Event, EventSink};
use crate::key::{CacheName, EntryKey};
use crate::runtime::Ended;

/// Writes a batch to the source.
pub(crate) type Writer<K, V> = Box<
    dyn Fn(Vec<(K, V)>) -> Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>> + Send + Sync,
>;

/// What waits to be written of one cache.
pub(crate) struct Behind<K, V> {
    pub(crate) config: WriteBehind,
    cache: CacheName,
    buffer: Mutex<Buffer<EntryKey, (K, V)>>,
    /// How many keys are not written, for those who wait for room or for the end.
    pending: watch::Sender<usize>,
    writer: Writer<K, V>,
    wake: Notify,
    /// Ends a pause after a failure.
    hurried: Notify,
    /// How many want all to be written now.
    hurrying: AtomicUsize,
    /// The end of the flow, after which nothing is written.
    ended: Ended,
    clock: Clock,
    events: EventSink,
}

impl<K: Clone, V: Clone> Behind<K, V> {
    pub(crate) fn new(
        config: WriteBehind,
        cache: CacheName,
        writer: Writer<K, V>,
        ended: Ended,
        clock: Clock,
        events: EventSink,
    ) -> Self {
        Self {
            config,
            cache,
            buffer: Mutex::new(Buffer::new(config.max_pending)),
            pending: watch::Sender::new(0),
            writer,
            wake: Notify::new(),
            hurried: Notify::new(),
            hurrying: AtomicUsize::new(0),
            ended,
            clock,
            events,
        }
    }

    /// Lets a value wait to be written; waits for room, if as many wait as may. `None`
    /// if the flow ends before there is any.
    ///
    /// # Cancellation
    ///
    /// While there is no room the value does not wait yet.
    pub(crate) async fn put(&self, entry_key: EntryKey, key: K, value: V) -> Option<()> {
        let mut waits = (entry_key, (key, value));
        let mut pending = self.pending.subscribe();
        loop {
            // Before the try: room that is made between the two is seen.
            pending.borrow_and_update();
            if self.ended.is_now() {
                return None;
            }
            let (put, pending_now) = {
                let mut buffer = self.buffer();
                let put = buffer.put(waits.0, waits.1, self.clock.now());
                (put, buffer.len())
            };
            // Those who are told look into the buffer.
            self.pending.send_replace(pending_now);
            self.wake.notify_one();
            match put {
                Put::Buffered | Put::Replaced => return Some(()),
                Put::Full(key, value) => waits = (key, value),
            }
            tokio::select! {
                _ = pending.changed() => {}
                () = self.ended.wait() => return None,
            }
        }
    }

    /// The newest value of a key that its source does not have yet.
    pub(crate) fn pending(&self, key: &EntryKey) -> Option<V> {
        let buffer = self.buffer();
        buffer.pending(key).map(|(_, value)| value.clone())
    }

    /// Whether a newer value of a key waits than the one that is being written.
    pub(crate) fn is_overtaken(&self, key: &EntryKey) -> bool {
        self.buffer().is_waiting(key)
    }

    /// How many keys are not written.
    pub(crate) fn len(&self) -> usize {
        self.buffer().len()
    }

    /// Until everything that waits now is written, without waiting for its time; or the
    /// flow has ended.
    pub(crate) async fn flush(&self) {
        let mut pending = self.pending.subscribe();
        let until_here = self.buffer().next_place();
        self.hurry();
        let _hurry = Hurry(&self.hurrying);
        let written = |_: &usize| self.buffer().is_written_before(until_here);
        tokio::select! {
            _ = pending.wait_for(written) => {}
            () = self.ended.wait() => {}
        }
    }

    /// From now on nothing waits for its time.
    pub(crate) fn hurry(&self) {
        self.hurrying.fetch_add(1, Ordering::AcqRel);
        self.wake.notify_one();
        self.hurried.notify_one();
    }

    /// Writes what waits, for ever. `before` is called before a batch is written, and
    /// `after` with what it gave when that has succeeded.
    pub(crate) async fn write_forever<P, Fut>(
        &self,
        before: impl Fn(&[(EntryKey, K, V)]) -> P,
        after: impl Fn(P, Vec<(EntryKey, K, V)>) -> Fut,
    ) where
        Fut: Future<Output = ()>,
    {
        let mut failures = 0;
        loop {
            self.ready().await;
            let batch: Vec<_> = {
                let mut buffer = self.buffer();
                let taken = buffer.take(self.config.batch);
                taken
                    .into_iter()
                    .map(|(entry_key, (key, value), _)| (entry_key, key, value))
                    .collect()
            };
            let putting = before(&batch);
            let values = batch
                .iter()
                .map(|(_, key, value)| (key.clone(), value.clone()));
            // A task of its own: should it panic, the values wait on.
            let written = tokio::spawn((self.writer)(values.collect())).await;
            let written = written.unwrap_or_else(|panic| Err(panic.into()));
            let keys: Vec<_> = batch.iter().map(|(key, _, _)| key.clone()).collect();
            match written {
                Ok(()) => {
                    failures = 0;
                    // Before their flight is over: the next value of a key must not be
                    // written, and kept, before this one is.
                    after(putting, batch).await;
                    self.landed(|buffer| buffer.ended(&keys));
                }
                Err(error) => {
                    failures += 1;
                    drop(putting);
                    self.landed(|buffer| buffer.failed(&keys));
                    self.failed(failures, keys.len(), &error);
                    tokio::select! {
                        () = tokio::time::sleep(retry_after(failures)) => {}
                        // Once, and then with pauses that grow from the first again.
                        () = self.hurried.notified() => failures = 0,
                    }
                }
            }
        }
    }

    fn landed(&self, land: impl FnOnce(&mut Buffer<EntryKey, (K, V)>)) {
        let pending = {
            let mut buffer = self.buffer();
            land(&mut buffer);
            buffer.len()
        };
        // Those who are told look into the buffer.
        self.pending.send_replace(pending);
    }

    fn failed(&self, failures: u32, values: usize, error: &BoxError) {
        // Once for each outage, not for each try.
        if failures == 1 {
            tracing::warn!(cache = %self.cache, values, %error, "values could not be written; they are tried again");
        }
        self.events.tell(|| Event::WriteFailed {
            cache: self.cache.clone(),
            values,
            error: error.to_string().into(),
        });
    }

    /// Until there is something to be written now.
    async fn ready(&self) {
        loop {
            let wait = {
                let buffer = self.buffer();
                let wait = buffer.next_flush(&self.config, self.clock.now());
                let hurrying = self.hurrying.load(Ordering::Acquire) > 0;
                wait.map(|wait| if hurrying { Duration::ZERO } else { wait })
            };
            match wait {
                Some(Duration::ZERO) => return,
                Some(wait) => {
                    let _ = tokio::time::timeout(wait, self.wake.notified()).await;
                }
                None => self.wake.notified().await,
            }
        }
    }

    fn buffer(&self) -> MutexGuard<'_, Buffer<EntryKey, (K, V)>> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who wants all to be written now.
struct Hurry<'a>(&'a AtomicUsize);

impl Drop for Hurry<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What a flow writes before it ends.
pub(crate) trait Pending: Send + Sync {
    /// How many keys are not written.
    fn len(&self) -> usize;
    /// All that waits is to be written now.
    fn hurry(&self);
}

impl<K: Clone + Send + Sync, V: Clone + Send + Sync> Pending for Behind<K, V> {
    fn len(&self) -> usize {
        Behind::len(self)
    }

    fn hurry(&self) {
        Behind::hurry(self);
    }
}
