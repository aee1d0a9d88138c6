//! What happened lately, for explanations.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::words;
use crate::event::{Event, EventSink, Events, Evicted};
use crate::key::{CacheName, FullKey};
use crate::runtime::Background;

/// The most events that are kept of each cache.
pub(in crate::flow) const LONGEST: usize = 100_000;

/// So many are kept where nobody has said it.
const USUAL: usize = 256;

/// So many of those that concern all entries.
const OF_ALL: usize = 64;

/// The last events of each cache, once somebody wants them kept.
///
/// It listens as every other listener does, so that whoever tells events is slowed no
/// more by it; before it was begun there is nothing but an empty place.
#[derive(Default)]
pub(in crate::flow) struct History(Mutex<Option<Kept>>);

/// What is kept.
struct Kept {
    events: Events,
    most: usize,
    since: SystemTime,
    lost: u64,
    noted: u64,
    of_caches: HashMap<CacheName, VecDeque<Noted>>,
    invalidations: VecDeque<Noted>,
    of_all: VecDeque<Noted>,
}

/// An event, and when it was heard of.
#[derive(Clone, Debug)]
struct Noted {
    number: u64,
    at: SystemTime,
    event: Event,
}

/// Something that happened, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) at: SystemTime,
    pub(super) what: String,
    pub(super) to_all: bool,
}

/// What there is to tell of one entry.
pub(super) struct Story {
    /// Since when events are kept.
    pub(super) since: SystemTime,
    /// How many were lost since, of all entries.
    pub(super) lost: u64,
    /// What happened to it, and to all entries, oldest first.
    pub(super) told: Vec<Told>,
}

impl History {
    /// Keeps the last `most` events of each cache from now on; those that are kept
    /// already, if there are more.
    pub(in crate::flow) fn begin(
        self: &Arc<Self>,
        most: usize,
        sink: &EventSink,
        background: &Background,
    ) {
        let mut kept = self.kept();
        if let Some(kept) = kept.as_mut() {
            kept.most = kept.most.max(most);
            return;
        }
        *kept = Some(Kept {
            events: sink.listen(),
            most,
            since: SystemTime::now(),
            lost: 0,
            noted: 0,
            of_caches: HashMap::new(),
            invalidations: VecDeque::new(),
            of_all: VecDeque::new(),
        });
        // What wakes this listens for itself: the other end has to be free for those who
        // ask, who wait for nobody.
        let mut wake = sink.listen();
        let history = Arc::clone(self);
        background.spawn_idle(async move {
            while wake.next().await.is_some() {
                if let Some(kept) = history.kept().as_mut() {
                    kept.take_in();
                }
            }
        });
    }

    /// The same, unless it was begun before; so many as are usual.
    pub(super) fn begin_if_needed(self: &Arc<Self>, sink: &EventSink, background: &Background) {
        let is_begun = self.kept().is_some();
        if !is_begun {
            self.begin(USUAL, sink, background);
        }
    }

    /// What happened to the entry of `key`, up to now.
    pub(super) fn of(&self, key: &FullKey) -> Option<Story> {
        let mut kept = self.kept();
        let kept = kept.as_mut()?;
        kept.take_in();
        Some(Story {
            since: kept.since,
            lost: kept.lost,
            told: kept.told(key),
        })
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Takes in what was told since.
    fn take_in(&mut self) {
        let at = SystemTime::now();
        while let Some(event) = self.events.try_next() {
            match event {
                Ok(event) => self.note(at, event),
                Err(lost) => self.lost += lost,
            }
        }
    }

    fn note(&mut self, at: SystemTime, event: Event) {
        let (ring, most) = match (words::subject(&event), &event) {
            (Some((cache, _)), _) => match self.of_caches.get_mut(cache) {
                Some(ring) => (ring, self.most),
                None => (self.of_caches.entry(cache.clone()).or_default(), self.most),
            },
            (None, Event::Invalidated { .. }) => (&mut self.invalidations, self.most),
            (None, event) if words::of_all(event).is_some() => (&mut self.of_all, OF_ALL),
            (None, _) => return,
        };
        self.noted += 1;
        ring.push_back(Noted {
            number: self.noted,
            at,
            event,
        });
        while ring.len() > most {
            ring.pop_front();
        }
    }

    /// What happened to the entry of `key`, and to all.
    fn told(&self, key: &FullKey) -> Vec<Told> {
        let is_it = |noted: &&Noted| {
            let subject = words::subject(&noted.event);
            subject.is_some_and(|(_, of)| of.as_bytes() == key.key())
        };
        let of_cache = self.of_caches.get(key.cache()).into_iter().flatten();
        let named = |noted: &&Noted| words::of_invalidation(&noted.event, key).is_some();
        let invalidations = self.invalidations.iter().filter(named);
        let mut of_it: Vec<&Noted> = of_cache.filter(is_it).chain(invalidations).collect();
        of_it.sort_by_key(|noted| noted.number);
        let mut told: Vec<&Noted> = Vec::new();
        for noted in of_it {
            let last = told.last().map(|last| &last.event);
            match last.map_or(Both::Told, |last| both(last, &noted.event)) {
                Both::Told => told.push(noted),
                Both::OnlyTheFirst => {}
                Both::OnlyTheSecond => {
                    told.pop();
                    told.push(noted);
                }
            }
        }
        told.extend(&self.of_all);
        told.sort_by_key(|noted| noted.number);
        let in_words = |noted: &Noted| {
            let event = &noted.event;
            let of_it = words::of_entry(event).or_else(|| words::of_invalidation(event, key));
            Some(Told {
                at: noted.at,
                to_all: of_it.is_none(),
                what: of_it.or_else(|| words::of_all(event))?,
            })
        };
        told.into_iter().filter_map(in_words).collect()
    }
}

/// Which of two events that follow one another is worth telling.
enum Both {
    Told,
    OnlyTheFirst,
    OnlyTheSecond,
}

/// When something is forgotten, memory tells first that the entry has left, then by what
/// it was forgotten, if not by its key, and the node at last all that was named.
fn both(first: &Event, second: &Event) -> Both {
    let has_left = matches!(
        first,
        Event::Evicted {
            cause: Evicted::Forgotten,
            ..
        }
    );
    match second {
        Event::EntryForgotten { .. } | Event::Invalidated { .. } if has_left => Both::OnlyTheSecond,
        Event::Invalidated { .. } if matches!(first, Event::EntryForgotten { .. }) => {
            Both::OnlyTheFirst
        }
        _ => Both::Told,
    }
}

#[cfg(test)]
mod tests;
