//! The journal of one namespace, and who listens to it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};

use cacheflow::clock::Tick;
use cacheflow::event::{Change, Forgotten, Position, Record, Snapshot};
use cacheflow::key::{FullKey, Marks};
use cacheflow::store::{NodeAt, Since};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// An answer, and the check of a fill, look at so many records at most.
pub(super) const LOOK_BACK: u64 = 256;

/// A replay brings so many at most.
const MOST_REPLAYED: u64 = 2_000;

/// So many records are kept.
const RECORDS: usize = 10_000;

/// So far apart are the numbers of two incarnations.
const JUMP: u64 = 1 << 32;

/// What is announced to those who listen.
#[derive(Clone, Debug)]
pub(super) enum News {
    Record {
        record: Record,
        origin: String,
    },
    Foreign {
        forgotten: Forgotten,
        origin: String,
    },
    /// The lease of this name was given back.
    Released(String),
    Garbage,
    /// Where does everybody stand?
    Positions,
}

/// One namespace's journal.
#[derive(Clone)]
pub(super) struct Journal {
    incarnation: u64,
    number: u64,
    lineage: Vec<Position>,
    records: VecDeque<Record>,
    open: BTreeMap<u64, Record>,
    held: HashMap<FullKey, Vec<(u64, Tick)>>,
    nodes: HashMap<String, Told>,
    listeners: Vec<UnboundedSender<News>>,
}

/// What a node has said of itself.
#[derive(Clone)]
struct Told {
    position: Position,
    last: Tick,
    first: Tick,
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            incarnation: random(),
            number: 0,
            lineage: Vec::new(),
            records: VecDeque::new(),
            open: BTreeMap::new(),
            held: HashMap::new(),
            nodes: HashMap::new(),
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

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            position: self.position(),
            lineage: self.lineage.clone(),
            open: self.open.values().cloned().collect(),
        }
    }

    /// Lost altogether.
    pub(super) fn begin_anew(&mut self) {
        let listeners = std::mem::take(&mut self.listeners);
        *self = Self {
            listeners,
            ..Self::default()
        };
    }

    /// Goes on in a server that may have lost the last records.
    pub(super) fn go_on(&mut self) {
        self.lineage.insert(0, self.position());
        self.incarnation = random();
        self.number += JUMP;
        self.nodes.clear();
    }

    pub(super) fn trim(&mut self) {
        self.records.clear();
    }

    /// Appends a record and announces it.
    pub(super) fn record(&mut self, change: Change, open: bool, now: Tick, origin: &str) -> Record {
        self.number += 1;
        let record = Record {
            position: self.position(),
            change,
            open,
        };
        match &record.change {
            Change::Held { key, ttl } => {
                let holds = self.held.entry(key.clone()).or_default();
                holds.push((self.number, now.after(*ttl)));
            }
            Change::Done(of) => {
                self.open.remove(of);
                self.held.retain(|_, holds| {
                    holds.retain(|(number, _)| number != of);
                    !holds.is_empty()
                });
            }
            _ => {}
        }
        if open {
            self.open.insert(self.number, record.clone());
        }
        if self.records.len() == RECORDS {
            self.records.pop_front();
        }
        self.records.push_back(record.clone());
        self.announce(&News::Record {
            record: record.clone(),
            origin: origin.to_owned(),
        });
        record
    }

    /// The records after `from`; `None` if they cannot be told.
    pub(super) fn missed(&self, from: Position) -> Option<Vec<Record>> {
        self.after(from, LOOK_BACK)
    }

    fn after(&self, from: Position, most: u64) -> Option<Vec<Record>> {
        let count = self.number.checked_sub(from.number)?;
        if from.incarnation != self.incarnation || count > most {
            return None;
        }
        let first = self
            .records
            .len()
            .checked_sub(usize::try_from(count).ok()?)?;
        Some(self.records.range(first..).cloned().collect())
    }

    pub(super) fn since(&self, known: Option<Position>) -> Since {
        match known.and_then(|known| self.after(known, MOST_REPLAYED)) {
            Some(records) => Since::Records(records),
            None => Since::Anew(self.snapshot()),
        }
    }

    /// Whether nothing that a value goes by was forgotten after `checked`, and no
    /// write to it is under way.
    pub(super) fn is_current(
        &self,
        key: &FullKey,
        marks: &Marks,
        checked: Position,
        now: Tick,
    ) -> bool {
        let held = |key: &FullKey| {
            let holds = self.held.get(key);
            holds.is_some_and(|holds| holds.iter().any(|(_, until)| now < *until))
        };
        let mut keys = std::iter::once(key).chain(marks.dependencies());
        !keys.any(held)
            && self
                .missed(checked)
                .is_some_and(|records| !records.iter().any(|record| record.makes_old(key, marks)))
    }

    /// A node tells where it stands.
    pub(super) fn stands(&mut self, origin: &str, position: Position, now: Tick) {
        let told = self.nodes.entry(origin.to_owned()).or_insert(Told {
            position,
            last: now,
            first: now,
        });
        told.position = position;
        told.last = now;
    }

    pub(super) fn nodes(&mut self, now: Tick) -> Vec<NodeAt> {
        self.announce(&News::Positions);
        let at = |(origin, told): (&String, &Told)| NodeAt {
            origin: origin.clone(),
            position: told.position,
            age: now.since(told.last),
            tenure: now.since(told.first),
        };
        self.nodes.iter().map(at).collect()
    }

    pub(super) fn subscribe(&mut self) -> UnboundedReceiver<News> {
        let (listener, news) = unbounded_channel();
        self.listeners.push(listener);
        news
    }

    pub(super) fn announce(&mut self, news: &News) {
        self.listeners
            .retain(|listener| listener.send(news.clone()).is_ok());
    }

    pub(super) fn disconnect(&mut self) {
        self.listeners.clear();
    }

    pub(super) fn listeners(&mut self) -> usize {
        self.listeners.retain(|listener| !listener.is_closed());
        self.listeners.len()
    }
}

fn random() -> u64 {
    RandomState::new().hash_one(0)
}
