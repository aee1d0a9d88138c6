//! Where a node stands towards the journal.

mod latest;
#[cfg(test)]
mod tests;
mod watches;
mod window;

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, Tick};
use crate::event::{Forgotten, Position, Record, Snapshot};
use crate::key::{CacheName, FullKey, Marks, Pattern};
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use crate::sync::{Mutex, MutexGuard};
use window::Window;
pub(crate) use window::{Lost, Verdict};

/// The last record that this node has applied; the window of records that it
/// keeps in mind; and the *gate*: until when the node may serve from memory
/// without having heard anything.
///
/// The gate is what bounds staleness when the bus is silently dead: an entry in
/// memory is served only while the node's last proof of life is younger than
/// `max_staleness`.
#[derive(Debug)]
pub(crate) struct Standing {
    place: Mutex<Place>,
    /// The number of the position, as those read it who need no more; see [`NOWHERE`].
    here: AtomicU64,
    /// The same of what was forgotten on this node alone.
    here_alone: AtomicU64,
    open_until: AtomicU64,
    /// How often the gate was closed and opened again, or closed by force.
    closures: AtomicU64,
    ended: AtomicBool,
    /// Whether a dependency was ever declared here: what is declared is not
    /// flattened, so that it has to be followed.
    declares: AtomicBool,
    max_staleness: Duration,
    clock: Clock,
}

/// In place of a number before the first subscription. Journals count from one.
const NOWHERE: u64 = u64::MAX;

#[derive(Debug, Default)]
struct Place {
    position: Option<Position>,
    window: Window,
}

impl Standing {
    /// The standing of a flow that shares nothing: it is its own journal, and
    /// its gate is always open.
    pub(crate) fn alone(clock: Clock) -> Self {
        let standing = Self::new(Tick::NEVER, Duration::MAX, clock);
        standing.place().window.be_alone();
        standing.adopt(&Snapshot {
            position: Position {
                incarnation: 1,
                number: 0,
            },
            lineage: Vec::new(),
            open: Vec::new(),
        });
        standing
    }

    /// The standing of a node that has yet to hear from its bus: the gate is
    /// closed.
    pub(crate) fn unheard(max_staleness: Duration, clock: Clock) -> Self {
        Self::new(Tick::ZERO, max_staleness, clock)
    }

    fn new(open_until: Tick, max_staleness: Duration, clock: Clock) -> Self {
        Self {
            place: Mutex::default(),
            here: AtomicU64::new(NOWHERE),
            here_alone: AtomicU64::new(0),
            open_until: AtomicU64::new(open_until.nanos()),
            closures: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            declares: AtomicBool::new(false),
            max_staleness,
            clock,
        }
    }

    /// The last record that was applied; `None` before the first subscription.
    ///
    /// Whoever reads a position and *then* looks whether a flight was cancelled,
    /// or asks for a verdict, has seen the effect of every record up to that
    /// position, because a record is applied before it is counted.
    pub(crate) fn position(&self) -> Option<Position> {
        self.place().position
    }

    /// The number of that record; for those who ask nothing else, and have to wait for
    /// nobody who does.
    pub(crate) fn here(&self) -> Option<u64> {
        let number = self.here.load(Ordering::SeqCst);
        (number != NOWHERE).then_some(number)
    }

    /// Loads and puts will be dated back by so much.
    pub(crate) fn remember(&self, hold_off: Duration) {
        self.place().window.remember(hold_off);
    }

    /// Somebody begins to load or put: the records from here on stay in mind
    /// until the guard is dropped.
    ///
    /// With `hold_off` the beginning is dated back by so much; `None` if this
    /// node was not listening then.
    pub(crate) fn begin(self: &Arc<Self>, hold_off: Duration) -> AsOf {
        let mut place = self.place();
        let now = self.clock.now();
        let local = place.window.local_number(hold_off, now);
        let Some(here) = place.position else {
            return AsOf {
                position: None,
                local,
                kept_nowhere: false,
                pinned: None,
            };
        };
        let number = if hold_off.is_zero() {
            Some(here.number)
        } else {
            place.window.number_before(here.number, hold_off, now)
        };
        let Some(number) = number else {
            return AsOf {
                position: Some(here),
                local,
                kept_nowhere: true,
                pinned: None,
            };
        };
        place.window.pin(number);
        AsOf {
            position: Some(Position { number, ..here }),
            local,
            kept_nowhere: false,
            pinned: Some((Arc::clone(self), number)),
        }
    }

    /// A record is about to be applied. Returns the caches that it touches without
    /// naming them: they are to be forgotten with it.
    pub(crate) fn note(&self, record: &Record) -> Vec<CacheName> {
        self.place().window.note(record, self.clock.now())
    }

    /// From now on `cache` is forgotten when something is that one of `patterns`
    /// matches. Not while a record is applied, and before anything of the cache is
    /// read.
    pub(crate) fn watch(&self, cache: CacheName, patterns: Vec<Pattern>) {
        let mut place = self.place();
        let here = place.position.map_or(0, |position| position.number);
        place.window.watch(cache, patterns, here);
    }

    /// Whether there are caches here that go by patterns.
    pub(crate) fn has_watches(&self) -> bool {
        self.place().window.has_watches()
    }

    /// The journal's records after `after`, to its last, are `told`.
    pub(crate) fn looked_back(&self, after: Position, told: &[Record]) {
        self.place().window.looked_back(after, told);
    }

    /// The caches that `forgotten` touches without naming them.
    pub(crate) fn touched(&self, forgotten: &Forgotten) -> Vec<CacheName> {
        self.place().window.touched(forgotten)
    }

    /// Whether an entry goes by a cache's patterns.
    pub(crate) fn watches(&self, key: &FullKey, marks: &Marks) -> bool {
        self.place().window.watches(key, marks)
    }

    /// Whether a record after `number` is known that names `cache`, or everything.
    pub(crate) fn has_named(&self, cache: &CacheName, number: u64) -> bool {
        self.place().window.has_named(cache, number)
    }

    /// Whether this is the record that was applied under its number, as far as
    /// that is in mind.
    pub(crate) fn agrees(&self, record: &Record) -> bool {
        self.place().window.agrees(record)
    }

    /// Something is about to be forgotten on this node alone.
    pub(crate) fn note_local(&self, forgotten: &Forgotten) {
        let now = self.clock.now();
        self.place().window.note_local(forgotten, now);
    }

    /// That is applied to all caches.
    pub(crate) fn count_local(&self) {
        let mut place = self.place();
        place.window.count_local();
        let applied = place.window.local_number(Duration::ZERO, self.clock.now());
        self.here_alone.store(applied, Ordering::SeqCst);
    }

    /// Where this node stands, for a caller that joins somebody else's load.
    pub(crate) fn joining(&self) -> Joined {
        Joined {
            number: self.here(),
            local: self.here_alone.load(Ordering::SeqCst),
        }
    }

    /// Whether what began at `as_of` is good enough for a caller that joined
    /// later, without a look at what it is made of.
    pub(crate) fn began_after(as_of: &AsOf, joined: Joined) -> bool {
        as_of.position.map(|position| position.number) >= joined.number
            && as_of.local >= joined.local
    }

    /// The record `number` turned out to forget these keys as well.
    pub(crate) fn note_also(&self, number: u64, keys: &[FullKey]) {
        self.place().window.note_also(number, keys);
    }

    /// Whether every record before the one at `position` has been applied.
    pub(crate) fn has_come_to(&self, position: Position) -> bool {
        let here = self.position();
        here.is_some_and(|here| {
            here.incarnation == position.incarnation && here.number + 1 >= position.number
        })
    }

    /// To be called after the record at `position` has been applied.
    pub(crate) fn stand_at(&self, position: Position) {
        let mut place = self.place();
        place.position = Some(position);
        self.here.store(position.number, Ordering::SeqCst);
    }

    /// The position turned out to be false: as if nothing had been heard yet.
    pub(crate) fn forget_position(&self) {
        let mut place = self.place();
        place.position = None;
        self.here.store(NOWHERE, Ordering::SeqCst);
    }

    /// What this node knows and a journal at `snapshot` has lost.
    pub(crate) fn lost(&self, snapshot: &Snapshot) -> Lost {
        self.place().window.lost(snapshot)
    }

    /// Begins anew at `snapshot`; to be called after memory was dropped.
    pub(crate) fn adopt(&self, snapshot: &Snapshot) {
        let mut place = self.place();
        place.position = Some(snapshot.position);
        self.here.store(snapshot.position.number, Ordering::SeqCst);
        place.window.adopt(snapshot, self.clock.now());
    }

    /// Judges a value that this node has put as the record at `put`.
    pub(crate) fn judge_put(&self, put: Position, key: &FullKey, marks: &Marks) -> Verdict {
        let place = self.place();
        place.window.judge_load(put, key, marks, self.clock.now())
    }

    /// Judges a value that this node has loaded as of `as_of`.
    pub(crate) fn judge_load(&self, as_of: &AsOf, key: &FullKey, marks: &Marks) -> Verdict {
        let place = self.place();
        if as_of.kept_nowhere {
            return Verdict::Unknown;
        }
        if place.window.is_old_here(as_of.local, key, marks) {
            return Verdict::Old;
        }
        match (as_of.position, place.position) {
            (Some(as_of), _) => place.window.judge_load(as_of, key, marks, self.clock.now()),
            // Nothing was ever heard: nobody can have told us that it is old.
            (None, None) => Verdict::Current,
            (None, Some(_)) => Verdict::Unknown,
        }
    }

    /// Judges a value that a store gave whose journal has this `incarnation`.
    pub(crate) fn judge_stored(
        &self,
        incarnation: u64,
        as_of: Position,
        key: &FullKey,
        marks: &Marks,
    ) -> Verdict {
        let place = self.place();
        // The store must keep the journal that this node listens to: one that has just
        // taken over may hold what this node knows to be forgotten.
        if place
            .position
            .is_none_or(|here| here.incarnation != incarnation)
        {
            return Verdict::Unknown;
        }
        place
            .window
            .judge_stored(as_of, key, marks, self.clock.now())
    }

    /// The records that are not done, with how long ago they were heard.
    pub(crate) fn open_records(&self) -> Vec<(Record, Duration)> {
        let now = self.clock.now();
        let place = self.place();
        let opened = place.window.opened();
        opened
            .map(|(record, heard)| (record.clone(), now.since(heard)))
            .collect()
    }

    /// Whether this record is known not to be done.
    pub(crate) fn is_open_record(&self, number: u64) -> bool {
        self.place().window.is_open(number)
    }

    /// A load or a put begins that declares dependencies.
    pub(crate) fn declare(&self) {
        self.declares.store(true, Ordering::SeqCst);
    }

    /// Whether there ever was one.
    pub(crate) fn declares(&self) -> bool {
        self.declares.load(Ordering::SeqCst)
    }

    /// Everything that was announced before `asked` has been applied.
    pub(crate) fn prove(&self, asked: Tick) {
        if self.ended.load(Ordering::SeqCst) {
            return;
        }
        let until = asked.after(self.max_staleness).nanos();
        let before = self.open_until.fetch_max(until, Ordering::SeqCst);
        if is_over(before, self.clock.now()) {
            self.closures.fetch_add(1, Ordering::SeqCst);
        }
        // The end may have come between the look and the proof.
        if self.ended.load(Ordering::SeqCst) {
            self.disprove();
        }
    }

    /// Closes the gate until the next proof.
    pub(crate) fn disprove(&self) {
        let before = self.open_until.swap(Tick::ZERO.nanos(), Ordering::SeqCst);
        if before != Tick::ZERO.nanos() {
            self.closures.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// How often the gate was closed that had been open. Nobody is told when its time
    /// is over: that is found when it is opened again, or here.
    pub(crate) fn gate_closures(&self) -> u64 {
        let until = self.open_until.load(Ordering::SeqCst);
        let now_closed = is_over(until, self.clock.now());
        self.closures.load(Ordering::SeqCst) + u64::from(now_closed)
    }

    /// Closes the gate for good: nobody listens any more.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
        self.open_until.store(Tick::ZERO.nanos(), Ordering::SeqCst);
    }

    /// Whether memory may be served at `now`.
    #[inline]
    pub(crate) fn is_open(&self, now: Tick) -> bool {
        now < Tick::from_nanos(self.open_until.load(Ordering::Acquire))
    }

    /// How long ago the last proof was given that no news were missed; `None` if there
    /// was none since the last gap.
    pub(crate) fn silent_for(&self, now: Tick) -> Option<Duration> {
        let until = Tick::from_nanos(self.open_until.load(Ordering::Acquire));
        (until > Tick::ZERO).then(|| now.after(self.max_staleness).since(until))
    }

    pub(crate) fn max_staleness(&self) -> Duration {
        self.max_staleness
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a gate that was opened until then is closed by now.
fn is_over(until: u64, now: Tick) -> bool {
    until != Tick::ZERO.nanos() && Tick::from_nanos(until) <= now
}

/// Where the node stood when a caller joined a load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Joined {
    number: Option<u64>,
    local: u64,
}

/// Where the node stood when a load or a put began. While it lives, the records
/// from there on stay in mind.
#[derive(Debug)]
pub(crate) struct AsOf {
    position: Option<Position>,
    /// The same for what was forgotten on this node alone.
    local: u64,
    kept_nowhere: bool,
    pinned: Option<(Arc<Standing>, u64)>,
}

impl AsOf {
    /// The position; `None` before the first subscription.
    pub(crate) fn position(&self) -> Option<Position> {
        self.position
    }

    /// The same place, for one more who begins there: what came since stays in mind for
    /// as long as either lives.
    pub(crate) fn again(&self) -> Self {
        let pinned = self.pinned.as_ref().map(|(standing, number)| {
            standing.place().window.pin(*number);
            (Arc::clone(standing), *number)
        });
        Self { pinned, ..*self }
    }
}

impl Drop for AsOf {
    fn drop(&mut self) {
        if let Some((standing, number)) = self.pinned.take() {
            standing.place().window.unpin(number);
        }
    }
}
