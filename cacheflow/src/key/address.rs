//! Everything by which one entry is addressed.

use super::{CacheName, EntryKey, FullKey, KeyBuf};

/// The names of one entry; made on a miss, when they are needed.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    /// In memory.
    pub(crate) key: EntryKey,
    /// In the shared store and in messages.
    pub(crate) full: FullKey,
    /// In the entry itself, to be compared: cache and key, a long key with a
    /// longer hash than in its name.
    pub(crate) identity: Box<[u8]>,
}

impl Address {
    pub(crate) fn new(cache: &CacheName, key: &KeyBuf) -> Self {
        let entry_key = key.entry_key();
        Self {
            full: FullKey::new(cache, &entry_key),
            key: entry_key,
            identity: [cache.as_str().as_bytes(), b":", &key.identity()]
                .concat()
                .into(),
        }
    }
}
