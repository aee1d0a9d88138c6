//! Touches at work, and what is done about those that have failed.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::owed::{Owed, Owing};
use super::pass::{Failure, Pass};
use super::{Touched, Touchers};
use crate::event::{Event, EventSink};
use crate::invalidation::Node;
use crate::key::Parent;
use crate::runtime::{Background, jittered};

/// Of how many entities without toucher a flow tells: their names may come from
/// anywhere.
const TOLD: usize = 100;

/// The touchers of a flow at work.
pub(crate) struct Touching {
    pub(super) touchers: Touchers,
    pub(super) node: Arc<Node>,
    events: EventSink,
    background: Background,
    owed: Mutex<Owed>,
    /// A row is owed that may be due before all others.
    sooner: Notify,
    /// Entities without toucher that were told of.
    told: Mutex<HashSet<String>>,
}

impl Touching {
    pub(crate) fn new(
        touchers: Touchers,
        node: Arc<Node>,
        events: EventSink,
        background: Background,
    ) -> Self {
        Self {
            touchers,
            node,
            events,
            background,
            owed: Mutex::default(),
            sooner: Notify::new(),
            told: Mutex::default(),
        }
    }

    /// Touches `parents` and all above them, and forgets what was made of them. What
    /// fails is tried again in the background.
    pub(crate) async fn touch(self: &Arc<Self>, parents: Vec<Parent>) -> Touched {
        let Pass {
            touched,
            failed,
            untouched,
            cut_short,
            applied,
        } = self.pass(parents).await;
        untouched.iter().for_each(|row| self.tell_of(row));
        if cut_short {
            tracing::warn!("a chain of parents is too long: what lies beyond is not touched");
        }
        let rows = failed.iter().map(|(row, _)| row.clone()).collect();
        self.owe(failed, |_| 1);
        Touched {
            touched,
            failed: rows,
            untouched,
            cut_short,
            applied,
        }
    }

    /// How many rows wait to be tried again, or are being tried.
    pub(crate) fn owed(&self) -> usize {
        self.debts().len()
    }

    /// An entity has no toucher: told once.
    fn tell_of(&self, row: &Parent) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < TOLD && told.insert(row.entity().to_owned()) {
            let entity = row.entity();
            tracing::warn!(entity, "no toucher: its rows are forgotten and not touched");
        }
    }

    /// Rows have failed, each for as many times as `tries` says.
    fn owe(self: &Arc<Self>, failed: Vec<Failure>, tries: impl Fn(&Parent) -> u32) {
        if failed.is_empty() {
            return;
        }
        let now = Instant::now();
        let mut owed = self.debts();
        for (row, error) in failed {
            // The id may be a secret of its user's, and does not go to the log.
            let entity = row.entity().to_owned();
            let owing = owed.add(row.clone(), tries(&row), now, jittered);
            self.events.tell(|| Event::TouchFailed {
                parent: row.clone(),
                error: Arc::clone(&error),
            });
            match owing {
                Owing::Again => tracing::debug!(entity, %error, "a row is touched again later"),
                Owing::Lost => {
                    tracing::warn!(entity, %error, "a row could not be touched");
                    self.events.tell(|| Event::TouchLost { parent: row });
                }
            }
        }
        self.sooner.notify_one();
        if owed.tended || owed.next_due().is_none() {
            return;
        }
        let tending = Tending {
            touching: Arc::clone(self),
            is_over: false,
        };
        owed.tended = true;
        drop(owed);
        if self
            .background
            .spawn(tending.until_nothing_is_owed())
            .is_err()
        {
            // The work that is given back has told, on its drop, that nobody tends.
            tracing::debug!("no runtime, or the end of the flow: nothing is tried again");
        }
    }

    fn debts(&self) -> MutexGuard<'_, Owed> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sees to what is owed. If it is dropped before, as with its runtime, the next row that
/// fails begins it anew.
struct Tending {
    touching: Arc<Touching>,
    is_over: bool,
}

impl Tending {
    async fn until_nothing_is_owed(mut self) {
        let touching = Arc::clone(&self.touching);
        while let Some(due) = touching.next_due_or_end() {
            tokio::select! {
                () = tokio::time::sleep_until(due) => {}
                () = touching.sooner.notified() => continue,
            }
            let due = touching.debts().take_due(Instant::now());
            touching.again(due).await;
        }
        self.is_over = true;
    }
}

impl Drop for Tending {
    fn drop(&mut self) {
        // If it is over, it has told so under the lock under which it saw that nothing
        // is owed: by now another may have begun.
        if !self.is_over {
            let mut owed = self.touching.debts();
            owed.tended = false;
            owed.trying = 0;
        }
    }
}

impl Touching {
    fn next_due_or_end(&self) -> Option<Instant> {
        let mut owed = self.debts();
        let due = owed.next_due();
        owed.tended = due.is_some();
        due
    }

    /// Tries rows again, each with how often it was tried. The chain above them is
    /// touched and forgotten once more: it was filled in between.
    async fn again(self: &Arc<Self>, due: HashMap<Parent, u32>) {
        let fewest = due.values().min().copied().unwrap_or(0);
        let pass = self.pass(due.keys().cloned()).await;
        // A row above them that was found only now has failed as often as they have.
        let tries = |row: &Parent| due.get(row).unwrap_or(&fewest) + 1;
        self.owe(pass.failed, tries);
        self.debts().trying = 0;
    }
}

impl fmt::Debug for Touching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Touching")
            .field("touchers", &self.touchers)
            .field("owed", &self.owed())
            .finish_non_exhaustive()
    }
}
