//! Memory and flights as one.

use super::*;
use crate::entry::Life;
use crate::event::{Change, EventSink, Forgotten, Record, Snapshot};
use crate::key::{CacheKey, KeyBuf, Tag};
use crate::store::{Bound, Eviction};

mod at_once;
mod races;

fn at(number: u64) -> Position {
    Position {
        incarnation: 1,
        number,
    }
}

/// The memory of a node that has heard nothing, or of one that is alone.
fn local(is_alone: bool, serve_young: bool) -> (Local<u32>, Clock) {
    let clock = Clock::manual();
    let standing = match is_alone {
        true => Standing::alone(clock.clone()),
        false => Standing::unheard(Duration::from_secs(2), clock.clone()),
    };
    with_hold_off(standing, clock, serve_young, Duration::ZERO)
}

fn with_hold_off(
    standing: Standing,
    clock: Clock,
    serve_young: bool,
    hold_off: Duration,
) -> (Local<u32>, Clock) {
    of(10, standing, clock, serve_young, hold_off)
}

fn of(
    entries: u64,
    standing: Standing,
    clock: Clock,
    serve_young: bool,
    hold_off: Duration,
) -> (Local<u32>, Clock) {
    let cache = CacheName::new("test").unwrap();
    let memory = Memory::new(
        cache.clone(),
        (Bound::Entries(entries), Eviction::default()),
        clock.clone(),
        EventSink::new(),
        None,
    );
    let local = Local::new(Options {
        cache,
        memory: Some(memory),
        nothings: None,
        standing: Arc::new(standing),
        counters: Arc::default(),
        clock: clock.clone(),
        events: EventSink::new(),
        serve_young,
        hold_off,
    });
    (local, clock)
}

fn address(key: u32) -> Address {
    let mut buf = KeyBuf::new();
    key.write_key(&mut buf);
    Address::new(&CacheName::new("test").unwrap(), &buf)
}

fn full(key: u32) -> FullKey {
    address(key).full
}

fn tags<const N: usize>(tags: [&str; N]) -> Arc<Marks> {
    let tags = tags.map(|tag| Tag::new(tag).unwrap());
    Arc::new(Marks::new(tags.to_vec(), Vec::new()))
}

fn made_of<const N: usize>(keys: [u32; N]) -> Arc<Marks> {
    Arc::new(Marks::new(Vec::new(), keys.map(full).to_vec()))
}

/// What a node does with a record.
fn apply(local: &Local<u32>, number: u64, forgotten: Forgotten) -> Vec<FullKey> {
    let record = Record {
        position: at(number),
        change: Change::Forgotten(forgotten),
        open: false,
    };
    local.standing.note(&record);
    let targets = record.targets(crate::event::By::Another);
    let gone = targets
        .into_iter()
        .flat_map(|target| local.forget(target, number, true).keys)
        .collect();
    local.standing.stand_at(at(number));
    gone
}

fn entry(ticket: &Ticket, value: u32) -> Entry<u32> {
    let expires = ticket.begun.after(Duration::from_secs(60));
    let life = Life::plain(ticket.begun, expires);
    Entry::new(value, ticket.begun, life, ticket.epoch, 1)
}

fn lead(local: &Local<u32>, key: &EntryKey) -> Arc<Flight<u32>> {
    match local.board(key, false) {
        Boarding::Lead(flight) => flight,
        Boarding::Follow(_) => panic!("followed"),
    }
}

/// Whoever saw it on just before may board and load when it is off.
#[test]
fn what_is_switched_off_is_empty_and_takes_nothing_in() {
    let (local, _) = local(true, false);
    let one = address(1);
    let flight = lead(&local, &one.key);
    assert!(local.keep(&one, &flight.ticket, entry(&flight.ticket, 1)));
    let begun = lead(&local, &address(2).key);
    local.switch(false);
    assert!(local.is_off() && local.hit(b"1").is_none());
    assert!(!local.keep(&address(2), &begun.ticket, entry(&begun.ticket, 2)));
    let late = lead(&local, &one.key);
    local.keep(&one, &late.ticket, entry(&late.ticket, 1));
    assert!(local.hit(b"1").is_none());

    // What began while it was off may have read what was forgotten meanwhile.
    let begun = lead(&local, &one.key);
    local.switch(true);
    assert!(!local.keep(&one, &begun.ticket, entry(&begun.ticket, 1)));
    let flight = lead(&local, &one.key);
    assert!(local.keep(&one, &flight.ticket, entry(&flight.ticket, 3)));
    // To say the same again forgets nothing.
    local.switch(true);
    assert!(local.hit(b"1").is_some());
}

#[test]
fn what_was_forgotten_while_it_was_loaded_is_not_kept() {
    let (local, _) = local(true, false);
    let one = address(1);
    let key = one.key.clone();
    let flight = lead(&local, &key);
    local.forget(Target::Key(&one.full), u64::MAX, true);
    assert!(!local.keep(&one, &flight.ticket, entry(&flight.ticket, 1)));
    assert!(local.hit(b"1").is_none());
    assert_eq!(local.under_way(), 0);
}

#[test]
fn what_was_loaded_before_everything_was_forgotten_is_not_kept() {
    let (local, _) = local(true, false);
    let one = address(1);
    let key = one.key.clone();
    let flight = lead(&local, &key);
    local.forget_all();
    assert!(!local.keep(&one, &flight.ticket, entry(&flight.ticket, 1)));
    let flight = lead(&local, &key);
    assert!(local.keep(&one, &flight.ticket, entry(&flight.ticket, 2)));
    assert_eq!(local.hit(b"1").unwrap().value, 2);
}

#[test]
fn a_put_survives_the_load_that_it_overtook() {
    let (local, _) = local(true, false);
    let one = address(1);
    let key = one.key.clone();
    let flight = lead(&local, &key);
    let put = local.put_ticket(&key);
    local.end_put(&one, &put, None, Some(entry(&put, 2)));
    assert!(!local.keep(&one, &flight.ticket, entry(&flight.ticket, 1)));
    assert_eq!(local.hit(b"1").unwrap().value, 2);
    assert_eq!(local.under_way(), 0);
}

#[test]
fn a_put_during_which_the_key_was_forgotten_is_not_kept() {
    let (local, _) = local(true, false);
    let one = address(1);
    let key = one.key.clone();
    let put = local.put_ticket(&key);
    local.forget(Target::Key(&one.full), u64::MAX, true);
    local.end_put(&one, &put, None, Some(entry(&put, 2)));
    assert!(local.hit(b"1").is_none());
}

#[test]
fn an_overdue_flight_that_was_given_up_keeps_nothing() {
    let (local, _) = local(true, false);
    let one = address(1);
    let key = one.key.clone();
    let overdue = lead(&local, &key);
    local.give_up(&key, &overdue.ticket);
    local.forget(Target::Key(&one.full), u64::MAX, true);
    assert!(!local.keep(&one, &overdue.ticket, entry(&overdue.ticket, 1)));
    assert!(local.hit(b"1").is_none());
}

#[test]
fn behind_a_closed_gate_there_are_no_hits_and_entries_stay() {
    let (local, clock) = local(false, false);
    let one = address(1);
    let key = one.key.clone();
    local.standing.prove(clock.now());
    let ticket = local.read_ticket(&key);
    assert!(local.keep(&one, &ticket, entry(&ticket, 1)));
    assert!(local.hit(b"1").is_some());
    clock.advance(Duration::from_secs(2));
    assert!(local.hit(b"1").is_none());
    local.standing.prove(clock.now());
    assert!(local.hit(b"1").is_some());
}

#[test]
fn behind_a_closed_gate_nobody_joins_an_old_flight() {
    let (local, clock) = local(false, false);
    let one = address(1);
    let key = one.key.clone();
    let old = lead(&local, &key);
    clock.advance(Duration::from_millis(1999));
    assert!(matches!(local.board(&key, false), Boarding::Follow(_)));
    clock.advance(Duration::from_millis(1));
    let new = lead(&local, &key);
    assert!(old.ticket.is_cancelled() && !new.ticket.is_cancelled());
    clock.advance(Duration::from_secs(2));
    local.standing.prove(clock.now());
    assert!(matches!(local.board(&key, false), Boarding::Follow(_)));
}

#[test]
fn nothing_is_kept_while_the_gate_is_closed() {
    let (local, clock) = local(false, false);
    let one = address(1);
    let key = one.key.clone();
    let ticket = local.read_ticket(&key);
    assert!(local.keep(&one, &ticket, entry(&ticket, 1)));
    local.standing.prove(clock.now());
    assert!(local.hit(b"1").is_none());
}

#[test]
fn young_entries_are_served_behind_a_closed_gate_if_asked_for() {
    let (local, clock) = local(false, true);
    let one = address(1);
    let key = one.key.clone();
    let ticket = local.read_ticket(&key);
    assert!(local.keep(&one, &ticket, entry(&ticket, 1)));
    clock.advance(Duration::from_millis(1999));
    assert!(local.hit(b"1").is_some());
    clock.advance(Duration::from_millis(1));
    assert!(local.hit(b"1").is_none());
}

fn kept(local: &Local<u32>, key: u32, marks: &Arc<Marks>) -> bool {
    let address = address(key);
    let ticket = local.read_ticket(&address.key);
    local.keep(&address, &ticket, entry(&ticket, key).marked(marks))
}

fn is_there(local: &Local<u32>, key: u32) -> bool {
    local.hit(address(key).key.as_bytes()).is_some()
}

fn tag(tag: &str) -> Forgotten {
    Forgotten::tags([Tag::new(tag).unwrap()])
}

#[test]
fn a_tag_forgets_what_carries_it_and_nothing_else() {
    let (local, _) = local(true, false);
    for (key, tags) in [
        (1, tags(["a"])),
        (2, tags(["a", "b"])),
        (3, tags(["b"])),
        (4, tags([])),
    ] {
        assert!(kept(&local, key, &tags));
    }
    let mut gone = apply(&local, 1, tag("a"));
    gone.sort_unstable();
    assert_eq!(gone, [full(1), full(2)]);
    assert_eq!(
        [1, 2, 3, 4].map(|key| is_there(&local, key)),
        [false, false, true, true]
    );
}

#[test]
fn a_key_that_is_kept_again_under_other_tags_is_not_found_by_its_old_ones() {
    let (local, _) = local(true, false);
    assert!(kept(&local, 1, &tags(["a"])));
    assert!(kept(&local, 1, &tags(["b"])));
    apply(&local, 1, tag("a"));
    assert!(is_there(&local, 1));
    apply(&local, 2, tag("b"));
    assert!(!is_there(&local, 1));
}

#[test]
fn tags_that_only_the_value_knows_fence_the_load() {
    let (local, _) = local(true, false);
    let one = address(1);
    let flight = lead(&local, &one.key);
    apply(&local, 1, tag("a"));
    let load = entry(&flight.ticket, 1).marked(&tags(["a"]));
    assert!(!local.keep(&one, &flight.ticket, load));
    assert!(!is_there(&local, 1));
}

#[test]
fn a_caller_that_joined_behind_a_forgotten_tag_is_told_apart() {
    let (local, _) = local(true, false);
    let one = address(1);
    let flight = lead(&local, &one.key);
    let before = local.joining();
    apply(&local, 1, tag("a"));
    let after = local.joining();
    assert!(local.is_good_for(before, &one, &flight, &tags(["a"])));
    assert!(!local.is_good_for(after, &one, &flight, &tags(["a"])));
    assert!(local.is_good_for(after, &one, &flight, &tags(["b"])));
}

#[test]
fn a_key_takes_along_what_was_made_of_it() {
    let (local, _) = local(true, false);
    assert!(kept(&local, 1, &Arc::default()));
    assert!(kept(&local, 2, &made_of([1])));
    assert!(kept(&local, 3, &made_of([1, 2])));
    assert!(kept(&local, 4, &made_of([5])));
    apply(&local, 1, Forgotten::keys([full(1)]));
    assert_eq!(
        [1, 2, 3, 4].map(|key| is_there(&local, key)),
        [false, false, false, true]
    );
}

#[test]
fn a_record_forgets_only_what_does_not_take_it_into_account() {
    let (local, _) = local(true, false);
    apply(&local, 1, tag("a"));
    assert!(kept(&local, 1, &tags(["a"])));
    // It comes once more, as a replay brings it.
    local.forget(Target::Tag(&Tag::new("a").unwrap()), 1, true);
    local.forget(Target::Key(&full(1)), 1, true);
    assert!(is_there(&local, 1));
    local.forget(Target::Tag(&Tag::new("a").unwrap()), 2, true);
    assert!(!is_there(&local, 1));
}

#[test]
fn patterns_caches_and_everything_reach_entries_and_flights() {
    let pattern = || Forgotten {
        patterns: vec![crate::key::Pattern::new("test:1*").unwrap()],
        ..Forgotten::default()
    };
    let cache = |name: &str| Forgotten::cache(CacheName::new(name).unwrap());
    for (forgotten, reaches_2) in [
        (pattern(), false),
        (cache("test"), true),
        (Forgotten::everything(), true),
    ] {
        let (local, _) = local(true, false);
        for key in [1, 12, 2] {
            assert!(kept(&local, key, &Arc::default()));
        }
        assert!(kept(&local, 3, &made_of([12])));
        let eleven = address(11);
        let flight = lead(&local, &eleven.key);
        apply(&local, 1, forgotten);
        assert_eq!(
            [1, 12, 2, 3].map(|key| is_there(&local, key)),
            [false, false, !reaches_2, false]
        );
        assert!(!local.keep(&eleven, &flight.ticket, entry(&flight.ticket, 1)));
    }
    let (local, _) = local(true, false);
    assert!(kept(&local, 1, &Arc::default()));
    let other = FullKey::parse("other:7").unwrap();
    let of_other = Arc::new(Marks::new(Vec::new(), vec![other]));
    assert!(kept(&local, 2, &of_other));
    apply(&local, 1, cache("other"));
    assert_eq!([1, 2].map(|key| is_there(&local, key)), [true, false]);
}

#[test]
fn a_put_takes_what_came_after_its_own_record_into_account() {
    let (local, _) = local(true, false);
    let one = address(1);
    for (later, stays) in [("b", true), ("a", false)] {
        let put = local.put_ticket(&one.key);
        let number = local.here().unwrap() + 1;
        apply(&local, number, Forgotten::default());
        apply(&local, number + 1, tag(later));
        let new = entry(&put, 2).marked(&tags(["a"]));
        local.end_put(&one, &put, Some(at(number)), Some(new));
        assert_eq!(is_there(&local, 1), stays, "{later}");
    }
}

#[test]
fn what_is_loaded_from_a_lagging_source_is_not_kept() {
    let clock = Clock::manual();
    let second = Duration::from_secs(1);
    let standing = Standing::alone(clock.clone());
    let (local, clock) = with_hold_off(standing, clock, false, second);
    clock.advance(second);
    assert!(kept(&local, 1, &Arc::default()));
    apply(&local, 1, Forgotten::keys([full(1)]));
    clock.advance(Duration::from_millis(999));
    assert!(!kept(&local, 1, &Arc::default()));
    assert!(kept(&local, 2, &Arc::default()), "of another key");
    clock.advance(Duration::from_millis(1));
    assert!(kept(&local, 1, &Arc::default()));
}

#[test]
fn a_node_that_has_just_begun_does_not_know_what_its_source_lags_behind() {
    let clock = Clock::manual();
    let standing = Standing::alone(clock.clone());
    let (local, clock) = with_hold_off(standing, clock, false, Duration::from_secs(1));
    assert!(!kept(&local, 1, &Arc::default()));
    clock.advance(Duration::from_secs(1));
    assert!(kept(&local, 1, &Arc::default()));
}

#[test]
fn the_index_lets_go_of_what_memory_has_let_go_of() {
    let (local, _) = local(true, false);
    for round in 0..5_000 {
        assert!(kept(&local, round % 10, &tags(["a", "b"])));
    }
    assert!(
        local.inside().values.len() <= 512,
        "{}",
        local.inside().values.len()
    );
    let snapshot = Snapshot {
        position: at(9),
        lineage: Vec::new(),
        open: Vec::new(),
    };
    local.forget_all();
    local.standing.adopt(&snapshot);
    assert_eq!(local.inside().values.len(), 0);
}
