//! Callers that never rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinSet;

use super::{Db, Node, within};

/// Reads `key` over and over, from several tasks; each value that
/// is not `current` is told.
pub(crate) struct Readers {
    stop: Arc<AtomicBool>,
    tasks: JoinSet<u64>,
}

impl Readers {
    pub(crate) fn of(node: &Arc<Node>, key: u64, db: &Arc<Db>, current: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        for _ in 0..4 {
            let (node, db, stop) = (Arc::clone(node), Arc::clone(db), Arc::clone(&stop));
            tasks.spawn(async move {
                let mut old = 0;
                while !stop.load(Ordering::SeqCst) {
                    old += u64::from(node.get(key, &db).await != current);
                    tokio::task::yield_now().await;
                }
                old
            });
        }
        Self { stop, tasks }
    }

    /// How many old values were read.
    pub(crate) async fn end(self) -> u64 {
        self.stop.store(true, Ordering::SeqCst);
        within(self.tasks.join_all()).await.into_iter().sum()
    }
}
