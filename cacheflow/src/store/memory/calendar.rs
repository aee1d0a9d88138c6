//! When the time of which entry is over, for a store that does not know.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use slab::Slab;

use crate::clock::Tick;
use crate::entry::{Entry, Epoch};
use crate::event::Evicted;
use crate::sync::atomic::Ordering;

/// Entries that end within the same time are one list.
const STEP: Duration = Duration::from_secs(1);

/// No place, of an entry or of its neighbours.
const NONE: u32 = u32::MAX;

/// The entries of a store in the order in which they end, to the second.
///
/// Each second has a list. An entry knows its own place ([`Entry::noted_at`]), so that it
/// is struck out at once when it leaves the store earlier: of what is put over and over
/// again nothing is left over here. All of it costs an entry 16 bytes.
pub(super) struct Calendar<V> {
    places: Slab<Place<V>>,
    /// By the number of the second, the first of its list.
    lists: BTreeMap<u64, u32>,
    /// Entries of earlier epochs are freed as well.
    epoch: Epoch,
    /// There never was an entry at this place, or above.
    end: usize,
    /// Places below this may have entries of earlier epochs.
    unswept: usize,
}

struct Place<V> {
    entry: Arc<Entry<V>>,
    before: u32,
    next: u32,
}

impl<V> Default for Calendar<V> {
    fn default() -> Self {
        Self {
            places: Slab::new(),
            lists: BTreeMap::new(),
            epoch: Epoch::default(),
            end: 0,
            unswept: 0,
        }
    }
}

impl<V> Calendar<V> {
    /// `entry` is in the store.
    pub(super) fn note(&mut self, entry: &Arc<Entry<V>>) {
        let next = self.lists.get(&second(entry)).copied();
        let place = self.places.insert(Place {
            entry: Arc::clone(entry),
            before: NONE,
            next: next.unwrap_or(NONE),
        });
        self.end = self.end.max(place + 1);
        // A store holds fewer entries than that.
        let place = place as u32;
        if let Some(next) = self.at(next.unwrap_or(NONE)) {
            next.before = place;
        }
        self.lists.insert(second(entry), place);
        entry.noted_at.store(place, Ordering::Relaxed);
    }

    /// `entry` is not in the store any more.
    pub(super) fn strike(&mut self, entry: &Arc<Entry<V>>) {
        let place = entry.noted_at.load(Ordering::Relaxed);
        let is_it = |it: &mut Place<V>| Arc::ptr_eq(&it.entry, entry);
        if self.at(place).is_some_and(is_it) {
            self.take(place);
        }
    }

    /// From now on entries of epochs before this one are over.
    pub(super) fn end_before(&mut self, epoch: Epoch) {
        self.epoch = epoch;
        self.unswept = self.end;
    }

    /// Takes out up to `most` entries that are over at `now`.
    pub(super) fn over(&mut self, now: Tick, most: usize) -> Vec<(Arc<Entry<V>>, Evicted)> {
        let mut over = Vec::new();
        let this = now.nanos() / STEP.as_nanos() as u64;
        while over.len() < most
            && let Some((second, first)) = self.lists.first_key_value()
            && *second < this
        {
            let first = *first;
            over.extend(self.take(first).map(|entry| (entry, Evicted::Expired)));
        }
        let mut looked_at = 0;
        while self.unswept > 0 && looked_at < most {
            looked_at += 1;
            self.unswept -= 1;
            let place = self.unswept as u32;
            let epoch = self.epoch;
            if self.at(place).is_some_and(|it| it.entry.epoch() < epoch) {
                over.extend(self.take(place).map(|entry| (entry, Evicted::Forgotten)));
            }
        }
        over
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    fn at(&mut self, place: u32) -> Option<&mut Place<V>> {
        self.places.get_mut(place as usize)
    }

    fn take(&mut self, place: u32) -> Option<Arc<Entry<V>>> {
        let taken = self.places.try_remove(place as usize)?;
        if let Some(next) = self.at(taken.next) {
            next.before = taken.before;
        }
        match self.at(taken.before) {
            Some(before) => before.next = taken.next,
            None if taken.next == NONE => {
                self.lists.remove(&second(&taken.entry));
            }
            None => {
                self.lists.insert(second(&taken.entry), taken.next);
            }
        }
        Some(taken.entry)
    }
}

fn second<V>(entry: &Entry<V>) -> u64 {
    entry.held_until().nanos() / STEP.as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Life;

    fn entry(number: u32, ends: u64, epoch: u64) -> Arc<Entry<u32>> {
        let life = Life::plain(Tick::ZERO, Tick::ZERO.after(Duration::from_millis(ends)));
        Arc::new(Entry::new(number, Tick::ZERO, life, Epoch(epoch), 1))
    }

    fn over(calendar: &mut Calendar<u32>, at: u64, most: usize) -> Vec<u32> {
        let over = calendar.over(Tick::ZERO.after(Duration::from_millis(at)), most);
        let mut over: Vec<u32> = over.iter().map(|(entry, _)| entry.value).collect();
        over.sort_unstable();
        over
    }

    /// What is left of it when nothing is noted any more.
    fn is_empty(calendar: &Calendar<u32>) -> bool {
        calendar.places.is_empty() && calendar.lists.is_empty()
    }

    #[test]
    fn what_has_ended_is_over_the_earliest_first_and_no_more_than_is_wanted() {
        let mut calendar = Calendar::default();
        for (number, ends) in [(1, 2_500), (2, 1_100), (3, 2_900), (4, 9_000)] {
            calendar.note(&entry(number, ends, 0));
        }
        assert_eq!(over(&mut calendar, 1_999, 9), [0; 0], "its second goes on");
        assert_eq!(over(&mut calendar, 3_000, 1), [2]);
        assert_eq!(over(&mut calendar, 3_000, 9), [1, 3]);
        assert_eq!(over(&mut calendar, 3_000, 9), [0; 0], "once");
        assert_eq!(over(&mut calendar, 10_000, 9), [4]);
        assert!(is_empty(&calendar));
    }

    #[test]
    fn what_is_struck_out_leaves_its_neighbours_in_their_list() {
        for struck in 0..4 {
            let mut calendar = Calendar::default();
            let all: Vec<_> = (0..4).map(|number| entry(number, 1_500, 0)).collect();
            all.iter().for_each(|entry| calendar.note(entry));
            calendar.strike(&all[struck as usize]);
            calendar.strike(&all[struck as usize]);
            let left: Vec<u32> = (0..4).filter(|number| *number != struck).collect();
            assert_eq!(over(&mut calendar, 2_000, 9), left);
            assert!(is_empty(&calendar));
        }
    }

    /// Its place is another's now.
    #[test]
    fn who_was_struck_out_does_not_strike_out_another() {
        let mut calendar = Calendar::default();
        let (first, second) = (entry(1, 1_500, 0), entry(2, 1_500, 0));
        calendar.note(&first);
        calendar.strike(&first);
        calendar.note(&second);
        calendar.strike(&first);
        assert_eq!(over(&mut calendar, 2_000, 9), [2]);
    }

    #[test]
    fn what_is_put_again_and_again_leaves_nothing_behind() {
        let mut calendar = Calendar::default();
        let mut last = entry(0, 1_000, 0);
        calendar.note(&last);
        for round in 1..1_000 {
            calendar.strike(&last);
            last = entry(round, u64::from(round) * 1_000, 0);
            calendar.note(&last);
        }
        assert_eq!((calendar.places.len(), calendar.lists.len()), (1, 1));
        assert!(calendar.places.capacity() < 10);
    }

    #[test]
    fn entries_of_earlier_epochs_are_over_a_few_at_a_time() {
        let mut calendar = Calendar::default();
        (0..5).for_each(|number| calendar.note(&entry(number, 60_000, 0)));
        calendar.end_before(Epoch(1));
        calendar.note(&entry(9, 60_000, 1));
        // The cache may have gone on meanwhile.
        calendar.note(&entry(10, 60_000, 2));
        let mut freed = Vec::new();
        for _ in 0..10 {
            let some = over(&mut calendar, 0, 2);
            assert!(some.len() <= 2);
            freed.extend(some);
        }
        freed.sort_unstable();
        assert_eq!(freed, [0, 1, 2, 3, 4]);
        assert_eq!(over(&mut calendar, 61_000, 9), [9, 10]);
    }
}
