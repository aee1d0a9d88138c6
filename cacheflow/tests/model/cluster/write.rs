//! The writers: forget the key, forget a tag, put. The journal first, then the
//! value: until the record is done every reader rejects what it matches.

use super::config::{Mutant, Op};
use super::finish::set;
use super::state::matches;
use super::state::{Deletes, Entry, KEY, Kind, Names, Open, Phase, Record, State, TAG, Writer};
use super::{NAME, Protocol};
use crate::explorer::Steps;

/// One call, at the step where it is.
struct Call<'a> {
    state: &'a State,
    w: usize,
    /// The node on which it runs.
    x: usize,
    op: Op,
    now: Writer,
}

impl Call<'_> {
    fn with(&self, writer: Writer) -> State {
        let mut next = *self.state;
        next.writers[self.w] = writer;
        next
    }

    fn at(&self, phase: Phase) -> State {
        self.with(Writer { phase, ..self.now })
    }

    /// The state in which its record is in the journal, with its deletes as said.
    fn appended(&self, writer: Writer, kind: Kind, names: Names, deletes: Deletes) -> State {
        let record = self.state.redis.journal.count() + 1;
        let mut next = self.with(Writer { record, ..writer });
        next.redis.journal.push(Record {
            kind,
            names,
            version: self.now.version,
        });
        next.redis.open.insert(Open { record, deletes });
        next
    }

    /// In `next` the deletes of its record are over, unless somebody else began them.
    fn over(&self, next: &mut State) {
        if let Some(place) = next.redis.due(self.now.record) {
            set(next, place, Deletes::Over);
        }
    }
}

impl std::fmt::Display for Call<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: writer {}", NAME[self.x], self.w + 1)
    }
}

impl Protocol {
    /// The next step of writer `w`, or its end: it may die.
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
        match now.phase {
            Phase::Begin if op == Op::Put => {
                let as_of = state.nodes[x].pos;
                let next = call.with(Writer {
                    phase: Phase::Commit,
                    as_of,
                    ..now
                });
                out.to(format_args!("{call} begins to put, as of {as_of}"), next);
            }
            Phase::Begin | Phase::Commit => self.commit(&call, out),
            Phase::Append if op == Op::Put => self.append_put(&call, out),
            Phase::Append => self.append(&call, out),
            Phase::Delete => self.delete(&call, out),
            Phase::DeleteFirst => {
                let mut next = call.at(Phase::Append);
                next.redis.l2 = None;
                out.to(format_args!("{call} deletes, before its record"), next);
            }
            Phase::CheckWindow => self.check_put(&call, out),
            Phase::Index => {
                let mut next = call.at(Phase::Set);
                next.redis.index(self.member(now.record));
                out.to(format_args!("{call} adds the key to the index"), next);
            }
            Phase::Set => set_put(&call, out),
            Phase::ReadJournal | Phase::Keep | Phase::Undo => self.verify_put(&call, out),
            Phase::Return => self.write_return(&call, out),
        }
        let between = matches!(
            now.phase,
            Phase::Delete | Phase::Index | Phase::Set | Phase::ReadJournal
        );
        if self.0.writers_die && between {
            let next = call.with(Writer {
                call: calls.len() as u8,
                ..Writer::default()
            });
            out.to(format_args!("{call} dies"), next);
        }
    }

    fn commit(&self, call: &Call<'_>, out: &mut Steps<State>) {
        let version = call.state.db + 1;
        let phase = match call.op {
            Op::Put => Phase::CheckWindow,
            Op::Forget if self.broken(Mutant::DeleteThenRecord) => Phase::DeleteFirst,
            _ => Phase::Append,
        };
        let mut next = call.with(Writer {
            phase,
            version,
            ..call.now
        });
        next.db = version;
        out.to(format_args!("{call} commits"), next);
    }

    /// Forget: the record.
    fn append(&self, call: &Call<'_>, out: &mut Steps<State>) {
        let (kind, names) = match call.op {
            Op::ForgetTag => (Kind::Tag, TAG),
            _ => (Kind::Key, KEY),
        };
        let deleted = self.broken(Mutant::DeleteThenRecord) && call.op == Op::Forget;
        let (phase, deletes) = if deleted {
            (Phase::Return, Deletes::Over)
        } else {
            (Phase::Delete, Deletes::Due)
        };
        let writer = Writer { phase, ..call.now };
        let next = call.appended(writer, kind, names, deletes);
        let record = next.writers[call.w].record;
        out.to(format_args!("{call} appends record {record}"), next);
    }

    /// Forget: the deletes, or for a tag their beginning, if nobody else began them.
    fn delete(&self, call: &Call<'_>, out: &mut Steps<State>) {
        let record = call.now.record;
        let mut next = call.at(Phase::Return);
        if call.op == Op::ForgetTag {
            if let Some(place) = next.redis.due(record) {
                self.take(&mut next, place);
            }
            out.to(
                format_args!("{call} takes the members for record {record}"),
                next,
            );
            return;
        }
        if self.broken(Mutant::DeleteUncompared) {
            if let Some(entry) = next.redis.l2.filter(|entry| entry.as_of >= record) {
                self.must_be_dead(call.state, entry, out);
            }
            next.redis.l2 = None;
        } else {
            next.redis.delete_older(record);
        }
        call.over(&mut next);
        out.to(
            format_args!("{call} deletes what is older than record {record}"),
            next,
        );
    }

    /// Put: the local half of the conflict check.
    fn check_put(&self, call: &Call<'_>, out: &mut Steps<State>) {
        let node = &call.state.nodes[call.x];
        let Writer { as_of, .. } = call.now;
        let met = self.matched(call.state, node, as_of, node.pos) || as_of < node.window;
        let next = call.with(Writer {
            phase: Phase::Append,
            p1: node.pos,
            conflict: met && !self.broken(Mutant::NoConflictCheck),
            ..call.now
        });
        out.to(
            format_args!("{call} checks the window up to {}", node.pos),
            next,
        );
    }

    /// Put: the record, in the same script as the other half of the check.
    fn append_put(&self, call: &Call<'_>, out: &mut Steps<State>) {
        let journal = &call.state.redis.journal;
        let n = journal.count();
        let met = matches(journal, call.now.p1, n, self.names());
        let conflict = call.now.conflict || (met && !self.broken(Mutant::NoConflictCheck));
        let writer = Writer {
            phase: if self.0.tagged && !conflict {
                Phase::Index
            } else {
                Phase::Set
            },
            as_of: n + 1,
            p1: 0,
            conflict,
            ..call.now
        };
        let next = call.appended(writer, Kind::Put, KEY, Deletes::Due);
        let how = if conflict { ", a conflict" } else { "" };
        out.to(format_args!("{call} appends record {}{how}", n + 1), next);
    }

    /// Put: read the journal again; then make permanent, or delete, what is
    /// still the same.
    fn verify_put(&self, call: &Call<'_>, out: &mut Steps<State>) {
        let (redis, now) = (&call.state.redis, call.now);
        if now.phase == Phase::ReadJournal {
            let n = redis.journal.count();
            let met = matches(&redis.journal, now.record, n, self.names());
            let next = call.at(if met { Phase::Undo } else { Phase::Keep });
            let says = if met { "forbids" } else { "allows" };
            out.to(
                format_args!("{call} reads the journal, which {says} it"),
                next,
            );
            return;
        }
        let mut next = call.with(Writer {
            phase: Phase::Return,
            mark: 0,
            ..now
        });
        let mine = redis.l2.filter(|entry| entry.mark == now.mark);
        if let Some(entry) = mine {
            let keeps = now.phase == Phase::Keep;
            next.redis.l2 = keeps.then(|| entry.permanent());
        }
        let how = match now.phase {
            Phase::Keep => "makes permanent",
            _ => "deletes",
        };
        out.to(format_args!("{call} {how} what is still its own"), next);
    }

    /// The call returns when its node has applied its record.
    fn write_return(&self, call: &Call<'_>, out: &mut Steps<State>) {
        let (node, now) = (&call.state.nodes[call.x], call.now);
        if node.pos < now.record {
            return;
        }
        let mut next = call.with(Writer {
            call: now.call + 1,
            ..Writer::default()
        });
        let after = &mut next.nodes[call.x];
        after.returned = now.version.max(after.returned);
        let keeps = call.op == Op::Put
            && !now.conflict
            && now.record >= node.window
            && !self.matched(call.state, node, now.record, node.pos);
        if keeps {
            after.l1 = Some((now.version, now.record));
        }
        out.to(format_args!("{call} returns"), next);
    }
}

/// Put: SET, provisional, as of its record; or, on conflict, delete.
fn set_put(call: &Call<'_>, out: &mut Steps<State>) {
    let now = call.now;
    if now.conflict {
        let mut next = call.at(Phase::Return);
        next.redis.l2 = None;
        call.over(&mut next);
        out.to(format_args!("{call} deletes, because of a conflict"), next);
        return;
    }
    let entry = Entry {
        version: now.version,
        as_of: now.record,
        provisional: true,
        mark: call.state.new_mark(),
    };
    let mut next = call.with(Writer {
        phase: Phase::ReadJournal,
        mark: entry.mark,
        ..now
    });
    next.redis.l2 = Some(entry);
    call.over(&mut next);
    out.to(format_args!("{call} SET {entry}"), next);
}
