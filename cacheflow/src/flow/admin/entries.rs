//! What lies in a cache's memory.

use serde::Serialize;

use super::{Admin, full_key};
use crate::entry::EntryInfo;
use crate::error::{Error, ErrorKind, Result};
use crate::key::FullKey;

/// The most entries of one page.
const MOST: usize = 1000;

/// Some entries of a cache's memory, in the order of their keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EntryPage {
    /// The entries.
    pub entries: Vec<EntryInfo>,
    /// What to go on behind, for the next page; `None` if this was the last.
    pub next: Option<String>,
}

impl Admin {
    /// Entries in the memory of `cache`, in the order of their keys: those behind `after`,
    /// a full key, and `limit` of them at most, 1 to
    /// 1,000.
    ///
    /// Pages are looked at one after the other, and what comes, goes or is replaced
    /// meanwhile may be missing, but nothing is told twice. Each page looks at every entry
    /// of the cache: of a million that takes a good part of a second, so that it is to be
    /// called where it may block. It disturbs no entry: what memory evicts next is what it
    /// would have evicted.
    ///
    /// The shared store is not listed: to sweep it costs all who use it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`] if this process does not use the cache, or `limit` is
    /// out of range.
    pub fn entries(&self, cache: &str, after: Option<&str>, limit: usize) -> Result<EntryPage> {
        let used = self.used(cache)?;
        if !(1..=MOST).contains(&limit) {
            let message = format!("limit = {limit}: allowed is 1 to {MOST}");
            return Err(Error::new(ErrorKind::InvalidConfig, "admin", message));
        }
        let after = after.map(full_key).transpose()?;
        if let Some(after) = after.as_ref().filter(|after| after.cache() != cache) {
            let message = format!("after = {after:?}: allowed is a key of {cache}");
            return Err(Error::new(ErrorKind::InvalidConfig, "admin", message));
        }
        // One more, to know whether there is a next page.
        let mut entries = used.page(after.as_ref().map(FullKey::key), limit + 1);
        let has_more = entries.len() > limit;
        entries.truncate(limit);
        let last = entries.last().filter(|_| has_more);
        Ok(EntryPage {
            next: last.map(|entry| entry.key.to_string()),
            entries,
        })
    }
}
