//! The writers: forget the key, forget a tag. (The put is in `put`.)

use std::fmt;

use super::config::{Mutant, Op};
use super::state::{KEY, Kind, Phase, Reclaim, Record, State, Writer};
use super::{NAME, Protocol};
use crate::explorer::Steps;

/// One call, at the step where it is.
pub(super) struct Call<'a> {
    pub(super) state: &'a State,
    pub(super) w: usize,
    /// The node on which it runs.
    pub(super) x: usize,
    pub(super) op: Op,
    pub(super) now: Writer,
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

    pub(super) fn with(&self, writer: Writer) -> State {
        let mut next = *self.state;
        next.writers[self.w] = writer;
        next
    }

    /// The state in which the call has returned.
    pub(super) fn over(&self) -> State {
        self.with(Writer {
            call: self.now.call + 1,
            ..Writer::default()
        })
    }

    /// The state in which the next version is committed.
    pub(super) fn committed(&self, phase: Phase) -> State {
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
    pub(super) fn append(&self, call: &Call<'_>, phase: Phase, kind: Kind, names: u8) -> State {
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
}
