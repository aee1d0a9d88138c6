//! What a flow says of itself, counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cacheflow::Event;
use cacheflow_testkit::history;

use super::Shared;
use crate::wire::{Counts, Told};

#[derive(Default)]
pub(crate) struct News {
    counts: Mutex<Counts>,
    pub(crate) calls: AtomicU64,
}

impl News {
    fn count(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Memory is not trusted any more.
    pub(crate) fn closed(&self) {
        self.count(|counts| counts.closures += 1);
    }

    pub(crate) fn counts(&self, shared: &Shared) -> Counts {
        let mut counts = self
            .counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        counts.calls = self.calls.load(Ordering::Relaxed);
        counts.values = shared.recorder.values.load(Ordering::Relaxed);
        for cache in shared.caches.all() {
            let stats = cache.stats();
            counts.memory_hits += stats.memory_hits;
            counts.shared_hits += stats.shared_hits;
            counts.misses += stats.misses;
            counts.joined += stats.joined;
            counts.loads += stats.loads;
            counts.refused += stats.fills_refused;
        }
        counts
    }
}

pub(crate) async fn listen(shared: Arc<Shared>) {
    let mut events = shared.caches.flow.events();
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => heard(&shared, &event),
            Err(lost) => shared.news.count(|counts| counts.lost_events += lost),
        }
    }
}

fn heard(shared: &Shared, event: &Event) {
    let is_worth_telling = match event {
        Event::FillRefused { key, .. } => {
            let key = key.to_string().parse();
            let is_needless = key.is_ok_and(|key| shared.caches.is_unchanged(key));
            shared
                .news
                .count(|counts| counts.needlessly += u64::from(is_needless));
            false
        }
        Event::Gap => counted(shared, |counts| counts.gaps += 1),
        Event::Replayed(records) => counted(shared, |counts| {
            counts.replays += 1;
            counts.replayed += records;
        }),
        Event::GapStorm => counted(shared, |counts| counts.storms += 1),
        Event::BusDown => counted(shared, |counts| counts.bus_downs += 1),
        Event::StoreDown => counted(shared, |counts| counts.store_downs += 1),
        Event::Unreadable { fault, .. } => counted(shared, |counts| {
            counts.unreadable += 1;
            *counts.unreadable_by.entry(fault.to_string()).or_default() += 1;
        }),
        Event::MarksRefused { .. } => counted(shared, |counts| counts.marks_refused += 1),
        Event::BusUp | Event::StoreUp => true,
        _ => false,
    };
    if is_worth_telling {
        shared.recorder.tell(&Told::Remark {
            at: history::now(),
            text: format!("{event:?}"),
        });
    }
}

fn counted(shared: &Shared, count: impl FnOnce(&mut Counts)) -> bool {
    shared.news.count(count);
    true
}
