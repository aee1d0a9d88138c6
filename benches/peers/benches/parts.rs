//! The parts of a hit, each alone, and what a hit allocates: nothing.
//!
//! Where the nanoseconds go. The parts do not add up to a hit: a processor
//! overlaps what does not depend on each other.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use cacheflow::clock::Clock;
use cacheflow::{Cache, CacheFlow, CacheKey, KeyBuf};
use cacheflow_benches::ready::now;
use divan::Bencher;
use moka::sync::Cache as Moka;
use rustix::time::{ClockId, clock_gettime};

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

/// A whole hit, for what it allocates.
mod hit {
    use super::*;

    #[divan::bench]
    fn get_or_load(bencher: Bencher<'_, '_>) {
        let flow = now(CacheFlow::builder().build()).expect("the defaults are valid");
        let cache: Cache<u64, Arc<u64>> = flow.cache("hits").build().expect("the name is free");
        let find = || {
            let load = async || Ok::<_, std::io::Error>(Arc::new(7));
            now(cache.get_or_load(black_box(&7), load)).expect("loading does not fail")
        };
        let _ = find();
        bencher.bench_local(find);
    }
}

/// Reading the time.
mod clock {
    use super::*;

    #[divan::bench]
    fn of_cacheflow(bencher: Bencher<'_, '_>) {
        let clock = Clock::system();
        bencher.bench_local(|| clock.now());
    }

    #[divan::bench(args = [ClockId::Boottime, ClockId::Monotonic, ClockId::MonotonicCoarse])]
    fn of_linux(bencher: Bencher<'_, '_>, id: ClockId) {
        bencher.bench_local(|| clock_gettime(black_box(id)));
    }

    #[divan::bench]
    fn instant() -> Instant {
        Instant::now()
    }
}

/// Writing a key and hashing it.
mod key {
    use super::*;

    fn written<K: CacheKey + ?Sized>(key: &K) -> KeyBuf {
        let mut buf = KeyBuf::new();
        black_box(key).write_key(&mut buf);
        buf
    }

    #[divan::bench]
    fn number() -> usize {
        size_of_val(black_box(&written(&4711_u64)))
    }

    #[divan::bench]
    fn text() -> usize {
        size_of_val(black_box(&written("user-00004711.org")))
    }

    #[divan::bench]
    fn number_and_text() -> usize {
        size_of_val(black_box(&written(&(4711_u64, "de"))))
    }

    #[divan::bench]
    fn hash_of_17_bytes(bencher: Bencher<'_, '_>) {
        use std::hash::BuildHasher;
        let state = foldhash::fast::RandomState::default();
        bencher.bench_local(|| state.hash_one(black_box(b"user-00004711.org".as_slice())));
    }
}

/// moka's share, on a hot key.
mod store {
    use super::*;

    fn filled<S>(cache: Moka<u64, Arc<u64>, S>) -> Moka<u64, Arc<u64>, S>
    where
        S: std::hash::BuildHasher + Clone + Send + Sync + 'static,
    {
        for key in 0..1000 {
            cache.insert(key, Arc::new(key));
        }
        cache
    }

    struct Hour;

    impl moka::Expiry<u64, Arc<u64>> for Hour {
        fn expire_after_create(&self, _: &u64, _: &Arc<u64>, _: Instant) -> Option<Duration> {
            Some(Duration::from_secs(3600))
        }
    }

    #[divan::bench]
    fn moka_bounded(bencher: Bencher<'_, '_>) {
        let cache = filled(Moka::builder().max_capacity(10_000).build());
        bencher.bench_local(|| cache.get(black_box(&7)));
    }

    #[divan::bench]
    fn moka_bounded_foldhash(bencher: Bencher<'_, '_>) {
        let state = foldhash::fast::RandomState::default();
        let cache = filled(
            Moka::builder()
                .max_capacity(10_000)
                .build_with_hasher(state),
        );
        bencher.bench_local(|| cache.get(black_box(&7)));
    }

    #[divan::bench]
    fn moka_foldhash_time_to_live(bencher: Bencher<'_, '_>) {
        let state = foldhash::fast::RandomState::default();
        let builder = Moka::builder().max_capacity(10_000);
        let builder = builder.time_to_live(Duration::from_secs(3600));
        let cache = filled(builder.build_with_hasher(state));
        bencher.bench_local(|| cache.get(black_box(&7)));
    }

    #[divan::bench]
    fn moka_foldhash_expire_after(bencher: Bencher<'_, '_>) {
        let state = foldhash::fast::RandomState::default();
        let builder = Moka::builder().max_capacity(10_000).expire_after(Hour);
        let cache = filled(builder.build_with_hasher(state));
        bencher.bench_local(|| cache.get(black_box(&7)));
    }
}

/// What sharing costs where nobody contends.
mod shared {
    use super::*;

    #[divan::bench]
    fn arc_clone_and_drop(bencher: Bencher<'_, '_>) {
        let arc = Arc::new(7);
        bencher.bench_local(|| drop(black_box(Arc::clone(&arc))));
    }

    #[divan::bench]
    fn counter_add(bencher: Bencher<'_, '_>) {
        let counter = AtomicU64::new(0);
        bencher.bench_local(|| counter.fetch_add(1, Ordering::Relaxed));
    }

    #[divan::bench]
    fn mutex(bencher: Bencher<'_, '_>) {
        let mutex = Mutex::new(7);
        bencher.bench_local(|| *black_box(&mutex).lock().expect("nobody panics"));
    }

    #[divan::bench]
    fn mutex_try(bencher: Bencher<'_, '_>) {
        let mutex = Mutex::new(7);
        bencher.bench_local(|| *black_box(&mutex).try_lock().expect("nobody else locks"));
    }

    #[divan::bench]
    fn rwlock(bencher: Bencher<'_, '_>) {
        let lock = RwLock::new(7);
        bencher.bench_local(|| *black_box(&lock).read().expect("nobody panics"));
    }
}
