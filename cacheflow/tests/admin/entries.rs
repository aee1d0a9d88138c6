//! What lies in memory, page by page, without disturbing it.

use std::collections::BTreeSet;
use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::{Admin, Cache, CacheFlow, EntryState, ErrorKind, FailSafe, Strategy};
use cacheflow_testkit::MemoryBackend;

use crate::world::{HOUR, Node, alone, load};

const MINUTE: Duration = Duration::from_secs(60);

/// All keys of a cache, by pages of `limit`.
fn keys(admin: &Admin, cache: &str, limit: usize) -> Vec<String> {
    let mut keys = Vec::new();
    let mut after = None;
    loop {
        let page = admin.entries(cache, after.as_deref(), limit).unwrap();
        assert!(page.entries.len() <= limit);
        keys.extend(page.entries.iter().map(|entry| entry.key.to_string()));
        assert!(keys.len() <= 1000, "something is told twice: {keys:?}");
        after = page.next;
        if after.is_none() {
            return keys;
        }
    }
}

#[tokio::test]
async fn pages_hold_every_entry_once_in_order() {
    let flow = alone().await;
    let numbers: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    assert_eq!(keys(&flow.admin(), "numbers", 3), [""; 0]);
    for key in 0..25 {
        load(&numbers, key, key).await;
    }
    let expected: BTreeSet<_> = (0..25).map(|key| format!("numbers:{key}")).collect();
    for limit in [1, 5, 7, 24, 25, 1000] {
        let keys = keys(&flow.admin(), "numbers", limit);
        assert!(keys.iter().eq(expected.iter()), "{limit}: {keys:?}");
    }
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused_with_what_is_allowed() {
    let flow = alone().await;
    let _: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    let refused = |cache, after, limit| {
        let error = flow.admin().entries(cache, after, limit).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        error.to_string()
    };
    assert!(refused("number", None, 1).contains("this process uses numbers"));
    assert!(refused("numbers", None, 0).contains("limit = 0: allowed is 1 to 1000"));
    assert!(refused("numbers", None, 1001).contains("allowed is 1 to 1000"));
    assert!(refused("numbers", Some("pages:1"), 1).contains("allowed is a key of numbers"));
    assert!(refused("numbers", Some("1"), 1).contains("a colon and a key"));
}

#[tokio::test]
async fn an_entry_is_told_with_all_but_its_value() {
    let clock = Clock::manual();
    let flow = CacheFlow::builder()
        .clock(clock.clone())
        .build()
        .await
        .unwrap();
    let users: Cache<u64, String> = flow
        .cache("users")
        .ttl(HOUR)
        .ttl_jitter(0.0)
        .tags(|user: &String| vec![format!("name:{user}")])
        .build()
        .unwrap();
    let pages: Cache<u64, String> = flow
        .cache("pages")
        .ttl(HOUR)
        .ttl_jitter(0.0)
        .max_memory(1 << 20)
        .build()
        .unwrap();
    let page = pages.get_or_load(&1, async || {
        clock.advance(Duration::from_millis(250));
        users
            .get_or_load(&7, async || Ok::<_, std::io::Error>("Ada".to_owned()))
            .await
            .map_err(|error| error.into_source().unwrap())
    });
    assert_eq!(page.await.unwrap(), "Ada");
    clock.advance(10 * MINUTE);

    let page = flow.admin().entries("pages", None, 10).unwrap();
    let [entry] = &page.entries[..] else {
        panic!("{page:?}")
    };
    assert_eq!(entry.key.as_str(), "pages:1");
    assert_eq!(entry.state, EntryState::Live);
    assert!(entry.age >= 10 * MINUTE && entry.age <= 11 * MINUTE);
    assert!(entry.remaining >= 49 * MINUTE && entry.remaining <= 50 * MINUTE);
    assert_eq!(entry.tags[0].as_str(), "name:Ada");
    assert_eq!(entry.dependencies[0].as_str(), "users:7");
    assert!(entry.weight > 3, "in bytes: {}", entry.weight);
    assert_eq!(entry.load_cost, Duration::from_millis(250));
    let told = format!("{entry:?} {}", serde_json::to_string(entry).unwrap());
    assert!(!told.contains("\"Ada\""), "{told}");
    assert!(told.contains("\"load_cost_ms\":250"), "{told}");
}

#[tokio::test]
async fn an_entry_says_what_it_is_good_for() {
    let clock = Clock::manual();
    let flow = CacheFlow::builder()
        .clock(clock.clone())
        .build()
        .await
        .unwrap();
    let strategy = Strategy::multi_level().fail_safe(FailSafe::new(HOUR));
    let numbers: Cache<u64, u64> = flow
        .cache("numbers")
        .ttl(MINUTE)
        .ttl_jitter(0.0)
        .strategy(strategy)
        .build()
        .unwrap();
    load(&numbers, 1, 1).await;
    let state = || flow.admin().entries("numbers", None, 1).unwrap().entries[0].clone();
    assert_eq!(state().state, EntryState::Live);
    assert_eq!(state().stands_in_for, HOUR + MINUTE);
    clock.advance(MINUTE);
    assert_eq!(state().state, EntryState::Stale);
    assert_eq!(
        (state().remaining, state().stands_in_for),
        (Duration::ZERO, HOUR)
    );
    let failed = numbers
        .get_or_load(&1, async || Err::<u64, _>("away"))
        .await;
    assert_eq!(failed.unwrap(), 1);
    assert_eq!(state().state, EntryState::StandsIn);
    clock.advance(2 * HOUR);
    assert_eq!(state().state, EntryState::Expired);
}

#[tokio::test]
async fn what_is_not_served_for_want_of_news_is_told_as_that() {
    let server = MemoryBackend::new();
    let clock = Clock::manual();
    let node = Node::with(&server, |flow| flow.clock(clock.clone())).await;
    let numbers: Cache<u64, u64> = node.flow.cache("numbers").ttl(24 * HOUR).build().unwrap();
    load(&numbers, 1, 1).await;
    node.failing.fail(cacheflow_testkit::Operation::Listen);
    server.disconnect();
    let down = async || node.flow.health().bus == Some(cacheflow::BusHealth::Down);
    cacheflow_testkit::eventually("the bus is away", crate::world::WITHIN, down).await;
    clock.advance(2 * HOUR);
    let entry = &node
        .flow
        .admin()
        .entries("numbers", None, 1)
        .unwrap()
        .entries[0];
    assert_eq!(entry.state, EntryState::Unserved);
}

/// Memory of ten entries: those that are read stay when more are put, and it is
/// no reading to list them.
#[tokio::test]
async fn to_list_entries_makes_none_of_them_stay() {
    let resident = async |lists: bool| {
        let flow = alone().await;
        let numbers: Cache<u64, u64> = flow.cache("numbers").max_entries(10).build().unwrap();
        for key in 0..10 {
            load(&numbers, key, key).await;
        }
        // These are read, the others only listed.
        for _ in 0..20 {
            for key in 0..5 {
                let _ = numbers.get(&key).await;
            }
            if lists {
                for _ in 0..50 {
                    let _ = flow.admin().entries("numbers", None, 1000).unwrap();
                }
            }
            let _ = numbers.stats();
        }
        for _ in 0..20 {
            for key in 10..15 {
                load(&numbers, key, key).await;
                let _ = numbers.stats();
            }
        }
        keys(&flow.admin(), "numbers", 1000)
    };
    assert_eq!(resident(true).await, resident(false).await);
}
