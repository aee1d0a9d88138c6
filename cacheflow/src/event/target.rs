//! What a change forgets in a node's memory, one thing at a time.

use super::{Change, Forgotten, Record};
use crate::key::{CacheName, FullKey, Pattern, Tag};

/// One thing that is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    /// This key, and what depends on it.
    Key(&'a FullKey),
    /// The same for a key that this node itself is putting: the put goes on.
    OwnPut(&'a FullKey),
    /// The same, where what is kept is about to be replaced or removed under the
    /// same lock: it stays until then.
    Putting(&'a FullKey),
    /// What depends on this key, but not the key.
    DependentsOf(&'a FullKey),
    /// What carries this tag.
    Tag(&'a Tag),
    /// What matches, and what depends on something that does.
    Pattern(&'a Pattern),
    /// Everything of this cache, and what depends on it.
    Cache(&'a CacheName),
    /// Everything.
    Everything,
}

impl Forgotten {
    /// All that is forgotten.
    pub(crate) fn targets(&self) -> Vec<Target<'_>> {
        if self.everything {
            return vec![Target::Everything];
        }
        let keys = self.keys.iter().map(Target::Key);
        let tags = self.tags.iter().map(Target::Tag);
        let patterns = self.patterns.iter().map(Target::Pattern);
        let caches = self.caches.iter().map(Target::Cache);
        keys.chain(tags).chain(patterns).chain(caches).collect()
    }
}

/// What went from a node's memory.
#[derive(Debug, Default)]
pub(crate) struct Gone {
    /// How many entries; of a whole cache, about so many.
    pub(crate) entries: u64,
    /// The keys of those that went by something else than their own key, if anybody
    /// wants to know.
    pub(crate) keys: Vec<FullKey>,
}

/// How a node comes to apply a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// It made the record, and the caller goes on with what it has put.
    Caller,
    /// It made the record, and has heard of it by the bus.
    Itself,
    /// Another made it.
    Another,
}

impl Record {
    /// All that it forgets.
    pub(crate) fn targets(&self, by: By) -> Vec<Target<'_>> {
        match &self.change {
            Change::Forgotten(forgotten) => forgotten.targets(),
            Change::Put { key, dependents } => {
                let put = match by {
                    By::Caller => Target::Putting,
                    By::Itself => Target::OwnPut,
                    By::Another => Target::Key,
                };
                let dependents = dependents.iter().map(Target::Key);
                std::iter::once(put(key)).chain(dependents).collect()
            }
            Change::Held { key, .. } => vec![Target::Key(key)],
            Change::Done(_) => Vec::new(),
        }
    }
}
