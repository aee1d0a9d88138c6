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
    of_caches: HashMap<CacheName, VecDeque<Noted>>,
    of_all: VecDeque<Noted>,
}

/// An event, and when it was heard of.
#[derive(Clone, Debug)]
pub(super) struct Noted {
    pub(super) at: SystemTime,
    pub(super) event: Event,
}

/// What there is to tell of one entry.
pub(super) struct Told {
    /// Since when events are kept.
    pub(super) since: SystemTime,
    /// How many were lost since, of all entries.
    pub(super) lost: u64,
    /// What happened to it, and to all entries, oldest first.
    pub(super) noted: Vec<Noted>,
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
            of_caches: HashMap::new(),
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
    pub(super) fn of(&self, key: &FullKey) -> Option<Told> {
        let mut kept = self.kept();
        let kept = kept.as_mut()?;
        kept.take_in();
        let is_it = |noted: &&Noted| {
            let subject = words::subject(&noted.event);
            subject.is_some_and(|(_, of)| of.as_bytes() == key.key())
        };
        let of_cache = kept.of_caches.get(key.cache());
        let of_it: Vec<&Noted> = of_cache.into_iter().flatten().filter(is_it).collect();
        let followed = of_it.iter().skip(1).map(Some).chain([None]);
        let told = of_it.iter().zip(followed);
        let told = told.filter(|(noted, next)| {
            !next.is_some_and(|next| is_told_by(&noted.event, &next.event))
        });
        let mut noted: Vec<Noted> = told.map(|(noted, _)| Noted::clone(noted)).collect();
        noted.extend(kept.of_all.iter().cloned());
        noted.sort_by_key(|noted| noted.at);
        Some(Told {
            since: kept.since,
            lost: kept.lost,
            noted,
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
                Ok(event) => self.note(Noted { at, event }),
                Err(lost) => self.lost += lost,
            }
        }
    }

    fn note(&mut self, noted: Noted) {
        let (ring, most) = match words::subject(&noted.event) {
            Some((cache, _)) => match self.of_caches.get_mut(cache) {
                Some(ring) => (ring, self.most),
                None => (self.of_caches.entry(cache.clone()).or_default(), self.most),
            },
            None if words::of_all(&noted.event).is_some() => (&mut self.of_all, OF_ALL),
            None => return,
        };
        ring.push_back(noted);
        while ring.len() > most {
            ring.pop_front();
        }
    }
}

/// Whether `next` tells as well that an entry was forgotten, and by what: memory tells
/// first that it has left.
fn is_told_by(event: &Event, next: &Event) -> bool {
    let has_left = matches!(
        event,
        Event::Evicted {
            cause: Evicted::Forgotten,
            ..
        }
    );
    has_left && matches!(next, Event::EntryForgotten { .. })
}

#[cfg(test)]
mod tests;
