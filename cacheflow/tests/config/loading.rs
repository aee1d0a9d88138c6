//! How long callers wait.

use cacheflow::LoadError;

use crate::world::{SECOND, Source, load, users};

#[tokio::test(start_paused = true)]
pub(crate) async fn follower_timeout() {
    let (users, _) = users("follower_timeout = \"1s\"").await;
    let hanging = users.clone();
    let task = tokio::spawn(async move {
        let never = hanging.get_or_load(&1, async || {
            std::future::pending::<Result<u64, String>>().await
        });
        never.await
    });
    while users.under_way() == 0 {
        tokio::task::yield_now().await;
    }
    // In tokio's time, which is paused and therefore exact.
    let before = tokio::time::Instant::now();
    assert_eq!(load(&users, 1, 10).await.unwrap(), 10);
    assert!(before.elapsed() < 2 * SECOND);
    task.abort();
}

#[tokio::test(start_paused = true)]
pub(crate) async fn hard_timeout() {
    let (users, _) = users("strategy = \"timeouts\"\nhard_timeout = \"1s\"").await;
    let never = users.get_or_load(&1, async || {
        std::future::pending::<Result<u64, String>>().await
    });
    assert!(matches!(never.await, Err(LoadError::Timeout)));
}

#[tokio::test(start_paused = true)]
pub(crate) async fn soft_timeout() {
    let options = "ttl = \"1m\"\nstrategy = \"fail-safe + timeouts\"\nstale_ttl = \"1h\"\nsoft_timeout = \"1s\"";
    let (users, clock) = users(options).await;
    load(&users, 1, 10).await.unwrap();
    clock.advance(61 * SECOND);
    let never = users.get_or_load(&1, async || {
        std::future::pending::<Result<u64, String>>().await
    });
    assert_eq!(never.await.unwrap(), 10);
}

#[tokio::test(start_paused = true)]
pub(crate) async fn max_loads_and_max_queued() {
    let options = "strategy = \"bulkhead\"\nmax_loads = 1\nmax_queued = 0";
    let (users, _) = users(options).await;
    let hanging = users.clone();
    let task = tokio::spawn(async move {
        let never = hanging.get_or_load(&1, async || {
            std::future::pending::<Result<u64, String>>().await
        });
        never.await
    });
    while users.stats().running == 0 {
        tokio::task::yield_now().await;
    }
    let source = Source::default();
    let refused = users.get_or_load(&2, || source.value()).await;
    assert!(matches!(refused, Err(LoadError::Overloaded)), "{refused:?}");
    task.abort();
}
