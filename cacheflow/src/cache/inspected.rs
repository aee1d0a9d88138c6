//! A cache of whatever values, for those who know nothing but its name.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::{CacheValue, Configured, Core, Counted};
use crate::entry::EntryInfo;
use crate::error::Unreadable;
use crate::key::{Address, EntryKey, FullKey};
use crate::store::Stored;

/// What is asked of a cache by its name alone.
pub(crate) trait Inspected: Any + Configured + Counted {
    fn has_memory(&self) -> bool;

    fn has_shared(&self) -> bool;

    /// Up to `most` entries of memory in the order of their keys, those behind `after`.
    fn page(&self, after: Option<&[u8]>, most: usize) -> Vec<EntryInfo>;

    /// What lies in memory under `key`.
    fn look(&self, key: &EntryKey) -> Option<EntryInfo>;

    /// Why it is known that there is no value.
    fn look_for_nothing(&self, key: &EntryKey) -> Option<&'static str>;

    /// Whether somebody loads, reads or puts an entry of `key` now.
    fn is_under_way(&self, key: &EntryKey) -> bool;

    /// The value in memory, if it may be served.
    fn value(&self, key: &EntryKey) -> Option<ShownValue>;

    /// The value in `stored`, which says that it is the entry of `identity`; `None` if it
    /// says that there is none. As readers would be served it.
    fn shared_value(
        &self,
        full: &FullKey,
        identity: &[u8],
        stored: &Stored,
    ) -> Result<Option<ShownValue>, Unreadable>;
}

impl<V: CacheValue> Inspected for Core<V> {
    fn has_memory(&self) -> bool {
        self.local.memory().is_some()
    }

    fn has_shared(&self) -> bool {
        self.strategy.levels.has_shared()
    }

    fn page(&self, after: Option<&[u8]>, most: usize) -> Vec<EntryInfo> {
        self.local.page(after, most)
    }

    fn look(&self, key: &EntryKey) -> Option<EntryInfo> {
        self.local.look(key)
    }

    fn look_for_nothing(&self, key: &EntryKey) -> Option<&'static str> {
        self.local.look_for_nothing(key.as_bytes())
    }

    fn is_under_way(&self, key: &EntryKey) -> bool {
        self.local.is_under_way(key)
    }

    fn value(&self, key: &EntryKey) -> Option<ShownValue> {
        let entry = self.local.hit(key.as_bytes())?;
        Some(ShownValue::new(entry.value.clone()))
    }

    fn shared_value(
        &self,
        full: &FullKey,
        identity: &[u8],
        stored: &Stored,
    ) -> Result<Option<ShownValue>, Unreadable> {
        let address = Address::as_it_says(full, identity);
        let value = self.strategy.levels.look(&address, stored)?;
        Ok(value.map(ShownValue::new))
    }
}

/// A value of a type that who asks for it does not know: it can be serialized.
///
/// ```
/// # use cacheflow::{Cache, CacheFlow};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let flow = CacheFlow::builder().build().await?;
/// let users: Cache<u64, String> = flow.cache("users").build()?;
/// let _ = users.put(&7, "Ada".to_owned()).await?;
/// let value = flow.admin().value("users:7").await?.unwrap();
/// assert_eq!(serde_json::to_string(&value)?, "\"Ada\"");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct ShownValue(Arc<dyn erased_serde::Serialize + Send + Sync>);

impl ShownValue {
    fn new(value: impl CacheValue) -> Self {
        Self(Arc::new(value))
    }
}

impl Serialize for ShownValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        erased_serde::serialize(&*self.0, serializer)
    }
}

/// Without the value: whoever writes this to a log has not asked for it.
impl fmt::Debug for ShownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShownValue").finish_non_exhaustive()
    }
}
