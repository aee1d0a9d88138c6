//! What is known at the very moment in which memory forgets: nothing waits between
//! the steps, but another thread can come between them.

use std::sync::OnceLock;

use super::*;
use crate::error::{Error, ErrorKind, Result};
use crate::invalidation::Applied;
use crate::lock::LocalLeases;
use crate::standing::AsOf;
use crate::store::{
    Fill, Filled, NodeAt, Put, Reclaimed, Recorded, Relations, SharedStore, Since, Stored,
};

/// What a reader finds who comes while memory forgets.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    position: Option<Position>,
    /// Of a load that began before.
    is_old: bool,
    is_told: bool,
    is_proven: bool,
}

/// A cache that looks around whenever it forgets.
#[derive(Default)]
struct Looking {
    node: OnceLock<(Weak<Node>, AsOf)>,
    seen: Mutex<Vec<Seen>>,
}

impl Looking {
    fn look(&self, of: &FullKey) {
        let Some((node, as_of)) = self.node.get() else {
            return;
        };
        let node = node.upgrade().unwrap();
        // Of something that was made of it.
        let marks = Marks::new(Vec::new(), vec![of.clone()]);
        let verdict = node.standing.judge_load(as_of, &key("c:other"), &marks);
        let is_told = |shared: &Arc<Guarded>| node.waiting() == 1 && !shared.is_trusted();
        self.seen.lock().unwrap().push(Seen {
            position: node.standing.position(),
            is_old: verdict == Verdict::Old,
            is_told: node.shared.as_ref().is_some_and(is_told),
            is_proven: is_proven(&node),
        });
    }

    fn taken(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

impl NearCache for Looking {
    fn has_dependents(&self) -> bool {
        true
    }

    fn forget(&self, target: Target<'_>, _: u64, _: bool) -> Gone {
        match target {
            Target::Key(of) | Target::Putting(of) | Target::DependentsOf(of) => self.look(of),
            // Only `c:a` goes by a tag.
            Target::Tag(_) => {
                let keys = vec![key("c:a")];
                return Gone { entries: 1, keys };
            }
            _ => unreachable!("{target:?}"),
        }
        Gone::default()
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
        self.look(&key("c:a"));
    }
}

/// A store that is away.
struct Away;

fn away<T>() -> Result<T> {
    Err(Error::new(ErrorKind::Unavailable, "test", "away"))
}

#[async_trait::async_trait]
impl SharedStore for Away {
    fn name(&self) -> String {
        "away".to_owned()
    }

    async fn ping(&self) -> Result<()> {
        away()
    }

    async fn get(&self, _: &FullKey) -> Result<Option<Stored>> {
        away()
    }

    async fn get_many(&self, _: &[&FullKey]) -> Result<Vec<Option<Stored>>> {
        away()
    }

    async fn touch(&self, _: &FullKey, _: &[u8], _: Duration) -> Result<bool> {
        away()
    }

    async fn fill(&self, _: Fill<'_>) -> Result<Filled> {
        away()
    }

    async fn put(&self, _: Put<'_>) -> Result<Recorded> {
        away()
    }

    async fn record(&self, _: &Change, _: Option<Position>) -> Result<Recorded> {
        away()
    }

    async fn reclaim(&self, _: &Record, _: &str) -> Result<Reclaimed> {
        away()
    }

    /// As if nothing had been missed.
    async fn since(&self, _: Option<Position>) -> Result<Since> {
        Ok(Since::Records(Vec::new()))
    }

    async fn discard(&self, _: &FullKey, _: &bytes::Bytes) -> Result<()> {
        away()
    }

    async fn nodes(&self) -> Result<Vec<NodeAt>> {
        away()
    }

    async fn relations(&self, _: &FullKey) -> Result<Relations> {
        away()
    }
}

/// A node that stands at 0, whose gate has closed again, and whose store is away.
fn looking() -> (Arc<Node>, Arc<Looking>) {
    let clock = Clock::manual();
    let staleness = Duration::from_secs(2);
    let events = EventSink::new();
    let waiting = Arc::default();
    let leases = LocalLeases::new(clock.clone());
    let shared = Guarded::new(Arc::new(Away), Arc::new(leases), staleness, events.clone());
    let node = Arc::new(Node::new(Parts {
        origin: "me".to_owned(),
        standing: Arc::new(Standing::unheard(staleness, clock.clone())),
        shared: Some(Arc::new(shared)),
        clock: clock.clone(),
        waiting,
        events,
    }));
    let cache = Arc::new(Looking::default());
    let weak = Arc::downgrade(&cache);
    node.attach(CacheName::new("c").unwrap(), weak);
    node.subscribed(snapshot(0), clock.now());
    clock.advance(staleness);
    let begun = node.standing.begin(Duration::ZERO);
    cache.node.set((Arc::downgrade(&node), begun)).unwrap();
    (node, cache)
}

#[test]
fn a_record_is_in_mind_and_not_counted_while_memory_forgets() {
    let in_mind = [Seen {
        position: Some(at(0)),
        is_old: true,
        is_told: false,
        is_proven: false,
    }];
    let (node, cache) = looking();
    node.heard(forgotten(1, "c:a"), "other");
    assert_eq!(cache.taken(), in_mind, "another's");
    let (node, cache) = looking();
    node.catch_up(&forgotten(1, "c:a"), Some(Vec::new()), || ());
    assert_eq!(cache.taken(), in_mind, "its own");
    let (node, cache) = looking();
    node.record_alone(forgotten(1, "c:a").change, |_| ());
    assert_eq!(cache.taken(), in_mind, "alone");
}

/// What depends on it can be put into memory behind the look for it.
#[test]
fn what_went_by_a_tag_is_in_mind_while_its_dependents_are_looked_for() {
    let (node, cache) = looking();
    node.heard(tagged(1, "t", true), "other");
    assert!(matches!(cache.taken()[..], [Seen { is_old: true, .. }]));
    let (node, cache) = looking();
    let here = tagged(1, "t", true).change.repeated();
    node.forget_locally(&here);
    assert!(matches!(cache.taken()[..], [Seen { is_old: true, .. }]));
}

/// A reader between the two would fill memory again with what the store has.
#[tokio::test]
async fn what_the_store_could_not_be_told_waits_and_is_in_mind_before_memory_forgets() {
    let told = [Seen {
        position: Some(at(0)),
        is_old: true,
        is_told: true,
        is_proven: false,
    }];
    let (node, cache) = looking();
    let outcome = node.forget(Forgotten::keys([key("c:a")])).await;
    assert_eq!(outcome.applied, Applied::Local);
    assert_eq!(cache.taken(), told, "forgotten");
    let (node, cache) = looking();
    let outcome = node.hold(&key("c:a"), Duration::from_secs(1)).await;
    assert_eq!(outcome.applied, Applied::Local);
    assert_eq!(cache.taken(), told, "held");
    let (node, cache) = looking();
    node.put_failed(&key("c:a"), || ());
    assert_eq!(cache.taken(), told, "put");
}

/// Dropped last, memory could be filled with what the new journal's store has lost,
/// or with what was loaded before it.
#[test]
fn a_node_that_begins_anew_stands_nowhere_new_before_memory_is_dropped() {
    let (node, cache) = looking();
    node.heard(forgotten(1, "c:a"), "other");
    cache.taken();
    let mut next = snapshot(1 << 32);
    next.position.incarnation = 8;
    next.lineage.push(at(0));
    node.subscribed(next, node.clock.now());
    let dropped = [Seen {
        position: Some(at(1)),
        is_old: true,
        is_told: true,
        is_proven: false,
    }];
    assert_eq!(cache.taken(), dropped);
    node.alive(
        Position {
            number: 1 << 32,
            incarnation: 8,
        },
        node.clock.now(),
    );
    assert!(is_proven(&node));
}

/// What is said of a number that the journal has not given out must not stand in the
/// way of the record that will have it.
#[tokio::test(start_paused = true)]
async fn a_record_that_the_journal_does_not_know_is_not_kept_for_its_turn() {
    let (node, _) = looking();
    node.heard(forgotten(2, "c:lie"), "liar");
    let shared = Arc::clone(node.shared.as_ref().unwrap());
    let replaying = node.replay_forever(&shared);
    let some_time = Duration::from_secs(1);
    assert!(tokio::time::timeout(some_time, replaying).await.is_err());
    node.heard(forgotten(1, "c:a"), "other");
    node.heard(forgotten(2, "c:b"), "other");
    assert_eq!(node.standing.position(), Some(at(2)));
    let verdict = node.standing.judge_put(at(1), &key("c:b"), Marks::NONE);
    assert_eq!(verdict, Verdict::Old);
}

/// It does not know what has to be repeated.
#[test]
fn a_node_that_does_not_remember_what_was_lost_forgets_everything() {
    let (node, cache) = looking();
    drop(cache);
    for number in 1..=60_000 {
        node.heard(forgotten(number, "c:a"), "other");
    }
    let mut next = snapshot(1 << 32);
    next.position.incarnation = 8;
    next.lineage.push(at(0));
    node.subscribed(next, node.clock.now());
    assert_eq!(node.outbox().take(), Some(Forgotten::everything()));
    assert!(!node.shared.as_ref().unwrap().is_trusted());
}
