//! Callers in places, and with values, that nobody thinks of.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use cacheflow::{Cache, CacheFlow};
use cacheflow_testkit::MemoryBackend;

use crate::support::{Fault, Node, alone, cached, load};

/// An executor that is not tokio's.
fn block_on<T>(call: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut call = std::pin::pin!(call);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match call.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

/// Without a backend a flow needs no tokio; who waits for another's load is no
/// exception.
#[test]
fn callers_outside_of_tokio_share_a_load() {
    let flow = block_on(CacheFlow::builder().build()).unwrap();
    let cache: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    let (begun, has_begun) = std::sync::mpsc::channel();
    thread::scope(|scope| {
        let leader = scope.spawn(|| {
            block_on(cache.get_or_load(&1, async || {
                begun.send(()).unwrap();
                while cache.stats().joined == 0 {
                    thread::yield_now();
                }
                Ok::<_, Fault>(10)
            }))
        });
        has_begun.recv().unwrap();
        let follower = scope.spawn(|| block_on(load(&cache, 1, 20)));
        assert_eq!(follower.join().expect("no panic"), 10);
        assert_eq!(leader.join().unwrap().unwrap(), 10);
    });
    block_on(cache.invalidate(&1)).map(drop).unwrap();
    assert_eq!(cache.under_way(), 0);
}

/// A cache whose weigher panics when it is told to.
fn touchy(flow: &CacheFlow) -> (Cache<u64, u64>, Arc<AtomicBool>) {
    let panics = Arc::new(AtomicBool::new(false));
    let touchy = Arc::clone(&panics);
    let builder = flow.cache("touchy").max_memory(1 << 20).weigher(move |_| {
        assert!(!touchy.load(Ordering::SeqCst), "the weigher's own panic");
        8
    });
    (builder.build().unwrap(), panics)
}

async fn panic_of<T: Send + 'static>(
    call: impl Future<Output = T> + Send + 'static,
) -> Option<String> {
    let panic = tokio::spawn(call).await.err()?.into_panic();
    panic.downcast_ref().map(|text: &&str| (*text).to_owned())
}

#[tokio::test]
async fn a_load_whose_weigher_panics_leaves_no_key_behind() {
    let (cache, panics) = touchy(&alone().await);
    panics.store(true, Ordering::SeqCst);
    let loading = cache.clone();
    let panic = panic_of(async move { load(&loading, 1, 10).await }).await;
    assert_eq!(panic.as_deref(), Some("the weigher's own panic"));
    assert_eq!(cache.under_way(), 0);
    panics.store(false, Ordering::SeqCst);
    assert_eq!(load(&cache, 1, 11).await, 11);
}

/// The user's panic is the caller's, as in a load, and not an answer.
#[tokio::test]
async fn a_put_whose_weigher_panics_leaves_no_key_behind_and_says_so() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    for flow in [alone().await, node.flow.clone()] {
        let (cache, panics) = touchy(&flow);
        panics.store(true, Ordering::SeqCst);
        let putting = cache.clone();
        let panic = panic_of(async move { drop(putting.put(&1, 10).await) }).await;
        assert_eq!(panic.as_deref(), Some("the weigher's own panic"));
        assert_eq!(cache.under_way(), 0);
    }
}

#[tokio::test]
async fn a_loader_that_forgets_or_puts_its_own_key_is_not_kept() {
    let cache = alone().await.cache::<u64, u64>("numbers").build().unwrap();
    let forgetting = cache.get_or_load(&1, async || {
        let _ = cache.invalidate(&1).await.unwrap();
        Ok::<_, Fault>(10)
    });
    assert_eq!(forgetting.await.unwrap(), 10);
    assert_eq!(cache.get(&1).await, None);

    let putting = cache.get_or_load(&1, async || {
        let _ = cache.put(&1, 20).await.unwrap();
        Ok::<_, Fault>(10)
    });
    assert_eq!(putting.await.unwrap(), 10);
    assert_eq!(cached(&cache, 1).await, 20);
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test]
async fn a_loader_that_drops_the_last_handles_of_its_flow_still_loads() {
    let server = MemoryBackend::new();
    let Node { flow, cache, .. } = Node::on(&server).await;
    let mut flow = Some(flow);
    let load = cache.get_or_load(&1, async || {
        flow = None;
        Ok::<_, Fault>(10)
    });
    assert_eq!(load.await.unwrap(), 10);
    assert_eq!(cache.get(&1).await, Some(10));
}
