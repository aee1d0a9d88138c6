//! A hit in memory allocates nothing and awaits nothing.
//!
//! A binary of its own: what counts allocations is the process's allocator. It
//! counts each thread for itself, so tests run side by side.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use allocation_counter::measure;
use cacheflow::{Cache, CacheFlow, ErrorKind, Eviction, Strategy, cached};

/// What is kept in these tests: costly to copy, and shared instead.
type Shared = Arc<Vec<String>>;

fn value() -> Shared {
    Arc::new(vec!["a value that lives on the heap".to_owned()])
}

/// So many hits are measured, each by itself.
const HITS: usize = 6_400;

/// Polls once with a waker that wakes nobody. A hit is ready then.
fn ready<T>(call: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(call).poll(&mut context) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a hit waits for something"),
    }
}

/// Many hits, after some that set things up: a thread's own state, a function's
/// place in the registry, the front of memory.
#[track_caller]
fn assert_allocates_nothing<T>(hit: impl FnMut() -> T) {
    let allocating = allocating(hit);
    assert_eq!(allocating, 0, "of {HITS} hits");
}

/// How many of all hits allocate.
fn allocating<T>(mut hit: impl FnMut() -> T) -> usize {
    for _ in 0..HITS / 10 {
        hit();
    }
    let allocating = (0..HITS).filter(|_| {
        let allocations = measure(|| drop(std::hint::black_box(hit())));
        allocations.count_total > 0
    });
    allocating.count()
}

fn flow() -> CacheFlow {
    ready(CacheFlow::builder().build()).unwrap()
}

fn filled<K>(key: &K) -> Cache<K, Shared>
where
    K: cacheflow::CacheKey,
{
    let cache = flow().cache("values").build().unwrap();
    let _ = ready(cache.put(key, value())).unwrap();
    cache
}

#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(value())).count_total, 3);
}

#[test]
fn a_hit_of_get_allocates_nothing() {
    let cache = filled(&7_u64);
    assert_allocates_nothing(|| ready(cache.get(&7)).unwrap());
}

#[test]
fn a_hit_of_get_or_load_allocates_nothing() {
    let cache = filled(&7_u64);
    assert_allocates_nothing(|| {
        let hit = cache.get_or_load(&7, async || Err::<Shared, _>("the loader ran"));
        ready(hit).unwrap()
    });
    assert_allocates_nothing(|| {
        let hit = cache.get_or_load_shared(&7, async || Err::<Shared, _>("the loader ran"));
        ready(hit).unwrap()
    });
}

/// As long as nothing is to be done about the value.
#[test]
fn a_hit_of_what_is_refreshed_or_lives_while_it_is_read_allocates_nothing() {
    let hour = Duration::from_secs(3600);
    let flow = flow();
    let ahead = Strategy::multi_level().refresh_ahead(0.9);
    let builders = [
        flow.cache("ahead").strategy(ahead),
        flow.cache("idle").idle(hour),
    ];
    for builder in builders {
        let cache: Cache<u64, Shared> = builder.ttl(10 * hour).build().unwrap();
        let load = || cache.get_or_load(&7, async || Ok::<_, std::io::Error>(value()));
        ready(load()).unwrap();
        assert_allocates_nothing(|| ready(load()).unwrap());
        let refresh = || cache.get_or_refresh(&7, || async { Ok::<_, std::io::Error>(value()) });
        assert_allocates_nothing(|| ready(refresh()).unwrap());
    }
}

#[test]
fn a_hit_of_contains_and_of_peek_allocates_nothing() {
    let cache = filled(&7_u64);
    assert_allocates_nothing(|| assert!(ready(cache.contains(&7))));
    assert_allocates_nothing(|| assert!(cache.peek(&7).is_some()));
}

#[test]
fn a_hit_by_text_allocates_nothing() {
    // The longest that is kept as it is, and one that has to be escaped.
    for key in [
        "ada@example.org".to_owned(),
        "x".repeat(200),
        "a b:c/é".to_owned(),
    ] {
        let cache = filled(&key);
        assert_allocates_nothing(|| ready(cache.get(key.as_str())).unwrap());
    }
}

#[test]
fn a_hit_by_several_parts_allocates_nothing() {
    let key = (7_u64, Some("ada".to_owned()), vec![1_u8, 2, 3]);
    let cache = filled(&key);
    assert_allocates_nothing(|| ready(cache.get(&key)).unwrap());
}

#[test]
fn a_hit_in_a_cache_bounded_by_memory_allocates_nothing() {
    let cache: Cache<u64, Shared> = flow().cache("values").max_memory(1 << 20).build().unwrap();
    let _ = ready(cache.put(&7, value())).unwrap();
    assert_allocates_nothing(|| ready(cache.get(&7)).unwrap());
}

/// Its store keeps books: one in 64 of those who ask it does what it puts off, and some do
/// after a third of a second.
#[test]
fn nearly_no_hit_in_a_cache_that_evicts_by_tiny_lfu_allocates() {
    let builder = flow().cache("values").eviction(Eviction::TinyLfu);
    let cache: Cache<u64, Shared> = builder.build().unwrap();
    let _ = ready(cache.put(&7, value())).unwrap();
    let allocating = allocating(|| ready(cache.get(&7)).unwrap());
    assert!(allocating <= HITS / 64 + 20, "{allocating} of {HITS}");
}

#[cached(key = "{id}")]
async fn by_number(id: u64) -> Shared {
    value()
}

#[cached(key = "{name}")]
async fn by_name(name: &str) -> Result<Shared, String> {
    Ok(value())
}

#[cached(flow = flow, key = "{org}:{id}")]
async fn in_a_flow(flow: &CacheFlow, org: &str, id: u64) -> Option<Shared> {
    Some(value())
}

#[cached(skip(loaded))]
async fn of_any<T: cacheflow::CacheKey + Clone>(id: T, loaded: Shared) -> Shared {
    loaded
}

#[test]
fn a_hit_of_an_attributed_function_allocates_nothing() {
    assert_allocates_nothing(|| ready(by_number(7)));
    assert_allocates_nothing(|| ready(by_name("ada")).unwrap());
}

#[test]
fn a_hit_of_an_attributed_function_with_a_flow_of_its_own_allocates_nothing() {
    let flow = flow();
    assert_allocates_nothing(|| ready(in_a_flow(&flow, "acme", 7)).unwrap());
}

#[test]
fn a_hit_of_a_generic_attributed_function_allocates_nothing() {
    let loaded = value();
    assert_allocates_nothing(|| ready(of_any(7_u64, Arc::clone(&loaded))));
    assert_allocates_nothing(|| ready(of_any("ada", Arc::clone(&loaded))));
}

/// The first call of an attributed function makes the global flow.
#[test]
fn a_global_flow_cannot_be_installed_after_the_first_call() {
    ready(by_number(8));
    let error = flow().install_global().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyInstalled);
}
