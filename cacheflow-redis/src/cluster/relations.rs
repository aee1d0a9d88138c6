//! What an entry was made of, and what was made of it.

use cacheflow::Result;
use cacheflow::entry::Envelope;
use cacheflow::key::FullKey;
use cacheflow::store::Relations;

use super::ClusterStore;
use super::cursor::At;

/// At most so many relations of a kind are told.
const MANY: usize = 10_000;

/// So many members are asked for at once.
const STEP: u64 = 1_000;

/// Where the lengths of key and marks stand in an envelope.
const LENGTHS_AT: usize = 66;

impl ClusterStore {
    /// See [`SharedStore::relations`](cacheflow::store::SharedStore::relations).
    ///
    /// What an entry was made of stands in the entry itself; an index of its own,
    /// in a slot of its own, would say the same with one more write to a fill.
    pub(super) async fn relations_of(&self, key: &FullKey) -> Result<Relations> {
        let name = self.names.value(key);
        let bytes = self.shards.value("relations", &name).await?;
        let bytes = bytes.unwrap_or_default();
        let mut relations = Relations {
            dependencies: dependencies(&bytes).unwrap_or_default(),
            dependents: Vec::new(),
        };
        relations.dependencies.truncate(MANY);

        let index = self.names.dependents(key);
        let mut at = At::default();
        loop {
            let members = self.shards.members("relations", &index, at, STEP).await;
            let (next, members) = members?;
            let members = members.iter();
            let keys = members.filter_map(|key| FullKey::parse(std::str::from_utf8(key).ok()?));
            relations.dependents.extend(keys);
            match next {
                Some(next) if relations.dependents.len() < MANY => at = next,
                _ => break,
            }
        }
        // A step may tell a member twice.
        relations.dependents.sort_unstable();
        relations.dependents.dedup();
        relations.dependents.truncate(MANY);
        Ok(relations)
    }
}

/// The dependencies in the marks of an envelope; `None` if it is none.
fn dependencies(bytes: &[u8]) -> Option<Vec<FullKey>> {
    let length = |at: usize| {
        let two: [u8; 2] = bytes.get(at..at + 2)?.try_into().ok()?;
        Some(usize::from(u16::from_le_bytes(two)))
    };
    let marks_at = Envelope::HEADER_BYTES + length(LENGTHS_AT)?;
    let mut marks = bytes.get(marks_at..marks_at + length(LENGTHS_AT + 2)?)?;
    let mut found = Vec::new();
    while let Some((head, rest)) = marks.split_first_chunk::<3>() {
        let len = usize::from(u16::from_le_bytes([head[1], head[2]]));
        let (text, rest) = rest.split_at_checked(len)?;
        if head[0] == b'd' {
            found.push(FullKey::parse(std::str::from_utf8(text).ok()?)?);
        }
        marks = rest;
    }
    Some(found)
}
