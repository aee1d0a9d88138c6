//! Reclaiming the members of a tag, and what Redis does by itself.

use super::Protocol;
use super::config::Mutant;
use super::state::{Entry, Kind, Reclaim, Record, Redis, State};
use crate::explorer::Steps;
use crate::verdict::{Property, Violation};

impl Protocol {
    /// The members of a forgotten tag: pop them from the index, delete those
    /// whose as-of is older than the record, keep the others in the index; at
    /// the end say that the record is done.
    pub(super) fn reclaim(&self, state: &State, out: &mut Steps<State>) {
        if self.broken(Mutant::NoReclaim) {
            if !state.redis.reclaims.is_empty() {
                let mut next = *state;
                next.redis.reclaims = Default::default();
                out.to(format_args!("nothing is reclaimed"), next);
            }
            return;
        }
        for (at, reclaim) in state.redis.reclaims.iter().enumerate() {
            if reclaim.popped {
                self.say_done(state, at, *reclaim, out);
            } else {
                self.pop(state, at, *reclaim, out);
            }
        }
    }

    fn pop(&self, state: &State, at: usize, reclaim: Reclaim, out: &mut Steps<State>) {
        let Reclaim { record, tags, .. } = reclaim;
        let mut next = *state;
        let redis = &mut next.redis;
        let renamed = self.0.renamed_index;
        let member = if renamed {
            reclaim.member
        } else {
            redis.index & tags != 0
        };
        if member {
            let newer = |entry: &Entry| entry.as_of >= record;
            let kept = redis.l2.filter(newer);
            if self.broken(Mutant::ReclaimUncompared) {
                if let Some(entry) = kept.filter(|_| self.0.progress) {
                    out.violates(
                        format_args!("the reclaim of record {record} pops the key"),
                        Violation::new(Property::P4, format_args!("{entry} is deleted")),
                    );
                }
                redis.l2 = None;
            } else {
                redis.l2 = kept;
            }
            let stays = redis.l2.is_some() && !self.broken(Mutant::ReclaimDropsKept);
            if !renamed && !stays {
                redis.index &= !tags;
            }
        }
        redis.reclaims.replace(
            at,
            Reclaim {
                popped: true,
                member: false,
                ..reclaim
            },
        );
        out.to(
            format_args!("the reclaim of record {record} pops the key"),
            next,
        );
    }

    /// The done record. (Only windows read it: where none is trimmed it is left out.)
    fn say_done(&self, state: &State, at: usize, reclaim: Reclaim, out: &mut Steps<State>) {
        let mut next = *state;
        next.redis.reclaims.remove(at);
        if self.0.trims {
            next.redis.journal.push(Record {
                kind: Kind::Done(reclaim.record),
                ..Record::default()
            });
        }
        out.to(format_args!("record {} is done", reclaim.record), next);
    }

    /// What Redis does with nobody asking.
    pub(super) fn redis_alone(&self, state: &State, out: &mut Steps<State>) {
        let mut does = |label: &str, change: &dyn Fn(&mut Redis)| {
            let mut next = *state;
            change(&mut next.redis);
            out.to(format_args!("{label}"), next);
        };
        let redis = &state.redis;
        if self.0.lagging_replica && redis.replica != redis.l2 {
            does("the replica catches up", &|redis| redis.replica = redis.l2);
        }
        if self.0.index_evicted && redis.index != 0 {
            does("the index is evicted", &|redis| redis.index = 0);
        }
        if redis.expiries > 0 && redis.l2.is_some() {
            does("the value expires in L2", &|redis| {
                redis.l2 = None;
                redis.expiries -= 1;
            });
        }
        if self.0.redis_trims && redis.journal_start < redis.n() {
            does("Redis trims the journal", &|redis| {
                redis.journal_start = redis.n()
            });
        }
    }
}
