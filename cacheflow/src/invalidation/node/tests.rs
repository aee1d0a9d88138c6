//! Records applied in every order in which they can come.

use super::*;
use std::time::Duration;

#[derive(Default)]
struct Recording(Mutex<Vec<String>>);

impl Recording {
    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }

    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl NearCache for Recording {
    fn forget(&self, key: &[u8]) {
        self.note(format!("forget {}", String::from_utf8_lossy(key)));
    }

    fn forget_read(&self, key: &[u8]) {
        self.note(format!("forget_read {}", String::from_utf8_lossy(key)));
    }

    fn forget_all(&self) {
        self.note("all".to_owned());
    }
}

fn at(number: u64) -> Position {
    Position {
        incarnation: 7,
        number,
    }
}

fn key(text: &str) -> FullKey {
    FullKey::parse(text).unwrap()
}

fn forgotten(number: u64, text: &str) -> Record {
    Record {
        position: at(number),
        change: Change::Forgotten(vec![key(text)]),
    }
}

fn node() -> (Node, Arc<Recording>, Clock) {
    let clock = Clock::manual();
    let node = Node::new(Parts {
        origin: "me".to_owned(),
        standing: Arc::new(Standing::unheard(Duration::from_secs(2))),
        shared: None,
        clock: clock.clone(),
        events: EventSink::new(),
    });
    let cache = Arc::new(Recording::default());
    let weak = Arc::downgrade(&cache);
    node.attach(CacheName::new("c").unwrap(), weak);
    node.subscribed(at(0), clock.now());
    cache.taken();
    (node, cache, clock)
}

#[test]
fn records_are_applied_in_order_and_once() {
    let (node, cache, _) = node();
    node.heard(forgotten(1, "c:a"), "other");
    node.heard(forgotten(1, "c:a"), "other");
    node.heard(forgotten(2, "c:b"), "other");
    assert_eq!(cache.taken(), ["forget a", "forget b"]);
    assert_eq!(node.standing.position(), Some(at(2)));
}

#[test]
fn a_gap_drops_memory() {
    let (node, cache, _) = node();
    node.heard(forgotten(2, "c:a"), "other");
    assert_eq!(cache.taken(), ["all"]);
    assert_eq!(node.standing.position(), Some(at(2)));
}

#[test]
fn another_incarnation_drops_memory() {
    let (node, cache, _) = node();
    let mut record = forgotten(1, "c:a");
    record.position.incarnation = 8;
    node.heard(record, "other");
    assert_eq!(cache.taken(), ["all"]);
}

#[test]
fn a_heartbeat_that_is_ahead_drops_memory_and_one_that_is_behind_does_not() {
    let (node, cache, clock) = node();
    node.heard(forgotten(1, "c:a"), "other");
    cache.taken();
    node.alive(at(0), clock.now());
    node.alive(at(1), clock.now());
    assert!(cache.taken().is_empty());
    node.alive(at(2), clock.now());
    assert_eq!(cache.taken(), ["all"]);
}

#[test]
fn a_number_that_the_journal_has_not_reached_is_not_believed_for_long() {
    let (node, cache, clock) = node();
    node.heard(forgotten(1000, "c:a"), "liar");
    assert_eq!(cache.taken(), ["all"]);
    node.alive(at(1), clock.now());
    node.alive(at(1), clock.now());
    assert_eq!(cache.taken(), ["all"]);
    assert_eq!(node.standing.position(), Some(at(1)));
    node.heard(forgotten(2, "c:a"), "other");
    assert_eq!(cache.taken(), ["forget a"]);
}

#[test]
fn a_resubscription_keeps_memory_only_if_nothing_was_missed() {
    let (node, cache, clock) = node();
    node.subscribed(at(0), clock.now());
    assert!(cache.taken().is_empty());
    node.subscribed(at(1), clock.now());
    assert_eq!(cache.taken(), ["all"]);
}

#[test]
fn the_answer_to_an_own_change_brings_what_was_missed_before_it() {
    let (node, cache, _) = node();
    let own = || cache.note("own".to_owned());
    node.catch_up(
        at(3),
        Some(vec![forgotten(1, "c:a"), forgotten(2, "c:b")]),
        own,
    );
    assert_eq!(cache.taken(), ["forget a", "forget b", "own"]);
    assert_eq!(node.standing.position(), Some(at(3)));
    // The bus brings them again.
    for n in 1..=3 {
        node.heard(forgotten(n, "c:a"), "me");
    }
    assert!(cache.taken().is_empty());
}

#[test]
fn an_answer_that_cannot_say_what_was_missed_drops_memory() {
    let (node, cache, _) = node();
    node.catch_up(at(3), None, || ());
    assert_eq!(cache.taken(), ["all"]);
    node.catch_up(at(5), Some(Vec::new()), || ());
    assert_eq!(cache.taken(), ["all"]);
    assert_eq!(node.standing.position(), Some(at(5)));
}

#[test]
fn an_own_put_is_told_apart_from_anothers() {
    let (node, cache, _) = node();
    let put = |number| Record {
        position: at(number),
        change: Change::Put(key("c:a")),
    };
    node.heard(put(1), "me");
    node.heard(put(2), "other");
    assert_eq!(cache.taken(), ["forget_read a", "forget a"]);
}

#[test]
fn a_clear_reaches_its_cache_alone() {
    let (node, cache, _) = node();
    for (number, name) in [(1, "c2"), (2, "c")] {
        let change = Change::Cleared(CacheName::new(name).unwrap());
        let position = at(number);
        node.heard(Record { position, change }, "other");
    }
    assert_eq!(cache.taken(), ["all"]);
}

#[test]
fn a_garbled_message_drops_memory() {
    let (node, cache, _) = node();
    node.garbled();
    assert_eq!(cache.taken(), ["all"]);
}

#[test]
fn foreign_messages_are_honoured_unless_they_are_our_own() {
    let (node, cache, _) = node();
    node.heard_foreign(&[key("c:a")], "me");
    assert!(cache.taken().is_empty());
    node.heard_foreign(&[key("c:a"), key("unknown:a")], "them");
    assert_eq!(cache.taken(), ["forget a"]);
}
