//! Caches that are forgotten with what others forget.

use std::sync::OnceLock;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use super::*;

/// Has another thread watch over a cache while a record is applied.
#[derive(Default)]
struct Meanwhile {
    node: OnceLock<Arc<Node>>,
    watching: Mutex<Option<JoinHandle<()>>>,
}

impl NearCache for Meanwhile {
    fn has_dependents(&self) -> bool {
        false
    }

    fn forget(&self, _: Target<'_>, _: u64, _: bool) -> Gone {
        let node = Arc::clone(self.node.get().unwrap());
        let (watches, is_watching) = mpsc::channel();
        let thread = thread::spawn(move || {
            watch(&node);
            let _ = watches.send(());
        });
        // Longer than it takes if nothing holds it back.
        let _ = is_watching.recv_timeout(Duration::from_millis(200));
        *self.watching.lock().unwrap() = Some(thread);
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

    fn forget_all(&self) {}
}

fn watch(node: &Node) {
    let pattern = Pattern::new("c:*").unwrap();
    node.watch(CacheName::new("w").unwrap(), vec![pattern]);
}

fn verdict(node: &Node, as_of: u64) -> Verdict {
    let standing = &node.standing;
    let here = standing.position().unwrap().incarnation;
    standing.judge_stored(here, at(as_of), &key("w:1"), Marks::NONE)
}

#[test]
fn nobody_begins_to_watch_between_a_records_note_and_its_count() {
    let (node, _, _) = node();
    let node = Arc::new(node);
    let cache = Arc::new(Meanwhile::default());
    let weak = Arc::downgrade(&cache);
    node.attach(CacheName::new("c").unwrap(), weak);
    cache.node.set(Arc::clone(&node)).unwrap();
    node.heard(forgotten(1, "c:a"), "other");
    let watching = cache.watching.lock().unwrap().take();
    watching.unwrap().join().unwrap();
    // The record did not touch what was not watched yet: what came before it is old.
    assert_eq!(verdict(&node, 0), Verdict::Old);
    assert_eq!(verdict(&node, 1), Verdict::Current);
}

#[test]
fn a_touched_cache_is_forgotten_and_stays_so_beyond_the_record() {
    let (node, cache, clock) = node();
    watch(&node);
    node.heard(forgotten(1, "c:a"), "other");
    assert_eq!(cache.taken(), ["c:a", "cache w"]);
    clock.advance(Duration::from_secs(3600));
    for number in 2..10 {
        node.heard(forgotten(number, "d:a"), "other");
    }
    assert_eq!(verdict(&node, 0), Verdict::Old);
    assert_eq!(verdict(&node, 1), Verdict::Current);
}

#[test]
fn what_was_kept_before_the_node_began_anew_may_be_older_than_what_it_missed() {
    let (node, _, clock) = node();
    watch(&node);
    node.subscribed(
        Snapshot {
            position: Position {
                incarnation: 8,
                number: 5,
            },
            lineage: vec![at(4)],
            open: Vec::new(),
        },
        clock.now(),
    );
    assert_eq!(verdict(&node, 4), Verdict::Old);
}
