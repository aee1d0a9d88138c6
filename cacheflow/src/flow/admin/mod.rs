//! [`Admin`]: what a flow's caches hold, where, and why not.

mod caches;
mod entries;
mod explain;
mod history;
mod options;
mod whereabouts;
mod words;

use std::sync::Arc;

pub use caches::CacheInfo;
pub use entries::EntryPage;
pub(super) use explain::fault as history_fault;
pub use explain::{Explanation, Happening};
pub(super) use history::History;
pub use whereabouts::{SharedEntry, Whereabouts};

use super::CacheFlow;
use crate::cache::{Inspected, ShownValue};
use crate::error::{Error, ErrorKind, Result};
use crate::key::{EntryKey, FullKey};

/// A flow from the inside: its caches, their entries, and where a key lies; made by
/// [`CacheFlow::admin`].
///
/// | you want to know | see |
/// |---|---|
/// | which caches there are, and how they are set | [`caches`](Self::caches), [`cache`](Self::cache) |
/// | what lies in a cache's memory, page by page | [`entries`](Self::entries) |
/// | where an entry lies: in memory, in the shared store, nowhere | [`find`](Self::find) |
/// | why it does not | [`explain`](Self::explain) |
/// | what its value is | [`value`](Self::value) |
/// | what was made of what | [`CacheFlow::dependencies_of`], [`CacheFlow::dependents_of`] |
///
/// It is for people who look and for tools that they use, not for requests: what it tells
/// is that of one moment, and it loads, keeps and forgets nothing. To forget there is
/// [`CacheFlow::invalidate`].
///
/// Keys are shown as they are kept: whoever may ask here sees them.
///
/// ```
/// # use cacheflow::{Cache, CacheFlow};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let flow = CacheFlow::builder().build().await?;
/// let users: Cache<u64, String> = flow.cache("users").build()?;
/// let _ = users.put(&7, "Ada".to_owned()).await?;
///
/// let admin = flow.admin();
/// assert_eq!(admin.caches()[0].name.as_str(), "users");
/// for entry in admin.entries("users", None, 100)?.entries {
///     println!("{}: for another {:?}", entry.key, entry.remaining);
/// }
/// println!("{}", admin.explain("users:8").await?);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Admin {
    flow: CacheFlow,
}

impl Admin {
    /// The value of a full key, `{cache}:{key}`, if it may be served from memory or the
    /// shared store; it is not loaded, and memory does not keep it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`] if that is no full key, or this process does not use
    /// the cache, so that nobody knows what its bytes are;
    /// [`ErrorKind::Refused`] where values are encrypted, and of a cache that keeps
    /// [secrets](crate::CacheBuilder::sensitive): who does that does not want them shown. If the shared store has to be asked and cannot be.
    pub async fn value(&self, key: &str) -> Result<Option<ShownValue>> {
        let key = full_key(key)?;
        let cache = self.used(key.cache())?;
        let refused = |why| Err(Error::new(ErrorKind::Refused, "admin", why));
        if self.flow.sealing().is_some() {
            return refused("values are encrypted in this flow, and not shown");
        }
        if cache.config().sensitive {
            return refused("the cache keeps secrets, which are not shown");
        }
        if let Some(value) = cache.value(&EntryKey::new(key.key())) {
            return Ok(Some(value));
        }
        self.shared_value(&*cache, &key).await
    }

    fn used(&self, name: &str) -> Result<Arc<dyn Inspected>> {
        self.flow.registry().named(name).ok_or_else(|| {
            let all = self.flow.registry().all();
            let all: Vec<_> = all.iter().map(|(name, ..)| name.as_str()).collect();
            let allowed = match all.is_empty() {
                true => "this process uses no caches yet".to_owned(),
                false => format!("this process uses {}", all.join(", ")),
            };
            let message = format!("cache = {name:?}: {allowed}");
            Error::new(ErrorKind::InvalidConfig, "admin", message)
        })
    }
}

impl CacheFlow {
    /// Looks into the flow: what its caches hold, where a key lies, and why not.
    #[must_use]
    pub fn admin(&self) -> Admin {
        Admin { flow: self.clone() }
    }
}

fn full_key(text: &str) -> Result<FullKey> {
    FullKey::parse(text).ok_or_else(|| {
        let message = format!("key = {text:?}: allowed is the name of a cache, a colon and a key");
        Error::new(ErrorKind::InvalidConfig, "admin", message)
    })
}
