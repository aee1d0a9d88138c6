//! Forgetting later: many at once, after a while, or twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};

use super::{CacheFlow, Invalidation};
use crate::config::SHORTEST;
use crate::error::{Error, ErrorKind, Result};
use crate::event::Forgotten;
use crate::invalidation::Node;
use crate::runtime::UnderWay;

/// Nothing is put off for longer: what waits is lost with its process.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// When an invalidation is sent.
#[derive(Clone, Debug, Default)]
pub(super) enum When {
    #[default]
    Now,
    /// With others of its name, so long after the first of them.
    Debounced(Arc<str>, Duration),
    After(Duration),
    NowAndAfter(Duration),
}

impl When {
    /// Whether nothing is sent now.
    pub(super) fn is_later(&self) -> bool {
        matches!(self, Self::Debounced(..) | Self::After(_))
    }
}

impl Invalidation {
    /// Not now, but together with all others of this `name` that are sent within
    /// `window` after the first of them: as one change, when the window ends. 1 ms to
    /// 1 h. For bursts, such as an import that touches a tag a thousand times.
    ///
    /// So it is never later than `window`; until then the old is served, here too, and
    /// [`send`](Self::send) answers [`Applied::Deferred`](crate::Applied). What is
    /// named is put together; the window is that of the first. A
    /// [`shutdown`](CacheFlow::shutdown) sends what waits;
    /// [`cancel_debounced`](CacheFlow::cancel_debounced) drops it. In an
    /// [`InvalidationScope`](crate::InvalidationScope) the commit alone decides when.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use cacheflow::{Applied, CacheFlow, Event};
    /// # use std::time::Duration;
    /// let flow = CacheFlow::builder().build().await?;
    /// let mut events = flow.events();
    /// for row in 0..1_000 {
    ///     let tag = format!("shelf:{}", row % 10);
    ///     let one = flow.invalidate().tags([tag]);
    ///     let applied = one.debounce("import", Duration::from_millis(200)).send().await?;
    ///     assert_eq!(applied, Applied::Deferred);
    /// }
    /// // A fifth of a second later: one change of ten tags.
    /// let Some(Ok(Event::Invalidated { forgotten, .. })) = events.next().await else { panic!() };
    /// assert_eq!(forgotten.tags.len(), 10);
    /// # Ok(()) }
    /// ```
    pub fn debounce(mut self, name: &str, window: Duration) -> Self {
        self.check_delay("debounce", window);
        self.when = When::Debounced(name.into(), window);
        self
    }

    /// Not now, but after this time; 1 ms to 1 h. For what will have changed then, such
    /// as an offer that ends. Until then the old is served, and
    /// [`send`](Self::send) answers [`Applied::Deferred`](crate::Applied). A
    /// [`shutdown`](CacheFlow::shutdown) sends it at once.
    pub fn after(mut self, delay: Duration) -> Self {
        self.check_delay("after", delay);
        self.when = When::After(delay);
        self
    }

    /// Now, and once more after this time; 1 ms to 1 h. For a source with replicas that
    /// lag: what was loaded from one of them meanwhile goes then. Where the lag is
    /// known beforehand, [`hold_off`](crate::CacheBuilder::hold_off) does not keep it
    /// in the first place. A [`shutdown`](CacheFlow::shutdown) sends the second at
    /// once.
    pub fn again_after(mut self, delay: Duration) -> Self {
        self.check_delay("again_after", delay);
        self.when = When::NowAndAfter(delay);
        self
    }

    fn check_delay(&mut self, option: &str, delay: Duration) {
        let show = |delay: &Duration| format!("{delay:?}");
        self.faults
            .check_range(option, delay, SHORTEST, LONGEST, show);
    }
}

impl CacheFlow {
    /// Drops what waits under this name to be forgotten: see
    /// [`Invalidation::debounce`]. Returns whether there was anything.
    pub fn cancel_debounced(&self, name: &str) -> bool {
        self.deferred().cancel(name)
    }

    /// Forgets later, by a task of its own.
    pub(super) fn defer(&self, forgotten: Forgotten, local_only: bool, when: When) -> Result<()> {
        let runtime = self.runtime().or_else(|| Handle::try_current().ok());
        let runtime = runtime.ok_or_else(|| {
            let message = "debounce, after, again_after: allowed inside of a tokio runtime";
            Error::new(ErrorKind::InvalidConfig, "invalidate", message)
        })?;
        let (name, delay) = match when {
            When::Now => return Ok(()),
            When::Debounced(name, window) => (Some(name), window),
            When::After(delay) | When::NowAndAfter(delay) => (None, delay),
        };
        let deferred = Arc::clone(self.deferred());
        let what = Batch::of(forgotten, local_only);
        let Some(batch) = deferred.join(name.as_ref(), what) else {
            return Ok(());
        };
        // Not the flow: it may end meanwhile, and what waits is sent then.
        let (node, begun) = (Arc::clone(self.node()), UnderWay::begin(self.changes()));
        let mut hurried = deferred.hurried.subscribe();
        let deferred = Arc::downgrade(&deferred);
        runtime.spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                // Also when the flow is gone.
                _ = hurried.wait_for(|hurried| *hurried) => {}
                () = batch.cancelled.notified() => {}
            }
            if let (Some(name), Some(deferred)) = (name, deferred.upgrade()) {
                deferred.leave(&name, &batch);
            }
            batch.send(&node).await;
            drop(begun);
        });
        Ok(())
    }
}

/// What waits to be forgotten.
pub(super) struct Deferred {
    debounced: Mutex<HashMap<Arc<str>, Arc<Batch>>>,
    /// Whether nothing waits for its time any more.
    hurried: watch::Sender<bool>,
}

/// What is forgotten together.
struct Batch {
    everywhere: Mutex<Forgotten>,
    here: Mutex<Forgotten>,
    cancelled: Notify,
}

impl Batch {
    fn of(forgotten: Forgotten, local_only: bool) -> Self {
        let (mut everywhere, mut here) = (Forgotten::default(), Forgotten::default());
        // Through `add`, each thing once.
        let part = if local_only {
            &mut here
        } else {
            &mut everywhere
        };
        part.add(forgotten);
        Self {
            everywhere: Mutex::new(everywhere),
            here: Mutex::new(here),
            cancelled: Notify::new(),
        }
    }

    fn add(&self, other: &Self) {
        locked(&self.everywhere).add(std::mem::take(&mut *locked(&other.everywhere)));
        locked(&self.here).add(std::mem::take(&mut *locked(&other.here)));
    }

    fn clear(&self) {
        *locked(&self.everywhere) = Forgotten::default();
        *locked(&self.here) = Forgotten::default();
    }

    async fn send(&self, node: &Node) {
        let here = std::mem::take(&mut *locked(&self.here));
        let everywhere = std::mem::take(&mut *locked(&self.everywhere));
        if !here.is_empty() {
            node.forget_locally(&here);
        }
        if !everywhere.is_empty() {
            node.forget(everywhere).await;
        }
    }
}

impl Deferred {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            debounced: Mutex::default(),
            hurried: watch::Sender::new(false),
        })
    }

    /// From now on nothing waits: what does is sent.
    pub(super) fn hurry(&self) {
        self.hurried.send_replace(true);
    }

    /// Adds `what` to those of its name that wait already. Else it is returned, to
    /// wait for itself and for those that join it.
    fn join(&self, name: Option<&Arc<str>>, what: Batch) -> Option<Arc<Batch>> {
        let Some(name) = name else {
            return Some(Arc::new(what));
        };
        let mut debounced = locked(&self.debounced);
        if let Some(waiting) = debounced.get(name) {
            // Under the lock under which a batch leaves: what joins one is in it when
            // it is sent.
            waiting.add(&what);
            return None;
        }
        let batch = Arc::new(what);
        debounced.insert(Arc::clone(name), Arc::clone(&batch));
        Some(batch)
    }

    /// Nothing joins `batch` any more.
    fn leave(&self, name: &Arc<str>, batch: &Arc<Batch>) {
        let mut debounced = locked(&self.debounced);
        // One that was cancelled has left already, and another may have its name.
        if debounced.get(name).is_some_and(|it| Arc::ptr_eq(it, batch)) {
            debounced.remove(name);
        }
    }

    fn cancel(&self, name: &str) -> bool {
        let batch = locked(&self.debounced).remove(name);
        if let Some(batch) = &batch {
            batch.clear();
            batch.cancelled.notify_one();
        }
        batch.is_some()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
