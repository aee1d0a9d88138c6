//! Turns of threads that load the same key and cannot wait as tasks do.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use crate::key::FullKey;

/// A key of a flow.
type Wanted = (usize, FullKey);

/// Whose turn it is, of which key. One table for the whole process: a thread waits in
/// one cache while it loads in another.
#[derive(Default)]
struct Table {
    turns: HashMap<Wanted, Held>,
    waiting: HashMap<ThreadId, Wanted>,
}

struct Held {
    by: ThreadId,
    over: Arc<Condvar>,
}

static TABLE: Mutex<Option<Table>> = Mutex::new(None);

/// A thread's turn with a key, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn(Option<Wanted>);

impl Turn {
    /// Takes the turn with `key`, or waits for it, at most `patience`.
    ///
    /// A thread does not wait for itself, nor for one that waits for it: it goes on
    /// without a turn, as it does when its patience is over.
    pub(crate) fn take(flow: usize, key: &FullKey, patience: Duration) -> Self {
        let (me, wanted) = (thread::current().id(), (flow, key.clone()));
        let until = Instant::now().checked_add(patience);
        let mut guard = table();
        loop {
            let table = guard.get_or_insert_default();
            let Some(held) = table.turns.get(&wanted) else {
                let over = Arc::default();
                table.turns.insert(wanted.clone(), Held { by: me, over });
                return Self(Some(wanted));
            };
            if table.waits_for(me, held.by) {
                return Self(None);
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let left = left.unwrap_or(patience);
            if left.is_zero() {
                return Self(None);
            }
            let over = Arc::clone(&held.over);
            table.waiting.insert(me, wanted.clone());
            let waited = over.wait_timeout(guard, left);
            (guard, _) = waited.unwrap_or_else(PoisonError::into_inner);
            guard.get_or_insert_default().waiting.remove(&me);
        }
    }
}

impl Table {
    /// Whether `thread` is `me`, or waits for a turn that I have, by way of however
    /// many others.
    fn waits_for(&self, me: ThreadId, mut thread: ThreadId) -> bool {
        // No thread waits for two turns, so that this is a line; it is a ring only
        // through `me`, because nobody begins to wait in another.
        loop {
            if thread == me {
                return true;
            }
            let wanted = self.waiting.get(&thread);
            let Some(held) = wanted.and_then(|wanted| self.turns.get(wanted)) else {
                return false;
            };
            thread = held.by;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(wanted) = self.0.take() else { return };
        if let Some(table) = table().as_mut()
            && let Some(held) = table.turns.remove(&wanted)
        {
            held.over.notify_all();
        }
    }
}

fn table() -> MutexGuard<'static, Option<Table>> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    const LONG: Duration = Duration::from_secs(60);

    fn key(name: &str) -> FullKey {
        FullKey::parse(&format!("turns:{name}")).unwrap()
    }

    #[test]
    fn a_thread_does_not_wait_for_itself() {
        let outer = Turn::take(1, &key("self"), LONG);
        let inner = Turn::take(1, &key("self"), LONG);
        assert!(outer.0.is_some() && inner.0.is_none());
        // Another flow's key of the same name is another key.
        assert!(Turn::take(2, &key("self"), LONG).0.is_some());
    }

    #[test]
    fn a_turn_is_one_threads_at_a_time() {
        let mut most = Vec::new();
        let running = Mutex::new(0);
        thread::scope(|scope| {
            let threads = (0..8).map(|_| {
                scope.spawn(|| {
                    let turn = Turn::take(1, &key("one"), LONG);
                    assert!(turn.0.is_some());
                    *running.lock().unwrap() += 1;
                    thread::yield_now();
                    let now = *running.lock().unwrap();
                    *running.lock().unwrap() -= 1;
                    now
                })
            });
            let threads: Vec<_> = threads.collect();
            most.extend(threads.into_iter().map(|it| it.join().unwrap()));
        });
        assert_eq!(most, [1; 8]);
    }

    #[test]
    fn two_threads_that_want_each_others_turn_do_not_wait_for_ever() {
        let both = Barrier::new(2);
        let without = thread::scope(|scope| {
            let want = |first: &'static str, second: &'static str| {
                let both = &both;
                scope.spawn(move || {
                    let _first = Turn::take(1, &key(first), LONG);
                    both.wait();
                    Turn::take(1, &key(second), LONG).0.is_none()
                })
            };
            let (one, other) = (want("a", "b"), want("b", "a"));
            [one.join().unwrap(), other.join().unwrap()]
        });
        // One of them goes on without a turn; the other has it when that is done.
        assert!(without[0] != without[1], "{without:?}");
    }

    #[test]
    fn patience_ends() {
        let _held = Turn::take(1, &key("patience"), LONG);
        let other = thread::spawn(|| Turn::take(1, &key("patience"), Duration::from_millis(1)));
        assert!(other.join().unwrap().0.is_none());
    }
}
