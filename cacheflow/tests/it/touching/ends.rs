//! Callers that leave, and flows that end.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use cacheflow::{Cache, CacheFlow, ErrorKind};
use cacheflow_testkit::{MemoryBackend, eventually};

use super::Trouble::{Fails, Hangs};
use super::{Source, row, texts};
use crate::support::{HOUR, Node, WITHIN, assert_parts, load};

const ENTITIES: [&str; 2] = ["post", "page"];

fn chain() -> Source {
    Source::of(&["post:3 > page:1"])
}

/// With a backend and without: in both the source is waited for.
#[tokio::test]
async fn a_touch_whose_caller_leaves_goes_on_to_its_end() {
    let server = MemoryBackend::new();
    for shares in [false, true] {
        let source = chain();
        let flow = match shares {
            true => {
                Node::silent(&server, |flow| source.touchers(flow, &ENTITIES))
                    .await
                    .flow
            }
            false => source.alone(&ENTITIES).await,
        };
        let pages: Cache<u64, u64> = flow.cache("page").build().unwrap();
        load(&pages, 1, 10).await;
        let (begun, go) = source.hold("post:3");
        {
            let mut touch = pin!(flow.touch([row("post:3")]));
            let polled = touch.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(polled.is_pending());
        }
        begun.await.unwrap();
        go.send(()).unwrap();
        let gone = async || source.touched() == ["post:3", "page:1"] && pages.peek(&1).is_none();
        eventually("it has ended", WITHIN, gone).await;
    }
}

#[test]
fn outside_of_a_runtime_rows_are_touched_while_the_caller_waits() {
    fn at_once<T>(work: impl Future<Output = T>) -> T {
        match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => panic!("it waits for something"),
        }
    }
    let source = chain();
    let flow = at_once(source.alone(&ENTITIES));
    source.touching("page:1", [Fails]);
    let touched = at_once(flow.touch([row("post:3")])).unwrap();
    assert_eq!(texts(&touched.touched), ["post:3"]);
    assert_eq!(texts(&touched.failed), ["page:1"]);
    // It waits for somebody who has a runtime.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    source.touching("post:3", [Fails]);
    runtime.block_on(async {
        let _ = flow.touch([row("post:3")]).await.unwrap();
        let healed = async || source.touched().ends_with(&["page:1".into()]) && source.asked() > 5;
        eventually("both are tried again", HOUR, healed).await;
    });
}

/// Whoever tries again may be gone with its runtime.
#[test]
fn a_runtime_that_ends_takes_no_later_try_along() {
    let source = chain();
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().start_paused(true).build().unwrap()
    };
    source.touching("page:1", [Fails]);
    let first = runtime();
    let flow = first.block_on(async {
        let flow = source.alone(&ENTITIES).await;
        let _ = flow.touch([row("page:1")]).await.unwrap();
        tokio::task::yield_now().await;
        flow
    });
    drop(first);
    source.touching("post:3", [Fails]);
    runtime().block_on(async {
        let _ = flow.touch([row("post:3")]).await.unwrap();
        let healed = async || source.touched().contains(&"post:3".into());
        eventually("it is tried again", HOUR, healed).await;
    });
}

#[tokio::test]
async fn after_a_shutdown_nothing_is_touched() {
    let source = chain();
    let flow = source.alone(&ENTITIES).await;
    flow.shutdown(WITHIN).await.unwrap();
    let error = flow.touch([row("post:3")]).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::Closed, "touch")
    );
    assert_eq!(source.asked(), 0);
}

#[tokio::test]
async fn a_shutdown_waits_for_a_touch_that_is_under_way() {
    let source = chain();
    let flow = source.alone(&ENTITIES).await;
    let (begun, go) = source.hold("post:3");
    let touching = tokio::spawn({
        let flow = flow.clone();
        async move { drop(flow.touch([row("post:3")]).await) }
    });
    begun.await.unwrap();
    touching.abort();
    let ending = tokio::spawn({
        let flow = flow.clone();
        async move { flow.shutdown(WITHIN).await }
    });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!ending.is_finished());
    go.send(()).unwrap();
    ending.await.unwrap().unwrap();
    assert_eq!(source.touched(), ["post:3", "page:1"]);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_waits_until_what_has_failed_is_touched() {
    let source = chain();
    let flow = source.alone(&ENTITIES).await;
    source.touching("post:3", [Fails, Fails]);
    let _ = flow.touch([row("post:3")]).await.unwrap();
    flow.shutdown(HOUR).await.unwrap();
    assert!(
        source.touched().contains(&"post:3".into()),
        "{:?}",
        source.touched()
    );
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_says_what_it_could_not_wait_for() {
    let source = chain();
    let flow = source.alone(&ENTITIES).await;
    // The second try hangs, while the shutdown waits for it.
    source.touching("post:3", [Fails, Hangs]);
    source.touching("page:1", [Fails]);
    let _ = flow.touch([row("post:3")]).await.unwrap();
    let error = flow.shutdown(Duration::from_secs(2)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_parts(&error, &["shutdown", "loads=1", "touches="]);
    assert!(!error.to_string().contains("touches=0"), "{error}");
    let asked = source.asked();
    tokio::time::sleep(HOUR).await;
    assert_eq!(source.asked(), asked, "nothing goes on");
}

#[tokio::test(start_paused = true)]
async fn later_tries_end_with_the_last_handle() {
    let source = chain();
    let flow: CacheFlow = source.alone(&ENTITIES).await;
    source.touching("post:3", (0..100).map(|_| Fails));
    let _ = flow.touch([row("post:3")]).await.unwrap();
    let asked = source.asked();
    drop(flow);
    tokio::time::sleep(HOUR).await;
    assert_eq!(source.asked(), asked);
}
