//! Caches that are forgotten with what others forget.

use cacheflow::event::Forgotten;
use cacheflow::{Applied, Cache, CacheFlow, ErrorKind};
use cacheflow_testkit::{MemoryBackend, Operation, eventually};
use tokio::sync::oneshot;

use crate::world::{HOUR, Node, WITHIN, alone, forgotten, load, two_nodes};

fn permissions(flow: &CacheFlow) -> Cache<u64, u64> {
    let cache = flow.cache("permissions").ttl(HOUR).ttl_jitter(0.0);
    let cache = cache.invalidation_patterns(["user:*", "role:*"]);
    cache.build().unwrap()
}

/// A node that does not have the cache, and one that does, with a value of key 1.
async fn without_and_with() -> (MemoryBackend, Node, Node, Cache<u64, u64>) {
    let (server, without, with) = two_nodes().await;
    let cache = permissions(&with.flow);
    load(&cache, 1, 1).await;
    (server, without, with, cache)
}

/// The names of caches that a node has asked the store to forget.
fn asked_for(node: &Node) -> Vec<String> {
    let calls = node.recording.take().into_iter();
    let records = calls.filter(|call| call.operation == Operation::Record);
    let caches = records.filter(|call| call.about.contains("cache="));
    caches.map(|call| call.about).collect()
}

#[tokio::test]
async fn whatever_matches_forgets_the_cache_before_the_call_returns() {
    let flow = alone().await;
    let cache = permissions(&flow);
    let users: Cache<u64, u64> = flow.cache("user").build().unwrap();
    let forgets = async |invalidation: cacheflow::Invalidation| {
        load(&cache, 1, 1).await;
        let _ = invalidation.send().await.unwrap();
        cache.peek(&1).is_none()
    };
    let of = || flow.invalidate();
    assert!(forgets(of().keys(["user:7"])).await);
    assert!(forgets(of().tags(["role:admin"])).await);
    assert!(forgets(of().pattern("us*")).await);
    assert!(forgets(of().cache("user")).await);
    assert!(forgets(of().keys(["user:7"]).local_only()).await);
    assert!(!forgets(of().keys(["users:7", "permissions:2"])).await);
    assert!(!forgets(of().tags(["roles"]).pattern("users:*")).await);
    // What is put, and what is about to be written, changes as well.
    load(&cache, 1, 1).await;
    let _ = users.put(&7, 7).await.unwrap();
    assert!(cache.peek(&1).is_none());
    load(&cache, 1, 1).await;
    let write = users.begin_write(&7).await.unwrap();
    assert!(cache.peek(&1).is_none());
    load(&cache, 1, 1).await;
    let _ = write.finish().await;
    assert!(cache.peek(&1).is_none());
}

#[tokio::test]
async fn a_cache_that_goes_by_a_forgotten_one_goes_as_well() {
    let flow = alone().await;
    let cache = permissions(&flow);
    let menus: Cache<u64, u64> = flow
        .cache("menus")
        .invalidation_patterns(["permissions:*"])
        .build()
        .unwrap();
    load(&cache, 1, 1).await;
    load(&menus, 1, 1).await;
    let invalidated = flow.invalidate().keys(["user:7"]).send_counted().await;
    assert_eq!(invalidated.unwrap().deleted.in_memory, 2);
    assert!(menus.peek(&1).is_none());
}

#[tokio::test]
async fn a_node_without_the_cache_forgets_it_on_others_and_in_the_store() {
    let (server, without, _with, cache) = without_and_with().await;
    without.forget_key("user:7").await;
    forgotten(&cache, 1).await;
    assert_eq!(cache.get(&1).await, None, "nor is it read from the store");
    let removed = async || server.names().is_empty();
    eventually("the store has removed it", WITHIN, removed).await;
    load(&cache, 1, 2).await;
    assert_eq!(cache.get(&1).await, Some(2));
}

#[tokio::test]
async fn what_was_made_of_the_cache_goes_with_it() {
    let (server, without, with, cache) = without_and_with().await;
    let pages = with.cache("pages");
    let page = async || Ok::<_, String>(load(&cache, 1, 1).await);
    pages.get_or_load(&1, page).await.unwrap();
    let following = with.gate.hold_before(Operation::Record);
    without.forget_key("user:7").await;
    forgotten(&pages, 1).await;
    assert_eq!(server.names().len(), 2);
    assert_eq!(pages.get(&1).await, None, "nor is it read from the store");
    following.release();
    let removed = async || server.names().is_empty();
    eventually("the store has removed both", WITHIN, removed).await;
}

#[tokio::test]
async fn a_load_from_before_is_kept_nowhere() {
    let (server, without, _with, cache) = without_and_with().await;
    let (begun, has_begun) = oneshot::channel();
    let (go, end) = oneshot::channel::<()>();
    let loading = tokio::spawn({
        let cache = cache.clone();
        async move {
            let load = async move || {
                begun.send(()).unwrap();
                end.await.unwrap();
                Ok::<_, String>(2)
            };
            cache.get_or_load(&2, load).await
        }
    });
    has_begun.await.unwrap();
    without.forget_key("user:7").await;
    forgotten(&cache, 1).await;
    go.send(()).unwrap();
    assert_eq!(loading.await.unwrap().unwrap(), 2);
    assert_eq!(cache.get(&2).await, None);
    let removed = async || server.names().is_empty();
    eventually("the store has nothing", WITHIN, removed).await;
}

/// The store cannot refuse it: the record does not name the cache.
#[tokio::test]
async fn what_was_filled_before_the_news_came_is_never_believed() {
    let (server, without, with, cache) = without_and_with().await;
    let news = with.gate.hold_before(Operation::Heard);
    let following = with.gate.hold_before(Operation::Record);
    without.forget_key("user:7").await;
    news.reached().await;
    // Loaded before the change, for all that anybody knows.
    load(&cache, 2, 2).await;
    news.release();
    forgotten(&cache, 2).await;
    assert_eq!(server.names().len(), 2);
    assert_eq!(cache.get(&2).await, None);
    // On another node that has heard it, too.
    let third = Node::on(&server).await;
    assert_eq!(permissions(&third.flow).get(&2).await, None);
    following.release();
}

/// Nobody was there who knew of the patterns.
#[tokio::test]
async fn a_node_that_comes_later_believes_nothing_from_before_it_came() {
    let (server, without, with, cache) = without_and_with().await;
    with.flow.shutdown(WITHIN).await.unwrap();
    drop(cache);
    without.forget_key("user:7").await;
    assert_eq!(server.names().len(), 1);
    let later = Node::on(&server).await;
    let cache = permissions(&later.flow);
    assert_eq!(cache.get(&1).await, None);
    // What is kept from here on is believed, by whoever comes after it.
    load(&cache, 1, 2).await;
    let last = Node::on(&server).await;
    assert_eq!(permissions(&last.flow).get(&1).await, Some(2));
}

/// A deploy finds what is kept: the journal tells that nothing has touched it.
#[tokio::test]
async fn a_node_that_comes_later_believes_what_the_journal_knows_to_be_untouched() {
    let (server, without, with, cache) = without_and_with().await;
    for key in 0..10 {
        without.forget_key(&format!("order:{key}")).await;
    }
    let later = Node::on(&server).await;
    let there = permissions(&later.flow);
    let hit = async || there.get(&1).await == Some(1);
    eventually("it has looked back", WITHIN, hit).await;
    // What it finds goes like everything else.
    without.forget_key("user:7").await;
    forgotten(&there, 1).await;
    drop((with, cache));
}

#[tokio::test]
async fn where_the_journal_does_not_reach_back_nothing_from_before_is_believed() {
    let (server, without, with, _cache) = without_and_with().await;
    without.forget_key("user:7").await;
    load(&permissions(&with.flow), 2, 2).await;
    let following = with.gate.hold_before(Operation::Record);
    without.forget_key("order:1").await;
    server.trim_journal();
    let later = Node::on(&server).await;
    let _ = later.recording.take();
    let there = permissions(&later.flow);
    let mut asked = Vec::new();
    let has_asked = async || {
        asked.extend(later.recording.take());
        asked.iter().any(|call| call.operation == Operation::Since)
    };
    eventually("it has tried to look back", WITHIN, has_asked).await;
    assert_eq!(there.get(&2).await, None);
    following.release();
}

#[tokio::test]
async fn a_put_that_the_cache_was_touched_during_is_not_kept() {
    let (server, without, with, cache) = without_and_with().await;
    let news = with.gate.hold_before(Operation::Heard);
    let put = with.gate.hold_before(Operation::Put);
    let putting = tokio::spawn({
        let cache = cache.clone();
        async move { cache.put(&2, 2).await }
    });
    put.reached().await;
    without.forget_key("user:7").await;
    news.reached().await;
    put.release();
    let _ = putting.await.unwrap().unwrap();
    assert_eq!(cache.get(&2).await, None);
    news.release();
    let removed = async || server.names().is_empty();
    eventually("the store does not have it", WITHIN, removed).await;
}

#[tokio::test]
async fn nodes_that_do_not_know_of_the_patterns_hear_it_in_the_end() {
    let (server, one, two) = two_nodes().await;
    let (here, there) = (one.cache("permissions"), permissions(&two.flow));
    load(&there, 1, 1).await;
    assert_eq!(here.get(&1).await, Some(1));
    one.forget_key("user:7").await;
    forgotten(&here, 1).await;
    let removed = async || server.names().is_empty();
    eventually("the store has removed it", WITHIN, removed).await;
}

#[tokio::test]
async fn many_changes_are_followed_by_few_removals_and_by_those_of_one_node() {
    let (server, without, with, cache) = without_and_with().await;
    let third = Node::on(&server).await;
    let other = permissions(&third.flow);
    for key in 0..50 {
        without.forget_key(&format!("user:{key}")).await;
    }
    let removed = async || server.names().is_empty();
    eventually("the store has removed it", WITHIN, removed).await;
    forgotten(&cache, 1).await;
    forgotten(&other, 1).await;
    // The first of each node at most, and one that comes a second after it.
    let asked = asked_for(&with).len() + asked_for(&third).len();
    assert!((1..=4).contains(&asked), "{asked}");
}

#[tokio::test]
async fn while_the_store_is_away_the_outbox_names_the_cache() {
    let (server, _without, with, cache) = without_and_with().await;
    with.failing.fail_nth(Operation::Record, 1);
    let invalidation = with.flow.invalidate().keys(["user:7"]);
    assert_eq!(invalidation.send().await.unwrap(), Applied::Local);
    assert!(cache.peek(&1).is_none());
    let removed = async || server.names().is_empty();
    eventually("the store has removed it", WITHIN, removed).await;
    assert_eq!(asked_for(&with).len(), 1, "one record says it all");
}

#[tokio::test]
async fn what_somebody_without_a_journal_says_matches_as_well() {
    let (server, _without, _with, cache) = without_and_with().await;
    let keys = Forgotten::keys([cacheflow::key::FullKey::parse("user:7").unwrap()]).keys;
    server.announce_foreign(&keys, "somebody");
    forgotten(&cache, 1).await;
}

#[tokio::test]
async fn patterns_out_of_bounds_are_refused_with_what_is_allowed() {
    let flow = alone().await;
    let build = |patterns: Vec<String>| {
        let builder = flow.cache::<u64, u64>("c").invalidation_patterns(patterns);
        builder.build().unwrap_err()
    };
    let error = build(vec!["user:\\".to_owned(), String::new()]);
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    let error = error.to_string();
    assert!(error.contains("allowed behind a \\ are"), "{error}");
    assert!(error.contains("allowed are 1 to 512 bytes"), "{error}");
    let error = build(vec!["*".to_owned(); 65]).to_string();
    assert!(
        error.contains("65 patterns: allowed is 0 patterns to 64"),
        "{error}"
    );
}
