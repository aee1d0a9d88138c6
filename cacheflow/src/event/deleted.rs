//! How much an invalidation has removed.

/// How many entries were removed by an invalidation until its call returned.
///
/// One value can lie in the memory of every node and in the shared store, and is
/// counted where it is removed: the two numbers are not to be added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Deleted {
    /// Entries that were removed from this node's memory. Of a whole cache, about so
    /// many; 0 where the journal was found to be another, which drops memory.
    pub in_memory: u64,
    /// Values that were removed from the shared store in the same step: those of
    /// keys, and of what was made of them. On a Cluster there are none.
    pub in_store: u64,
    /// Whether more may lie in the shared store, which nobody reads any more and
    /// which is removed in the background: [`Event::Reclaimed`](crate::Event) tells
    /// how many when it is done.
    pub unfinished: bool,
}

impl Deleted {
    /// What went from memory alone.
    pub(crate) fn here(in_memory: u64) -> Self {
        Self {
            in_memory,
            ..Self::default()
        }
    }

    /// This and `other` together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            in_memory: self.in_memory + other.in_memory,
            in_store: self.in_store + other.in_store,
            unfinished: self.unfinished || other.unfinished,
        }
    }
}
