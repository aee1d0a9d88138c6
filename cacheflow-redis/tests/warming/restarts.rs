//! A server that is not there, or not any more.

use cacheflow::Event;
use cacheflow_testkit::{RedisServer, eventually};

use crate::world::{WITHIN, numbers, on, send, subscribed};

/// Its scripts are unknown to it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_has_forgotten_the_scripts_is_told_them() {
    let server = RedisServer::start().await;
    let flow = on(&server).build().await.unwrap();
    subscribed(&flow).await;
    let cache = numbers(&flow);
    for _ in 0..2 {
        server.command(&["SCRIPT", "FLUSH"]).await.unwrap();
        let report = cache.warm(|pairs| send(pairs, 0..700)).await.unwrap();
        assert_eq!((report.items_warmed, report.failed), (700, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_the_last_process_are_read_into_memory() {
    let server = RedisServer::start().await;
    let name = format!("cacheflow-redis-warming-{}", std::process::id());
    let file = std::env::temp_dir().join(name);
    let before = on(&server).warming_snapshot(&file).build().await.unwrap();
    subscribed(&before).await;
    let cache = numbers(&before);
    cache.warm(|pairs| send(pairs, 0..1_000)).await.unwrap();
    before.shutdown(WITHIN).await.unwrap();

    let after = on(&server).warming_snapshot(&file).build().await.unwrap();
    let mut events = after.events();
    let cache = numbers(&after);
    let brought = async || {
        let mut told = std::iter::from_fn(|| events.try_next());
        told.any(|told| matches!(told, Ok(Event::Warmed { items: 1_000, .. })))
    };
    eventually("they are in memory", WITHIN, brought).await;
    assert_eq!(cache.peek(&999).unwrap().value, 999);
    std::fs::remove_file(&file).unwrap();
}
