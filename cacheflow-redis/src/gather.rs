//! Reads that come together are asked together.
//!
//! A read that finds few others under way is sent at once by its own caller: it waits for
//! nobody, and no task stands between it and the connection. Where many come, they queue,
//! and a task asks for all that wait in one exchange; when it has told them, for all that
//! came meanwhile. There is no timer: how many are asked together is how many came while
//! the connection was busy.
//!
//! ```text
//! the first few ── each asks for itself ─────────── answer
//! the next         ── wait ─┐
//! …                   wait ─┴─ one exchange ── answers
//! who comes then                  wait ────┐
//! …                                   wait ┴─ one exchange ── answers
//! ```
//!
//! Nothing depends on a caller going on. One that is dropped, or that lives and is not
//! polled, delays no other: who waits in the queue is asked for by the task, which ends
//! with the last of them.
//!
//! An answer is never given to a read that came after its question was sent: what was
//! forgotten between the two could be in it. A read of a key that comes while one of the
//! same key is under way is asked anew; only those that wait together share a question.

mod batch;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use redis::{RedisError, RedisResult};
use tokio::sync::oneshot;

use batch::Batch;

/// So many reads are under way, each sent by its own caller, before others queue: below
/// that a detour through a task costs more than it saves.
const FEW: usize = 8;

/// So many names are asked for in one exchange at most.
const MOST_NAMES: usize = 128;

/// About so many bytes come back in one exchange at most, if there are several values:
/// the server does nothing else while it copies them.
const MOST_BYTES: usize = 1 << 20;

/// What a value is taken to have before one was seen.
const FIRST_GUESS: usize = 32 << 10;

/// What is kept under a name, and what PTTL says of it.
pub(crate) type Found = (Option<Bytes>, i64);

/// A server that is asked over one connection.
pub(crate) trait Ask: Clone + Send + Sync + 'static {
    /// What is kept under each of the names, in their order.
    fn ask(
        &self,
        names: Vec<String>,
    ) -> impl Future<Output = RedisResult<Vec<RedisResult<Found>>>> + Send;
}

/// The reads over one connection. A connection that is given up takes its queue along:
/// nobody waits behind it who could use another.
#[derive(Default)]
pub(crate) struct Gather {
    queue: Mutex<Queue>,
}

struct Queue {
    waiting: VecDeque<Waiting>,
    /// So many ask for themselves.
    lone: usize,
    /// Whether a task asks for those who wait.
    is_asking: bool,
    /// For how many it did so last.
    last: usize,
    /// About how many bytes the largest of the last values had.
    value_bytes: usize,
}

/// One who waits for the answer.
struct Waiting {
    name: String,
    tell: oneshot::Sender<RedisResult<Found>>,
}

/// How a read goes on.
enum Way<'a> {
    Alone(String, Alone<'a>),
    Waits {
        told: oneshot::Receiver<RedisResult<Found>>,
        /// Nobody asks for those who wait yet.
        is_first: bool,
    },
}

impl Gather {
    /// What is kept under a name, by `server`, which is always the same.
    ///
    /// # Cancellation
    ///
    /// Who is dropped while it waits is not asked for; if the question is sent already,
    /// its answer is dropped. The others are told.
    pub(crate) async fn read<A: Ask>(
        self: &Arc<Self>,
        server: &A,
        name: String,
    ) -> RedisResult<Found> {
        let (told, is_first) = match self.way(name) {
            Way::Alone(name, _alone) => {
                let found = server.ask(vec![name]).await?.pop();
                let found = found.unwrap_or_else(|| Err(gone()));
                self.queue().saw(&found);
                return found;
            }
            Way::Waits { told, is_first } => (told, is_first),
        };
        if is_first {
            tokio::spawn(ask_for_all(Asking::of(self), server.clone()));
        }
        // It says nothing only if its runtime has ended.
        told.await.unwrap_or_else(|_| Err(gone()))
    }

    fn way(&self, name: String) -> Way<'_> {
        let mut queue = self.queue();
        // While a task asks for many, they come back as soon as they are told: sent one
        // by one, those that are first would cost more than all the others.
        if queue.lone < FEW && (!queue.is_asking || queue.last < FEW) {
            queue.lone += 1;
            return Way::Alone(name, Alone(self));
        }
        let (tell, told) = oneshot::channel();
        queue.waiting.push_back(Waiting { name, tell });
        let is_first = !queue.is_asking;
        if is_first {
            queue.is_asking = true;
            queue.last = FEW;
        }
        Way::Waits { told, is_first }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            lone: 0,
            is_asking: false,
            last: 0,
            value_bytes: FIRST_GUESS,
        }
    }
}

impl Queue {
    /// How many names the next exchange may ask for.
    fn bound(&self) -> usize {
        (MOST_BYTES / self.value_bytes.max(1)).clamp(1, MOST_NAMES)
    }

    /// Learns from a value how large they are. Large ones are kept in mind for a while:
    /// where there are some, there are more.
    fn saw(&mut self, found: &RedisResult<Found>) {
        if let Ok((Some(bytes), _)) = found {
            self.value_bytes = bytes.len().max(self.value_bytes - self.value_bytes / 64);
        }
    }
}

/// One asks for itself, as long as this lives.
struct Alone<'a>(&'a Gather);

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.queue().lone -= 1;
    }
}

/// Asks for those who wait, until nobody does.
async fn ask_for_all<A: Ask>(mut asking: Asking, server: A) {
    loop {
        // Those that were woken together come together, and whoever was told a moment
        // ago comes back.
        tokio::task::yield_now().await;
        let Some(batch) = asking.next() else { return };
        batch.ask(&server, &asking.gather).await;
    }
}

/// The task that asks for those who wait.
struct Asking {
    gather: Arc<Gather>,
    has_ended: bool,
}

impl Asking {
    fn of(gather: &Arc<Gather>) -> Self {
        Self {
            gather: Arc::clone(gather),
            has_ended: false,
        }
    }

    /// Who is asked for next, those first who have waited longest; `None` if nobody
    /// waits, and then this task asks no more: under the same lock, so that whoever comes
    /// after that knows.
    fn next(&mut self) -> Option<Batch> {
        let mut queue = self.gather.queue();
        let mut batch = Batch::default();
        let bound = queue.bound();
        while batch.len() < bound
            && let Some(waiting) = queue.waiting.pop_front()
        {
            batch.add(waiting);
        }
        if batch.len() > 0 {
            queue.last = batch.len();
            return Some(batch);
        }
        queue.is_asking = false;
        self.has_ended = true;
        None
    }
}

impl Drop for Asking {
    /// Its runtime has ended before it has, and with it the connection: so those are told
    /// who wait in another runtime.
    fn drop(&mut self) {
        if !self.has_ended {
            let mut queue = self.gather.queue();
            queue.is_asking = false;
            queue.waiting.clear();
        }
    }
}

/// What those are told whom nobody will answer.
fn gone() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::ConnectionAborted).into()
}
