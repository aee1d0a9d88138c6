//! `quick_cache` as plain storage: CLOCK-Pro, see
//! [`Eviction::ClockPro`](crate::Eviction::ClockPro).

use std::sync::{Arc, PoisonError};

use foldhash::fast::RandomState;
use quick_cache::sync::Cache;
use quick_cache::{Lifecycle, OptionsBuilder, Weighter};

use super::Bound;
use super::backing::{Backing, Leaving};
use super::calendar::Calendar;
use crate::clock::Clock;
use crate::entry::{Entry, Epoch};
use crate::event::Evicted;
use crate::key::EntryKey;
use crate::sync::{Mutex, MutexGuard};

/// What is kept for being asked for again may fill so much of the room; the rest is for
/// newcomers to show themselves. Chosen by replaying recorded traces: with more, what a
/// scan brings drives out what was asked for twice only.
const HOT: f64 = 0.8;

/// For so many keys more, by the number of entries, it is remembered that they were here
/// not long ago.
const GHOSTS: f64 = 0.5;

/// A part with a lock of its own has room for so many entries at least: the fewer there
/// are in a part, the more their numbers differ by chance, and the more room is wasted.
const ENTRIES_IN_A_SHARD: u64 = 8192;
const BYTES_IN_A_SHARD: u64 = 64 << 20;
const MOST_SHARDS: u64 = 64;

/// So many entries whose time is over are freed by one who puts another.
const FREED_BY_A_PUT: usize = 16;

/// So many are freed at once by one who forgets all of them.
const FREED_BY_A_CLEAR: usize = 4096;

type Store<V> = Cache<EntryKey, Arc<Entry<V>>, Weight, RandomState, Collect>;

/// It is told to nobody that an entry goes while the store's locks are held: what goes is
/// collected, and told afterwards.
pub(super) struct ClockPro<V> {
    store: Store<V>,
    calendar: Mutex<Calendar<V>>,
    clock: Clock,
    leaving: Leaving<V>,
    heaviest: u64,
}

impl<V: Send + Sync + 'static> ClockPro<V> {
    pub(super) fn new(bound: Bound, clock: Clock, leaving: Leaving<V>) -> Self {
        let (room, in_a_shard, weight, entries) = match bound {
            Bound::Entries(entries) => (entries, ENTRIES_IN_A_SHARD, Weight::One, entries),
            // Of a kilobyte or so, for want of knowing.
            Bound::Bytes(bytes) => (bytes, BYTES_IN_A_SHARD, Weight::Own, bytes / 1024),
        };
        let shards = (room / in_a_shard).clamp(1, MOST_SHARDS);
        let shards = 1 << shards.ilog2();
        let options = OptionsBuilder::new()
            .estimated_items_capacity(usize::try_from(entries).unwrap_or(usize::MAX))
            // All parts are of one size: what is left over is nobody's.
            .weight_capacity(room / shards * shards)
            .shards(shards as usize)
            .hot_allocation(HOT)
            .ghost_allocation(GHOSTS)
            .build()
            .expect("both weights and all shares are given");
        let store = Cache::with_options(options, weight, RandomState::default(), Collect);
        Self {
            // As the store has it: where there is room for one entry, there is for a hot one.
            heaviest: ((store.shard_capacity() as f64 * HOT) as u64).max(1),
            store,
            calendar: Mutex::default(),
            clock,
            leaving,
        }
    }

    fn calendar(&self) -> MutexGuard<'_, Calendar<V>> {
        self.calendar.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Frees up to `most` entries that are over.
    fn free(&self, most: usize) {
        // Out of the calendar first: of two who free the same, one finds it there.
        let over = self.calendar().over(self.clock.now(), most);
        self.free_these(over);
    }

    fn free_these(&self, over: Vec<(Arc<Entry<V>>, Evicted)>) {
        for (entry, cause) in over {
            let Some(key) = &entry.key else { continue };
            let is_it = |present: &Arc<Entry<V>>| Arc::ptr_eq(present, &entry);
            if self.store.remove_if(key.as_bytes(), is_it).is_some() {
                self.leaving.left(key, &entry, cause);
            }
        }
    }
}

impl<V: Send + Sync + 'static> Backing<V> for ClockPro<V> {
    fn get(&self, key: &[u8]) -> Option<Arc<Entry<V>>> {
        self.store.get(key)
    }

    fn peek(&self, key: &[u8]) -> Option<Arc<Entry<V>>> {
        self.store.peek(key)
    }

    fn insert(&self, key: EntryKey, entry: Arc<Entry<V>>) {
        let mut gone = Gone::default();
        self.store
            .insert_with_lifecycle(key.clone(), Arc::clone(&entry), &mut gone);
        let is_refused = gone.0.iter().any(|(_, it)| Arc::ptr_eq(it, &entry));
        let mut calendar = self.calendar();
        for (_, it) in &gone.0 {
            calendar.strike(it);
        }
        if !is_refused {
            calendar.note(&entry);
        }
        let over = calendar.over(self.clock.now(), FREED_BY_A_PUT);
        drop(calendar);
        for (of, it) in &gone.0 {
            let is_replaced = *of == key && !is_refused;
            let cause = if is_replaced {
                Evicted::Replaced
            } else {
                Evicted::Size
            };
            self.leaving.left(of, it, cause);
        }
        self.free_these(over);
    }

    fn remove(&self, key: &[u8]) -> Option<Arc<Entry<V>>> {
        let (key, entry) = self.store.remove(key)?;
        self.calendar().strike(&entry);
        self.leaving.left(&key, &entry, Evicted::Forgotten);
        Some(entry)
    }

    fn iter(&self) -> Box<dyn Iterator<Item = (EntryKey, Arc<Entry<V>>)> + '_> {
        Box::new(self.store.iter())
    }

    fn free_before(&self, epoch: Epoch) {
        self.calendar().end_before(epoch);
        self.free(FREED_BY_A_CLEAR);
    }

    fn could_hold(&self, weight: u32) -> bool {
        u64::from(weight) <= self.heaviest
    }

    fn entries(&self) -> u64 {
        self.store.len() as u64
    }

    fn weight(&self) -> u64 {
        self.store.weight()
    }

    fn tidy(&self) {
        self.free(usize::MAX);
    }
}

#[derive(Clone, Copy)]
enum Weight {
    One,
    Own,
}

impl<V> Weighter<EntryKey, Arc<Entry<V>>> for Weight {
    fn weight(&self, _: &EntryKey, entry: &Arc<Entry<V>>) -> u64 {
        match self {
            Self::One => 1,
            Self::Own => u64::from(entry.weight),
        }
    }
}

#[derive(Clone, Copy)]
struct Collect;

struct Gone<V>(Vec<(EntryKey, Arc<Entry<V>>)>);

impl<V> Default for Gone<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V> Lifecycle<EntryKey, Arc<Entry<V>>> for Collect {
    type RequestState = Gone<V>;

    fn on_evict(&self, gone: &mut Gone<V>, key: EntryKey, entry: Arc<Entry<V>>) {
        gone.0.push((key, entry));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::Tick;
    use crate::entry::Life;
    use crate::event::{Event, EventSink, Events};
    use crate::key::CacheName;
    use crate::store::front::Front;

    fn store(bound: Bound) -> (ClockPro<u32>, Clock, Events) {
        let clock = Clock::manual();
        let events = EventSink::new();
        let listener = events.listen();
        let leaving = Leaving {
            cache: CacheName::new("test").unwrap(),
            front: Arc::new(Front::new(bound.entries())),
            events,
            counters: None,
        };
        (
            ClockPro::new(bound, clock.clone(), leaving),
            clock,
            listener,
        )
    }

    fn put(store: &ClockPro<u32>, number: u32, ends: u64, epoch: u64) {
        let now = store.clock.now();
        let life = Life::plain(now, now.after(Duration::from_secs(ends)));
        let mut entry = Entry::new(number, now, life, Epoch(epoch), 1);
        let key = EntryKey::new(&number.to_be_bytes());
        entry.key = Some(key.clone());
        store.insert(key, Arc::new(entry));
    }

    fn causes(mut events: Events) -> Vec<Evicted> {
        let mut causes = Vec::new();
        while let Some(Ok(Event::Evicted { cause, .. })) = events.try_next() {
            causes.push(cause);
        }
        causes
    }

    #[test]
    fn what_has_expired_is_freed_by_those_who_put_others() {
        let (store, clock, events) = store(Bound::Entries(1000));
        (0..100).for_each(|number| put(&store, number, 10, 0));
        clock.advance(Duration::from_secs(9));
        put(&store, 100, 60, 0);
        assert_eq!(store.entries(), 101, "none has expired");
        clock.advance(Duration::from_secs(2));
        put(&store, 101, 60, 0);
        assert_eq!(store.entries(), 102 - FREED_BY_A_PUT as u64);
        (102..110).for_each(|number| put(&store, number, 60, 0));
        assert_eq!(store.entries(), 10);
        assert_eq!(causes(events), [Evicted::Expired; 100]);
    }

    #[test]
    fn what_has_expired_is_freed_when_it_is_tidied() {
        let (store, clock, _events) = store(Bound::Entries(1000));
        (0..100).for_each(|number| put(&store, number, 10, 0));
        clock.advance(Duration::from_secs(11));
        store.tidy();
        assert_eq!((store.entries(), store.weight()), (0, 0));
        assert!(store.peek(&0_u32.to_be_bytes()).is_none());
    }

    /// To free a million would hold its caller up.
    #[test]
    fn of_what_is_cleared_some_is_freed_at_once_and_the_rest_by_those_who_put_others() {
        let (store, _clock, _events) = store(Bound::Entries(20_000));
        let all = FREED_BY_A_CLEAR as u32 + 1000;
        (0..all).for_each(|number| put(&store, number, 60, 0));
        store.free_before(Epoch(1));
        let left = store.entries();
        assert_eq!(left, 1000);
        (all..all + 1000).for_each(|number| put(&store, number, 60, 1));
        assert_eq!(store.entries(), 1000);
    }

    #[test]
    fn what_is_cleared_is_told_as_forgotten() {
        let (store, _clock, events) = store(Bound::Entries(20));
        (0..10).for_each(|number| put(&store, number, 60, 0));
        store.free_before(Epoch(1));
        assert_eq!(causes(events), [Evicted::Forgotten; 10]);
    }

    #[test]
    fn a_divided_memory_holds_no_more_than_an_undivided_one() {
        for bound in [2 * ENTRIES_IN_A_SHARD + 1, 7 * ENTRIES_IN_A_SHARD + 3] {
            let (store, _clock, _events) = store(Bound::Entries(bound));
            assert!(store.store.num_shards() > 1);
            let all = 2 * u32::try_from(bound).unwrap();
            (0..all).for_each(|number| put(&store, number, 60, 0));
            assert!(store.entries() <= bound);
            assert!(store.entries() >= bound * 99 / 100);
        }
    }

    /// What is noted would be kept alive by that.
    #[test]
    fn what_is_evicted_replaced_or_removed_is_struck_out() {
        let (store, _clock, _events) = store(Bound::Entries(10));
        (0..100).for_each(|number| put(&store, number, 60, 0));
        (0..100).for_each(|number| put(&store, number, 60, 0));
        assert_eq!(store.calendar().len() as u64, store.entries());
        for number in 0..100_u32 {
            store.remove(&number.to_be_bytes());
        }
        assert_eq!((store.calendar().len(), store.entries()), (0, 0));
    }

    /// Between the two another has put a new one.
    #[test]
    fn what_took_the_place_of_what_is_over_stays() {
        let (store, clock, _events) = store(Bound::Entries(10));
        put(&store, 1, 1, 0);
        clock.advance(Duration::from_secs(3));
        let over = store.calendar().over(clock.now(), 9);
        assert_eq!(over.len(), 1);
        put(&store, 1, 60, 0);
        store.free_these(over);
        assert!(store.peek(&1_u32.to_be_bytes()).is_some());
    }

    /// It would be noted, and freed from where it never was.
    #[test]
    fn what_is_refused_is_noted_nowhere() {
        let (store, clock, events) = store(Bound::Bytes(64));
        let now = clock.now();
        let life = Life::plain(now, now.after(Duration::from_secs(60)));
        let entry = Arc::new(Entry::new(1, now, life, Epoch(0), 65));
        store.insert(EntryKey::new(b"1"), entry);
        assert!(store.peek(b"1").is_none());
        assert_eq!(causes(events), [Evicted::Size]);
        let over = store.calendar().over(Tick::NEVER, 9);
        assert!(over.is_empty());
    }
}
