//! What a server holds: values, and for each namespace a journal with those
//! who listen to it. Every method is one step under the caller's lock.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};

use bytes::Bytes;
use cacheflow::clock::Tick;
use cacheflow::event::{Change, Position, Record};
use cacheflow::key::FullKey;
use cacheflow::store::Stored;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A fill, a put or an answer looks at so many records at most.
pub(super) const LOOK_BACK: u64 = 256;

/// So many records are kept.
const RECORDS: usize = 10_000;

/// What the bus carries.
#[derive(Clone, Debug)]
pub(super) enum News {
    Record { record: Record, origin: String },
    Foreign { keys: Vec<FullKey>, origin: String },
    Garbage,
}

#[derive(Default)]
pub(super) struct Server {
    /// By full name: the namespace's prefix, the cache, `:` and the key.
    values: BTreeMap<String, Kept>,
    /// By the namespace's prefix.
    journals: HashMap<String, Journal>,
}

struct Kept {
    bytes: Bytes,
    expires: Tick,
}

impl Server {
    pub(super) fn names(&self, now: Tick) -> Vec<String> {
        let live = |(name, kept): (&String, &Kept)| (now < kept.expires).then(|| name.clone());
        self.values.iter().filter_map(live).collect()
    }

    pub(super) fn get(&mut self, name: &str, now: Tick) -> Option<Stored> {
        let kept = self.values.get(name)?;
        if now >= kept.expires {
            self.values.remove(name);
            return None;
        }
        Some(Stored {
            bytes: kept.bytes.clone(),
            remaining: kept.expires.since(now),
        })
    }

    pub(super) fn set(&mut self, name: String, bytes: Bytes, expires: Tick) {
        self.values.insert(name, Kept { bytes, expires });
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.values.remove(name);
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

    /// Removes at most `most` values whose names begin with `beginning`; tells
    /// whether there may be more.
    pub(super) fn sweep(&mut self, beginning: &str, most: usize) -> bool {
        let names: Vec<_> = self
            .values
            .range(beginning.to_owned()..)
            .map(|(name, _)| name)
            .take_while(|name| name.starts_with(beginning))
            .take(most)
            .cloned()
            .collect();
        for name in &names {
            self.values.remove(name);
        }
        names.len() == most
    }

    pub(super) fn forget_values(&mut self) {
        self.values.clear();
    }

    pub(super) fn journal(&mut self, prefix: &str) -> &mut Journal {
        self.journals.entry(prefix.to_owned()).or_default()
    }

    pub(super) fn begin_journals_anew(&mut self) {
        for journal in self.journals.values_mut() {
            journal.incarnation = random();
            journal.number = 0;
            journal.records.clear();
        }
    }

    pub(super) fn trim_journals(&mut self) {
        for journal in self.journals.values_mut() {
            journal.records.clear();
        }
    }

    pub(super) fn announce_everywhere(&mut self, news: &News) {
        for journal in self.journals.values_mut() {
            journal.announce(news);
        }
    }

    pub(super) fn disconnect(&mut self) {
        for journal in self.journals.values_mut() {
            journal.listeners.clear();
        }
    }

    pub(super) fn listeners(&mut self) -> usize {
        let live = |journal: &mut Journal| {
            journal.listeners.retain(|listener| !listener.is_closed());
            journal.listeners.len()
        };
        self.journals.values_mut().map(live).sum()
    }
}

/// The journal of one namespace.
pub(super) struct Journal {
    incarnation: u64,
    number: u64,
    /// The last records, ending with `number`.
    records: VecDeque<Record>,
    listeners: Vec<UnboundedSender<News>>,
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            incarnation: random(),
            number: 0,
            records: VecDeque::new(),
            listeners: Vec::new(),
        }
    }
}

impl Journal {
    pub(super) fn position(&self) -> Position {
        Position {
            incarnation: self.incarnation,
            number: self.number,
        }
    }

    /// Appends a record and announces it.
    pub(super) fn record(&mut self, change: Change, origin: &str) -> Position {
        self.number += 1;
        let record = Record {
            position: self.position(),
            change,
        };
        if self.records.len() == RECORDS {
            self.records.pop_front();
        }
        self.records.push_back(record.clone());
        self.announce(&News::Record {
            record,
            origin: origin.to_owned(),
        });
        self.position()
    }

    /// The records after `from`; `None` if there are too many, not all of them
    /// are there any more, or `from` is no place in this journal.
    pub(super) fn since(&self, from: Position) -> Option<Vec<Record>> {
        let count = self.number.checked_sub(from.number)?;
        if from.incarnation != self.incarnation || count > LOOK_BACK {
            return None;
        }
        let first = self
            .records
            .len()
            .checked_sub(usize::try_from(count).ok()?)?;
        Some(self.records.range(first..).cloned().collect())
    }

    /// Whether nothing after `checked` makes an older value of `key` wrong;
    /// false as well if that cannot be told.
    pub(super) fn is_current(&self, key: &FullKey, checked: Position) -> bool {
        let untouched = |record: &Record| match &record.change {
            Change::Forgotten(keys) => !keys.contains(key),
            Change::Put(put) => put != key,
            Change::Cleared(cache) => cache.as_str() != key.cache(),
            // What this version does not know may be about anything.
            _ => false,
        };
        self.since(checked)
            .is_some_and(|records| records.iter().all(untouched))
    }

    pub(super) fn subscribe(&mut self) -> UnboundedReceiver<News> {
        let (listener, news) = unbounded_channel();
        self.listeners.push(listener);
        news
    }

    fn announce(&mut self, news: &News) {
        self.listeners
            .retain(|listener| listener.send(news.clone()).is_ok());
    }
}

/// A random number: hash states are seeded afresh by the system's randomness.
fn random() -> u64 {
    RandomState::new().hash_one(0)
}
