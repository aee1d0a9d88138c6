//! One step through the index of a tag, or of the key that entries were made of.

use cacheflow::Result;
use cacheflow::key::FullKey;

use super::ClusterStore;
use super::cursor::At;
use super::each::each;
use super::scripts::{REMOVE_OLDER, UNINDEX};
use super::shard::Call;

/// How many members one step looks at, about.
pub(super) const STEP: u64 = 100;

const OPERATION: &str = "reclaim";

/// The mark by which the members of an index are found.
#[derive(Clone, Debug)]
pub(super) enum Mark {
    /// All that carry this tag.
    Tag(String),
    /// All that were made of this key.
    Key(String),
}

impl Mark {
    fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Tag(tag) => ("t", tag),
            Self::Key(key) => ("d", key),
        }
    }
}

/// What a step did.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// Where the index goes on.
    pub(super) next: Option<At>,
    /// How many members it looked at.
    pub(super) members: u64,
    pub(super) removed: u64,
    /// Members on which more depends.
    pub(super) dependents: Vec<FullKey>,
}

impl ClusterStore {
    /// Removes values of some members that are older than record `n`, and then
    /// those members.
    ///
    /// All members are looked at: a filler may have raised a member's as-of and
    /// died before its value came. How old the value is only the value can tell.
    pub(super) async fn walk(&self, index: &str, mark: &Mark, at: At, n: u64) -> Result<Walked> {
        let (next, members) = self.shards.members(OPERATION, index, at, STEP).await?;
        if members.is_empty() {
            return Ok(Walked {
                next,
                ..Walked::default()
            });
        }
        let keys: Vec<FullKey> = members
            .iter()
            .filter_map(|member| FullKey::parse(std::str::from_utf8(member).ok()?))
            .collect();
        let removed = self.remove_older(&keys, Some(mark), n).await?;
        let dependents = self.with_dependents(keys).await?;
        // Last: whoever repeats this step after an error finds the same members.
        // A member that entered again since has a newer as-of, and stays to be
        // found by later records.
        let leave = Call::script(&UNINDEX, index).arg(n).arg(&members);
        let _: u64 = self.shards.call(OPERATION, index, &leave).await?;
        Ok(Walked {
            next,
            members: members.len() as u64,
            removed,
            dependents,
        })
    }

    /// Removes what is kept for these keys if it is older than record `n` and
    /// carries the mark; tells how many were.
    pub(super) async fn remove_older(
        &self,
        keys: &[FullKey],
        mark: Option<&Mark>,
        n: u64,
    ) -> Result<u64> {
        let (kind, text) = mark.map_or(("", ""), Mark::parts);
        let removing = keys.iter().map(|key| {
            let (shards, name) = (self.shards.clone(), self.names.value(key));
            let call = Call::script(&REMOVE_OLDER, &name)
                .arg(n)
                .arg(kind)
                .arg(text);
            async move { shards.call::<u64>(OPERATION, &name, &call).await }
        });
        let removing: Vec<_> = removing.collect();
        Ok(each(removing).await?.into_iter().sum())
    }

    /// Which of the keys is the first on which more depends.
    pub(super) async fn first_with_dependents(&self, keys: &[FullKey]) -> Result<Option<usize>> {
        let have = self.have_dependents(keys).await?;
        Ok(have.into_iter().position(|has| has))
    }

    /// Those of the keys on which more depends.
    async fn with_dependents(&self, keys: Vec<FullKey>) -> Result<Vec<FullKey>> {
        let have = self.have_dependents(&keys).await?;
        let keys = keys.into_iter().zip(have);
        Ok(keys.filter_map(|(key, has)| has.then_some(key)).collect())
    }

    async fn have_dependents(&self, keys: &[FullKey]) -> Result<Vec<bool>> {
        let asking = keys.iter().map(|key| {
            let (shards, index) = (self.shards.clone(), self.names.dependents(key));
            let call = Call::new(redis::cmd("EXISTS")).arg(&index);
            async move { shards.call::<bool>(OPERATION, &index, &call).await }
        });
        let asking: Vec<_> = asking.collect();
        each(asking).await
    }
}
