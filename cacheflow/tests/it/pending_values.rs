//! What waits to be written behind: read before all else, and not lost.

use cacheflow::Strategy;
use cacheflow_testkit::{Operation, eventually};

use crate::strategic::{SECOND, TTL, by_hand, ends, nodes, tried};
use crate::support::{WITHIN, alone, cached, load};
use crate::writing_behind::{Behind, Source, behind, patient, reader, write};

#[tokio::test]
async fn a_pending_value_is_read_although_memory_and_store_have_lost_it() {
    let (server, clock, [one, two]) = nodes().await;
    let source = Source::closed();
    let cache = behind(&one.flow, patient(), &source);
    write(&cache, 1, 11).await;
    clock.advance(TTL + SECOND);
    assert_eq!((cache.peek(&1), server.names().len()), (None, 0));
    assert_eq!(cache.get(&1).await, Some(11));
    assert!(cache.contains(&1).await);
    assert_eq!(cached(&cache, 1).await, 11);
    assert_eq!(tried(&cache, 1, Err("asked")).await, Ok(11));
    let reload = cache
        .entry(&1)
        .reload()
        .load(async |_| Err::<u64, _>("asked"));
    assert_eq!(reload.await.unwrap().value, 11);
    drop(two);
    source.may.add_permits(1);
    ends("the flush", cache.flush()).await;
    assert_eq!(source.batches(), [[(1, 11)]]);
}

#[tokio::test]
async fn an_invalidation_does_not_lose_a_value_that_waits() {
    for by in ["key", "clear", "all"] {
        let flow = alone().await;
        let source = Source::open();
        let cache = behind(&flow, patient(), &source);
        write(&cache, 1, 11).await;
        let _ = match by {
            "key" => cache.invalidate(&1).await.unwrap(),
            "clear" => cache.clear().await.unwrap(),
            _ => flow.invalidate().all().send().await.unwrap(),
        };
        assert_eq!(cache.get(&1).await, Some(11), "{by}");
        assert_eq!(cached(&cache, 1).await, 11, "{by}");
        ends("the flush", cache.flush()).await;
        assert_eq!(source.batches(), [[(1, 11)]], "{by}");
    }
}

/// The source does not have it yet: another node finds the old value there, and keeps
/// it for all.
#[tokio::test]
async fn a_pending_value_goes_before_what_another_has_loaded_since() {
    let (_server, _clock, [one, two]) = nodes().await;
    let source = Source::closed();
    let cache = behind(&one.flow, patient(), &source);
    let there = reader(&two.flow);
    write(&cache, 1, 11).await;
    let _ = there.invalidate(&1).await.unwrap();
    let gone = async || cache.peek(&1).is_none();
    eventually("memory has forgotten", WITHIN, gone).await;
    load(&there, 1, 10).await;
    let reload = cache
        .entry(&1)
        .reload()
        .load(async |_| Err::<u64, _>("asked"));
    assert_eq!(reload.await.unwrap().value, 11);
    assert_eq!(cached(&cache, 1).await, 11);
    assert_eq!(cache.get(&1).await, Some(11));
    assert_eq!(cached(&cache, 1).await, 11, "it is not kept either");
    // Written, it takes the place of what was loaded.
    source.may.add_permits(1);
    ends("the flush", cache.flush()).await;
    let new = async || there.get(&1).await == Some(11);
    eventually("the other node has it", WITHIN, new).await;
    assert_eq!(cache.get(&1).await, Some(11));
}

/// The source would give what was before.
#[tokio::test]
async fn a_pending_value_is_not_refreshed_away() {
    for apart in [false, true] {
        let (flow, clock) = by_hand().await;
        let source = Source::closed();
        let writer = source.clone();
        let strategy = Strategy::multi_level().write_behind(patient());
        let builder = flow.cache("behind").ttl(TTL).ttl_jitter(0.0);
        let cache: Behind = builder
            .strategy(strategy.refresh_ahead(0.5))
            .build_with_writer(move |batch| writer.clone().write(batch))
            .unwrap();
        write(&cache, 1, 11).await;
        clock.advance(TTL * 6 / 10);
        let old = || async { Ok::<u64, String>(10) };
        let got = match apart {
            false => cache.get_or_load(&1, old).await,
            true => cache.get_or_refresh(&1, old).await,
        };
        assert_eq!(got, Ok(11), "apart: {apart}");
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(cache.get(&1).await, Some(11), "apart: {apart}");
    }
}

#[tokio::test]
async fn a_store_that_fails_does_not_keep_a_value_from_its_source() {
    let (_server, _clock, [one]) = nodes().await;
    let source = Source::open();
    let cache = behind(&one.flow, patient(), &source);
    one.failing.fail(Operation::Put);
    one.failing.fail(Operation::Get);
    write(&cache, 1, 11).await;
    assert_eq!(cache.get(&1).await, Some(11));
    ends("the flush", cache.flush()).await;
    assert_eq!(source.batches(), [[(1, 11)]]);
}

/// The source is back: what waits is not lost for want of a few seconds.
#[tokio::test(start_paused = true)]
async fn a_shutdown_and_a_flush_do_not_wait_for_the_pause_after_a_failure() {
    for shuts_down in [true, false] {
        let flow = alone().await;
        let source = Source::open();
        source.fails.send_replace(Some("refused"));
        let cache = behind(&flow, patient().batch(1), &source);
        write(&cache, 1, 11).await;
        while source.begun.get() < 9 {
            tokio::time::sleep(SECOND / 100).await;
        }
        source.fails.send_replace(None);
        match shuts_down {
            true => flow.shutdown(5 * SECOND).await.unwrap(),
            false => {
                let flushed = tokio::time::timeout(5 * SECOND, cache.flush()).await;
                assert!(flushed.is_ok(), "now");
            }
        }
        assert_eq!(source.batches(), [[(1, 11)]]);
    }
}

/// What is written after that is another's.
#[tokio::test]
async fn a_flush_waits_for_what_waited_when_it_began() {
    let source = Source::closed();
    let cache = behind(&alone().await, patient(), &source);
    write(&cache, 1, 10).await;
    let flushing = {
        let cache = cache.clone();
        tokio::spawn(async move { cache.flush().await })
    };
    source.begun.reaches(1).await;
    write(&cache, 2, 20).await;
    source.may.add_permits(1);
    source.has(1).await;
    ends("the flush", flushing).await.unwrap();
    assert_eq!(source.batches(), [[(1, 10)]]);
}
