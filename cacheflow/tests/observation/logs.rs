//! Spans and events of `tracing`.

use cacheflow::{Cache, CacheFlow, CacheFlowConfig, Event, FlowBuilder};
use cacheflow_testkit::{Failing, MemoryBackend, Operation};
use tracing::{Instrument, Level, info_span};

use crate::collected::{Collected, Said};
use crate::world::{Fault, WITHIN, node, subscribed};

/// In keys, tags, patterns and values, and nowhere else.
const SECRET: &str = "ada@example.org";

/// One of everything that is logged, by one who has a span open.
async fn busy(builder: FlowBuilder, failing: &Failing<MemoryBackend>) -> CacheFlow {
    let flow = subscribed(builder).await;
    let users: Cache<String, String> = flow
        .cache("users")
        .max_value_bytes(1024)
        .tags(|_| vec![format!("of:{SECRET}")])
        .build()
        .unwrap();
    let key = SECRET.to_owned();
    let value = format!("{SECRET} {}", "and so on ".repeat(50));
    let load = async || Ok::<_, Fault>(value.clone());
    users.get_or_load(&key, load).await.unwrap();
    users.get_or_load(&key, load).await.unwrap();
    let long = async || Ok::<_, Fault>(value.repeat(10));
    users
        .get_or_load(&format!("{SECRET}/long"), long)
        .await
        .unwrap();
    let fails = async || Err::<String, _>(format!("no rows for {SECRET}"));
    users
        .get_or_load(&format!("{SECRET}/none"), fails)
        .await
        .unwrap_err();
    let nobody = format!("{SECRET}/nobody");
    let _ = users.get(&nobody).await;
    let pairs = async |missing: Vec<&String>| {
        let pairs = missing.into_iter().map(|key| (key.clone(), value.clone()));
        Ok::<Vec<_>, Fault>(pairs.collect())
    };
    let _ = users
        .get_or_load_many(&[nobody], pairs)
        .await
        .into_result()
        .unwrap();
    let forgotten_meanwhile = async || {
        let _ = users.invalidate(&key).await.unwrap();
        Ok::<_, Fault>(value.clone())
    };
    let _ = users.invalidate(&key).await.unwrap();
    users.get_or_load(&key, forgotten_meanwhile).await.unwrap();
    let _ = users.put(&key, value.clone()).await.unwrap();
    let tag = format!("of:{SECRET}");
    let _ = flow.invalidate().tags([&tag]).send().await.unwrap();
    let pattern = format!("users:{SECRET}*");
    let _ = flow.invalidate().pattern(&pattern).send().await.unwrap();
    failing.fail(Operation::Get);
    let _ = users.get(&key).await;
    failing.heal_all();
    flow
}

async fn collected(options: fn(FlowBuilder) -> FlowBuilder) -> Collected {
    let (collected, _collecting) = Collected::here();
    let failing = Failing::new(MemoryBackend::new());
    let builder = node(&MemoryBackend::new()).backend(failing.clone());
    let flow = busy(options(builder), &failing)
        .instrument(info_span!("request"))
        .await;
    flow.shutdown(WITHIN).await.unwrap();
    collected
}

fn texts(said: &[Said], field: &str) -> Vec<String> {
    let values = said.iter().map(|said| said.field(field).unwrap_or("-"));
    values.map(str::to_owned).collect()
}

#[tokio::test]
async fn every_operation_beyond_memory_is_logged_with_its_outcome() {
    let collected = collected(|flow| flow).await;
    let lookups = collected.named("looked up");
    let expected = ["loaded", "loaded", "failed", "miss", "loaded", "miss"];
    assert_eq!(texts(&lookups, "outcome"), expected);
    assert!(lookups.iter().all(|said| said.level == Level::DEBUG));
    for said in &lookups {
        assert_eq!(said.field("cache"), Some("users"));
        assert!(said.field("duration").is_some(), "{said:?}");
    }
    let many = collected.named("looked many up");
    assert_eq!(texts(&many, "batch_size"), ["1"]);
    assert_eq!(texts(&many, "found"), ["1"]);
    for (what, times) in [
        ("a loader has ended", 5),
        ("kept in the shared store", 3),
        ("put", 1),
        ("a value is not kept: it is too large", 1),
        (
            "a value is not kept: it was forgotten while it was loaded",
            1,
        ),
        ("the shared store has failed", 1),
        ("a flow begins", 1),
        ("news arrive from the other nodes", 1),
        ("the flow ends", 1),
    ] {
        assert_eq!(collected.named(what).len(), times, "{what}");
    }
    let kept = &collected.named("kept in the shared store")[0];
    assert_eq!(kept.field("compressed"), Some("false"));
    assert!(kept.field("encoded") == kept.field("stored"));
}

#[tokio::test]
async fn loads_and_invalidations_are_spans_within_those_of_their_callers() {
    let collected = collected(|flow| flow).await;
    let loads = collected.named("cacheflow.load");
    assert_eq!(loads.len(), 5);
    assert_eq!(texts(&loads, "cache"), ["users"; 5]);
    let ended = collected.named("a loader has ended");
    assert!(
        ended
            .iter()
            .all(|said| said.within.as_deref() == Some("cacheflow.load"))
    );
    let invalidations = collected.named("cacheflow.invalidate");
    assert_eq!(invalidations.len(), 4);
    assert_eq!(texts(&invalidations, "batch_size"), ["1", "1", "0", "0"]);
    assert_eq!(texts(&invalidations, "tags"), ["0", "0", "1", "0"]);
    assert_eq!(texts(&invalidations, "patterns"), ["0", "0", "0", "1"]);
    assert_eq!(texts(&invalidations, "applied"), ["recorded"; 4]);
    assert_eq!(invalidations[0].field("deleted_in_store"), Some("1"));
    let within = |said: &Said| said.within.clone().unwrap_or_default();
    assert_eq!(within(&invalidations[0]), "request");
    // The loader itself has forgotten it.
    assert_eq!(within(&invalidations[1]), "cacheflow.load");
    assert!(loads.iter().all(|said| within(said) == "request"));
}

#[tokio::test]
async fn keys_tags_patterns_and_values_stand_in_the_log_only_if_they_may() {
    let silent = collected(|flow| flow).await.all();
    assert!(silent.len() > 20, "{silent:?}");
    let tells = |said: &Said| said.fields.iter().any(|(_, value)| value.contains(SECRET));
    let told: Vec<_> = silent.iter().filter(|said| tells(said)).collect();
    assert!(told.is_empty(), "{told:?}");

    let collected = collected(|flow| flow.log_keys(true)).await;
    let lookups = collected.named("looked up");
    assert!(lookups.iter().all(tells), "{lookups:?}");
    let invalidations = collected.named("cacheflow.invalidate");
    assert!(invalidations.iter().all(tells), "{invalidations:?}");
    // A value stands there in no case.
    let values = |said: &Said| {
        said.fields
            .iter()
            .any(|(_, value)| value.contains("and so on"))
    };
    assert!(!collected.all().iter().any(values));
}

#[tokio::test]
async fn what_another_node_has_forgotten_is_logged_where_it_is_heard() {
    let server = MemoryBackend::new();
    let one = subscribed(node(&server)).await;
    let (collected, _collecting) = Collected::here();
    let two = subscribed(node(&server)).await;
    let mut events = two.events();
    let _ = one.invalidate().keys(["users:1"]).send().await.unwrap();
    let is_remote = |event: &Event| matches!(event, Event::Invalidated { remote: true, .. });
    while !events.next().await.unwrap().as_ref().is_ok_and(is_remote) {}
    let told = collected.named("invalidated");
    assert!(
        told.iter().any(|said| said.field("remote") == Some("true")),
        "{told:?}"
    );
}

#[tokio::test]
async fn trouble_is_a_warning_once_and_not_for_each_call() {
    let (collected, _collecting) = Collected::here();
    let failing = Failing::new(MemoryBackend::new());
    let flow = subscribed(node(&MemoryBackend::new()).backend(failing.clone())).await;
    let cache: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    failing.fail(Operation::Get);
    failing.fail(Operation::Ping);
    for key in 0..50 {
        let _ = cache.get(&key).await;
    }
    let mut warned = collected.all();
    warned.retain(|said| said.level <= Level::WARN);
    assert_eq!(warned.len(), 1, "{warned:?}");
    let down = "the shared store does not answer; loads go to their sources";
    assert_eq!(warned[0].what(), down);
}

#[tokio::test]
async fn a_run_of_a_warmer_is_a_span_around_what_it_does() {
    let (collected, _collecting) = Collected::here();
    let flow = CacheFlow::builder().build().await.unwrap();
    let source = |mut pairs: cacheflow::Pairs<u64, u64>| async move {
        tracing::info!("at work");
        pairs.send(&1, 10).await;
        Ok::<_, cacheflow::BoxError>(())
    };
    let numbers = flow.cache::<u64, u64>("numbers").warm_with(source);
    let _numbers = numbers.build().unwrap();
    flow.warm("numbers").await.unwrap();
    let spans = collected.named("cacheflow.warm");
    assert_eq!(spans.len(), 1, "{spans:?}");
    assert!(
        spans[0]
            .field("warmer")
            .is_some_and(|it| it.contains("numbers"))
    );
    let within = collected.named("at work")[0].within.clone();
    assert_eq!(within.as_deref(), Some("cacheflow.warm"));
}

/// The option `"log_keys"`, as a file says it.
#[tokio::test]
async fn a_file_says_whether_keys_stand_in_the_log() {
    for (text, expected) in [("", 0), ("log_keys = true", 1)] {
        let (collected, _collecting) = Collected::here();
        let config = CacheFlowConfig::from_toml_str(text).unwrap();
        let flow = CacheFlow::builder().config(config).build().await.unwrap();
        let _ = flow.invalidate().keys(["users:7"]).send().await.unwrap();
        let all = collected.all();
        let with_key = all.iter().filter(|said| {
            let keys = said.field("cache_keys");
            keys.is_some_and(|keys| keys.contains("users:7"))
        });
        assert_eq!(with_key.count(), expected, "{all:?}");
    }
}
