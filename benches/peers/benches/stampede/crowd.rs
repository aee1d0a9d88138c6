//! The tasks, and what they wait for.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::sync::watch;
use tokio::task::JoinSet;

/// So many ask.
pub(crate) const TASKS: usize = 1000;

/// How it went.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered {
    pub(crate) loads: usize,
    pub(crate) micros: f64,
}

/// What is loaded, with a count of loads and of those who ask.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    loads: Arc<AtomicUsize>,
    asking: Arc<AtomicUsize>,
    all_ask: Arc<watch::Sender<bool>>,
}

impl Source {
    fn new() -> Self {
        Self {
            loads: Arc::default(),
            asking: Arc::default(),
            all_ask: Arc::new(watch::Sender::new(false)),
        }
    }

    /// A task is about to ask.
    fn asked(&self) {
        if self.asking.fetch_add(1, Ordering::AcqRel) + 1 == TASKS {
            let _ = self.all_ask.send_replace(true);
        }
    }

    /// Loads the value of `key`, as soon as all tasks have asked.
    pub(crate) async fn load(self, key: u64) -> u64 {
        self.loads.fetch_add(1, Ordering::Relaxed);
        let mut all_ask = self.all_ask.subscribe();
        let told = all_ask.wait_for(|all| *all).await;
        drop(told.expect("the sender lives in this source"));
        key + 1
    }
}

/// Has all tasks ask `find` for `key`.
pub(crate) async fn ask<F, Fut>(key: u64, find: F) -> Answered
where
    F: Fn(u64, Source) -> Fut,
    Fut: Future<Output = u64> + Send + 'static,
{
    let source = Source::new();
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let (asked, found) = (source.clone(), find(key, source.clone()));
        tasks.spawn(async move {
            asked.asked();
            found.await
        });
    }
    while let Some(found) = tasks.join_next().await {
        assert_eq!(found.expect("no task panics"), key + 1);
    }
    Answered {
        loads: source.loads.load(Ordering::Relaxed),
        micros: start.elapsed().as_nanos() as f64 / 1000.0,
    }
}
