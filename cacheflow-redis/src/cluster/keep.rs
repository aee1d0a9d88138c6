//! Keeping a value whose journal, value and indexes lie in different slots.
//!
//! No script spans them, so the order of the steps does it:
//!
//! 1. *index*: the key enters the indexes of its tags and dependencies. Were it
//!    later than the value, a filler that dies in between would leave a value that
//!    no record's reclaim finds.
//! 2. *set*: the value is written, provisionally and for a short time: readers
//!    take it for a miss. A filler that dies after this leaves nothing for long.
//! 3. *check*: the journal is read. Were that before the set, a record between the
//!    two would have removed nothing yet, and the old value would come after it.
//! 4. *confirm*: nothing made it old: it becomes permanent, if it is still the very
//!    same bytes. Another's in its place may be one that a record makes old.
//!    Or *undo*: it goes, if it is still the very same.
//!
//! A record that comes after the check finds the value where it looks for it, in
//! the index or under its key, and removes it, provisional or not.

use std::time::Duration;

use cacheflow::Result;
use cacheflow::clock::Clock;
use cacheflow::entry::Envelope;
use cacheflow::event::Position;
use cacheflow::key::{FullKey, Marks};
use cacheflow::store::Filled;

use super::ClusterStore;
use super::each::each;
use super::scripts::{CONFIRM, INDEX, SET, UNDO};
use super::shard::Call;
use crate::error::unexpected;
use crate::link::random;
use crate::store::values::millis;

/// How long a value may be provisional.
const PROVISIONAL: Duration = Duration::from_secs(5);

/// A filler that takes longer from its first step to its last gives up.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a member stays in an index beyond its value's longest lifetime: what
/// passes at most from the index' step until the value's lifetime begins.
const MARGIN: Duration = Duration::from_secs(20);

/// How long it stays at least among what was made of a key: more may depend on
/// it than its value tells.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A value that is to be kept.
pub(super) struct Keep<'a> {
    pub(super) operation: &'static str,
    pub(super) key: &'a FullKey,
    /// Its envelope, with the right as-of number.
    pub(super) bytes: Vec<u8>,
    pub(super) marks: &'a Marks,
    pub(super) ttl: Duration,
    /// For how long it may be kept in all, by touches.
    pub(super) longest: Duration,
    /// Up to where nothing makes it old.
    pub(super) checked: Position,
}

impl ClusterStore {
    /// See the [module's documentation](self).
    pub(super) async fn keep(&self, keep: Keep<'_>) -> Result<Filled> {
        let Keep {
            operation,
            key,
            mut bytes,
            marks,
            ttl,
            longest,
            checked,
        } = keep;
        // Of a clock that goes on while the machine is suspended.
        let clock = Clock::system();
        let begun = clock.now();
        let Some(as_of) = bytes.first_chunk().copied().map(u64::from_le_bytes) else {
            return Err(unexpected(operation, &self.name_of_all(), "envelope"));
        };
        let longest = longest.max(ttl);
        self.index(operation, key, marks, as_of, longest).await?;

        Envelope::provisional(&mut bytes);
        let Some(head) = bytes.get_mut(..Envelope::HEADER_BYTES) else {
            return Err(unexpected(operation, &self.name_of_all(), "envelope"));
        };
        // In place of the second as-of number, which nobody reads as long as the
        // value is provisional: two fillers' headers may else be the same.
        head[8..16].copy_from_slice(&random().to_le_bytes());
        let head = head.to_vec();
        let name = self.names.value(key);
        let short = millis(PROVISIONAL.min(ttl));
        let set: bool = self
            .shards
            .call(
                operation,
                &name,
                &Call::script(&SET, &name).arg(&bytes).arg(short),
            )
            .await?;
        if !set {
            return Ok(Filled::Refused);
        }

        let current = self.journal.check(operation, checked, key, marks).await?;
        // The members of the indexes were counted to live as long as the value may
        // from when they entered.
        let passed = clock.now().since(begun);
        let in_time = passed <= PATIENCE;
        let (script, left) = if current && in_time {
            (&*CONFIRM, millis(ttl.saturating_sub(passed)))
        } else {
            (&*UNDO, 0)
        };
        let last = Call::script(script, &name).arg(&head).arg(left);
        let done: bool = self.shards.call(operation, &name, &last).await?;
        Ok(if current && in_time && done {
            Filled::Kept
        } else {
            Filled::Refused
        })
    }

    /// Enters `key` into the indexes of its marks.
    async fn index(
        &self,
        operation: &'static str,
        key: &FullKey,
        marks: &Marks,
        as_of: u64,
        longest: Duration,
    ) -> Result<()> {
        let stays = longest.saturating_add(MARGIN);
        let tags = marks.tags().iter();
        let tags = tags.map(|tag| (self.names.tag(tag), stays));
        let dependencies = marks.dependencies().iter().filter(|other| *other != key);
        let dependencies = dependencies.map(|other| (self.names.dependents(other), stays.max(DAY)));
        let adding = tags.chain(dependencies).map(|(index, stays)| {
            let shards = self.shards.clone();
            let call = Call::script(&INDEX, &index).arg(key.as_str()).arg(as_of);
            let call = call.arg(millis(stays));
            async move { shards.call::<bool>(operation, &index, &call).await }
        });
        let adding: Vec<_> = adding.collect();
        each(adding).await?;
        Ok(())
    }
}
