//! The window: the records that a node keeps in mind.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use super::latest::Latest;
use super::watches::Watches;
use crate::clock::Tick;
use crate::event::{Change, Forgotten, Position, Record, Snapshot};
use crate::key::{CacheName, FullKey, Marks, Pattern};

/// A record that others have stays in mind for so long in any case: what a server lost
/// in a failover is repeated out of it, and values that come back with a lagging
/// replica are recognised by it.
const RING: Duration = Duration::from_secs(60);

/// So much stays in mind for [`RING`], counted in records and what they name; of
/// more, the oldest go.
const RING_SIZE: usize = 100_000;

/// So much stays in mind at most, whoever still needs it: who began before the
/// oldest of them keeps nothing.
const MOST: usize = 500_000;

/// The recent records of one journal.
///
/// It holds every record that is newer than the oldest flight or put of this
/// node, every record that is not done, and, where others have them too, what was heard
/// within a minute.
/// (Without the first, a load could not be judged at its end; without the
/// second, values of a tag would be believed until they are removed.)
#[derive(Debug, Default)]
pub(super) struct Window {
    incarnation: u64,
    lineage: Vec<Position>,
    records: BTreeMap<u64, Kept>,
    latest: Latest,
    /// Caches that are forgotten with what others forget.
    watches: Watches,
    /// How much that is, counted in records and what they name.
    size: usize,
    /// Numbers of records that are done, in the order in which they may go.
    closed: VecDeque<u64>,
    /// Writes under way, by record.
    held: Held,
    /// Since when flights and puts are under way.
    pins: BTreeMap<u64, usize>,
    /// What was forgotten on this node alone, numbered by itself.
    local: Local,
    /// The last record that is out of mind, and when it was heard.
    gone: u64,
    gone_heard: Option<Tick>,
    /// Where and when this node began to listen without a gap.
    adopted: (u64, Tick),
    /// Where nobody else has these records, they stay in mind for so long, not for
    /// [`RING`].
    alone: Option<Duration>,
}

/// Keys with the records that hold them, and until when.
type Held = HashMap<FullKey, Vec<(u64, Tick)>, foldhash::fast::RandomState>;

#[derive(Debug)]
struct Kept {
    record: Record,
    /// What it forgets besides what it names.
    also: Vec<FullKey>,
    heard: Tick,
}

/// What was forgotten without a record: because the journal cannot be reached,
/// because somebody without a journal said so, or because it was asked for.
#[derive(Debug, Default)]
struct Local {
    /// The last that is in mind.
    number: u64,
    /// The last that was applied to all caches.
    applied: u64,
    latest: Latest,
    /// When each was forgotten, for sources that lag.
    heard: VecDeque<(u64, Tick)>,
    /// How much is in mind.
    size: usize,
    /// Up to here it is not,
    floor: u64,
    /// since then.
    cleared: Option<Tick>,
}

/// So much stays in mind of what was forgotten on this node alone.
const MOST_LOCAL: usize = 10_000;

/// What the window says of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// No record after its as-of makes it old.
    Current,
    /// One does, or a write to it is under way.
    Old,
    /// That cannot be told.
    Unknown,
}

/// What a journal that goes on elsewhere does not have any more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// These records, which this node knows.
    Records(Vec<Record>),
    /// More than this node remembers.
    Unknown,
}

impl Window {
    /// What this node knows and a journal that stands at `snapshot` has lost.
    pub(super) fn lost(&self, snapshot: &Snapshot) -> Lost {
        match snapshot.reaches(self.incarnation) {
            Some(upto) if upto < self.gone => Lost::Unknown,
            Some(_) => Lost::Records(
                self.records
                    .values()
                    .map(|kept| &kept.record)
                    .filter(|record| {
                        let upto = snapshot.reaches(record.position.incarnation);
                        upto.is_some_and(|upto| record.position.number > upto)
                    })
                    .cloned()
                    .collect(),
            ),
            // Another journal altogether: its values are not those we knew.
            None => Lost::Records(Vec::new()),
        }
    }

    /// Nobody else has these records: they are there for the flights and puts of this
    /// node, and to [tell](Self::number_before) where it stood.
    pub(super) fn be_alone(&mut self) {
        self.alone = Some(Duration::ZERO);
    }

    /// From now on somebody wants to be told where the node stood `ago`.
    pub(super) fn remember(&mut self, ago: Duration) {
        self.alone = self.alone.map(|kept| kept.max(ago));
    }

    /// Begins anew where `snapshot` stands.
    pub(super) fn adopt(&mut self, snapshot: &Snapshot, now: Tick) {
        if snapshot.reaches(self.incarnation).is_none() {
            *self = Self {
                pins: std::mem::take(&mut self.pins),
                local: std::mem::take(&mut self.local),
                watches: std::mem::take(&mut self.watches),
                alone: self.alone,
                ..Self::default()
            };
        }
        self.watches.raise_all(snapshot.position.number);
        // Numbers that this journal has not given out yet were a lie, or are lost.
        for (number, kept) in self.records.split_off(&(snapshot.position.number + 1)) {
            self.let_go(number, &kept);
            release(&mut self.held, &kept.record);
        }
        self.incarnation = snapshot.position.incarnation;
        self.lineage.clone_from(&snapshot.lineage);
        // What is open here and not there was done meanwhile.
        let open: HashSet<u64> = snapshot.open.iter().map(|r| r.position.number).collect();
        let opened = self.opened().map(|(record, _)| record.position.number);
        let done: Vec<u64> = opened.filter(|number| !open.contains(number)).collect();
        for number in done {
            self.close(number);
        }
        for record in &snapshot.open {
            self.note(record, now);
        }
        self.adopted = (snapshot.position.number, now);
        self.trim(now);
    }

    /// Takes a record into mind; to be called *before* it is applied anywhere,
    /// so that whoever puts a value into memory after the record has passed there
    /// finds it here. Returns the caches that it touches without naming them.
    pub(super) fn note(&mut self, record: &Record, now: Tick) -> Vec<CacheName> {
        let number = record.position.number;
        // The same holds for the floors of what it touches.
        let touched = self.watches.touched(&record.change);
        self.watches.raise(&touched, number);
        if self.records.contains_key(&number) {
            return touched;
        }
        match &record.change {
            Change::Done(of) => self.close(*of),
            Change::Held { key, ttl } => {
                let holds = self.held.entry(key.clone()).or_default();
                holds.push((number, now.after(*ttl)));
            }
            _ => {}
        }
        self.latest.add(record);
        self.size += size_of(record);
        if !record.open {
            self.closed.push_back(number);
        }
        let kept = Kept {
            record: record.clone(),
            also: Vec::new(),
            heard: now,
        };
        self.records.insert(number, kept);
        self.trim(now);
        touched
    }

    /// From `here` on `cache` goes by `patterns`.
    pub(super) fn watch(&mut self, cache: CacheName, patterns: Vec<Pattern>, here: u64) {
        self.watches.add(cache, patterns, here);
    }

    /// Whether there are caches that go by patterns.
    pub(super) fn has_watches(&self) -> bool {
        !self.watches.is_empty()
    }

    /// The records after `after`, to the journal's last, are `told`.
    pub(super) fn looked_back(&mut self, after: Position, told: &[Record]) {
        // Numbers of another journal say nothing.
        if after.incarnation == self.incarnation {
            self.watches.looked_back(after.number, told);
        }
    }

    /// The caches that `forgotten` touches without naming them.
    pub(super) fn touched(&self, forgotten: &Forgotten) -> Vec<CacheName> {
        self.watches.touched_by(forgotten)
    }

    /// Whether an entry goes by a cache's patterns.
    pub(super) fn watches(&self, key: &FullKey, marks: &Marks) -> bool {
        self.watches.are_about(key, marks)
    }

    /// Whether a record after `number` is in mind that names `cache`, or everything.
    pub(super) fn has_named(&self, cache: &CacheName, number: u64) -> bool {
        self.latest.has_named(cache, number)
    }

    /// Takes keys into mind that the record `number` turned out to forget besides
    /// what it names.
    pub(super) fn note_also(&mut self, number: u64, keys: &[FullKey]) {
        if let Some(kept) = self.records.get_mut(&number) {
            kept.also.extend_from_slice(keys);
            self.size += keys.len();
            self.latest.add_keys(keys, number);
        }
    }

    /// Takes into mind what is about to be forgotten on this node alone.
    pub(super) fn note_local(&mut self, forgotten: &Forgotten, now: Tick) {
        let local = &mut self.local;
        let record = Record {
            position: Position {
                incarnation: 0,
                number: local.number + 1,
            },
            change: Change::Forgotten(forgotten.clone()),
            open: false,
        };
        local.size += size_of(&record);
        if local.size > MOST_LOCAL {
            local.latest = Latest::default();
            local.heard.clear();
            local.cleared = Some(now);
            local.size = 0;
            // Whoever is under way now keeps nothing.
            local.floor = local.number + 1;
        }
        local.number += 1;
        local.latest.add(&record);
        local.heard.push_back((local.number, now));
        let is_old = |(_, heard): &(u64, Tick)| now.since(*heard) >= RING;
        while local.heard.front().is_some_and(is_old) {
            local.heard.pop_front();
        }
    }

    /// What was forgotten on this node alone is applied to all caches. Counted
    /// only then: who begins before may still read what is about to go.
    pub(super) fn count_local(&mut self) {
        self.local.applied = self.local.number;
    }

    /// How often something was forgotten on this node alone, some time `ago`.
    pub(super) fn local_number(&self, ago: Duration, now: Tick) -> u64 {
        let local = &self.local;
        let is_younger = |heard: Tick| now.since(heard) < ago;
        if local.cleared.is_some_and(is_younger) {
            return local.floor.saturating_sub(1);
        }
        // In the order in which they were heard: every load asks.
        let older = local
            .heard
            .partition_point(|(_, heard)| !is_younger(*heard));
        let first = local.heard.get(older);
        first.map_or(local.applied, |(number, _)| local.applied.min(number - 1))
    }

    /// Whether something that an entry goes by was forgotten on this node alone
    /// since the `local` number.
    pub(super) fn is_old_here(&self, local: u64, key: &FullKey, marks: &Marks) -> bool {
        local < self.local.floor || self.local.latest.is_after(local, key, marks)
    }

    /// Whether this is the record of its number, as far as it is in mind.
    pub(super) fn agrees(&self, record: &Record) -> bool {
        let kept = self.records.get(&record.position.number);
        kept.is_none_or(|kept| kept.record.change == record.change)
    }

    /// What this record forgot is gone, or its write has ended.
    fn close(&mut self, number: u64) {
        let Some(kept) = self.records.get_mut(&number) else {
            return;
        };
        if !std::mem::take(&mut kept.record.open) {
            return;
        }
        release(&mut self.held, &kept.record);
        self.closed.push_back(number);
    }

    /// Judges what this node has loaded: its as-of must be of this incarnation,
    /// and every record since must be in mind.
    pub(super) fn judge_load(
        &self,
        as_of: Position,
        key: &FullKey,
        marks: &Marks,
        now: Tick,
    ) -> Verdict {
        if as_of.incarnation != self.incarnation || as_of.number < self.floor() {
            return Verdict::Unknown;
        }
        self.judge(as_of.number, key, marks, now)
    }

    /// Judges what the shared store gave: what is done was removed there, so
    /// only what is in mind counts.
    pub(super) fn judge_stored(
        &self,
        as_of: Position,
        key: &FullKey,
        marks: &Marks,
        now: Tick,
    ) -> Verdict {
        let of_this_journal = as_of.incarnation == self.incarnation
            || self.lineage.iter().any(|older| {
                older.incarnation == as_of.incarnation && as_of.number <= older.number
            });
        if !of_this_journal {
            return Verdict::Unknown;
        }
        self.judge(as_of.number, key, marks, now)
    }

    fn judge(&self, as_of: u64, key: &FullKey, marks: &Marks, now: Tick) -> Verdict {
        let mut keys = std::iter::once(key).chain(marks.dependencies());
        if self.latest.is_after(as_of, key, marks)
            || self.watches.is_after(as_of, key, marks)
            || !self.held.is_empty() && keys.any(|key| self.is_held(key, now))
        {
            return Verdict::Old;
        }
        Verdict::Current
    }

    fn is_held(&self, key: &FullKey, now: Tick) -> bool {
        let holds = self.held.get(key);
        holds.is_some_and(|holds| holds.iter().any(|(_, until)| now < *until))
    }

    /// Before this number, records are out of mind.
    fn floor(&self) -> u64 {
        self.gone.max(self.adopted.0)
    }

    /// Somebody begins at `number`: records after it stay in mind.
    pub(super) fn pin(&mut self, number: u64) {
        *self.pins.entry(number).or_default() += 1;
    }

    /// Whoever began at `number` has ended.
    pub(super) fn unpin(&mut self, number: u64) {
        if let Some(count) = self.pins.get_mut(&number) {
            *count -= 1;
            if *count == 0 {
                self.pins.remove(&number);
            }
        }
    }

    /// Where this node stood some time `ago`, if it stands at `here` now; `None`
    /// if it did not listen then, or does not remember.
    pub(super) fn number_before(&self, here: u64, ago: Duration, now: Tick) -> Option<u64> {
        let forgotten = self.gone_heard.is_some_and(|heard| now.since(heard) < ago);
        if forgotten || now.since(self.adopted.1) < ago {
            return None;
        }
        let younger = self
            .records
            .iter()
            .rev()
            .take_while(|(_, kept)| now.since(kept.heard) < ago)
            .last();
        Some(younger.map_or(here, |(number, _)| here.min(number - 1)))
    }

    /// The records that are not done, with when they were heard.
    pub(super) fn opened(&self) -> impl Iterator<Item = (&Record, Tick)> {
        self.records
            .values()
            .filter(|kept| kept.record.open)
            .map(|kept| (&kept.record, kept.heard))
    }

    /// Whether this record is known not to be done.
    pub(super) fn is_open(&self, number: u64) -> bool {
        let kept = self.records.get(&number);
        kept.is_some_and(|kept| kept.record.open)
    }

    /// Lets go of what nobody needs any more.
    pub(super) fn trim(&mut self, now: Tick) {
        let ring = self.alone.unwrap_or(RING);
        let oldest_pin = self.pins.keys().next().copied().unwrap_or(u64::MAX);
        while let Some(number) = self.closed.front().copied() {
            let Some(kept) = self.records.get(&number) else {
                self.closed.pop_front();
                continue;
            };
            let young = now.since(kept.heard) < ring && self.size <= RING_SIZE;
            if self.size <= MOST && (young || number > oldest_pin) {
                break;
            }
            self.closed.pop_front();
            if let Some(kept) = self.records.remove(&number) {
                self.gone = self.gone.max(number);
                self.gone_heard = self.gone_heard.max(Some(kept.heard));
                self.let_go(number, &kept);
            }
        }
    }

    fn let_go(&mut self, number: u64, kept: &Kept) {
        self.latest.remove(&kept.record);
        self.latest.remove_keys(&kept.also, number);
        let size = size_of(&kept.record) + kept.also.len();
        self.size = self.size.saturating_sub(size);
    }
}

/// The write that `record` announced, if it did, holds its key no more.
fn release(held: &mut Held, record: &Record) {
    if let Change::Held { key, .. } = &record.change
        && let Some(holds) = held.get_mut(key)
    {
        holds.retain(|(hold, _)| *hold != record.position.number);
        if holds.is_empty() {
            held.remove(key);
        }
    }
}

/// What a record counts for.
fn size_of(record: &Record) -> usize {
    let named = match &record.change {
        Change::Forgotten(forgotten) => {
            forgotten.keys.len()
                + forgotten.tags.len()
                + forgotten.patterns.len()
                + forgotten.caches.len()
        }
        Change::Put { dependents, .. } => 1 + dependents.len(),
        Change::Held { .. } | Change::Done(_) => 1,
    };
    1 + named
}

#[cfg(test)]
mod tests;
