//! The writers, and what their records bring about: apply, trim, reclaim.

use super::config::{Mutant, Op};
use super::state::{C, Entry, Flight, KEYS, Kind, NAME_OF, Names, Phase, Reclaim, Record, Stage};
use super::state::{State, TAG, Versions, Writer, matches};
use super::{NAME, Protocol};
use crate::explorer::Steps;

impl Protocol {
    /// The next record reaches `x`: remove what it matches, detach the flights
    /// whose names are known to match, `pos := n`.
    pub(super) fn apply(&self, state: &State, x: usize, out: &mut Steps<State>) {
        let pos = state.nodes[x].pos;
        if pos >= state.redis.journal.count() {
            return;
        }
        let names = state.redis.journal[usize::from(pos)].names;
        let mut next = *state;
        let node = &mut next.nodes[x];
        node.pos = pos + 1;
        for entry in &mut node.l1 {
            *entry = entry.filter(|entry| entry.names & names == 0);
        }
        if !self.broken(Mutant::NoCancel) {
            for flight in node.flights.iter_mut().flatten() {
                flight.attached &= known(flight) & names == 0;
            }
        }
        out.to(
            format_args!("{}: applies record {}", NAME[x], pos + 1),
            next,
        );
    }

    /// A node without flights needs nothing of its window.
    pub(super) fn trim(&self, state: &State, x: usize, out: &mut Steps<State>) {
        let node = &state.nodes[x];
        let idle = node.flights.iter().all(Option::is_none);
        if self.0.trims && idle && node.window < node.pos {
            let mut next = *state;
            next.nodes[x].window = node.pos;
            out.to(
                format_args!("{}: trims its window up to {}", NAME[x], node.pos),
                next,
            );
        }
    }

    /// All members of a record, in one step: delete those whose as-of is older.
    pub(super) fn reclaim(&self, state: &State, out: &mut Steps<State>) {
        for (at, Reclaim { record, names }) in state.redis.reclaims.iter().enumerate() {
            let mut next = *state;
            for (entry, index) in next.redis.l2.iter_mut().zip(state.redis.index) {
                *entry = entry.filter(|entry| index & names == 0 || entry.as_of >= *record);
            }
            next.redis.reclaims.remove(at);
            out.to(
                format_args!("the members of record {record} are reclaimed"),
                next,
            );
        }
    }

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
        let node = &state.nodes[x];
        match now.phase {
            Phase::Begin if op == Op::Put => {
                let next = call.with(Writer {
                    phase: Phase::Commit,
                    as_of: node.pos,
                    ..now
                });
                out.to(
                    format_args!("{call} begins to put C, as of {}", node.pos),
                    next,
                );
            }
            Phase::Begin | Phase::Commit => call.commit(out),
            Phase::CheckWindow => {
                let names = self.own_names(C);
                let after = now.as_of.max(node.window);
                let met = matches(&state.redis.journal, after, node.pos, names);
                let next = call.with(Writer {
                    phase: Phase::Script,
                    p1: node.pos,
                    conflict: met || now.as_of < node.window,
                    ..now
                });
                out.to(
                    format_args!("{call} checks the window up to {}", node.pos),
                    next,
                );
            }
            Phase::Script => self.script(&call, out),
            Phase::Return => self.write_return(&call, out),
        }
    }

    /// Append the record; delete the key, or store what is put unless writers
    /// raced; delete what depends on the key, or leave that to a reclaim.
    fn script(&self, call: &Call<'_>, out: &mut Steps<State>) {
        let mut next = *call.state;
        let redis = &mut next.redis;
        let (row, now) = (call.row(), call.now);
        let own = self.own_names(C);
        let raced = matches(&redis.journal, now.p1, redis.journal.count(), own);
        let conflict = now.conflict || (call.op == Op::Put && raced);
        let (kind, names) = match call.op {
            Op::Forget(key) => (Kind::Key, NAME_OF[key]),
            Op::ForgetTag => (Kind::Tag, TAG),
            Op::Put => (Kind::Put, NAME_OF[C]),
        };
        redis.journal.push(Record {
            kind,
            names,
            row: row as u8,
            version: now.version,
        });
        let record = redis.journal.count();
        if call.op != Op::ForgetTag {
            redis.l2[row] = None;
        }
        if call.op == Op::Put && !conflict {
            redis.store(C, call.entry(record, own));
        }
        let indexed = !self.broken(Mutant::NoReverseIndex);
        if indexed && (self.0.reclaimed || call.op == Op::ForgetTag) {
            redis.reclaims.insert(Reclaim { record, names });
        } else if indexed {
            delete_dependants(&mut redis.l2, redis.index, row, names);
        }
        next.writers[call.w] = Writer {
            phase: Phase::Return,
            record,
            p1: 0,
            conflict,
            ..now
        };
        let what = match call.op {
            Op::Forget(_) => "forgets",
            Op::ForgetTag => "forgets the tag of",
            Op::Put if conflict => "deletes, because of a conflict,",
            Op::Put => "puts",
        };
        out.to(
            format_args!("{call} {what} {}: record {record}", KEYS[row]),
            next,
        );
    }

    /// The call returns when its node has applied its record.
    fn write_return(&self, call: &Call<'_>, out: &mut Steps<State>) {
        let node = &call.state.nodes[call.x];
        let now = call.now;
        if node.pos < now.record && !self.broken(Mutant::ReturnBeforeApply) {
            return;
        }
        let mut next = call.with(Writer {
            call: now.call + 1,
            ..Writer::default()
        });
        let after = &mut next.nodes[call.x];
        if call.op == Op::Put && !now.conflict {
            let entry = call.entry(now.record, self.own_names(C));
            let matched = node.matched(call.state, entry, now.record, node.pos);
            if !matched && now.record >= node.window {
                after.l1[C] = Some(entry);
            }
        }
        let returned = &mut after.returned[call.row()];
        *returned = now.version.max(*returned);
        out.to(format_args!("{call} returns"), next);
    }
}

/// The names that a flight is known to have: those of a value that it holds,
/// not those of one that its loader has yet to return.
fn known(flight: &Flight) -> Names {
    let own = NAME_OF[usize::from(flight.key)];
    match (flight.stage, flight.entry) {
        (Stage::CheckL2 | Stage::CheckWindow | Stage::Fill | Stage::Insert, Some(entry)) => {
            own | entry.names
        }
        _ => own,
    }
}

/// Deletes the keys that are indexed under `names`, except `row` itself.
fn delete_dependants(l2: &mut [Option<Entry>; 3], index: [Names; 3], row: usize, names: Names) {
    for (key, entry) in l2.iter_mut().enumerate() {
        if key != row && index[key] & names != 0 {
            *entry = None;
        }
    }
}

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
    /// The row that it commits.
    fn row(&self) -> usize {
        match self.op {
            Op::Forget(key) => key,
            Op::ForgetTag | Op::Put => C,
        }
    }

    fn with(&self, writer: Writer) -> State {
        let mut next = *self.state;
        next.writers[self.w] = writer;
        next
    }

    fn commit(&self, out: &mut Steps<State>) {
        let row = self.row();
        let version = self.state.db[row] + 1;
        let phase = match self.op {
            Op::Put => Phase::CheckWindow,
            _ => Phase::Script,
        };
        let mut next = self.with(Writer {
            phase,
            version,
            ..self.now
        });
        next.db[row] = version;
        out.to(
            format_args!("{self} commits row {version} of {}", KEYS[row]),
            next,
        );
    }

    /// What it puts, as of its record.
    fn entry(&self, record: u8, names: Names) -> Entry {
        Entry {
            versions: Versions::of(C, self.now.version),
            as_of: record,
            names,
        }
    }
}

impl std::fmt::Display for Call<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: writer {}", NAME[self.x], self.w + 1)
    }
}
