//! Records applied in every order in which they can come.

use super::*;
use crate::bus::Listener;
use crate::key::Tag;
use crate::standing::Verdict;
use std::time::Duration;

mod order;
mod watching;

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
    fn has_dependents(&self) -> bool {
        true
    }

    fn forget(&self, target: Target<'_>, before: u64, _: bool) -> Gone {
        let what = match target {
            Target::Key(key) => key.to_string(),
            Target::OwnPut(key) => format!("own put {key}"),
            Target::Putting(key) => format!("putting {key}"),
            Target::DependentsOf(key) => format!("of {key}"),
            Target::Tag(tag) => tag.to_string(),
            Target::Pattern(pattern) => pattern.to_string(),
            Target::Cache(cache) => format!("cache {cache}"),
            Target::Everything => "everything".to_owned(),
        };
        self.note(what);
        // What depends on `c:a` is `c:b`, on which `c:a` depends.
        let keys = match target {
            Target::Tag(_) => vec![key("c:a")],
            Target::DependentsOf(of) if of.key() == b"a" => vec![key("c:b")],
            Target::DependentsOf(_) if before > 0 => vec![key("c:a")],
            _ => Vec::new(),
        };
        Gone { entries: 1, keys }
    }

    fn dependents(&self, _: &FullKey) -> Vec<FullKey> {
        Vec::new()
    }

    fn dependencies(&self, _: &FullKey) -> Option<Vec<FullKey>> {
        None
    }

    fn graph(&self) -> Vec<(FullKey, Arc<Marks>)> {
        Vec::new()
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
        change: Change::Forgotten(Forgotten::keys([key(text)])),
        open: false,
    }
}

fn snapshot(number: u64) -> Snapshot {
    Snapshot {
        position: at(number),
        lineage: Vec::new(),
        open: Vec::new(),
    }
}

fn tagged(number: u64, tag: &str, open: bool) -> Record {
    Record {
        position: at(number),
        change: Change::Forgotten(Forgotten::tags([Tag::new(tag).unwrap()])),
        open,
    }
}

fn node() -> (Node, Arc<Recording>, Clock) {
    let clock = Clock::manual();
    let node = Node::new(Parts {
        origin: "me".to_owned(),
        standing: Arc::new(Standing::unheard(Duration::from_secs(2), clock.clone())),
        shared: None,
        waiting: Arc::default(),
        clock: clock.clone(),
        events: EventSink::new(),
    });
    let cache = Arc::new(Recording::default());
    let weak = Arc::downgrade(&cache);
    node.attach(CacheName::new("c").unwrap(), weak);
    node.subscribed(snapshot(0), clock.now());
    cache.taken();
    (node, cache, clock)
}

#[test]
fn records_are_applied_in_order_and_once() {
    let (node, cache, _) = node();
    node.heard(forgotten(1, "c:a"), "other");
    node.heard(forgotten(1, "c:a"), "other");
    node.heard(forgotten(2, "c:b"), "other");
    assert_eq!(cache.taken(), ["c:a", "c:b"]);
    assert_eq!(node.standing.position(), Some(at(2)));
}

/// What a task would do that waits for something to be missing.
fn is_asked_for(node: &Node) -> bool {
    use std::future::Future;
    use std::task::{Context, Waker};
    let asked = std::pin::pin!(node.missing.notified());
    asked
        .poll(&mut Context::from_waker(Waker::noop()))
        .is_ready()
}

fn is_proven(node: &Node) -> bool {
    node.standing.is_open(node.clock.now())
}

#[test]
fn a_record_beyond_a_gap_waits_for_those_before_it() {
    let (node, cache, _) = node();
    node.heard(forgotten(2, "c:b"), "other");
    assert!(cache.taken().is_empty() && is_asked_for(&node));
    assert_eq!(node.standing.position(), Some(at(0)));
    node.heard(forgotten(1, "c:a"), "other");
    assert_eq!(cache.taken(), ["c:a", "c:b"]);
    assert_eq!(node.standing.position(), Some(at(2)));
}

#[test]
fn a_record_of_another_incarnation_is_asked_for_and_not_applied() {
    let (node, cache, _) = node();
    let mut record = forgotten(1, "c:a");
    record.position.incarnation = 8;
    node.heard(record, "other");
    assert!(cache.taken().is_empty() && is_asked_for(&node));
}

#[test]
fn nothing_is_proven_over_a_gap_until_it_is_closed() {
    let (node, _, clock) = node();
    clock.advance(Duration::from_secs(2));
    assert!(!is_proven(&node));
    node.alive(at(2), clock.now());
    assert!(!is_proven(&node) && is_asked_for(&node));
    node.heard(forgotten(1, "c:a"), "other");
    assert!(!is_proven(&node));
    node.heard(forgotten(2, "c:a"), "other");
    assert!(is_proven(&node));
}

#[test]
fn a_heartbeat_that_is_behind_is_no_gap() {
    let (node, cache, clock) = node();
    node.heard(forgotten(1, "c:a"), "other");
    cache.taken();
    node.alive(at(0), clock.now());
    node.alive(at(1), clock.now());
    assert!(cache.taken().is_empty() && !is_asked_for(&node));
    assert!(is_proven(&node));
}

#[test]
fn a_number_that_the_journal_has_not_reached_is_not_believed() {
    let (node, cache, clock) = node();
    node.heard(forgotten(1, "c:a"), "liar");
    node.alive(at(1), clock.now());
    // The journal has never given out what was heard.
    node.alive(at(0), clock.now());
    assert!(!is_proven(&node) && is_asked_for(&node));
    assert_eq!(node.standing.position(), None);
    node.begin_anew(&mut node.applying(), &snapshot(0));
    cache.taken();
    node.heard(forgotten(1, "c:b"), "other");
    assert_eq!(cache.taken(), ["c:b"]);
}

#[test]
fn a_resubscription_keeps_memory_and_closes_the_gap_first() {
    let (node, cache, clock) = node();
    clock.advance(Duration::from_secs(2));
    node.subscribed(snapshot(1), clock.now());
    assert!(cache.taken().is_empty() && is_asked_for(&node) && !is_proven(&node));
    node.heard(forgotten(1, "c:a"), "other");
    assert!(!is_proven(&node), "nobody has heard of this node yet");
    node.alive(at(1), clock.now());
    assert!(is_proven(&node));
}

#[test]
fn a_journal_of_another_lineage_drops_memory() {
    let (node, cache, clock) = node();
    let mut other = snapshot(5);
    other.position.incarnation = 8;
    node.subscribed(other, clock.now());
    assert_eq!(cache.taken(), ["all"]);
}

#[test]
fn the_answer_to_an_own_change_brings_what_was_missed_before_it() {
    let (node, cache, _) = node();
    let own = || cache.note("own".to_owned());
    let missed = vec![forgotten(1, "c:a"), forgotten(2, "c:b")];
    node.catch_up(&forgotten(3, "c:c"), Some(missed), own);
    assert_eq!(cache.taken(), ["c:a", "c:b", "c:c", "own"]);
    assert_eq!(node.standing.position(), Some(at(3)));
    // The bus brings them again.
    for n in 1..=3 {
        node.heard(forgotten(n, "c:a"), "me");
    }
    assert!(cache.taken().is_empty());
}

#[test]
fn an_answer_that_cannot_say_what_was_missed_is_applied_at_once_and_in_its_turn() {
    let (node, cache, _) = node();
    node.catch_up(&forgotten(2, "c:b"), None, || ());
    assert_eq!(cache.taken(), ["c:b"]);
    assert_eq!(node.standing.position(), Some(at(0)));
    assert!(is_asked_for(&node));
    node.heard(forgotten(1, "c:a"), "other");
    assert_eq!(cache.taken(), ["c:a", "c:b"]);
    assert_eq!(node.standing.position(), Some(at(2)));
}

#[test]
fn an_answer_of_another_incarnation_drops_memory_before_the_call_returns() {
    let (node, cache, _) = node();
    let mut record = forgotten(1, "c:a");
    record.position.incarnation = 8;
    node.catch_up(&record, Some(Vec::new()), || ());
    assert_eq!(cache.taken(), ["all"]);
    assert!(is_asked_for(&node));
}

#[test]
fn an_own_put_is_told_apart_from_anothers() {
    let (node, cache, _) = node();
    let put = |number| Record {
        position: at(number),
        change: Change::Put {
            key: key("c:x"),
            dependents: vec![key("c:y")],
        },
        open: false,
    };
    node.heard(put(1), "me");
    node.heard(put(2), "other");
    assert_eq!(cache.taken(), ["own put c:x", "c:y", "c:x", "c:y"]);
}

/// Were it taken for another's, it would cancel a put of this node under way.
#[test]
fn an_own_put_that_waits_for_its_turn_is_still_its_own() {
    let (node, cache, _) = node();
    let put = Record {
        position: at(2),
        change: Change::Put {
            key: key("c:x"),
            dependents: Vec::new(),
        },
        open: false,
    };
    node.heard(put, "me");
    node.heard(forgotten(1, "c:a"), "other");
    assert_eq!(cache.taken(), ["c:a", "own put c:x"]);
}

#[test]
fn what_waits_behind_an_own_change_is_applied_with_it() {
    let (node, cache, _) = node();
    node.heard(forgotten(3, "c:c"), "other");
    node.catch_up(&forgotten(2, "c:b"), Some(vec![forgotten(1, "c:a")]), || ());
    assert_eq!(cache.taken(), ["c:a", "c:b", "c:c"]);
    assert_eq!(node.standing.position(), Some(at(3)));
}

/// It would stand before all that comes, and never have its turn.
#[test]
fn what_waits_of_another_journal_does_not_wait_any_more() {
    let (node, _, _) = node();
    node.heard(forgotten(2, "c:a"), "other");
    let of_next = |number| {
        let mut record = forgotten(number, "c:b");
        record.position.incarnation = 8;
        record
    };
    let mut next = snapshot(5);
    next.position.incarnation = 8;
    node.subscribed(next, node.clock.now());
    node.heard(of_next(7), "other");
    node.heard(of_next(6), "other");
    assert_eq!(node.standing.position(), Some(of_next(7).position));
}

#[test]
fn what_waits_for_its_turn_is_bounded() {
    let (node, _, _) = node();
    for number in 2..=(MOST_AHEAD as u64 + 2) {
        node.heard(forgotten(number, "c:a"), "other");
    }
    assert!(node.applying().ahead.len() <= MOST_AHEAD);
    assert!(is_asked_for(&node));
}

#[test]
fn what_goes_by_a_tag_takes_along_what_depends_on_it_once() {
    let (node, cache, _) = node();
    node.heard(tagged(1, "t", false), "other");
    assert_eq!(cache.taken(), ["t", "of c:a", "of c:b"]);
    // Both are in mind, although the record does not name them.
    let early = Position { ..at(0) };
    for gone in ["c:a", "c:b"] {
        let made_of_it = Marks::new(Vec::new(), vec![key(gone)]);
        let judged = |marks| node.standing.judge_put(early, &key(gone), marks);
        assert_eq!(judged(&made_of_it), Verdict::Old, "{gone}");
        // The key itself may have a newer value, under other tags.
        assert_eq!(judged(Marks::NONE), Verdict::Current, "{gone}");
    }
}

#[test]
fn a_garbled_message_is_asked_for_and_drops_nothing() {
    let (node, cache, _) = node();
    node.garbled();
    assert!(cache.taken().is_empty() && is_asked_for(&node));
}

#[test]
fn foreign_messages_are_honoured_unless_they_are_our_own() {
    let (node, cache, _) = node();
    let foreign = Forgotten::keys([key("c:x"), key("unknown:a")]);
    node.heard_foreign(&foreign, "me");
    assert!(cache.taken().is_empty());
    node.heard_foreign(&foreign, "them");
    assert_eq!(cache.taken(), ["c:x", "unknown:a"]);
}

/// Both questions were asked before either answer was told, as behind anything
/// that hands answers on later; in between, this node's own change has overtaken them.
#[test]
fn a_heartbeat_asked_before_the_last_one_was_told_is_no_lie() {
    let (node, _, clock) = node();
    let asked = clock.now();
    clock.advance(Duration::from_secs(1));
    node.catch_up(&forgotten(1, "c:a"), Some(Vec::new()), || ());
    node.alive(at(0), asked);
    node.alive(at(0), asked);
    assert_eq!(node.standing.position(), Some(at(1)));
}
