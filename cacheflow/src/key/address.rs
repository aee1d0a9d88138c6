//! Everything by which one entry is addressed.

use super::buf::HASH_MARK;
use super::{CacheName, EntryKey, FullKey, KeyBuf};

/// The names of one entry; made on a miss, when they are needed.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    /// In memory.
    pub(crate) key: EntryKey,
    /// In the shared store and in messages.
    pub(crate) full: FullKey,
    /// See [`identity`](Self::identity), where that is not the same.
    identity: Option<Box<[u8]>>,
}

impl Address {
    pub(crate) fn new(cache: &CacheName, key: &KeyBuf) -> Self {
        let entry_key = key.entry_key();
        let identity = key.longer_identity();
        let whole = |key: &[u8]| [cache.as_str().as_bytes(), b":", key].concat().into();
        Self {
            full: FullKey::new(cache, &entry_key),
            key: entry_key,
            identity: identity.map(|key| whole(&key)),
        }
    }

    /// That of a full key whose entry says that it is of `identity`.
    pub(crate) fn as_it_says(full: &FullKey, identity: &[u8]) -> Self {
        Self {
            key: EntryKey::new(full.key()),
            full: full.clone(),
            identity: Some(identity.into()),
        }
    }

    /// In the entry itself, to be compared: cache and key, a long key with a longer hash
    /// than in its name.
    pub(crate) fn identity(&self) -> &[u8] {
        let longer = self.identity.as_deref();
        longer.unwrap_or(self.full.as_str().as_bytes())
    }

    /// That of a full key, unless the key is so long that its name has a hash of it: nobody knows
    /// then what it was.
    pub(crate) fn of_short(full: &FullKey) -> Option<Self> {
        let name = full.key();
        (!name.contains(&HASH_MARK)).then(|| Self {
            full: full.clone(),
            key: EntryKey::new(name),
            identity: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_key_is_addressed_by_its_full_name_alone() {
        let cache = CacheName::new("users").unwrap();
        let address = |length: usize| {
            let mut key = KeyBuf::new();
            key.text(&"x".repeat(length));
            Address::new(&cache, &key)
        };
        let short = address(200);
        let found = Address::of_short(&short.full).unwrap();
        assert_eq!((&found.key, &found.full), (&short.key, &short.full));
        assert_eq!(found.identity(), short.identity());
        assert_eq!(short.identity(), short.full.as_str().as_bytes());
        let long = address(201);
        assert!(long.identity().len() > long.full.as_str().len());
        assert!(Address::of_short(&address(201).full).is_none());
    }
}
