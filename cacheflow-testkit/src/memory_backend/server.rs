//! What a server holds: values, leases, and for each namespace a journal with those
//! who listen to it. Every method is one step under the caller's lock.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;
use cacheflow::clock::Tick;
use cacheflow::entry::Envelope;
use cacheflow::event::Record;
use cacheflow::key::{FullKey, Marks};
use cacheflow::store::Reclaimed;

use super::journal::{Journal, News};

/// What a server holds; a clone is a backup of it.
#[derive(Clone, Default)]
pub(super) struct Server {
    values: BTreeMap<String, Kept>,
    leases: HashMap<String, Lease>,
    journals: HashMap<String, Journal>,
}

/// Who has something, until when, and whether another has asked for it in vain.
#[derive(Clone)]
pub(super) struct Lease {
    pub(super) owner: String,
    pub(super) until: Tick,
    pub(super) is_wanted: bool,
}

/// One value.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) bytes: Bytes,
    pub(super) expires: Tick,
    pub(super) marks: Marks,
}

impl Kept {
    /// The number that the value takes into account; none if it is no entry.
    fn as_of(&self) -> Option<u64> {
        Envelope::incarnation_in(&self.bytes)?;
        self.bytes
            .first_chunk()
            .map(|bytes| u64::from_le_bytes(*bytes))
    }
}

impl Server {
    pub(super) fn names(&self, now: Tick) -> Vec<String> {
        let live = |(name, kept): (&String, &Kept)| (now < kept.expires).then(|| name.clone());
        self.values.iter().filter_map(live).collect()
    }

    pub(super) fn get(&mut self, name: &str, now: Tick) -> Option<Kept> {
        let kept = self.values.get(name)?;
        if now >= kept.expires {
            self.values.remove(name);
            return None;
        }
        Some(kept.clone())
    }

    pub(super) fn set(&mut self, name: String, kept: Kept) {
        self.values.insert(name, kept);
    }

    pub(super) fn remove(&mut self, name: &str) -> bool {
        self.values.remove(name).is_some()
    }

    /// Lets a value live until `expires`, if `front` is its header and it would end
    /// before.
    pub(super) fn touch(&mut self, name: &str, front: &[u8], expires: Tick) -> bool {
        let kept = self.values.get_mut(name);
        let Some(kept) = kept.filter(|kept| kept.bytes.starts_with(front)) else {
            return false;
        };
        kept.expires = kept.expires.max(expires);
        true
    }

    /// The lease of this name that has not ended.
    pub(super) fn lease(&mut self, name: &str, now: Tick) -> Option<&mut Lease> {
        self.leases.retain(|_, lease| now < lease.until);
        self.leases.get_mut(name)
    }

    pub(super) fn set_lease(&mut self, name: String, lease: Lease) {
        self.leases.insert(name, lease);
    }

    pub(super) fn remove_lease(&mut self, name: &str) {
        self.leases.remove(name);
    }

    pub(super) fn remove_if(&mut self, name: &str, bytes: &Bytes) {
        if self
            .values
            .get(name)
            .is_some_and(|kept| kept.bytes == bytes)
        {
            self.values.remove(name);
        }
    }

    /// The keys of all that was made of one of `keys`, of what was made of that,
    /// and so on; without `keys`.
    pub(super) fn dependents(&self, prefix: &str, keys: &[FullKey]) -> Vec<FullKey> {
        let mut all = Vec::new();
        let mut open = keys.to_vec();
        while let Some(next) = open.pop() {
            for key in self.made_of(prefix, &next) {
                if !all.contains(&key) && !keys.contains(&key) {
                    open.push(key.clone());
                    all.push(key);
                }
            }
        }
        all
    }

    /// The keys of what was made of `key`, one step.
    pub(super) fn made_of(&self, prefix: &str, key: &FullKey) -> Vec<FullKey> {
        self.entries(prefix)
            .filter(|(_, kept)| kept.marks.dependencies().contains(key))
            .map(|(key, _)| key)
            .collect()
    }

    fn entries(&self, prefix: &str) -> impl Iterator<Item = (FullKey, &Kept)> {
        self.under(prefix).filter_map(move |(name, kept)| {
            let key = name.strip_prefix(prefix).and_then(FullKey::parse)?;
            Some((key, kept))
        })
    }

    /// Removes those of the next `most` values behind `cursor` that `record` makes
    /// old.
    pub(super) fn reclaim(
        &mut self,
        prefix: &str,
        record: &Record,
        cursor: &str,
        most: usize,
    ) -> Reclaimed {
        let names: Vec<_> = self
            .under(prefix)
            .map(|(name, _)| name)
            .filter(|name| name.as_str() > cursor)
            .take(most)
            .cloned()
            .collect();
        let old_one = |name: &String| {
            let kept = self.values.get(name)?;
            let key = FullKey::parse(name.strip_prefix(prefix)?)?;
            let older = kept.as_of()? < record.position.number;
            (older && record.makes_old(&key, &kept.marks)).then_some(key)
        };
        let old: BTreeSet<_> = names.iter().filter_map(old_one).collect();
        for key in &old {
            self.values.remove(&format!("{prefix}{key}"));
        }
        Reclaimed {
            removed: old.len() as u64,
            dependents: self.with_dependents(prefix, record, &old),
            next: (names.len() == most)
                .then(|| names.last().cloned())
                .flatten(),
        }
    }

    /// Those of `keys` of which something was made that `record` itself does not
    /// make old.
    fn with_dependents(
        &self,
        prefix: &str,
        record: &Record,
        keys: &BTreeSet<FullKey>,
    ) -> Vec<FullKey> {
        let of: BTreeSet<_> = self
            .entries(prefix)
            .filter(|(key, kept)| !record.makes_old(key, &kept.marks))
            .flat_map(|(_, kept)| kept.marks.dependencies())
            .filter(|key| keys.contains(*key))
            .collect();
        of.into_iter().cloned().collect()
    }

    fn under(&self, prefix: &str) -> impl Iterator<Item = (&String, &Kept)> {
        self.values
            .range(prefix.to_owned()..)
            .take_while(move |(name, _)| name.starts_with(prefix))
    }

    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.leases.clear();
    }

    pub(super) fn journal(&mut self, prefix: &str) -> &mut Journal {
        self.journals.entry(prefix.to_owned()).or_default()
    }

    pub(super) fn begin_journals_anew(&mut self) {
        self.journals.values_mut().for_each(Journal::begin_anew);
    }

    /// This server was a backup and is the one that counts now.
    pub(super) fn take_over(&mut self) {
        self.journals.values_mut().for_each(Journal::go_on);
    }

    pub(super) fn trim_journals(&mut self) {
        self.journals.values_mut().for_each(Journal::trim);
    }

    pub(super) fn announce_everywhere(&mut self, news: &News) {
        for journal in self.journals.values_mut() {
            journal.announce(news);
        }
    }

    pub(super) fn disconnect(&mut self) {
        self.journals.values_mut().for_each(Journal::disconnect);
    }

    pub(super) fn listeners(&mut self) -> usize {
        self.journals.values_mut().map(Journal::listeners).sum()
    }
}
