use std::time::Duration;

use super::*;
use crate::clock::Tick;
use crate::entry::Life;
use crate::event::{Event, Evicted};

/// What holds of a memory holds whatever it evicts.
macro_rules! of_each {
    ($($test:ident,)*) => {
        mod clock_pro {
            $(#[test] fn $test() { super::$test(super::Eviction::ClockPro); })*
        }
        mod tiny_lfu {
            $(#[test] fn $test() { super::$test(super::Eviction::TinyLfu); })*
        }
    };
}

of_each! {
    an_entry_is_served_until_its_own_end_even_while_the_store_still_holds_it,
    forgetting_marks_the_entry_for_those_who_hold_it,
    the_number_of_entries_is_bounded_and_eviction_is_told,
    the_weight_of_entries_is_bounded,
    what_is_read_stands_in_front_until_it_is_replaced_or_forgotten,
    what_was_replaced_or_forgotten_meanwhile_is_not_put_in_front,
    what_stands_in_front_alone_is_found_by_patterns_forgotten_and_replaced,
    what_the_store_and_the_front_have_is_found_by_patterns_once,
    what_was_evicted_leaves_the_front,
    what_is_asked_for_again_and_again_outlives_a_flood,
    a_replaced_entry_is_told_as_replaced,
    a_memory_for_one_entry_holds_one,
    an_entry_without_end_does_not_overflow,
    of_what_stands_in_front_the_store_is_told_once_a_part_of_it_was_put_anew,
}

fn memory(bound: Bound, eviction: Eviction) -> (Memory<u32>, Clock, crate::event::Events) {
    let clock = Clock::manual();
    let events = EventSink::new();
    let listener = events.listen();
    let name = CacheName::new("test").unwrap();
    (
        Memory::new(name, (bound, eviction), clock.clone(), events, None),
        clock,
        listener,
    )
}

fn put(memory: &Memory<u32>, clock: &Clock, key: &[u8], weight: u32) -> Arc<Entry<u32>> {
    let now = clock.now();
    let expires = now.after(Duration::from_secs(10));
    let mut entry = Entry::new(1, now, Life::plain(now, expires), Epoch(0), weight);
    entry.key = Some(EntryKey::new(key));
    let entry = Arc::new(entry);
    memory.insert(EntryKey::new(key), Arc::clone(&entry));
    entry
}

fn causes(mut events: crate::event::Events) -> Vec<Evicted> {
    let mut causes = Vec::new();
    while let Some(Ok(Event::Evicted { cause, .. })) = events.try_next() {
        causes.push(cause);
    }
    causes
}

fn an_entry_is_served_until_its_own_end_even_while_the_store_still_holds_it(eviction: Eviction) {
    let (memory, clock, _events) = memory(Bound::Entries(10), eviction);
    put(&memory, &clock, b"1", 1);
    let is_served = |epoch| {
        let may = |entry: &Entry<u32>| entry.is_live(clock.now(), epoch);
        memory.get(b"1", may, |_| ()).is_some()
    };
    assert!(is_served(Epoch(0)));
    assert!(!is_served(Epoch(1)));
    clock.advance(Duration::from_secs(10));
    assert!(!is_served(Epoch(0)));
}

fn forgetting_marks_the_entry_for_those_who_hold_it(eviction: Eviction) {
    let (memory, clock, events) = memory(Bound::Entries(10), eviction);
    let held = put(&memory, &clock, b"1", 1);
    memory.forget(b"1");
    assert!(!held.is_live(clock.now(), Epoch(0)));
    assert_eq!(causes(events), [Evicted::Forgotten]);
}

fn the_number_of_entries_is_bounded_and_eviction_is_told(eviction: Eviction) {
    let (memory, clock, events) = memory(Bound::Entries(10), eviction);
    for key in 0..100_u8 {
        put(&memory, &clock, &[key], 1);
    }
    memory.tidy();
    assert_eq!(memory.entries(), 10);
    assert_eq!(causes(events), [Evicted::Size; 90]);
}

fn the_weight_of_entries_is_bounded(eviction: Eviction) {
    let (memory, clock, _events) = memory(Bound::Bytes(1000), eviction);
    for key in 0..100_u8 {
        put(&memory, &clock, &[key], 100);
    }
    memory.tidy();
    assert!(memory.weight() <= 1000, "{}", memory.weight());
    let heaviest = match eviction {
        Eviction::ClockPro => 800,
        Eviction::TinyLfu => 1000,
    };
    put(&memory, &clock, b"heaviest", heaviest);
    assert!(memory.peek(b"heaviest").is_some());
    assert!(memory.could_hold(heaviest));
    put(&memory, &clock, b"heavier", heaviest + 1);
    memory.tidy();
    assert!(memory.peek(b"heavier").is_none());
    assert!(!memory.could_hold(heaviest + 1));
}

/// What a reader gets, and what it puts in front as its caller does.
fn read(memory: &Memory<u32>, clock: &Clock, key: &[u8]) -> Option<Arc<Entry<u32>>> {
    let may = |entry: &Entry<u32>| entry.is_live(clock.now(), Epoch(0));
    let (entry, promotion) = memory.get(key, may, Arc::clone)?;
    if let Some(promotion) = promotion {
        memory.place(key, &promotion);
    }
    Some(entry)
}

/// Reads until the entry stands in front.
fn bring_to_front(memory: &Memory<u32>, clock: &Clock, key: &[u8]) {
    for _ in 0..10_000 {
        let is_gone = read(memory, clock, key).is_none();
        if is_gone || memory.is_in_front(key) {
            return;
        }
    }
    panic!("never brought to the front");
}

fn what_is_read_stands_in_front_until_it_is_replaced_or_forgotten(eviction: Eviction) {
    let (memory, clock, _events) = memory(Bound::Entries(10), eviction);
    put(&memory, &clock, b"1", 1);
    assert!(!memory.is_in_front(b"1"), "nobody has asked for it");
    bring_to_front(&memory, &clock, b"1");
    let newer = put(&memory, &clock, b"1", 1);
    assert!(Arc::ptr_eq(&read(&memory, &clock, b"1").unwrap(), &newer));
    memory.forget(b"1");
    assert!(!memory.is_in_front(b"1"));
    assert!(read(&memory, &clock, b"1").is_none());
}

/// A reader has the old one in hand when it is replaced, and comes to put it in
/// front after that.
fn what_was_replaced_or_forgotten_meanwhile_is_not_put_in_front(eviction: Eviction) {
    let (memory, clock, _events) = memory(Bound::Entries(10), eviction);
    put(&memory, &clock, b"1", 1);
    let get = || memory.get(b"1", |_| true, |_| ())?.1;
    let late = (0..10_000).find_map(|_| get()).unwrap();
    let newer = put(&memory, &clock, b"1", 1);
    memory.place(b"1", &late);
    assert!(Arc::ptr_eq(&read(&memory, &clock, b"1").unwrap(), &newer));
    memory.forget(b"1");
    memory.place(b"1", &late);
    assert!(!memory.is_in_front(b"1"));
}

/// moka takes an entry out, and tells of it a little later: between the two it
/// stands in front alone.
fn what_stands_in_front_alone_is_found_by_patterns_forgotten_and_replaced(eviction: Eviction) {
    let (memory, clock, _events) = memory(Bound::Entries(10), eviction);
    let alone = |key: &[u8]| {
        let now = clock.now();
        let life = Life::plain(now, now.after(Duration::from_secs(10)));
        let mut entry = Entry::new(1, now, life, Epoch(0), 1);
        entry.key = Some(EntryKey::new(key));
        let entry = Arc::new(entry);
        memory.front.place(memory.front.spot(key), &entry);
        entry
    };
    let (first, second) = (alone(b"1"), alone(b"2"));
    assert_eq!(memory.keys_where(|key| key.as_bytes() == b"2").len(), 1);
    assert!(memory.forget_older(b"1", 1));
    assert!(!first.is_live(clock.now(), Epoch(0)));
    assert!(read(&memory, &clock, b"1").is_none());
    assert!(
        !memory.forget_older(b"2", 0),
        "it takes that record into account"
    );
    assert!(second.is_live(clock.now(), Epoch(0)));
    let newer = put(&memory, &clock, b"2", 1);
    assert!(Arc::ptr_eq(&read(&memory, &clock, b"2").unwrap(), &newer));
}

fn what_the_store_and_the_front_have_is_found_by_patterns_once(eviction: Eviction) {
    let (memory, clock, _events) = memory(Bound::Entries(10), eviction);
    put(&memory, &clock, b"1", 1);
    bring_to_front(&memory, &clock, b"1");
    assert_eq!(memory.keys_where(|_| true), [EntryKey::new(b"1")]);
}

fn what_was_evicted_leaves_the_front(eviction: Eviction) {
    let (memory, clock, _events) = memory(Bound::Entries(100), eviction);
    for key in 0..=255_u8 {
        put(&memory, &clock, &[key], 1);
        bring_to_front(&memory, &clock, &[key]);
    }
    memory.tidy();
    let in_front = memory
        .front
        .entries()
        .map(|entry| entry.key.clone().unwrap());
    let in_front: Vec<_> = in_front.collect();
    assert!(!in_front.is_empty());
    for key in in_front {
        assert!(memory.peek(key.as_bytes()).is_some(), "{key} was evicted");
    }
}

fn a_memory_for_one_entry_holds_one(eviction: Eviction) {
    let (memory, clock, _events) = memory(Bound::Entries(1), eviction);
    assert!(memory.could_hold(1));
    put(&memory, &clock, b"1", 1);
    memory.tidy();
    assert_eq!(memory.entries(), 1);
}

/// moka frees nothing for its age under a clock that a test moves.
#[test]
fn what_has_expired_leaves_the_front_with_the_store() {
    let (memory, clock, _events) = memory(Bound::Entries(10), Eviction::ClockPro);
    put(&memory, &clock, b"1", 1);
    bring_to_front(&memory, &clock, b"1");
    clock.advance(Duration::from_secs(12));
    memory.tidy();
    assert!(!memory.is_in_front(b"1"));
    assert_eq!(memory.entries(), 0);
}

/// The store would take for forgotten by everybody what the front alone serves.
fn what_is_asked_for_again_and_again_outlives_a_flood(eviction: Eviction) {
    let (memory, clock, _events) = memory(Bound::Entries(64), eviction);
    let hot = [0, 1, 2, 3_u8];
    let _ = hot.map(|key| put(&memory, &clock, &[key], 1));
    let mut missed = 0;
    for flood in 0..20_000_u32 {
        let key = [hot[flood as usize % hot.len()]];
        if read(&memory, &clock, &key).is_none() {
            missed += 1;
            put(&memory, &clock, &key, 1);
        }
        let cold = flood.to_be_bytes();
        read(&memory, &clock, &cold);
        put(&memory, &clock, &cold, 1);
    }
    assert!(missed < 10, "{missed} of 20,000");
}

fn a_replaced_entry_is_told_as_replaced(eviction: Eviction) {
    let (memory, clock, events) = memory(Bound::Entries(10), eviction);
    put(&memory, &clock, b"1", 1);
    put(&memory, &clock, b"1", 1);
    memory.tidy();
    assert_eq!(causes(events), [Evicted::Replaced]);
}

fn an_entry_without_end_does_not_overflow(eviction: Eviction) {
    let (memory, clock, _events) = memory(Bound::Entries(10), eviction);
    let life = Life::plain(clock.now(), Tick::NEVER);
    let entry = Entry::new(1, clock.now(), life, Epoch(0), 1);
    memory.insert(EntryKey::new(b"1"), Arc::new(entry));
    assert!(read(&memory, &clock, b"1").is_some());
}

/// Each time would cost more than the front saves; never, and the store would evict it.
fn of_what_stands_in_front_the_store_is_told_once_a_part_of_it_was_put_anew(eviction: Eviction) {
    let (memory, clock, _events) = memory(Bound::Entries(640), eviction);
    let entry = put(&memory, &clock, b"hot", 1);
    bring_to_front(&memory, &clock, b"hot");
    for put_anew in 0..10_u8 {
        assert!(!memory.front.is_told(&entry), "{put_anew} of 640");
        put(&memory, &clock, &[put_anew], 1);
    }
    assert!(memory.front.is_told(&entry));
    assert!(!memory.front.is_told(&entry), "it knows already");
}
