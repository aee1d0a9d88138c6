//! Forgetting across caches.

use std::sync::Arc;
use std::time::Duration;

use super::CacheFlow;
use super::deferred::When;
use crate::cache::flow_id;
use crate::config::Faults;
use crate::error::{Error, Result};
use crate::event::{Deleted, Forgotten, Position};
use crate::invalidation::{Applied, Invalidated};
use crate::key::{CacheName, FullKey, Pattern, Tag};
use crate::source::{Collected, collected, collecting};
use crate::store::NodeAt;

/// How often the other nodes are asked where they stand.
const ASK: Duration = Duration::from_millis(5);

/// What is to be forgotten: made by [`CacheFlow::invalidate`].
///
/// Everything that is named goes as one change: a reader sees all of it or
/// nothing.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use cacheflow::{Applied, CacheFlow};
/// # let flow = CacheFlow::builder().build().await?;
/// let applied = flow
///     .invalidate()
///     .keys(["users:7"])
///     .tags(["org:3", "role:admin"])
///     .pattern("feed:7:*")
///     .send()
///     .await?;
/// assert_eq!(applied, Applied::Recorded);
/// # Ok(()) }
/// ```
///
/// To be sent strictly *after* the change is committed: what is loaded between
/// the two is as old as what was forgotten. For changes inside of a transaction
/// there are [`InvalidationScope`](crate::InvalidationScope) and
/// [`Cache::begin_write`](crate::Cache::begin_write).
#[must_use = "nothing is forgotten until `send`"]
#[derive(Debug)]
pub struct Invalidation {
    flow: CacheFlow,
    forgotten: Forgotten,
    pub(super) faults: Faults,
    local_only: bool,
    await_cluster: Option<Duration>,
    /// Where it is collected, in place of being sent.
    scope: Option<Arc<Collected>>,
    pub(super) when: When,
}

impl Invalidation {
    pub(super) fn new(flow: CacheFlow) -> Self {
        Self {
            flow,
            forgotten: Forgotten::default(),
            faults: Faults::default(),
            local_only: false,
            await_cluster: None,
            scope: None,
            when: When::Now,
        }
    }

    /// Collected in `scope`.
    pub(super) fn into_scope(mut self, scope: Arc<Collected>) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Entries by their full keys, `{cache}:{key}`, and all that was made of
    /// them. [`Cache::full_key`](crate::Cache::full_key) tells one.
    pub fn keys<T: AsRef<str>>(mut self, keys: impl IntoIterator<Item = T>) -> Self {
        for key in keys {
            match FullKey::parse(key.as_ref()) {
                Some(key) => self.forgotten.keys.push(key),
                None => self.faults.add(format!(
                    "key = {:?}: allowed is the name of a cache, a colon and a key",
                    key.as_ref()
                )),
            }
        }
        self
    }

    /// The same by keys that are known to be such.
    pub fn full_keys(mut self, keys: impl IntoIterator<Item = FullKey>) -> Self {
        self.forgotten.keys.extend(keys);
        self
    }

    /// Entries of all caches that carry one of these tags.
    pub fn tags<T: AsRef<str>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        for tag in tags {
            match Tag::new(tag.as_ref()) {
                Ok(tag) => self.forgotten.tags.push(tag),
                Err(fault) => self.faults.add(fault),
            }
        }
        self
    }

    /// Entries whose full key matches this [`Pattern`], and all that was made of
    /// them. Each node matches for itself; the shared store is swept in the
    /// background, which costs it a look at every key.
    pub fn pattern(mut self, pattern: impl AsRef<str>) -> Self {
        match Pattern::new(pattern.as_ref()) {
            Ok(pattern) => self.forgotten.patterns.push(pattern),
            Err(fault) => self.faults.add(fault),
        }
        self
    }

    /// An entry by its full key, and all that depends on it. The same as
    /// [`Invalidation::keys`] with one key: what is made of a forgotten entry is
    /// always forgotten as well.
    pub fn dependents_of(self, key: impl AsRef<str>) -> Self {
        self.keys([key])
    }

    /// All entries of one cache, and all that was made of them, whether this
    /// process uses the cache or not.
    pub fn cache(mut self, name: impl AsRef<str>) -> Self {
        match CacheName::new(name.as_ref()) {
            Ok(name) => self.forgotten.caches.push(name),
            Err(fault) => self.faults.add(fault),
        }
        self
    }

    /// Everything of the namespace.
    pub fn all(mut self) -> Self {
        self.forgotten.everything = true;
        self
    }

    /// In the memory of this process alone: the shared store keeps what it has,
    /// and other nodes hear nothing.
    pub fn local_only(mut self) -> Self {
        self.local_only = true;
        self
    }

    /// Waits until every node that is alive has applied it, but not longer than
    /// `timeout`. A node that was not heard of within this node's `max_staleness`
    /// is not waited for: its memory serves nothing any more, if it has the same
    /// `max_staleness`. For so long after its own start, and after a server was
    /// replaced, a node does not know of all others and waits.
    pub fn await_cluster(mut self, timeout: Duration) -> Self {
        self.await_cluster = Some(timeout);
        self
    }

    /// Forgets.
    ///
    /// When it returns, this node serves nothing that is older, and nothing that
    /// was loaded before is kept anywhere. For the rest see [`Applied`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](crate::ErrorKind) with all that is wrong with what was named;
    /// then nothing was forgotten. [`ErrorKind::Closed`](crate::ErrorKind) after the flow was shut
    /// down. That the shared store cannot be reached is no error, but
    /// [`Applied::Local`].
    ///
    /// # Cancellation
    ///
    /// It goes on to its end; only the waiting for other nodes ends.
    pub async fn send(self) -> Result<Applied> {
        Ok(self.sent(false).await?.applied)
    }

    /// Forgets, and tells how much went.
    ///
    /// Of keys, what lay in the shared store is removed and counted at once; of tags,
    /// patterns and caches nobody reads it any more when this returns, and
    /// [`Event::Reclaimed`](crate::Event) tells how much it was when it is removed.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use cacheflow::{Cache, CacheFlow};
    /// let flow = CacheFlow::builder().build().await?;
    /// let users: Cache<u64, String> = flow.cache("users").build()?;
    /// for id in 1..=3 {
    ///     let _ = users.put(&id, "Ada".into()).await?;
    /// }
    /// let invalidated = flow.invalidate().pattern("users:*").send_counted().await?;
    /// assert_eq!(invalidated.deleted.in_memory, 3);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors, cancellation
    ///
    /// As [`send`](Self::send).
    pub async fn send_counted(self) -> Result<Invalidated> {
        self.sent(true).await
    }

    async fn sent(self, counted: bool) -> Result<Invalidated> {
        let Self {
            flow,
            forgotten,
            mut faults,
            local_only,
            await_cluster,
            scope,
            when,
        } = self;
        if when.is_later() && await_cluster.is_some() {
            faults.add("await_cluster: allowed of what is sent now, not by debounce or after");
        }
        faults.into_result("invalidate")?;
        if flow.is_closed() {
            return Err(Error::closed("invalidate"));
        }
        // In a scope the commit alone decides when.
        let scope = scope.or_else(|| collected(flow_id(flow.standing())));
        let when = scope.as_ref().map_or(when, |_| When::Now);
        if when.is_later() {
            flow.defer(forgotten, local_only, when)?;
            return Ok(Invalidated {
                applied: Applied::Deferred,
                deleted: Deleted::default(),
            });
        }
        if let When::NowAndAfter(_) = when {
            // First: a caller that is cancelled while it waits does not lose it.
            flow.defer(forgotten.clone(), local_only, when)?;
        }
        let node = Arc::clone(flow.node());
        if local_only {
            return Ok(Invalidated {
                applied: Applied::Local,
                deleted: node.forget_locally(&forgotten),
            });
        }
        let forgetting = async move {
            let forgetting = async {
                match counted {
                    true => node.forget_alone(forgotten).await,
                    false => node.forget(forgotten).await,
                }
            };
            match scope {
                Some(scope) => collecting(scope, forgetting).await,
                None => forgetting.await,
            }
        };
        let outcome = flow
            .to_the_end(forgetting)
            .await
            .ok_or_else(|| Error::closed("invalidate"))?;
        let applied = match (outcome.applied, outcome.position, await_cluster) {
            (Applied::Recorded, Some(position), Some(timeout)) => {
                let everywhere = flow.everywhere(position);
                match tokio::time::timeout(timeout, everywhere).await {
                    Ok(()) => Applied::Everywhere,
                    Err(_) => Applied::Recorded,
                }
            }
            (applied, ..) => applied,
        };
        Ok(Invalidated {
            applied,
            deleted: outcome.deleted,
        })
    }
}

impl CacheFlow {
    /// Waits until every node that is alive stands at `position` or later.
    async fn everywhere(&self, position: Position) {
        let Some(shared) = self.shared() else { return };
        let alive = self.config().max_staleness;
        let has_applied = |node: &NodeAt| {
            let at = node.position;
            if at.incarnation == position.incarnation {
                return at.number >= position.number;
            }
            // The journal went on under another incarnation: whoever stands there
            // has dropped its memory since, as this node has.
            let here = self.standing().position();
            here.is_some_and(|here| here.incarnation == at.incarnation)
        };
        // What nodes have said may have been lost, with a server that was
        // replaced or emptied. Where this node itself has been known for so long,
        // every other that still serves from memory has been heard of since.
        let is_complete = |nodes: &[NodeAt]| {
            let mut own = nodes.iter().filter(|node| node.origin == self.instance());
            own.any(|node| node.tenure >= alive)
        };
        loop {
            if let Ok(nodes) = shared.nodes().await
                && is_complete(&nodes)
                && nodes
                    .iter()
                    .all(|node| has_applied(node) || node.age > alive)
            {
                return;
            }
            tokio::time::sleep(ASK).await;
        }
    }
}
