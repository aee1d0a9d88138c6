//! Keys that are forgotten by several callers at once are recorded together.
//!
//! Who finds no other under way is recorded at once. Who comes meanwhile waits; when the
//! answer is there, one of those who wait goes on for all of them, with one record. There is
//! no timer: how many are recorded together is how many came while the store was busy.
//!
//! It is less work for everybody, and it keeps answers short. An answer tells what others have
//! recorded since this node stood where it asked from: were a hundred of its own callers under way
//! at once, each would be told of the ninety-nine others, and so would the other nodes of
//! a hundred records.
//!
//! Every change is a task of its own, so that nobody who goes on for others is left alone by
//! its caller. One that ends nevertheless, with its runtime, takes nobody along: those for whom
//! it went on record for themselves.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::Node;
use super::forget::Outcome;
use crate::event::Forgotten;
use crate::key::FullKey;

/// So many keys are recorded together: to remove them takes the store well under a
/// millisecond.
const MOST_KEYS: usize = 200;

/// Who forgets keys now, and who waits.
#[derive(Debug, Default)]
pub(super) struct Gathered(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// Whether somebody is under way.
    is_busy: bool,
}

#[derive(Debug)]
struct Waiting {
    keys: Vec<FullKey>,
    tell: oneshot::Sender<Turn>,
}

/// How it goes on for one who has waited.
#[derive(Debug)]
enum Turn {
    /// It is recorded, and applied here.
    Recorded(Outcome),
    /// The store did not answer.
    Failed,
    /// Nobody else is under way any more.
    Goes(Going),
}

/// Goes on for itself and for those who are gathered.
#[derive(Debug)]
struct Going {
    gathered: Arc<Gathered>,
    keys: Vec<FullKey>,
    others: Vec<oneshot::Sender<Turn>>,
}

impl Gathered {
    fn turn(self: &Arc<Self>, keys: Vec<FullKey>) -> Result<Going, oneshot::Receiver<Turn>> {
        let mut queue = self.queue();
        if !queue.is_busy {
            queue.is_busy = true;
            return Ok(Going::for_itself(self, keys));
        }
        let (tell, told) = oneshot::channel();
        queue.waiting.push_back(Waiting { keys, tell });
        Err(told)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Going {
    fn for_itself(gathered: &Arc<Gathered>, keys: Vec<FullKey>) -> Self {
        Self {
            gathered: Arc::clone(gathered),
            keys,
            others: Vec::new(),
        }
    }

    /// Takes those along who wait, those first who have waited longest.
    fn gather(&mut self) {
        let mut queue = self.gathered.queue();
        while let Some(next) = queue.waiting.front()
            && self.keys.len() + next.keys.len() <= MOST_KEYS
            && let Some(next) = queue.waiting.pop_front()
        {
            self.keys.extend(next.keys);
            self.others.push(next.tell);
        }
    }

    fn recorded(mut self, outcome: Outcome) {
        for tell in self.others.drain(..) {
            let _ = tell.send(Turn::Recorded(outcome));
        }
    }

    /// Those too have waited who came meanwhile: the store did not answer them either.
    fn failed(mut self) {
        let waiting = std::mem::take(&mut self.gathered.queue().waiting);
        let waiting = waiting.into_iter().map(|waiting| waiting.tell);
        for tell in self.others.drain(..).chain(waiting) {
            let _ = tell.send(Turn::Failed);
        }
    }
}

impl Drop for Going {
    /// The next goes on, or nobody is under way any more: under one lock, so that who comes
    /// then knows.
    fn drop(&mut self) {
        loop {
            let mut queue = self.gathered.queue();
            let Some(Waiting { keys, tell }) = queue.waiting.pop_front() else {
                queue.is_busy = false;
                return;
            };
            drop(queue);
            if !tell.is_closed() {
                let next = Self::for_itself(&self.gathered, keys);
                // One that ends just now passes it on when it is dropped.
                let _ = tell.send(Turn::Goes(next));
                return;
            }
        }
    }
}

impl Node {
    /// Forgets keys, together with others who do so now. What is told to be removed is
    /// what went with the one record.
    pub(super) async fn forget_together(&self, forgotten: Forgotten) -> Outcome {
        let keys = forgotten.keys.clone();
        let mut going = match self.gathered.turn(keys) {
            Ok(going) => going,
            Err(told) => match told.await {
                Ok(Turn::Recorded(outcome)) => return outcome,
                Ok(Turn::Failed) => return self.forget_here_and_later(forgotten),
                Ok(Turn::Goes(going)) => {
                    // Those who were told a moment ago come back, and are taken along.
                    tokio::task::yield_now().await;
                    going
                }
                Err(_) => return self.forget_part(forgotten).await,
            },
        };
        going.gather();
        let together = Forgotten::keys(going.keys.clone());
        match self.record_part(together).await {
            Some(outcome) => {
                going.recorded(outcome);
                outcome
            }
            None => {
                going.failed();
                self.forget_here_and_later(forgotten)
            }
        }
    }

    /// Whether it is worth while to wait for others.
    pub(super) fn gathers(&self, forgotten: &Forgotten) -> bool {
        self.shared.is_some() && forgotten.is_keys_only() && forgotten.keys.len() <= MOST_KEYS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(number: usize) -> Vec<FullKey> {
        let key = |n| FullKey::parse(&format!("c:{n}")).unwrap();
        (0..number).map(key).collect()
    }

    fn waits(gathered: &Arc<Gathered>, number: usize) -> oneshot::Receiver<Turn> {
        gathered
            .turn(keys(number))
            .expect_err("another is under way")
    }

    #[test]
    fn no_more_are_taken_along_than_fit_and_the_next_goes_on_for_the_rest() {
        let gathered = Arc::default();
        let first = Gathered::turn(&gathered, keys(1)).unwrap();
        let mut sizes = [MOST_KEYS - 3, 2, 9, 1].map(|number| waits(&gathered, number));
        let [own, ..] = &mut sizes;
        drop(first);
        let Ok(Turn::Goes(mut going)) = own.try_recv() else {
            panic!("its turn has come")
        };
        going.gather();
        assert_eq!((going.keys.len(), going.others.len()), (MOST_KEYS - 1, 1));
        drop(going);
        let [_, taken, next, last] = &mut sizes;
        assert!(taken.try_recv().is_err(), "records for itself");
        let Ok(Turn::Goes(mut going)) = next.try_recv() else {
            panic!("its turn has come")
        };
        going.gather();
        drop(going);
        assert!(last.try_recv().is_err());
        assert!(gathered.turn(keys(1)).is_ok(), "nobody is under way");
    }

    #[test]
    fn who_has_gone_is_passed_over_and_who_goes_when_its_turn_comes_passes_it_on() {
        let gathered = Arc::default();
        let first = Gathered::turn(&gathered, keys(1)).unwrap();
        drop(waits(&gathered, 1));
        let second = waits(&gathered, 1);
        let mut third = waits(&gathered, 1);
        drop(first);
        drop(second);
        assert!(matches!(third.try_recv(), Ok(Turn::Goes(_))));
        assert!(gathered.turn(keys(1)).is_ok());
    }
}
