//! One node warms for all, by leases on the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cacheflow::{BoxError, CacheFlow, CacheWarmer, WarmPlan, WarmReport, async_trait};
use cacheflow_testkit::{RedisServer, eventually};

use crate::world::{WITHIN, on};

struct Counting(Arc<AtomicUsize>);

#[async_trait]
impl CacheWarmer for Counting {
    fn name(&self) -> &str {
        "counting"
    }

    fn plan(&self) -> WarmPlan {
        WarmPlan::new()
    }

    async fn warm(&self, _: &CacheFlow) -> Result<WarmReport, BoxError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(WarmReport::warmed(1))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_nodes_that_start_one_warms() {
    let server = RedisServer::start().await;
    let runs = Arc::new(AtomicUsize::new(0));
    let start = async || {
        let builder = on(&server).required_warmer(Counting(Arc::clone(&runs)));
        builder.build().await.unwrap()
    };
    let _one = start().await;
    let _two = start().await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    // What holds the second back lies on the server, and ends.
    let done = async || {
        let held = server.keys().await;
        held.iter().any(|name| name.contains("warm/counting/done"))
            && !held.iter().any(|name| name.contains("warm/counting/run"))
    };
    eventually("the mark of the first is there", WITHIN, done).await;
}
