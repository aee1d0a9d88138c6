//! The hottest entries of a memory, where they are found without its store's books.
//!
//! A table of slots, two for each key, in the spirit of a processor's cache: an entry is
//! found by its hash or not at all, and a hotter one takes its place. It is no second
//! truth: whoever changes memory changes this as well, under the lock under which memory
//! is changed, and whether an entry may be served the entry says itself.

use std::cell::Cell;
use std::hash::BuildHasher;
use std::iter::repeat_with;
use std::sync::{Arc, OnceLock};

use arc_swap::{ArcSwapOption, Guard};
use foldhash::fast::RandomState;

use crate::entry::Entry;
use crate::sync::atomic::{AtomicU8, AtomicU32, Ordering};

/// More slots take more of a processor's cache than they spare.
const MOST_SLOTS: usize = 1 << 14;

/// The store evicts what nobody asks for, and would know nothing of the hits that this
/// table serves. It is told of an entry's next hit after so large a part of memory was
/// put anew: of what is hit less often, each time. Where nothing is put, nothing is
/// evicted, and there is nothing to tell.
const TOLD_AFTER: u64 = 64;

/// Of so many hits that the store served, one brings its entry here: what is asked for
/// once drives out nothing.
const TAKES_A_PLACE: u32 = 8;

type Slot<V> = ArcSwapOption<Entry<V>>;

struct Table<V> {
    slots: Box<[Slot<V>]>,
    /// Of each slot a few bits of the hash of what stands there: readers need not fetch
    /// another's entry to see that it is another's. One that is behind costs a reader the
    /// way to the store, and nothing else: whoever forgets an entry looks at the slots.
    hints: Box<[AtomicU8]>,
}

/// Where a key would stand.
#[derive(Clone, Copy)]
pub(super) struct Spot(u64);

impl Spot {
    /// The places of it among so many; both lie in one line of the processor's cache.
    #[inline]
    fn pair(self, count: usize) -> [usize; 2] {
        let first = self.0 as usize & (count - 1);
        [first, first ^ 1]
    }

    #[inline]
    fn hint(self) -> u8 {
        (self.0 >> 56) as u8
    }
}

pub(super) struct Front<V> {
    /// Made with the first entry: a cache that nobody asks twice needs none.
    table: OnceLock<Table<V>>,
    count: usize,
    state: RandomState,
    /// After how many puts the store is told again.
    told_after: u32,
    /// How often something was put into memory, modulo 2³².
    puts: AtomicU32,
}

impl<V> Front<V> {
    /// For a memory of about so many entries.
    pub(super) fn new(entries: u64) -> Self {
        let told_after = (entries / TOLD_AFTER).clamp(1, u64::from(u32::MAX) / 2);
        let entries = usize::try_from(entries).unwrap_or(MOST_SLOTS);
        Self {
            table: OnceLock::new(),
            count: entries.clamp(2, MOST_SLOTS).next_power_of_two(),
            state: RandomState::default(),
            told_after: told_after as u32,
            puts: AtomicU32::new(0),
        }
    }

    #[inline]
    pub(super) fn spot(&self, key: &[u8]) -> Spot {
        Spot(self.state.hash_one(key))
    }

    /// The entry that stands for `key`, whether it may be served or not.
    #[inline]
    pub(super) fn get(&self, spot: Spot, key: &[u8]) -> Option<Guard<Option<Arc<Entry<V>>>>> {
        let table = self.table.get()?;
        spot.pair(table.slots.len()).into_iter().find_map(|place| {
            if table.hints.get(place)?.load(Ordering::Relaxed) != spot.hint() {
                return None;
            }
            let held = table.slots.get(place)?.load();
            let is_it = held.as_ref().is_some_and(|held| held.is_of(key));
            is_it.then_some(held)
        })
    }

    /// Where `key` may stand.
    fn pair(&self, spot: Spot) -> impl Iterator<Item = &Slot<V>> {
        let slots = self.table.get().map(|table| &table.slots);
        let pair = slots.map(|slots| spot.pair(slots.len()).map(|place| slots.get(place)));
        pair.into_iter().flatten().flatten()
    }

    /// Something is put into memory.
    pub(super) fn note_put(&self) {
        self.puts.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the store is to be told of a hit of `entry`.
    #[inline]
    pub(super) fn is_told(&self, entry: &Entry<V>) -> bool {
        let puts = self.puts.load(Ordering::Relaxed);
        let is_told = puts.wrapping_sub(entry.told.load(Ordering::Relaxed)) >= self.told_after;
        if is_told {
            entry.told.store(puts, Ordering::Relaxed);
        }
        is_told
    }

    /// Whether an entry that the store had is worth a place.
    #[inline]
    pub(super) fn wants(&self) -> bool {
        one_in(TAKES_A_PLACE)
    }

    /// Gives `entry` a place. Memory must hold it, and nobody else may change memory
    /// meanwhile: whoever forgets a key looks for it here as well.
    pub(super) fn place(&self, spot: Spot, entry: &Arc<Entry<V>>) {
        let table = self.table.get_or_init(|| Table {
            slots: repeat_with(Slot::empty).take(self.count).collect(),
            hints: repeat_with(AtomicU8::default).take(self.count).collect(),
        });
        let pair = spot.pair(self.count);
        let is_free = |place: &usize| table.slots[*place].load().is_none();
        let place = pair.into_iter().find(is_free).unwrap_or(pair[0]);
        // The store knows of the hit that brings it here.
        let puts = self.puts.load(Ordering::Relaxed);
        entry.told.store(puts, Ordering::Relaxed);
        table.hints[place].store(spot.hint(), Ordering::Relaxed);
        table.slots[place].store(Some(Arc::clone(entry)));
    }

    /// Takes what stands for `key` out.
    pub(super) fn take(&self, key: &[u8]) -> Option<Arc<Entry<V>>> {
        let mut taken = None;
        for slot in self.pair(self.spot(key)) {
            let held = slot.load();
            if held.as_ref().is_some_and(|held| held.is_of(key)) {
                taken = slot.swap(None).or(taken);
            }
        }
        taken
    }

    /// Takes out `entry` alone, which memory does not hold any more.
    pub(super) fn drop_this(&self, key: &[u8], entry: &Arc<Entry<V>>) {
        for slot in self.pair(self.spot(key)) {
            let held = slot.load();
            if held.as_ref().is_some_and(|held| Arc::ptr_eq(held, entry)) {
                slot.compare_and_swap(&held, None);
            }
        }
    }

    fn slots(&self) -> impl Iterator<Item = &Slot<V>> {
        let slots = self.table.get().map(|table| &table.slots);
        slots.into_iter().flatten()
    }

    /// All entries that have a place.
    pub(super) fn entries(&self) -> impl Iterator<Item = Arc<Entry<V>>> {
        self.slots().filter_map(ArcSwapOption::load_full)
    }

    pub(super) fn clear(&self) {
        for slot in self.slots() {
            if slot.load().is_some() {
                slot.store(None);
            }
        }
    }
}

/// True at random, in one of `many` calls. By turns would not do: whoever asks for keys in
/// turn would find the same of them chosen again and again.
#[inline]
fn one_in(many: u32) -> bool {
    thread_local! {
        static SEED: Cell<u32> = const { Cell::new(0x9E37_79B9) };
    }
    SEED.with(|seed| {
        // Marsaglia's xorshift: it need not be good, but must not be felt.
        let mut next = seed.get();
        next ^= next << 13;
        next ^= next >> 17;
        next ^= next << 5;
        seed.set(next);
        next % many == 0
    })
}
