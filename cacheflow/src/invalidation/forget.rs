//! Forgetting as a caller asks for it.

use std::sync::Arc;
use std::time::Duration;

use tracing::Instrument;

use super::outbox::{BATCH, Outbox};
use super::{Applied, Node};
use crate::error::Result;
use crate::event::{Change, Deleted, Forgotten, Position};
use crate::key::FullKey;
use crate::source::collected;
use crate::store::{Guarded, Recorded};

/// How far a change has got, and where it stands in the journal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) applied: Applied,
    /// The last record; `None` if it could not be made.
    pub(crate) position: Option<Position>,
    /// How much was removed.
    pub(crate) deleted: Deleted,
}

impl Node {
    /// Forgets everywhere; or has it collected, if the present task does so. What it tells
    /// to be removed may be what others have forgotten at the same time.
    pub(crate) async fn forget(&self, forgotten: Forgotten) -> Outcome {
        self.forget_in_span(forgotten, true).await
    }

    /// The same by records of its own, so that it is known how much it removes.
    pub(crate) async fn forget_alone(&self, forgotten: Forgotten) -> Outcome {
        self.forget_in_span(forgotten, false).await
    }

    async fn forget_in_span(&self, forgotten: Forgotten, gathers: bool) -> Outcome {
        let span = self.forget_span(&forgotten);
        let forgetting = self.forget_parts(forgotten, gathers);
        let outcome = forgetting.instrument(span.clone()).await;
        outcome.record_in(&span);
        outcome
    }

    async fn forget_parts(&self, forgotten: Forgotten, gathers: bool) -> Outcome {
        let mut outcome = Outcome {
            applied: Applied::Recorded,
            position: self.standing.position(),
            deleted: Deleted::default(),
        };
        if forgotten.is_empty() {
            return outcome;
        }
        if let Some(collected) = collected(Arc::as_ptr(&self.standing).addr()) {
            collected.add(forgotten);
            return Outcome {
                applied: Applied::Deferred,
                position: None,
                ..outcome
            };
        }
        for part in parts(forgotten) {
            let one = match gathers && self.gathers(&part) {
                true => self.forget_together(part).await,
                false => self.forget_part(part).await,
            };
            outcome.position = one.position;
            outcome.deleted = outcome.deleted.and(one.deleted);
            if one.applied == Applied::Local {
                outcome.applied = Applied::Local;
            }
        }
        outcome
    }

    pub(super) async fn forget_part(&self, forgotten: Forgotten) -> Outcome {
        if self.shared.is_none() {
            let change = Change::Forgotten(forgotten.clone());
            let deleted = Deleted::here(self.record_alone(change, |_| ()));
            self.tell_invalidated(&forgotten, deleted, false);
            return Outcome {
                applied: Applied::Recorded,
                position: self.standing.position(),
                deleted,
            };
        }
        match self.record_part(forgotten.clone()).await {
            Some(outcome) => outcome,
            None => self.forget_here_and_later(forgotten),
        }
    }

    /// Records it and applies the record; `None` if the shared store cannot be told.
    pub(super) async fn record_part(&self, forgotten: Forgotten) -> Option<Outcome> {
        let shared = self.shared.as_ref()?;
        let _turn = shared.turn().await;
        // First the shared store, then this node's memory: a reader in between
        // would else fill memory again with what the shared store still holds.
        let change = Change::Forgotten(forgotten);
        match shared.record(&change, self.standing.position()).await {
            Ok(recorded) => Some(self.recorded(recorded, || ())),
            Err(error) => {
                tracing::debug!(%error, "an invalidation waits for the shared store");
                None
            }
        }
    }

    /// The shared store cannot be told now.
    pub(super) fn forget_here_and_later(&self, forgotten: Forgotten) -> Outcome {
        let forgotten = self.with_touched(forgotten);
        if let Some(shared) = &self.shared {
            // Into the outbox *before* this node's memory forgets: from here on the
            // shared store is not read, so that nobody can refill memory from it.
            self.postpone(shared, |outbox| outbox.add(forgotten.clone()));
        }
        Outcome {
            applied: Applied::Local,
            position: None,
            deleted: Deleted::here(self.forget_here(&forgotten, false)),
        }
    }

    /// Forgets in the memory of this node alone.
    pub(crate) fn forget_locally(&self, forgotten: &Forgotten) -> Deleted {
        Deleted::here(self.forget_here(forgotten, false))
    }

    /// A change of this node stands in the journal: `own` applies it here, after
    /// all that came before it. What it left behind in the shared store is
    /// removed by and by.
    pub(crate) fn recorded(&self, recorded: Recorded, own: impl FnOnce()) -> Outcome {
        let Recorded {
            record,
            removed,
            missed,
            ..
        } = recorded;
        let deleted = Deleted {
            in_memory: self.catch_up(&record, missed, own),
            in_store: removed,
            unfinished: record.open,
        };
        if let Change::Forgotten(forgotten) = &record.change {
            self.tell_invalidated(forgotten, deleted, false);
        }
        let position = Some(record.position);
        if record.open {
            self.reclaiming.add(record);
        }
        Outcome {
            applied: Applied::Recorded,
            position,
            deleted,
        }
    }

    /// A put of a node that is alone.
    pub(crate) fn put_alone(&self, key: &FullKey, own: impl FnOnce(Position)) {
        let change = Change::Put {
            key: key.clone(),
            dependents: Vec::new(),
        };
        self.record_alone(change, own);
    }

    /// A put failed: whatever the store holds of the key now is not known to be
    /// right, here or elsewhere. `own` keeps the value here.
    pub(crate) fn put_failed(&self, key: &FullKey, own: impl FnOnce()) {
        if let Some(shared) = &self.shared {
            // First the outbox, as with a forgetting: what the shared store holds
            // is older than what was put.
            let forgotten = self.with_touched(Forgotten::keys([key.clone()]));
            self.postpone(shared, |outbox| outbox.add(forgotten));
        }
        self.put_here(key, own);
    }

    /// Begins a write to `key`: nothing is kept of it until the record is done,
    /// or `ttl` is over. `Err` if the other nodes could not be told.
    pub(crate) async fn hold(&self, key: &FullKey, ttl: Duration) -> Outcome {
        let change = Change::Held {
            key: key.clone(),
            ttl,
        };
        let Some(shared) = &self.shared else {
            let mut position = None;
            self.record_alone(change, |at| position = Some(at));
            return Outcome {
                applied: Applied::Recorded,
                position,
                deleted: Deleted::default(),
            };
        };
        let _turn = shared.turn().await;
        match shared.record(&change, self.standing.position()).await {
            Ok(recorded) => {
                let position = Some(recorded.record.position);
                self.catch_up(&recorded.record, recorded.missed, || ());
                Outcome {
                    applied: Applied::Recorded,
                    position,
                    deleted: Deleted::default(),
                }
            }
            Err(error) => {
                tracing::debug!(%error, "a write cannot be announced");
                self.forget_here_and_later(Forgotten::keys([key.clone()]))
            }
        }
    }

    /// Ends the write that was begun as the record `held`.
    pub(crate) async fn release(&self, key: &FullKey, held: Option<Position>) -> Outcome {
        // The key first: while it is still held, nothing can be kept between the
        // two that was loaded before the write was over.
        let outcome = self.forget(Forgotten::keys([key.clone()])).await;
        match (held, &self.shared) {
            (Some(held), Some(shared)) => {
                // That it fails is no harm: the record stays open, and is done by
                // whoever finds it.
                if let Err(error) = self.done(shared, held.number).await {
                    tracing::debug!(%error, ?held, "a record stays open for now");
                }
            }
            (Some(held), None) => {
                self.record_alone(Change::Done(held.number), |_| ());
            }
            (None, _) => {}
        }
        outcome
    }

    /// Records that the record `number` is done.
    pub(super) async fn done(&self, shared: &Guarded, number: u64) -> Result<()> {
        let change = Change::Done(number);
        let recorded = shared.record(&change, self.standing.position()).await?;
        self.catch_up(&recorded.record, recorded.missed, || ());
        Ok(())
    }

    pub(super) fn postpone(&self, shared: &Guarded, add: impl FnOnce(&mut Outbox)) {
        let mut outbox = self.outbox();
        add(&mut outbox);
        shared.distrust();
    }
}

/// As many records as it takes: none holds more than a batch of anything.
fn parts(mut forgotten: Forgotten) -> Vec<Forgotten> {
    let mut parts = Vec::new();
    while !forgotten.is_empty() {
        parts.push(Forgotten {
            keys: batch(&mut forgotten.keys),
            tags: batch(&mut forgotten.tags),
            patterns: batch(&mut forgotten.patterns),
            caches: batch(&mut forgotten.caches),
            everything: std::mem::take(&mut forgotten.everything),
        });
    }
    parts
}

/// Takes a batch out.
fn batch<T>(all: &mut Vec<T>) -> Vec<T> {
    let rest = all.split_off(all.len().min(BATCH));
    std::mem::replace(all, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Tag;

    #[test]
    fn no_record_holds_more_than_a_batch_of_anything_and_nothing_is_lost() {
        let keys = |count| (0..count).map(|n| FullKey::parse(&format!("c:{n}")).unwrap());
        let tags = |count: usize| (0..count).map(|n| Tag::new(&n.to_string()).unwrap());
        let all = Forgotten {
            keys: keys(BATCH + 1).collect(),
            tags: tags(2 * BATCH + 1).collect(),
            everything: true,
            ..Forgotten::default()
        };
        let parts = parts(all.clone());
        let sizes = parts
            .iter()
            .map(|part| (part.keys.len(), part.tags.len(), part.everything));
        let expected = [(BATCH, BATCH, true), (1, BATCH, false), (0, 1, false)];
        assert_eq!(sizes.collect::<Vec<_>>(), expected);
        let kept: Vec<_> = parts.iter().flat_map(|part| part.keys.clone()).collect();
        assert_eq!(kept, all.keys);
    }
}
