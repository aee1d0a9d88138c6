//! Why a key is not there.

use std::time::Duration;

use cacheflow::key::FullKey;
use cacheflow::{Cache, CacheFlow, Event, ForgottenBy};
use cacheflow_testkit::{MemoryBackend, Operation, eventually};

use crate::world::{Node, WITHIN, alone, load};

async fn remembering() -> CacheFlow {
    let builder = CacheFlow::builder().keep_history(100);
    builder.build().await.unwrap()
}

async fn verdict(flow: &CacheFlow, key: &str) -> String {
    flow.admin().explain(key).await.unwrap().verdict
}

#[tokio::test]
async fn what_is_there_is_told_with_its_time() {
    let flow = remembering().await;
    let numbers: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    load(&numbers, 1, 1).await;
    let told = verdict(&flow, "numbers:1").await;
    assert!(told.starts_with("in memory, served for another "), "{told}");
    let told = verdict(&flow, "numbers:2").await;
    assert!(
        told.starts_with("nowhere; nothing has happened to it in the last "),
        "{told}"
    );
    let told = verdict(&flow, "pages:2").await;
    assert!(
        told.ends_with("this process does not use its cache"),
        "{told}"
    );
}

#[tokio::test]
async fn by_what_an_entry_was_forgotten_is_told() {
    let flow = remembering().await;
    let numbers: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    let tagged = numbers.tagged(["org:3"]).unwrap();
    for key in 1..=2 {
        let loaded = tagged.get_or_load(&key, async || Ok::<_, std::io::Error>(10));
        loaded.await.unwrap();
    }
    let made = numbers.depends_on([FullKey::parse("users:7").unwrap()]);
    let loaded = made.get_or_load(&3, async || Ok::<_, std::io::Error>(10));
    loaded.await.unwrap();
    for key in 4..=5 {
        load(&numbers, key, 1).await;
    }
    let forget = flow.invalidate().tags(["org:3"]).keys(["users:7"]);
    let _ = forget.pattern("numbers:4").send().await.unwrap();
    let _ = numbers.invalidate(&5).await.unwrap();
    for (key, expected) in [
        (1, "nowhere; forgotten in memory, by the tag org:3, "),
        (2, "nowhere; forgotten in memory, by the tag org:3, "),
        (
            3,
            "nowhere; forgotten in memory, by users:7, of which it was made, ",
        ),
        (
            4,
            "nowhere; forgotten in memory, by the pattern numbers:4, ",
        ),
        (5, "nowhere; invalidated by this node, by its key, "),
    ] {
        let told = verdict(&flow, &format!("numbers:{key}")).await;
        assert!(told.starts_with(expected), "{key}: {told}");
        assert!(told.ends_with(" ago"), "{key}: {told}");
    }
}

#[tokio::test]
async fn an_entry_that_was_evicted_for_want_of_room_is_told_as_that() {
    let flow = remembering().await;
    let numbers: Cache<u64, u64> = flow.cache("numbers").max_entries(1).build().unwrap();
    load(&numbers, 1, 1).await;
    load(&numbers, 2, 2).await;
    let _ = numbers.stats();
    let gone = [1, 2].map(|key| (key, numbers.peek(&key).is_none()));
    let (key, _) = gone.into_iter().find(|(_, gone)| *gone).unwrap();
    let told = verdict(&flow, &format!("numbers:{key}")).await;
    assert!(
        told.starts_with("nowhere; left memory: the cache was full, "),
        "{told}"
    );
}

#[tokio::test]
async fn a_fill_that_was_refused_and_a_store_that_failed_are_told() {
    let server = MemoryBackend::new();
    let node = Node::with(&server, |flow| flow.keep_history(100)).await;
    let flow = &node.flow;
    let numbers: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    let loaded = numbers.get_or_load(&1, async || {
        let _ = flow.invalidate().keys(["numbers:1"]).send().await.unwrap();
        Ok::<_, std::io::Error>(1)
    });
    assert_eq!(loaded.await.unwrap(), 1);
    let told = verdict(flow, "numbers:1").await;
    assert!(
        told.starts_with(
            "nowhere; loaded, but not kept: what it was made of was forgotten meanwhile"
        ),
        "{told}"
    );

    load(&numbers, 2, 2).await;
    node.failing.fail_nth(Operation::Fill, 1);
    load(&numbers, 3, 3).await;
    let history = async |key: &str| {
        let explanation = flow.admin().explain(key).await.unwrap();
        let happenings = explanation.history.into_iter().filter(|it| !it.to_all);
        happenings.map(|it| it.what).collect::<Vec<_>>()
    };
    let kept = history("numbers:2").await;
    assert!(
        kept[0].starts_with("kept in the shared store, 1 B"),
        "{kept:?}"
    );
    let failed = history("numbers:3").await;
    assert!(
        failed[0].starts_with("the shared store failed: "),
        "{failed:?}"
    );
}

#[tokio::test]
async fn what_happened_to_all_is_told_of_each() {
    let server = MemoryBackend::new();
    let node = Node::with(&server, |flow| flow.keep_history(100)).await;
    let _: Cache<u64, u64> = node.flow.cache("numbers").build().unwrap();
    server.restart();
    let dropped = async || {
        let explanation = node.flow.admin().explain("numbers:1").await.unwrap();
        let mut history = explanation.history.iter();
        history.any(|it| it.to_all && it.what.contains("all of memory was dropped"))
    };
    eventually("the loss of the journal is told", WITHIN, dropped).await;
}

#[tokio::test]
async fn until_the_first_explanation_nobody_listens() {
    let flow = alone().await;
    let numbers: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    let tagged = numbers.tagged(["org:3"]).unwrap();
    let load = async || {
        let loaded = tagged.get_or_load(&1, async || Ok::<_, std::io::Error>(10));
        loaded.await.unwrap();
        let _ = flow.invalidate().tags(["org:3"]).send().await.unwrap();
    };
    load().await;
    let first = flow.admin().explain("numbers:1").await.unwrap();
    assert_eq!(first.since, None);
    assert_eq!(
        first.verdict,
        "nowhere; what happens is kept only from now on, so why is not known"
    );
    load().await;
    let second = flow.admin().explain("numbers:1").await.unwrap();
    assert!(second.since.is_some());
    assert!(second.verdict.contains("by the tag org:3"), "{second}");
    assert_eq!(
        second.history.len(),
        1,
        "what was before is not known: {second}"
    );
}

/// As a listener of one's own.
#[tokio::test]
async fn each_entry_that_goes_by_a_tag_is_an_event() {
    let flow = alone().await;
    let numbers: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    let tagged = numbers.tagged(["org:3"]).unwrap();
    let loaded = tagged.get_or_load(&1, async || Ok::<_, std::io::Error>(10));
    loaded.await.unwrap();
    let mut events = flow.events();
    let _ = flow.invalidate().tags(["org:3"]).send().await.unwrap();
    let told = std::iter::from_fn(|| events.try_next()).any(|event| {
        matches!(event, Ok(Event::EntryForgotten { key, by: ForgottenBy::Tag(tag), .. })
            if key.as_bytes() == b"1" && tag.as_str() == "org:3")
    });
    assert!(told);
}

#[tokio::test]
async fn so_many_events_are_kept_as_were_asked_for_and_no_more() {
    let flow = CacheFlow::builder().keep_history(2).build().await.unwrap();
    let numbers: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    let happenings = async || {
        for _ in 0..5 {
            load(&numbers, 1, 1).await;
            let _ = numbers.invalidate(&1).await.unwrap();
        }
        flow.admin()
            .explain("numbers:1")
            .await
            .unwrap()
            .history
            .len()
    };
    assert_eq!(happenings().await, 2);
    flow.admin().keep_history(4).unwrap();
    assert_eq!(happenings().await, 4);
    flow.admin().keep_history(3).unwrap();
    assert_eq!(happenings().await, 4, "not less than before");
}

#[tokio::test]
async fn a_history_out_of_range_is_refused() {
    for events in [0, 100_001] {
        let expected = format!("keep_history = {events}: allowed is 1 to 100000");
        let builder = CacheFlow::builder().keep_history(events);
        let error = builder.build().await.unwrap_err().to_string();
        assert!(error.contains(&expected), "{error}");
        let error = alone().await.admin().keep_history(events).unwrap_err();
        assert!(error.to_string().contains(&expected), "{error}");
    }
}

#[tokio::test]
async fn an_explanation_is_shown_as_text_and_as_data() {
    let flow = remembering().await;
    let numbers: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    load(&numbers, 1, 1).await;
    let _ = numbers.invalidate(&1).await.unwrap();
    let explanation = flow.admin().explain("numbers:1").await.unwrap();
    let text = explanation.to_string();
    assert!(
        text.starts_with("numbers:1: nowhere; invalidated by this node, by its key"),
        "{text}"
    );
    assert!(
        text.ends_with(" ago: invalidated by this node, by its key, or one of which it was made"),
        "{text}"
    );
    let data = serde_json::to_value(&explanation).unwrap();
    assert_eq!(data["key"], "numbers:1");
    assert_eq!(data["memory"], serde_json::Value::Null);
    let at = data["history"][0]["at"].as_str().unwrap();
    assert!(at.ends_with('Z') && at.len() == "2026-01-01T00:00:00.000Z".len());
}

/// The task that takes events in ends with its flow.
#[tokio::test]
async fn a_history_holds_no_flow_alive() {
    let flow = remembering().await;
    let mut events = flow.events();
    drop(flow);
    let ended = async || {
        while let Some(event) = events.try_next() {
            let _ = event;
        }
        tokio::time::timeout(Duration::from_millis(1), events.next())
            .await
            .is_ok_and(|event| event.is_none())
    };
    let mut ended = ended;
    eventually("all who tell events are gone", WITHIN, async || {
        ended().await
    })
    .await;
}
