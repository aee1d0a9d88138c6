//! The writers: forget the key, forget a tag, put.

use std::fmt;

use super::config::{Mutant, Op};
use super::state::{KEY, Kind, Phase, Reclaim, Record, State, Window, Writer};
use super::{NAME, Protocol};
use crate::explorer::Steps;
use crate::verdict::{Property, Violation};

/// One call, at the step where it is.
struct Call<'a> {
    state: &'a State,
    w: usize,
    /// The node on which it runs.
    x: usize,
    op: Op,
    now: Writer,
}

impl fmt::Display for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: writer {}", NAME[self.x], self.w + 1)
    }
}

impl Call<'_> {
    /// The state in which the call is at `phase`.
    fn at(&self, phase: Phase) -> State {
        self.with(Writer { phase, ..self.now })
    }

    fn with(&self, writer: Writer) -> State {
        let mut next = *self.state;
        next.writers[self.w] = writer;
        next
    }

    /// The state in which the call has returned.
    fn over(&self) -> State {
        self.with(Writer {
            call: self.now.call + 1,
            ..Writer::default()
        })
    }

    /// The state in which the next version is committed.
    fn committed(&self, phase: Phase) -> State {
        let version = self.state.db + 1;
        let mut next = self.with(Writer {
            phase,
            version,
            ..self.now
        });
        next.db = version;
        next
    }
}

impl Protocol {
    /// The next step of writer `w`.
    pub(super) fn write_on(&self, state: &State, w: usize, out: &mut Steps<State>) {
        let (x, calls) = self.0.writers[w];
        let now = state.writers[w];
        let Some(op) = calls.get(usize::from(now.call)).copied() else {
            return;
        };
        let call = Call {
            state,
            w,
            x,
            op,
            now,
        };
        if op == Op::Put {
            self.put(&call, out);
        } else {
            self.forget(&call, out);
        }
    }

    /// Forget the key or the tag that the previous version carries: commit,
    /// script, apply up to the record, return.
    fn forget(&self, call: &Call<'_>, out: &mut Steps<State>) {
        let late = self.broken(Mutant::ForgetBeforeCommit);
        match call.now.phase {
            Phase::Begin if late => self.forget_script(call, Phase::Commit, out),
            Phase::Begin => out.to(
                format_args!("{call} commits"),
                call.committed(Phase::Script),
            ),
            Phase::Commit => out.to(
                format_args!("{call} commits"),
                call.committed(Phase::Return),
            ),
            Phase::Script => self.forget_script(call, Phase::Return, out),
            Phase::Delete => {
                let mut next = call.at(Phase::Return);
                next.redis.l2 = None;
                out.to(format_args!("{call} deletes the value"), next);
            }
            Phase::Append => {
                let next = self.append(call, Phase::Return, Kind::Key, KEY);
                out.to(format_args!("{call} appends its record"), next);
            }
            Phase::Return => self.forget_return(call, out),
            Phase::CheckWindow | Phase::StampAfterCommit => {}
        }
    }

    /// `n += 1`, append and, for a key, delete the value; for a tag, leave the
    /// members to the reclaim.
    fn forget_script(&self, call: &Call<'_>, then: Phase, out: &mut Steps<State>) {
        if call.op == Op::ForgetTag {
            let before = match call.now.phase {
                Phase::Begin => call.state.db,
                _ => call.now.version - 1,
            };
            let tags = self.value(before, 0).tags();
            let mut next = self.append(call, then, Kind::Tag, tags);
            let redis = &mut next.redis;
            let record = redis.n();
            redis.reclaims.insert(Reclaim {
                record,
                popped: false,
                tags,
                member: redis.index & tags != 0,
            });
            if self.0.renamed_index {
                redis.index &= !tags;
            }
            out.to(
                format_args!("{call} forgets the tag: record {record}"),
                next,
            );
        } else if self.broken(Mutant::DeleteThenRecord) {
            let mut next = call.at(Phase::Append);
            next.redis.l2 = None;
            out.to(format_args!("{call} deletes the value"), next);
        } else if self.broken(Mutant::RecordThenDelete) {
            let next = self.append(call, Phase::Delete, Kind::Key, KEY);
            out.to(format_args!("{call} appends its record"), next);
        } else {
            let mut next = self.append(call, then, Kind::Key, KEY);
            next.redis.l2 = None;
            let record = next.redis.n();
            out.to(
                format_args!("{call} forgets the key: record {record}"),
                next,
            );
        }
    }

    /// The state in which the call's record is in the journal.
    fn append(&self, call: &Call<'_>, phase: Phase, kind: Kind, names: u8) -> State {
        let record = call.state.redis.n() + 1;
        let mut next = call.with(Writer {
            phase,
            record,
            ..call.now
        });
        next.redis.journal.push(Record {
            kind,
            names,
            version: call.now.version,
        });
        next
    }

    /// The call returns when its node has applied its record.
    fn forget_return(&self, call: &Call<'_>, out: &mut Steps<State>) {
        let Writer {
            record, version, ..
        } = call.now;
        let pos = call.state.nodes[call.x].pos;
        let names = call.state.redis.journal[usize::from(record) - 1].names;
        let mut next = call.over();
        let node = &mut next.nodes[call.x];
        // What is forgotten before its commit promises nothing to readers.
        if !self.broken(Mutant::ForgetBeforeCommit) {
            self.raise(&mut node.returned, version, names);
        }
        if pos < record && self.broken(Mutant::OwnRecordFirst) {
            let mut next = next;
            let node = &mut next.nodes[call.x];
            node.remove(names);
            node.cancel(names);
            out.to(
                format_args!("{call} applies its own record {record}, returns"),
                next,
            );
        }
        if pos >= record || self.broken(Mutant::ReturnBeforeApply) {
            out.to(format_args!("{call} returns"), next);
        }
    }

    /// Put: as-of, commit, local check, script, apply up to the record, keep,
    /// return.
    fn put(&self, call: &Call<'_>, out: &mut Steps<State>) {
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
