//! What is not kept for long, not kept at all, and not to be seen.

#![cfg(all(feature = "seal", feature = "macros"))]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::codec::KeyRing;
use cacheflow::{
    Cache, CacheBuilder, CacheFlow, ErrorKind, Event, Events, FailSafe, FlowBuilder, LoadContext,
    Sensitive, Strategy, Unreadable, cached,
};
use cacheflow_testkit::{MemoryBackend, eventually};

use crate::world::{HOUR, Node, WITHIN, alone, load};

const MINUTE: Duration = Duration::from_secs(60);

/// A flow on `server`.
async fn on(server: &MemoryBackend, options: impl Fn(FlowBuilder) -> FlowBuilder) -> CacheFlow {
    let builder = CacheFlow::builder()
        .backend(server.clone())
        .max_staleness(HOUR);
    let flow = options(builder).build().await.unwrap();
    let good = async || flow.health().is_good();
    eventually("the node has subscribed", WITHIN, good).await;
    flow
}

fn sealing(flow: FlowBuilder) -> FlowBuilder {
    flow.sealing(KeyRing::new().key(1, [7; 32]))
}

fn told(events: &mut Events, wanted: impl Fn(&Event) -> bool) -> bool {
    std::iter::from_fn(|| events.try_next()).any(|event| wanted(&event.unwrap()))
}

type Builder = CacheBuilder<u64, u64>;

/// A flow whose time a test moves, and a cache of it that keeps values for an hour, but
/// not for longer than a minute.
async fn for_a_minute(options: impl Fn(Builder) -> Builder) -> (Clock, Cache<u64, u64>) {
    let clock = Clock::manual();
    let flow = CacheFlow::builder()
        .clock(clock.clone())
        .build()
        .await
        .unwrap();
    let builder = flow.cache("grants").ttl(HOUR).max_ttl(MINUTE);
    (clock, options(builder).build().unwrap())
}

/// Whether the value of 1 is gone after a minute, and was there most of it.
async fn ends_in_time(clock: &Clock, cache: &Cache<u64, u64>) -> bool {
    clock.advance(MINUTE / 2);
    assert!(cache.get(&1).await.is_some());
    clock.advance(MINUTE / 2);
    cache.get(&1).await.is_none()
}

#[tokio::test]
async fn no_lifetime_is_longer_than_the_bound_whoever_wants_it() {
    let (clock, cache) = for_a_minute(|it| it).await;
    load(&cache, 1, 1).await;
    assert!(ends_in_time(&clock, &cache).await);
    let _ = cache.put(&1, 1).await.unwrap();
    assert!(ends_in_time(&clock, &cache).await);
    let says = async |context: LoadContext<u64>| {
        context.ttl(2 * HOUR);
        Ok::<_, String>(1)
    };
    cache.entry(&1).load(says).await.unwrap();
    assert!(ends_in_time(&clock, &cache).await);
    let (clock, cache) = for_a_minute(|it| it.ttl_from(|_| Some(HOUR)).ttl_jitter(0.5)).await;
    load(&cache, 1, 1).await;
    clock.advance(MINUTE);
    assert!(cache.get(&1).await.is_none());
    // A shorter one stays as it is.
    let (clock, cache) = for_a_minute(|it| it.ttl_from(|_| Some(MINUTE / 4)).ttl_jitter(0.0)).await;
    load(&cache, 1, 1).await;
    clock.advance(MINUTE / 4);
    assert!(cache.get(&1).await.is_none());
}

#[tokio::test]
async fn no_old_value_stands_in_beyond_the_bound() {
    let strategy = || Strategy::multi_level().fail_safe(FailSafe::new(HOUR));
    let fails = async |cache: &Cache<u64, u64>| {
        let load = cache.get_or_load(&1, async || Err::<u64, _>("away"));
        load.await.is_err()
    };
    let short = |it: Builder| it.ttl(MINUTE / 4).ttl_jitter(0.0).strategy(strategy());
    let (clock, cache) = for_a_minute(short).await;
    load(&cache, 1, 1).await;
    clock.advance(MINUTE / 2);
    assert!(!fails(&cache).await, "the old value stands in");
    clock.advance(MINUTE / 2);
    assert!(fails(&cache).await);
    // The same of one that was put.
    let (clock, cache) = for_a_minute(short).await;
    let _ = cache.put(&1, 1).await.unwrap();
    clock.advance(MINUTE);
    assert!(fails(&cache).await);
}

#[tokio::test]
async fn the_shared_store_keeps_it_no_longer_and_what_it_keeps_for_longer_is_not_believed() {
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let flow = async || on(&server, |flow| flow.clock(clock.clone())).await;
    let (one, two) = (flow().await, flow().await);
    let bounded = one.cache("grants").ttl(HOUR).max_ttl(MINUTE);
    let bounded: Cache<u64, u64> = bounded.build().unwrap();
    load(&bounded, 1, 1).await;
    let kept = server.value("cacheflow:grants:1").unwrap();
    assert!(kept.remaining <= MINUTE, "{:?}", kept.remaining);

    let unbounded = two.cache("grants").ttl(HOUR).ttl_jitter(0.0);
    let unbounded: Cache<u64, u64> = unbounded.build().unwrap();
    load(&unbounded, 2, 2).await;
    clock.advance(MINUTE / 2);
    assert_eq!(bounded.get(&2).await, Some(2));
    clock.advance(MINUTE / 2);
    assert!(
        bounded.peek(&2).is_none(),
        "memory has counted what the store had"
    );
    assert_eq!(bounded.get(&2).await, None);
    assert_eq!(unbounded.get(&2).await, Some(2));
}

fn even(value: &u64) -> Result<(), String> {
    match value % 2 {
        0 => Ok(()),
        _ => Err(format!("{value} is odd")),
    }
}

fn evens(flow: &CacheFlow) -> Cache<u64, u64> {
    flow.cache("evens").validate(even).build().unwrap()
}

fn refused(event: &Event) -> bool {
    matches!(event, Event::ValueRefused { fault, .. } if fault.ends_with("is odd"))
}

#[tokio::test]
async fn what_is_refused_is_returned_and_kept_nowhere() {
    let server = MemoryBackend::new();
    let flow = on(&server, |flow| flow).await;
    let cache = evens(&flow);
    let mut events = flow.events();
    assert_eq!(load(&cache, 1, 3).await, 3);
    assert!(told(&mut events, refused));
    assert!(cache.peek(&1).is_none() && server.names().is_empty());
    load(&cache, 1, 4).await;
    assert!(!told(&mut events, refused));
    assert_eq!((cache.get(&1).await, server.names().len()), (Some(4), 1));
    // What is put makes what is kept old, whether it is kept itself or not.
    let _ = cache.put(&1, 5).await.unwrap();
    assert!(told(&mut events, refused));
    assert!(cache.get(&1).await.is_none() && server.names().is_empty());
    assert_eq!(cache.stats().values_refused, 2);
    let many = cache.get_or_load_many(&[1, 2], async |missing: Vec<&u64>| {
        Ok::<_, String>(
            missing
                .into_iter()
                .map(|key| (*key, *key))
                .collect::<Vec<_>>(),
        )
    });
    assert!(many.await.error.is_none());
    assert_eq!(server.names(), ["cacheflow:evens:2"]);
}

#[tokio::test]
async fn what_others_have_written_is_looked_at_before_it_is_believed() {
    let server = MemoryBackend::new();
    let (one, two) = (on(&server, |it| it).await, on(&server, |it| it).await);
    let careless: Cache<u64, u64> = two.cache("evens").build().unwrap();
    load(&careless, 1, 3).await;
    load(&careless, 2, 2).await;
    let cache = evens(&one);
    let mut events = one.events();
    assert_eq!(cache.get(&1).await, None);
    let refuses = |event: &Event| {
        matches!(
            event,
            Event::Unreadable {
                fault: Unreadable::Refused,
                ..
            }
        )
    };
    assert!(told(&mut events, refuses));
    assert_eq!(server.names(), ["cacheflow:evens:2"]);
    assert_eq!(cache.get(&2).await, Some(2));
}

const SECRET: &str = "hunter2";

/// No event speaks of the secret.
fn nothing_told(events: &mut Events) {
    for event in std::iter::from_fn(|| events.try_next()) {
        let text = format!("{event:?}");
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[tokio::test]
async fn secrets_leave_the_process_hashed_and_sealed_or_not_at_all() {
    let server = MemoryBackend::new();
    let open = on(&server, |flow| flow).await;
    let refused = open.cache::<String, String>("sessions").sensitive().build();
    let error = refused.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    assert!(
        error
            .to_string()
            .contains("sensitive: allowed in a flow that seals"),
        "{error}"
    );

    let sealed = on(&server, sealing).await;
    let mut events = sealed.events();
    let sessions = sealed
        .cache::<String, String>("sessions")
        .sensitive()
        .build()
        .unwrap();
    let token = Sensitive(SECRET.to_owned());
    let _ = sessions.put(&token, SECRET.to_owned()).await.unwrap();
    assert_eq!(sessions.get(&token).await.as_deref(), Some(SECRET));
    let names = server.names();
    assert_eq!(names.len(), 1);
    let bytes = server.value(&names[0]).unwrap().bytes;
    let hidden = |bytes: &[u8]| {
        !bytes
            .windows(SECRET.len())
            .any(|it| it == SECRET.as_bytes())
    };
    assert!(hidden(names[0].as_bytes()) && hidden(&bytes));
    assert!(!sessions.full_key(&token).as_str().contains(SECRET));
    let _ = sessions.invalidate(&token).await.unwrap();
    assert_eq!(sessions.get(&token).await, None);
    nothing_told(&mut events);
    #[cfg(feature = "zstd")]
    assert!(
        sessions
            .train_dictionary(1)
            .unwrap_err()
            .to_string()
            .contains("sensitive")
    );
    // Nothing leaves a flow that shares nothing.
    let alone = alone().await;
    alone
        .cache::<String, u64>("sessions")
        .sensitive()
        .build()
        .unwrap();
}

/// How often the functions below ran.
static RUNS: AtomicU64 = AtomicU64::new(0);

#[cached(cache = "users_of", sensitive, flow = flow, skip(flow))]
async fn user_of(flow: &CacheFlow, token: &str) -> u64 {
    let _ = token;
    RUNS.fetch_add(1, Ordering::SeqCst)
}

#[cached(cache = "locals_of", sensitive, local, flow = flow, skip(flow))]
async fn local_of(flow: &CacheFlow, token: &str) -> u64 {
    let _ = token;
    RUNS.fetch_add(1, Ordering::SeqCst)
}

#[tokio::test]
async fn an_attribute_hides_its_arguments_and_runs_without_a_cache_where_they_would_leave() {
    let server = MemoryBackend::new();
    let open = on(&server, |flow| flow).await;
    assert_ne!(user_of(&open, SECRET).await, user_of(&open, SECRET).await);
    let error = user_of::cache(&open).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("sensitive: allowed in a flow that seals"),
        "{error}"
    );
    assert!(server.names().is_empty());
    assert_eq!(local_of(&open, SECRET).await, local_of(&open, SECRET).await);

    let sealed = on(&server, sealing).await;
    let mut events = sealed.events();
    assert_eq!(
        user_of(&sealed, SECRET).await,
        user_of(&sealed, SECRET).await
    );
    let key = user_of::key(&sealed, SECRET).to_string();
    assert!(
        key.starts_with("users_of:#") && !key.contains(SECRET),
        "{key}"
    );
    assert_ne!(key, user_of::key(&sealed, "other").to_string());
    assert_eq!(server.names(), [format!("cacheflow:{key}")]);
    let _ = user_of::invalidate(&sealed, SECRET).await.unwrap();
    assert!(user_of::peek(&sealed, SECRET).is_none());
    nothing_told(&mut events);
}

fn not_seven(value: &u64) -> Result<(), &'static str> {
    if *value == 7 { Err("seven") } else { Ok(()) }
}

#[cached(
    cache = "lucky",
    key = "{n}",
    ttl = "1h",
    max_ttl = "1m",
    validate = not_seven,
    invalidation_patterns = ["dice:*"],
    flow = flow
)]
async fn lucky(flow: &CacheFlow, n: u64) -> Option<u64> {
    let _ = flow;
    Some(n)
}

#[cached(cache = "lucky_here", key = "{n}", local, validate = not_seven, flow = flow)]
async fn lucky_here(flow: &CacheFlow, n: u64) -> u64 {
    let _ = flow;
    n
}

#[tokio::test]
async fn attributes_bound_lifetimes_and_look_at_values() {
    let clock = Clock::manual();
    let flow = CacheFlow::builder()
        .clock(clock.clone())
        .build()
        .await
        .unwrap();
    for n in [6, 7] {
        assert_eq!(lucky(&flow, n).await, Some(n));
        assert_eq!(lucky_here(&flow, n).await, n);
    }
    assert!(lucky::peek(&flow, 6).is_some() && lucky::peek(&flow, 7).is_none());
    assert!(lucky_here::peek(&flow, 6).is_some() && lucky_here::peek(&flow, 7).is_none());
    clock.advance(MINUTE);
    assert!(lucky::peek(&flow, 6).is_none() && lucky_here::peek(&flow, 6).is_some());
    lucky(&flow, 6).await;
    let _ = flow.invalidate().keys(["dice:1"]).send().await.unwrap();
    assert!(lucky::peek(&flow, 6).is_none());
}

#[tokio::test]
async fn a_bound_out_of_range_is_refused() {
    let node = Node::on(&MemoryBackend::new()).await;
    let build = |max_ttl| node.flow.cache::<u64, u64>("c").max_ttl(max_ttl).build();
    for wrong in [Duration::ZERO, 367 * 24 * HOUR] {
        let error = build(wrong).unwrap_err().to_string();
        assert!(
            error.contains("max_ttl = ") && error.contains("allowed is 1ms to"),
            "{error}"
        );
    }
    build(MINUTE).unwrap();
}
