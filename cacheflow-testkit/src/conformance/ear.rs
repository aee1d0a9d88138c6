//! A listener that writes down what it is told.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cacheflow::bus::{Bus, Listener};
use cacheflow::clock::{Clock, Tick};
use cacheflow::event::{Forgotten, Position, Record, Snapshot};
use tokio::task::JoinHandle;

use super::samples::WITHIN;
use crate::eventually;

/// What was not told by then, is lost.
const MANY_HEARTBEATS: usize = 10;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Subscribed(Snapshot),
    Heard(Record, String),
    Alive(Position, Tick),
    Released(String),
    /// What no rule's check has caused.
    Strange(String),
}

pub(super) struct Ear {
    clock: Clock,
    origin: String,
    told: Mutex<Vec<Told>>,
    busy: AtomicBool,
}

impl Ear {
    fn note(&self, told: Told) {
        let alone = !self.busy.swap(true, Ordering::SeqCst);
        assert!(alone, "told two things at the same time");
        self.told().push(told);
        self.busy.store(false, Ordering::SeqCst);
    }

    fn told(&self) -> MutexGuard<'_, Vec<Told>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_asked(&self, asked: Tick) {
        assert!(asked <= self.clock.now(), "asked after the answer");
    }
}

impl Listener for Ear {
    fn now(&self) -> Tick {
        self.clock.now()
    }

    fn origin(&self) -> &str {
        &self.origin
    }

    /// As a node that applies at once what it hears.
    fn position(&self) -> Option<Position> {
        self.told().iter().rev().find_map(|told| match told {
            Told::Subscribed(snapshot) => Some(snapshot.position),
            Told::Heard(record, _) => Some(record.position),
            _ => None,
        })
    }

    fn subscribed(&self, snapshot: Snapshot, asked: Tick) {
        self.check_asked(asked);
        self.note(Told::Subscribed(snapshot));
    }

    fn heard(&self, record: Record, origin: &str) {
        self.note(Told::Heard(record, origin.to_owned()));
    }

    fn heard_foreign(&self, change: &Forgotten, origin: &str) {
        self.note(Told::Strange(format!("foreign {change:?} of {origin:?}")));
    }

    fn released(&self, name: &str) {
        self.note(Told::Released(name.to_owned()));
    }

    fn garbled(&self) {
        self.note(Told::Strange("garbage".to_owned()));
    }

    fn alive(&self, position: Position, asked: Tick) {
        self.check_asked(asked);
        self.note(Told::Alive(position, asked));
    }
}

/// A bus being listened to; dropping it ends that.
pub(super) struct Listening {
    ear: Arc<Ear>,
    task: JoinHandle<()>,
}

impl Listening {
    /// Begins to listen as `origin`.
    pub(super) fn begin(bus: Arc<dyn Bus>, origin: &str) -> Self {
        let ear = Arc::new(Ear {
            clock: Clock::system(),
            origin: origin.to_owned(),
            told: Mutex::default(),
            busy: AtomicBool::new(false),
        });
        let task = tokio::spawn({
            let ear = Arc::clone(&ear);
            async move {
                let Err(error) = bus.listen(&*ear).await;
                panic!("the bus has ended: {error}");
            }
        });
        Self { ear, task }
    }

    /// Listens as `origin`, once the subscription stands.
    pub(super) async fn subscribed(bus: Arc<dyn Bus>, origin: &str) -> Self {
        let listening = Self::begin(bus, origin);
        listening
            .until(1, "subscribed", |told| matches!(told, Told::Subscribed(_)))
            .await;
        listening
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.ear.clock
    }

    /// All that was told so far.
    pub(super) fn told(&self) -> Vec<Told> {
        self.ear.told().clone()
    }

    /// The records heard so far, with their origins.
    pub(super) fn heard(&self) -> Vec<(Record, String)> {
        let record = |told| match told {
            Told::Heard(record, origin) => Some((record, origin)),
            _ => None,
        };
        self.told().into_iter().filter_map(record).collect()
    }

    /// The snapshot told with the subscription.
    pub(super) fn snapshot(&self) -> Snapshot {
        let snapshot = |told| match told {
            Told::Subscribed(snapshot) => Some(snapshot),
            _ => None,
        };
        let told = self.told().into_iter();
        told.filter_map(snapshot).next().expect("a subscription")
    }

    /// The position told with the subscription.
    pub(super) fn position(&self) -> Position {
        self.snapshot().position
    }

    /// Waits until something was told so many times.
    pub(super) async fn until(&self, times: usize, what: &str, which: impl Fn(&Told) -> bool) {
        eventually(what, WITHIN, async || {
            assert!(!self.task.is_finished(), "the bus has ended");
            self.told().iter().filter(|told| which(told)).count() >= times
        })
        .await;
    }

    /// How often it was told that the lease was given back.
    pub(super) fn released(&self, name: &str) -> usize {
        let told = self.told().into_iter();
        told.filter(|told| *told == Told::Released(name.to_owned()))
            .count()
    }

    /// Waits until it was told that the lease was given back.
    pub(super) async fn until_released(&self, name: &str) {
        self.until_released_times(name, 1).await;
    }

    /// Waits until it was told so often that the lease was given back.
    pub(super) async fn until_released_times(&self, name: &str, times: usize) {
        let alive = || {
            let told = self.told().into_iter();
            told.filter(|told| matches!(told, Told::Alive(..))).count()
        };
        let before = alive();
        eventually("the return is told", WITHIN, async || {
            assert!(!self.task.is_finished(), "the bus has ended");
            let is_told = self.released(name) >= times;
            assert!(
                is_told || alive() < before + MANY_HEARTBEATS,
                "the return of {name:?} was not told"
            );
            is_told
        })
        .await;
    }

    /// Waits until the record at `position` was heard.
    pub(super) async fn until_heard(&self, position: Position) {
        let number = position.number;
        eventually(&format!("record {number} is heard"), WITHIN, async || {
            assert!(!self.task.is_finished(), "the bus has ended");
            let told = self.told();
            let heard = |told: &Told| matches!(told, Told::Heard(r, _) if r.position == position);
            let proven = |told: &Told| matches!(told, Told::Alive(p, _) if p.number >= number);
            let heard = told.iter().any(heard);
            assert!(
                heard || !told.iter().any(proven),
                "record {number} was proven, and not told"
            );
            heard
        })
        .await;
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}
