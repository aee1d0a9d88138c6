//! The order in which levels forget, and that many keys are one step.

use cacheflow_testkit::Operation;

use crate::support::{HeldLoad, cached, load, two_nodes};

/// Else a reader in between fills memory again from the store.
#[tokio::test]
async fn memory_forgets_after_the_store_not_before() {
    let (server, one, _two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    for after in [false, true] {
        let _ = one.cache.put(&1, 10).await.unwrap();
        let forget = match after {
            false => one.gate.hold_before(Operation::Record),
            true => one.gate.hold_after(Operation::Record),
        };
        let heard = one.gate.hold_before(Operation::Heard);
        let forgetting = tokio::spawn({
            let cache = one.cache.clone();
            async move { cache.invalidate(&1).await.unwrap() }
        });
        forget.reached().await;
        assert_eq!(one.memory(1), Some(10), "memory forgot before the store");
        assert_eq!(server.names().is_empty(), after);
        assert_eq!(cached(&one.cache, 1).await, 10);
        forget.release();
        let _ = forgetting.await.unwrap();
        // Although the bus has brought nothing yet.
        assert_eq!(one.cache.get(&1).await, None);
        drop(heard);
    }
}

#[tokio::test]
async fn many_keys_are_forgotten_in_one_step() {
    let (server, one, two) = two_nodes().await;
    for key in 0..10 {
        load(&one.cache, key, key).await;
        assert_eq!(two.cache.get(&key).await, Some(key));
    }
    let held = HeldLoad::begin(&two.cache, 10).await;
    let _ = one.recording.take();
    let _ = one.cache.invalidate_many(&[0, 2, 4, 10]).await.unwrap();
    assert_eq!(
        one.recording.take(),
        ["record numbers:0 numbers:2 numbers:4 numbers:10"]
    );
    two.forgotten(4).await;
    held.end(10).await;
    assert_eq!(server.names().len(), 7);
    for node in [&one, &two] {
        let left: Vec<_> = (0..11).filter(|key| node.memory(*key).is_some()).collect();
        assert_eq!(left, [1, 3, 5, 6, 7, 8, 9]);
    }
    // Nothing to forget is no record.
    let _ = one.cache.invalidate_many(&[] as &[u64]).await.unwrap();
    assert!(one.recording.take().is_empty());
}
