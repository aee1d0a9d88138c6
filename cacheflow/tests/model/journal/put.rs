//! The writers: put.

use super::Protocol;
use super::config::Mutant;
use super::state::{KEY, Kind, Phase, State, Window, Writer};
use super::write::Call;
use crate::explorer::Steps;
use crate::verdict::{Property, Violation};

impl Protocol {
    /// Put: as-of, commit, local check, script, apply up to the record, keep,
    /// return.
    pub(super) fn put(&self, call: &Call<'_>, out: &mut Steps<State>) {
        let pos = call.state.nodes[call.x].pos;
        let stamped = |phase| {
            call.with(Writer {
                phase,
                as_of: pos,
                ..call.now
            })
        };
        match call.now.phase {
            Phase::Begin if self.broken(Mutant::PutAsOfAfterCommit) => {
                let next = call.committed(Phase::StampAfterCommit);
                out.to(format_args!("{call} commits"), next);
            }
            Phase::StampAfterCommit => {
                let next = stamped(Phase::CheckWindow);
                out.to(
                    format_args!("{call} puts as of {pos}, taken after the commit"),
                    next,
                );
            }
            Phase::Begin => {
                let next = stamped(Phase::Commit);
                out.to(format_args!("{call} begins to put, as of {pos}"), next);
            }
            Phase::Commit => {
                let next = call.committed(Phase::CheckWindow);
                out.to(format_args!("{call} commits"), next);
            }
            Phase::CheckWindow => self.put_check(call, out),
            Phase::Script => self.put_script(call, out),
            Phase::Return => self.put_return(call, out),
            Phase::Delete | Phase::Append => {}
        }
    }

    /// The local half of the conflict check: `(as-of, p1 := pos]`.
    fn put_check(&self, call: &Call<'_>, out: &mut Steps<State>) {
        let Writer { as_of, version, .. } = call.now;
        let node = &call.state.nodes[call.x];
        let journal = &call.state.redis.journal;
        let names = self.conflict_names(version);
        let looks = !self.broken(Mutant::NoConflictCheck);
        let met = looks
            && !self.broken(Mutant::NoLocalConflictCheck)
            && node.window.matches(journal, as_of, node.pos, names);
        let below = looks && as_of < node.window.start();
        let next = call.with(Writer {
            phase: Phase::Script,
            p1: node.pos,
            conflict: met || below,
            ..call.now
        });
        out.to(
            format_args!("{call} checks the window up to {}", node.pos),
            next,
        );
    }

    /// `n += 1`, append `put`; a matching record since p1 means that writers
    /// raced: delete. Else store, as of this very record.
    fn put_script(&self, call: &Call<'_>, out: &mut Steps<State>) {
        let Writer {
            p1, version, as_of, ..
        } = call.now;
        let redis = &call.state.redis;
        let names = self.conflict_names(version);
        let looks = !self.broken(Mutant::NoConflictCheck);
        let met = looks
            && !self.broken(Mutant::NoScriptConflictCheck)
            && Window::WHOLE.matches(&redis.journal, p1, redis.n(), names);
        let unreached = looks && p1 < redis.journal_start;
        let conflict = call.now.conflict || met || unreached;

        let mut next = self.append(call, Phase::Return, Kind::Put, KEY);
        let record = next.redis.n();
        let stored_as_of = if self.broken(Mutant::PutStoredWithOldAsOf) {
            as_of
        } else {
            record
        };
        next.writers[call.w].as_of = stored_as_of;
        next.writers[call.w].p1 = 0;
        next.writers[call.w].conflict = conflict;
        let entry = self.value(version, stored_as_of);
        if conflict {
            next.redis.l2 = None;
        } else {
            next.redis.store(entry);
        }
        if self.0.progress {
            let since = |after: u8| {
                let journal = &next.redis.journal;
                let upto = if conflict { record - 1 } else { record };
                Window::WHOLE.matches(journal, after, upto, entry.names)
            };
            let what = if conflict && !since(as_of) {
                Some("a put finds a conflict without a cause")
            } else if !conflict && since(stored_as_of) {
                Some("a put stores what every reader must reject")
            } else {
                None
            };
            if let Some(what) = what {
                let violation = Violation::new(Property::P4, format_args!("{what}"));
                out.violates(format_args!("{call} puts {entry}"), violation);
            }
        }
        let outcome = if conflict { "deletes" } else { "puts" };
        out.to(
            format_args!("{call} {outcome} {entry}: record {record}"),
            next,
        );
    }

    /// The put returns when its node has applied its record; by r6 the value
    /// may then enter the node's L1.
    fn put_return(&self, call: &Call<'_>, out: &mut Steps<State>) {
        let now = &call.now;
        let node = &call.state.nodes[call.x];
        if node.pos < now.record && !self.broken(Mutant::ReturnBeforeApply) {
            return;
        }
        let entry = self.value(now.version, now.as_of);
        let agreed = !now.conflict && !now.lapsed;
        let keeps = self.broken(Mutant::PutKeptOnConflict)
            || (agreed && self.broken(Mutant::PutInsertUnchecked))
            || (agreed && !node.matched(call.state, entry, entry.as_of, node.pos));
        let mut next = call.over();
        let node = &mut next.nodes[call.x];
        self.raise(&mut node.returned, now.version, KEY);
        if keeps {
            node.l1 = Some(entry);
        }
        let kept = if keeps { ", and keeps it in L1" } else { "" };
        out.to(format_args!("{call} returns{kept}"), next);
    }

    /// What a record must match to be a conflict: the key or a tag.
    fn conflict_names(&self, version: u8) -> u8 {
        if self.broken(Mutant::ConflictByKeyOnly) {
            KEY
        } else {
            self.names(version)
        }
    }
}
