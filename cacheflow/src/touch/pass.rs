//! One way up a chain: touch, and then forget.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::SystemTime;

use super::ask::{NoAnswer, ask, caught_now};
use super::chain::Chain;
use super::forgotten;
use super::heal::Touching;
use super::touchers::Registered;
use crate::invalidation::Applied;
use crate::key::{FullKey, Parent};

/// What came of a [`touch`](crate::CacheFlow::touch).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Touched {
    /// The rows whose `updated_at` has moved, generation by generation.
    pub touched: Vec<Parent>,
    /// Rows that could not be touched, or whose parents could not be told. What is known
    /// is forgotten, and they are tried again in the background.
    pub failed: Vec<Parent>,
    /// Rows that are only forgotten, because no toucher is registered for their
    /// entity.
    pub untouched: Vec<Parent>,
    /// Whether the chain is longer than [`MAX_DEPTH`](super::MAX_DEPTH), or has more rows
    /// than [`MAX_ROWS`](super::MAX_ROWS): what lies beyond is not touched, and all of it
    /// but the next generation not forgotten.
    pub cut_short: bool,
    /// How far the forgetting has got.
    pub applied: Applied,
}

/// A row that has failed, and why.
pub(super) type Failure = (Parent, Arc<str>);

/// What came of one way up.
pub(super) struct Pass {
    pub(super) touched: Vec<Parent>,
    pub(super) failed: Vec<Failure>,
    pub(super) untouched: Vec<Parent>,
    pub(super) cut_short: bool,
    pub(super) applied: Applied,
}

impl Touching {
    /// Touches `first` and all above it, and forgets what was made of them.
    pub(super) async fn pass(&self, first: impl IntoIterator<Item = Parent>) -> Pass {
        // One instant for the whole chain, and another for each try: with the first
        // try's, a row would move backwards that somebody else has touched since.
        let at = SystemTime::now();
        let mut chain = Chain::from(first);
        let (mut touched, mut failed, mut untouched) = (Vec::new(), Vec::new(), Vec::new());
        let mut further = Vec::new();
        // A source that hangs is not waited for once more in the same pass: its rows
        // would hold up the forgetting for a timeout each.
        let mut hung = HashSet::new();
        while let Some((row, generation)) = chain.next() {
            let Some(registered) = self.touchers.of(row.entity()) else {
                untouched.push(row);
                continue;
            };
            let is_hung = hung.contains(row.entity());
            let mut asking = Asking::of(registered, &row);
            let parents = if is_hung {
                asking.failed("its source has just hung".into());
                Vec::new()
            } else {
                asking.touch(at).await;
                // Whatever came of that: what is above has to be touched as well.
                asking.parents().await
            };
            further.extend(asking.keys());
            if asking.hung {
                hung.insert(row.entity().to_owned());
            }
            let why = asking.why;
            chain.found(parents, generation);
            match why {
                Some(why) => failed.push((row, why)),
                None => touched.push(row),
            }
        }
        // Strictly after every row was touched: whoever loads between the two begins
        // before the record, so that what it has read of a row that had not moved yet is
        // refused. The other way round a reader would fill the caches again with the
        // old `updated_at`, and nothing would ever tell it.
        let forgotten = forgotten::of(chain.rows(), further);
        let applied = self.node.forget(forgotten).await.applied;
        Pass {
            touched,
            failed,
            untouched,
            cut_short: chain.is_cut_short(),
            applied,
        }
    }
}

/// A row whose toucher is asked.
struct Asking<'a> {
    registered: &'a Registered,
    row: &'a Parent,
    /// Whether an answer took too long.
    hung: bool,
    /// The first reason for which there was no answer.
    why: Option<Arc<str>>,
}

impl<'a> Asking<'a> {
    fn of(registered: &'a Registered, row: &'a Parent) -> Self {
        Self {
            registered,
            row,
            hung: false,
            why: None,
        }
    }

    async fn touch(&mut self, at: SystemTime) {
        let Registered { toucher, timeout } = self.registered;
        // In a block, so that a method that panics before it returns a future is caught.
        let question = async { toucher.touch(self.row.id(), at).await };
        let answer = ask(*timeout, question).await;
        self.answered(answer);
    }

    async fn parents(&mut self) -> Vec<Parent> {
        let Registered { toucher, timeout } = self.registered;
        let question = async { toucher.parents_of(self.row.id()).await };
        let answer = ask(*timeout, question).await;
        let mut parents = self.answered(answer).unwrap_or_default();
        parents.retain(|parent| match parent.fault() {
            Some(fault) => {
                self.failed(format!("parents_of: {fault}").into());
                false
            }
            None => true,
        });
        parents
    }

    fn keys(&mut self) -> Vec<FullKey> {
        match caught_now(|| self.registered.toucher.keys(self.row.id())) {
            Ok(keys) => keys,
            Err(panic) => {
                self.failed(panic);
                Vec::new()
            }
        }
    }

    fn answered<T>(&mut self, answer: Result<T, NoAnswer>) -> Option<T> {
        let no_answer = match answer {
            Ok(answer) => return Some(answer),
            Err(no_answer) => no_answer,
        };
        let (NoAnswer::Failed(why) | NoAnswer::Hung(why)) = &no_answer;
        self.failed(Arc::clone(why));
        self.hung |= matches!(no_answer, NoAnswer::Hung(_));
        None
    }

    fn failed(&mut self, why: Arc<str>) {
        self.why.get_or_insert(why);
    }
}
