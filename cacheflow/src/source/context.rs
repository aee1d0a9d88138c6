//! What a loader is told, and what it says of its value beside giving it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use crate::entry::Found;
use crate::key::{FullKey, Tag};

/// What a loader may say of the value that it is about to give, and may know of
/// the one that it replaces.
///
/// Given to the loaders of [`Cache::entry`](crate::Cache::entry). What is said
/// holds for this value alone.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use cacheflow::{Cache, CacheFlow};
/// # use std::time::Duration;
/// # let flow = CacheFlow::builder().build().await?;
/// # let rates: Cache<String, f64> = flow.cache("rates").build()?;
/// let rate = rates
///     .entry("EUR")
///     .load(async |context| {
///         let (rate, valid_for) = (1.08, Duration::from_secs(20)); // as the bank says
///         context.ttl(valid_for);
///         context.tags(["bank:ecb"]);
///         Ok::<_, std::io::Error>(rate)
///     })
///     .await?;
/// assert!(rate.remaining <= Duration::from_secs(22));
/// assert_eq!(rate.tags()[0].as_str(), "bank:ecb");
/// # Ok(()) }
/// ```
pub struct LoadContext<V>(Arc<Inner<V>>);

struct Inner<V> {
    said: Mutex<Said>,
    previous: OnceLock<Found<V>>,
    is_due: AtomicBool,
    by_another: AtomicBool,
}

/// What a loader has said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub(crate) ttl: Option<Duration>,
    pub(crate) tags: Vec<String>,
    pub(crate) dependencies: Vec<FullKey>,
    pub(crate) version: Option<Arc<str>>,
    pub(crate) skip: bool,
    /// The tags of the value that is kept, where the source has nothing newer.
    pub(crate) kept_tags: Vec<Tag>,
}

/// Versions are kept beside their values.
const LONGEST_VERSION: usize = 1024;

impl<V> LoadContext<V> {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner {
            said: Mutex::default(),
            previous: OnceLock::new(),
            is_due: AtomicBool::new(false),
            by_another: AtomicBool::new(false),
        }))
    }

    /// Keeps the value for `ttl`, in place of the cache's. Zero is the same as
    /// [`skip`](Self::skip); more than 366 days are 366 days.
    pub fn ttl(&self, ttl: Duration) {
        self.said().ttl = Some(ttl);
    }

    /// Gives the value these tags as well. A value with tags that are out of bounds
    /// is returned and not kept, see [`Event::MarksRefused`](crate::Event).
    pub fn tags<T: Into<String>>(&self, tags: impl IntoIterator<Item = T>) {
        self.said().tags.extend(tags.into_iter().map(Into::into));
    }

    /// Makes the value depend on these entries as well, see
    /// [`Cache::depends_on`](crate::Cache::depends_on).
    pub fn depends_on(&self, keys: impl IntoIterator<Item = FullKey>) {
        self.said().dependencies.extend(keys);
    }

    /// Returns the value without keeping it.
    pub fn skip(&self) {
        self.said().skip = true;
    }

    /// What the source calls this version of the value, an `ETag` for example: the
    /// next loader of the key finds it in [`previous`](Self::previous). One that is
    /// longer than 1,024 bytes is not kept.
    pub fn version(&self, version: impl AsRef<str>) {
        let version = version.as_ref();
        self.said().version = (version.len() <= LONGEST_VERSION).then(|| version.into());
    }

    /// The value that is about to be replaced, if one is still there: when it is
    /// refreshed, and when it is kept beyond its lifetime for the time when its
    /// source fails.
    ///
    /// Known when the loader's future runs, not when the closure that makes it is
    /// called.
    #[must_use]
    pub fn previous(&self) -> Option<&Found<V>> {
        self.0.previous.get()
    }

    /// Says that the source has nothing newer, and gives the [previous
    /// value](Self::previous) to be returned: it is kept for another lifetime under
    /// its version, tags and dependencies. `None` if there was none.
    ///
    /// ```
    /// # use cacheflow::LoadContext;
    /// # struct Answer { not_modified: bool, body: String, etag: String }
    /// # async fn get(_: &str, _: Option<&str>) -> Result<Answer, std::io::Error> { unreachable!() }
    /// async fn page(url: &str, context: LoadContext<String>) -> Result<String, std::io::Error> {
    ///     let etag = context.previous().and_then(|page| page.version());
    ///     let answer = get(url, etag).await?;
    ///     if answer.not_modified && let Some(page) = context.not_modified() {
    ///         return Ok(page);
    ///     }
    ///     context.version(&answer.etag);
    ///     Ok(answer.body)
    /// }
    /// ```
    #[must_use]
    pub fn not_modified(&self) -> Option<V>
    where
        V: Clone,
    {
        let previous = self.previous()?;
        let mut said = self.said();
        said.version = previous.version().map(Into::into);
        // The source says nothing of it: it is forgotten by what it was before.
        said.kept_tags.extend_from_slice(previous.tags());
        said.dependencies.extend_from_slice(previous.dependencies());
        Some(previous.value.clone())
    }

    /// Lets the loader know what it replaces.
    pub(crate) fn replaces(&self, previous: Found<V>) {
        // The first counts: there is one load for each context.
        let _ = self.0.previous.set(previous);
    }

    /// What was found in place of a load is to be refreshed.
    pub(crate) fn is_due(&self) {
        self.0.is_due.store(true, Ordering::Release);
    }

    /// Whether it is.
    pub(crate) fn was_due(&self) -> bool {
        self.0.is_due.load(Ordering::Acquire)
    }

    /// Another node loads, and this one leaves it to that.
    pub(crate) fn is_left_to_another(&self) {
        self.0.by_another.store(true, Ordering::Release);
    }

    /// Whether it does.
    pub(crate) fn was_left_to_another(&self) -> bool {
        self.0.by_another.load(Ordering::Acquire)
    }

    /// What was said until now.
    pub(crate) fn taken(&self) -> Said {
        std::mem::take(&mut *self.said())
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.0.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Clone for LoadContext<V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<V> fmt::Debug for LoadContext<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadContext")
            .field("said", &*self.said())
            .finish_non_exhaustive()
    }
}
