//! The port of what lies behind the front of a memory: where all entries are, and what
//! decides which of them go when there are too many.

use std::sync::Arc;

use crate::entry::{Entry, Epoch};
use crate::event::{Counters, Event, EventSink, Evicted};
use crate::key::{CacheName, EntryKey};
use crate::store::front::Front;

/// A bounded store of entries. It knows nothing of loads, of times until which an entry
/// may be served, and of what forgets one: all of that is in the entries.
pub(super) trait Backing<V>: Send + Sync {
    /// The entry of `key`, for a reader: it goes later than what nobody reads.
    fn get(&self, key: &[u8]) -> Option<Arc<Entry<V>>>;

    /// The same for those who are no readers.
    fn peek(&self, key: &[u8]) -> Option<Arc<Entry<V>>>;

    fn insert(&self, key: EntryKey, entry: Arc<Entry<V>>);

    fn remove(&self, key: &[u8]) -> Option<Arc<Entry<V>>>;

    /// Every entry, in no order; to look at it is no reading.
    fn iter(&self) -> Box<dyn Iterator<Item = (EntryKey, Arc<Entry<V>>)> + '_>;

    /// Frees what is of an epoch before this one, at once or little by little.
    fn free_before(&self, epoch: Epoch);

    /// Whether an entry of this weight could be kept at all.
    fn could_hold(&self, weight: u32) -> bool;

    fn entries(&self) -> u64;

    fn weight(&self) -> u64;

    /// Does what it puts off, and brings its counts up to date.
    fn tidy(&self);
}

/// Who is told of what leaves.
pub(super) struct Leaving<V> {
    pub(super) cache: CacheName,
    pub(super) front: Arc<Front<V>>,
    pub(super) events: EventSink,
    /// Where it is wanted that evictions are counted.
    pub(super) counters: Option<Arc<Counters>>,
}

impl<V> Leaving<V> {
    /// `entry` is not in the store any more.
    pub(super) fn left(&self, key: &EntryKey, entry: &Arc<Entry<V>>, cause: Evicted) {
        // The front holds nothing beyond the bound.
        self.front.drop_this(key.as_bytes(), entry);
        if let Some(counters) = &self.counters {
            counters.evicted(cause);
        }
        self.events.tell(|| Event::Evicted {
            cache: self.cache.clone(),
            key: key.clone(),
            cause,
        });
    }
}
