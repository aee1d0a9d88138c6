//! One node: applies records, in order, to all its caches.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, PoisonError, Weak};

use tokio::sync::Notify;

use super::following::Following;
use super::gathered::Gathered;
use super::outbox::Outbox;
use super::reclaim::Reclaiming;
use super::untold::Untold;
use crate::clock::{Clock, LastChange, Tick};
use crate::event::{
    By, Change, Deleted, Event, EventSink, Forgotten, Gone, Position, Record, Snapshot, Target,
    Traffic,
};
use crate::key::{CacheName, FullKey, Marks, Pattern};
use crate::lock::Waiting;
use crate::standing::{Lost, Standing};
use crate::store::Guarded;
use crate::sync::atomic::AtomicBool;
use crate::sync::{Mutex, MutexGuard, RwLock};

/// What a node needs of each of its caches.
pub(crate) trait NearCache: Send + Sync {
    /// Forgets entries that are older than the record `before`, and what is
    /// under way. Returns what went; if it is `wanted`, with the keys of those that
    /// went by something else than their own key.
    fn forget(&self, target: Target<'_>, before: u64, wanted: bool) -> Gone;

    /// Whether something here was made of something else.
    fn has_dependents(&self) -> bool;

    /// Forgets everything.
    fn forget_all(&self);

    /// The keys in memory of what depends on `key`.
    fn dependents(&self, key: &FullKey) -> Vec<FullKey>;

    /// What the entry of `key` in memory depends on.
    fn dependencies(&self, key: &FullKey) -> Option<Vec<FullKey>>;

    /// The entries in memory that were made of others, with their marks.
    fn graph(&self) -> Vec<(FullKey, Arc<Marks>)>;
}

/// This process as one of the nodes that share a journal.
pub(crate) struct Node {
    pub(super) origin: String,
    pub(super) standing: Arc<Standing>,
    pub(super) shared: Option<Arc<Guarded>>,
    pub(super) clock: Clock,
    pub(super) events: EventSink,
    caches: RwLock<HashMap<CacheName, Weak<dyn NearCache>>>,
    /// Held while a record is applied and counted, so that records that arrive
    /// by the bus, by a replay and by the answers of this node's own changes do
    /// not overtake one another.
    applying: Mutex<Applying>,
    outbox: Mutex<Outbox>,
    pub(super) reclaiming: Reclaiming,
    pub(super) following: Following,
    pub(super) gathered: Arc<Gathered>,
    /// Wakes the task that asks what touched a cache before.
    pub(super) watching: Notify,
    /// Who waits for which lease.
    pub(super) waiting: Arc<Waiting>,
    /// Wakes the task that makes up for what was missed.
    pub(super) missing: Notify,
    pub(super) bus_is_up: AtomicBool,
    /// When it was connected, or lost.
    pub(super) bus_changed: LastChange,
    pub(super) traffic: Traffic,
}

/// What is known beyond the last record that was applied.
#[derive(Default)]
pub(super) struct Applying {
    /// Where the node stood at the last heartbeat, and when: the journal must not
    /// be behind that when it is asked the next time.
    pub(super) at_last: Option<(Position, Tick)>,
    /// Records that came while one before them was missing.
    pub(super) ahead: BTreeMap<u64, (Record, String)>,
    /// What will be proven when the node stands there.
    pub(super) due: Option<(Position, Tick)>,
    /// What records have removed of which it is not known yet whose they are.
    pub(super) untold: Untold,
}

/// So many records wait for one that is missing; of more, none: a replay brings
/// them.
const MOST_AHEAD: usize = 10_000;

/// What a [`Node`] is made of.
pub(crate) struct Parts {
    /// Tells this start of this process from every other.
    pub(crate) origin: String,
    pub(crate) standing: Arc<Standing>,
    pub(crate) shared: Option<Arc<Guarded>>,
    pub(crate) waiting: Arc<Waiting>,
    pub(crate) clock: Clock,
    pub(crate) events: EventSink,
}

impl Node {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts {
            origin,
            standing,
            shared,
            waiting,
            clock,
            events,
        } = parts;
        Self {
            origin,
            standing,
            shared,
            waiting,
            clock,
            events,
            caches: RwLock::default(),
            applying: Mutex::default(),
            outbox: Mutex::default(),
            reclaiming: Reclaiming::default(),
            following: Following::default(),
            gathered: Arc::default(),
            watching: Notify::new(),
            missing: Notify::new(),
            bus_is_up: AtomicBool::new(false),
            bus_changed: LastChange::now(),
            traffic: Traffic::default(),
        }
    }

    /// From now on `cache` is told what is forgotten.
    pub(crate) fn attach(&self, name: CacheName, cache: Weak<dyn NearCache>) {
        let mut caches = self.caches.write().unwrap_or_else(PoisonError::into_inner);
        caches.insert(name, cache);
    }

    /// From now on `cache` is forgotten when something is that one of `patterns`
    /// matches; to be called before anything of it is read.
    pub(crate) fn watch(&self, cache: CacheName, patterns: Vec<Pattern>) {
        // Under the lock of applying: a record that was taken into mind before, and
        // is counted after, would touch the cache without anybody's knowing.
        let _applying = self.applying();
        self.standing.watch(cache, patterns);
        self.watching.notify_one();
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// How many forgettings wait for the shared store.
    pub(crate) fn waiting(&self) -> usize {
        self.outbox().len()
    }

    pub(super) fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn applying(&self) -> MutexGuard<'_, Applying> {
        self.applying.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The caches that there are.
    pub(crate) fn caches(&self) -> Vec<Arc<dyn NearCache>> {
        let caches = self.caches.read().unwrap_or_else(PoisonError::into_inner);
        caches.values().filter_map(Weak::upgrade).collect()
    }

    /// The cache of this name, if it is used here.
    pub(crate) fn cache(&self, name: &str) -> Option<Arc<dyn NearCache>> {
        let caches = self.caches.read().unwrap_or_else(PoisonError::into_inner);
        caches.get(name).and_then(Weak::upgrade)
    }

    /// Applies what the answer to this node's own change says that it has not
    /// heard yet, and the change itself; `own` comes last, under the same lock.
    ///
    /// Afterwards this node's memory takes the change into account: whoever reads
    /// here after the call has returned reads what it wrote. Returns how many entries
    /// it has removed from memory.
    pub(super) fn catch_up(
        &self,
        record: &Record,
        missed: Option<Vec<Record>>,
        own: impl FnOnce(),
    ) -> u64 {
        self.traffic.sent();
        let mut applying = self.applying();
        let here = self.standing.position();
        let position = record.position;
        let same_journal = here.is_some_and(|here| here.incarnation == position.incarnation);
        if !same_journal {
            // Nothing that this node knows can be compared with that journal.
            // The replay adopts it; until then at least nothing old is left here.
            self.forget_all_here();
            own();
            self.missing.notify_one();
            return 0;
        }
        if here.is_some_and(|here| here.number >= position.number) {
            // The bus was faster; the record has been applied and counted.
            own();
            return applying.untold.take(position.number).unwrap_or(0);
        }
        for missed in missed.into_iter().flatten() {
            self.apply_next(&mut applying, &missed, "");
        }
        let entries = self.apply(record, By::Caller);
        own();
        if self.next_after_here(position) == Next::Applied {
            self.standing.stand_at(position);
            self.settle(&mut applying);
        } else {
            // Records before it are missing: it was applied now, because this call
            // returns now, and is once more when its turn has come.
            let origin = self.origin.clone();
            self.keep_ahead(&mut applying, record.clone(), origin);
            self.missing.notify_one();
        }
        entries
    }

    /// Records a change of a node that is alone: it is its own journal. Returns how
    /// many entries it has removed.
    pub(super) fn record_alone(&self, change: Change, own: impl FnOnce(Position)) -> u64 {
        let _applying = self.applying();
        let Some(here) = self.standing.position() else {
            return 0;
        };
        let position = Position {
            number: here.number + 1,
            ..here
        };
        let record = Record {
            position,
            open: matches!(change, Change::Held { .. }),
            change,
        };
        let entries = self.apply(&record, By::Caller);
        own(position);
        self.standing.stand_at(position);
        entries
    }

    /// Whether a record at `position` is the next one for this node.
    fn next_after_here(&self, position: Position) -> Next {
        match self.standing.position() {
            Some(here) if here.incarnation != position.incarnation => Next::Elsewhere,
            Some(here) if position.number <= here.number => Next::Known,
            Some(here) if position.number == here.number + 1 => Next::Applied,
            Some(_) => Next::Gap,
            None => Next::Elsewhere,
        }
    }

    /// Applies a record if it is the next one. Without an `origin` it is not known
    /// whose it is.
    pub(super) fn apply_next(
        &self,
        applying: &mut Applying,
        record: &Record,
        origin: &str,
    ) -> Next {
        let next = self.next_after_here(record.position);
        if next == Next::Applied {
            // Applied first, counted second: who reads the position believes that
            // everything up to it has cancelled what it had to.
            let own = origin == self.origin;
            let entries = self.apply(record, if own { By::Itself } else { By::Another });
            self.standing.stand_at(record.position);
            if own || origin.is_empty() {
                applying.untold.add(record.position.number, entries);
            } else {
                self.tell_of_another(record, entries);
            }
        }
        next
    }

    /// Keeps a record until those before it have come.
    pub(super) fn keep_ahead(&self, applying: &mut Applying, record: Record, origin: String) {
        if applying.ahead.len() >= MOST_AHEAD {
            applying.ahead.clear();
        }
        applying
            .ahead
            .insert(record.position.number, (record, origin));
    }

    /// Applies what has waited for its turn, and proves what was due.
    pub(super) fn settle(&self, applying: &mut Applying) {
        while let Some((_, (record, origin))) = applying.ahead.pop_first() {
            if matches!(
                self.apply_next(applying, &record, &origin),
                Next::Gap | Next::Elsewhere
            ) {
                self.keep_ahead(applying, record, origin);
                break;
            }
        }
        let here = self.standing.position();
        let reached = |due: &mut (Position, Tick)| {
            here.is_some_and(|here| {
                here.incarnation == due.0.incarnation && here.number >= due.0.number
            })
        };
        if let Some((_, asked)) = applying.due.take_if(|due| reached(due)) {
            self.prove(asked);
        }
    }

    /// Takes a record into mind and then forgets, in all caches, what it says.
    /// Returns how many entries went.
    fn apply(&self, record: &Record, by: By) -> u64 {
        let touched = self.standing.note(record);
        let number = record.position.number;
        let mut targets = record.targets(by);
        targets.extend(touched.iter().map(Target::Cache));
        let gone = self.forget_targets(&targets, number);
        if !touched.is_empty() && self.shared.is_some() {
            self.following.add(touched, number);
        }
        self.forget_what_depends_on(gone, number, |gone| self.standing.note_also(number, gone))
    }

    fn forget_targets(&self, targets: &[Target<'_>], before: u64) -> Gone {
        let caches = self.caches();
        // Where nothing was made of anything, nobody asks what went: of a tag with
        // very many entries, to tell them would take longer than to forget them.
        let wanted = self.standing.declares() || caches.iter().any(|cache| cache.has_dependents());
        let mut gone = Gone::default();
        for target in targets {
            for cache in &caches {
                let more = cache.forget(*target, before, wanted);
                gone.entries += more.entries;
                gone.keys.extend(more.keys);
            }
        }
        gone
    }

    /// What went by a tag or a pattern takes along what was declared to depend on
    /// it, and so on; each once, so that a circle ends. Returns how many entries went
    /// in all.
    fn forget_what_depends_on(&self, gone: Gone, before: u64, note: impl Fn(&[FullKey])) -> u64 {
        let mut seen = HashSet::new();
        let Gone {
            mut entries,
            mut keys,
        } = gone;
        while !keys.is_empty() {
            keys.retain(|key| seen.insert(key.clone()));
            // In the window before it is looked for, as with every record: what
            // depends on it and is put into memory behind the look, finds it.
            note(&keys);
            let targets: Vec<_> = keys.iter().map(Target::DependentsOf).collect();
            let gone = self.forget_targets(&targets, before);
            entries += gone.entries;
            keys = gone.keys;
        }
        entries
    }

    /// A put of `key` that nobody else is told of: `own` keeps it here.
    pub(crate) fn put_here(&self, key: &FullKey, own: impl FnOnce()) {
        let _applying = self.applying();
        let forgotten = self.with_touched(Forgotten::keys([key.clone()]));
        self.standing.note_local(&forgotten);
        let caches = forgotten.caches.iter().map(Target::Cache);
        let targets: Vec<_> = std::iter::once(Target::Putting(key))
            .chain(caches)
            .collect();
        self.forget_targets(&targets, u64::MAX);
        own();
        self.standing.count_local();
    }

    /// This and the caches that it touches: what no record says has to name them.
    pub(super) fn with_touched(&self, mut forgotten: Forgotten) -> Forgotten {
        let touched = self.standing.touched(&forgotten);
        forgotten.caches.extend(touched);
        forgotten
    }

    /// Forgets on this node alone, whatever the journal says; `remote`, because
    /// another node said so. Returns how many entries went.
    pub(super) fn forget_here(&self, forgotten: &Forgotten, remote: bool) -> u64 {
        let _applying = self.applying();
        let forgotten = &self.with_touched(forgotten.clone());
        self.standing.note_local(forgotten);
        let gone = self.forget_targets(&forgotten.targets(), u64::MAX);
        let entries = self.forget_what_depends_on(gone, u64::MAX, |gone| {
            self.standing.note_local(&Forgotten::keys(gone));
        });
        self.standing.count_local();
        self.tell_invalidated(forgotten, Deleted::here(entries), remote);
        entries
    }

    /// Something was missed, or the journal is another: nothing that memory
    /// holds, and nothing that is under way, is known to be current.
    pub(super) fn begin_anew(&self, applying: &mut Applying, snapshot: &Snapshot) {
        let first = self.standing.position().is_none();
        // First of all: what the journal has lost is told to it again before its
        // values are believed.
        self.repeat_what_was_lost(snapshot);
        self.forget_all_here();
        self.standing.adopt(snapshot);
        if self.standing.has_watches() {
            self.watching.notify_one();
        }
        applying.ahead.clear();
        applying.untold.clear();
        applying.due = None;
        if !first {
            self.traffic.missed_for_good();
            self.events.tell(|| Event::Gap);
        }
    }

    fn repeat_what_was_lost(&self, snapshot: &Snapshot) {
        let Some(shared) = &self.shared else { return };
        match self.standing.lost(snapshot) {
            Lost::Records(records) if records.is_empty() => {}
            Lost::Records(records) => {
                tracing::warn!(
                    records = records.len(),
                    "the journal has lost records; they are repeated"
                );
                self.postpone(shared, |outbox| {
                    for record in records {
                        outbox.add(record.change.repeated());
                    }
                });
            }
            Lost::Unknown => {
                tracing::warn!(
                    "the journal has lost more than this node remembers; everything is forgotten"
                );
                self.postpone(shared, |outbox| outbox.add(Forgotten::everything()));
            }
        }
    }

    pub(super) fn forget_all_here(&self) {
        for cache in self.caches() {
            cache.forget_all();
        }
    }
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Applied,
    /// It had been applied before.
    Known,
    /// Records are missing before it.
    Gap,
    /// It is of another journal.
    Elsewhere,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("origin", &self.origin)
            .field("position", &self.standing.position())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
