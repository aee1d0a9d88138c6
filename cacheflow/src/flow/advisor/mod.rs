//! The advisor: looks for likely mistakes in how caches are set up, once a minute, and
//! tells each of them once.

mod decide;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::{CacheFlow, Inner};
use crate::cache::Counted;
use crate::clock::Tick;
use crate::event::{Advice, CacheStats, Event};
use crate::key::CacheName;

/// How often it looks.
const LOOK: Duration = Duration::from_secs(60);

/// What its advice goes by.
const HOUR: Duration = Duration::from_secs(60 * 60);

/// What it knows of a cache.
struct Watched {
    /// When the present hour began, and what had been counted by then.
    since: Tick,
    before: CacheStats,
    /// The names of all advice that was given.
    given: Vec<&'static str>,
}

impl CacheFlow {
    /// Begins to look, if there is a runtime to do it on; ends with the flow.
    pub(super) fn begin_advising(&self) {
        let flow = Arc::downgrade(&self.0);
        self.0.background.spawn_idle(async move {
            let mut watched = HashMap::new();
            loop {
                tokio::time::sleep(LOOK).await;
                // Between two looks it keeps no flow from ending.
                let Some(flow) = flow.upgrade() else { return };
                look(&flow, &mut watched);
            }
        });
    }
}

fn look(flow: &Inner, watched: &mut HashMap<CacheName, Watched>) {
    for (name, cache) in flow.registry.counted() {
        let now = flow.clock.now();
        let watched = watched.entry(name.clone()).or_insert_with(|| Watched {
            since: now,
            before: CacheStats::default(),
            given: Vec::new(),
        });
        for advice in watched.advice(&*cache, now) {
            tracing::warn!(cache = %name, advice = advice.name(), "{advice}");
            let cache = name.clone();
            flow.events.tell(|| Event::Advice { cache, advice });
        }
    }
}

impl Watched {
    /// What is to be said now and was not said before.
    fn advice(&mut self, cache: &dyn Counted, now: Tick) -> Vec<Advice> {
        let facts = cache.facts();
        let mut advice: Vec<_> = decide::at_once(&facts).into_iter().collect();
        if now.since(self.since) >= HOUR {
            let stats = cache.stats();
            advice.extend(decide::after_an_hour(&facts, &self.before, &stats));
            (self.since, self.before) = (now, stats);
        }
        advice.retain(|advice| !self.given.contains(&advice.name()));
        self.given.extend(advice.iter().map(Advice::name));
        advice
    }
}
