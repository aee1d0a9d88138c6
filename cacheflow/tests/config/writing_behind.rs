//! The options of write-behind.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cacheflow::WriteBehindCache;
use tokio::sync::Semaphore;

use crate::world::{MINUTE, alone};

type Batches = Arc<Mutex<Vec<Vec<(u64, u64)>>>>;

/// A cache that is configured so, whose source writes as many batches as it may.
async fn behind(options: &str) -> (WriteBehindCache<u64, u64>, Batches, Arc<Semaphore>) {
    let text = format!("[caches.users]\nstrategy = \"write-behind\"\n{options}");
    let (flow, _) = alone(&text).await;
    let batches = Batches::default();
    let may = Arc::new(Semaphore::new(0));
    let (written, let_write) = (Arc::clone(&batches), Arc::clone(&may));
    let users = flow.cache("users").build_with_writer(move |batch| {
        let (written, may) = (Arc::clone(&written), Arc::clone(&let_write));
        async move {
            may.acquire().await.unwrap().forget();
            written.lock().unwrap().push(batch);
            Ok::<_, String>(())
        }
    });
    (users.unwrap(), batches, may)
}

#[tokio::test]
pub(crate) async fn flush_every_and_flush_batch() {
    let (users, batches, may) = behind("flush_every = \"1h\"\nflush_batch = 3").await;
    may.add_permits(100);
    for key in 0..2 {
        let _ = users.write(&key, key).await.unwrap();
    }
    // Every second is the default.
    assert_eq!(users.pending(), 2);
    let _ = users.write(&2, 2).await.unwrap();
    while users.pending() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(batches.lock().unwrap().len(), 1);
}

/// By a manual clock nothing would be written by time: this one is tokio's.
#[tokio::test(start_paused = true)]
pub(crate) async fn flush_every() {
    let text = "[caches.users]\nstrategy = \"write-behind\"\nflush_every = \"30m\"";
    let builder = cacheflow::CacheFlow::builder().config(crate::world::config(text));
    let flow = builder.build().await.unwrap();
    let users = flow
        .cache::<u64, u64>("users")
        .build_with_writer(async |_| Ok::<_, String>(()))
        .unwrap();
    let _ = users.write(&1, 1).await.unwrap();
    tokio::time::sleep(MINUTE).await;
    assert_eq!(users.pending(), 1);
}

#[tokio::test]
pub(crate) async fn max_pending() {
    let options = "flush_every = \"1h\"\nflush_batch = 2\nmax_pending = 2";
    let (users, _, may) = behind(options).await;
    for key in 0..2 {
        let _ = users.write(&key, key).await.unwrap();
    }
    // Where there is room, it is ready at its first poll.
    let third = users.write(&2, 2);
    let waits = tokio::time::timeout(Duration::ZERO, third).await;
    assert!(waits.is_err(), "it has to wait for room");
    may.add_permits(100);
    let _ = users.write(&3, 3).await.unwrap();
}
