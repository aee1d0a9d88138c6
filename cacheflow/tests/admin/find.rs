//! Where a key lies.

use cacheflow::codec::{Codec, KeyRing};
use cacheflow::key::FullKey;
use cacheflow::{Cache, CacheFlow, ErrorKind, Sensitive, Strategy, Unreadable, cached};
use cacheflow_testkit::{MemoryBackend, Operation};

use crate::world::{HOUR, Node, WITHIN, alone, load};

#[tokio::test]
async fn a_key_is_found_in_memory_in_the_shared_store_or_nowhere() {
    let server = MemoryBackend::new();
    let (one, two) = (Node::on(&server).await, Node::on(&server).await);
    let here: Cache<u64, u64> = one.flow.cache("numbers").ttl(HOUR).build().unwrap();
    let there: Cache<u64, u64> = two.flow.cache("numbers").ttl(HOUR).build().unwrap();
    load(&here, 1, 10).await;

    let found = one.flow.admin().find("numbers:1").await.unwrap();
    let memory = found.memory.unwrap();
    assert_eq!(memory.key.as_str(), "numbers:1");
    let shared = found.shared.unwrap();
    assert_eq!((shared.fault, &*shared.codec), (None, "msgpack"));
    assert!(shared.bytes > 78 && shared.remaining > HOUR / 2);
    assert!(!shared.is_absent && !shared.is_compressed && !shared.is_sealed);

    let found = two.flow.admin().find("numbers:1").await.unwrap();
    assert_eq!(found.memory, None, "to look does not fill memory");
    assert!(found.shared.is_some() && found.is_used_here);
    assert!(there.peek(&1).is_none());

    let found = two.flow.admin().find("numbers:2").await.unwrap();
    assert_eq!((found.memory, found.shared), (None, None));
    assert_eq!(found.shared_trouble, None);
}

#[tokio::test]
async fn tags_and_dependencies_are_told_of_both_levels() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let numbers: Cache<u64, u64> = node.flow.cache("numbers").build().unwrap();
    let tagged = numbers.tagged(["org:3"]).unwrap();
    let tagged = tagged.depends_on([FullKey::parse("users:7").unwrap()]);
    let loaded = tagged.get_or_load(&1, async || Ok::<_, std::io::Error>(10));
    assert_eq!(loaded.await.unwrap(), 10);
    let found = node.flow.admin().find("numbers:1").await.unwrap();
    let (memory, shared) = (found.memory.unwrap(), found.shared.unwrap());
    for (tags, dependencies) in [
        (&memory.tags, &memory.dependencies),
        (&shared.tags, &shared.dependencies),
    ] {
        assert_eq!(tags[0].as_str(), "org:3");
        assert_eq!(dependencies[0].as_str(), "users:7");
    }
}

#[tokio::test]
async fn a_long_key_is_found_by_its_hashed_name() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let texts: Cache<String, u64> = node.flow.cache("texts").build().unwrap();
    let key = "x".repeat(5000);
    let _ = texts.put(&key, 1).await.unwrap();
    let full = texts.full_key(&key);
    let found = node.flow.admin().find(full.as_str()).await.unwrap();
    assert_eq!(found.shared.unwrap().fault, None);
    assert_eq!(found.memory.unwrap().key, full);
}

#[tokio::test]
async fn what_a_reader_would_not_be_served_is_told_with_why() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let aside = || Strategy::cache_aside();
    let numbers: Cache<u64, u64> = node
        .flow
        .cache("numbers")
        .strategy(aside())
        .build()
        .unwrap();
    load(&numbers, 1, 10).await;
    let texts = Node::on(&server).await;
    let _: Cache<u64, String> = texts
        .flow
        .cache("numbers")
        .strategy(aside())
        .build()
        .unwrap();
    let json = Node::with(&server, |flow| flow.codec(Codec::Json)).await;
    let _: Cache<u64, u64> = json
        .flow
        .cache("numbers")
        .strategy(aside())
        .build()
        .unwrap();
    let fault = async |node: &Node| {
        let found = node.flow.admin().find("numbers:1").await.unwrap();
        found.shared.unwrap().fault
    };
    assert_eq!(fault(&node).await, None);
    assert_eq!(fault(&texts).await, Some(Unreadable::Schema));
    assert_eq!(fault(&json).await, Some(Unreadable::Codec));
    // Nobody there uses the cache, so nobody knows.
    let stranger = Node::on(&server).await;
    let found = stranger.flow.admin().find("numbers:1").await.unwrap();
    assert!(!found.is_used_here);
    assert_eq!(found.shared.unwrap().fault, None);

    let name = "cacheflow:numbers:1";
    server.overwrite(name, b"nonsense".as_slice(), HOUR);
    assert_eq!(fault(&node).await, Some(Unreadable::Truncated));
    assert!(server.value(name).is_some(), "to look removes nothing");
    let stats = numbers.stats();
    assert_eq!(
        (stats.unreadable, stats.lookups()),
        (0, 1),
        "nor is it counted"
    );
}

#[tokio::test]
async fn what_was_forgotten_and_is_not_removed_yet_is_told_as_that() {
    let server = MemoryBackend::removing_late();
    let node = Node::on(&server).await;
    let aside = Strategy::cache_aside();
    let numbers: Cache<u64, u64> = node.flow.cache("numbers").strategy(aside).build().unwrap();
    load(&numbers, 1, 10).await;
    node.failing.fail(Operation::Reclaim);
    let _ = numbers.invalidate(&1).await.unwrap();
    let found = node.flow.admin().find("numbers:1").await.unwrap();
    assert_eq!(found.shared.unwrap().fault, Some(Unreadable::Forgotten));
}

#[tokio::test]
async fn that_there_is_nothing_and_that_somebody_loads_is_told() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let numbers: Cache<u64, u64> = node.flow.cache("numbers").cache_none(HOUR).build().unwrap();
    let nothing = numbers.get_or_load_optional(&1, async || Ok::<_, std::io::Error>(None));
    assert_eq!(nothing.await.unwrap(), None);
    let found = node.flow.admin().find("numbers:1").await.unwrap();
    assert_eq!(found.nothing, Some("its source has no value"));
    assert!(found.shared.unwrap().is_absent && !found.is_under_way);

    let loaded = numbers.get_or_load(&2, async || {
        let found = node.flow.admin().find("numbers:2").await.unwrap();
        assert!(found.is_under_way);
        Ok::<_, std::io::Error>(1)
    });
    assert_eq!(loaded.await.unwrap(), 1);
    let found = node.flow.admin().find("numbers:2").await.unwrap();
    assert!(!found.is_under_way);
}

#[tokio::test]
async fn a_store_that_cannot_be_asked_is_told_and_memory_all_the_same() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let numbers: Cache<u64, u64> = node.flow.cache("numbers").build().unwrap();
    load(&numbers, 1, 10).await;
    node.failing.fail(Operation::Get);
    let found = node.flow.admin().find("numbers:1").await.unwrap();
    assert!(found.memory.is_some() && found.shared.is_none());
    let trouble = found.shared_trouble.unwrap();
    assert!(trouble.contains("as the test says"), "{trouble}");
}

/// Read by its function alone.
#[cached(cache = "numbers", key = "{key}", local, flow = flow)]
async fn number(flow: &CacheFlow, key: u64) -> u64 {
    let _ = flow;
    key
}

#[tokio::test]
async fn a_cache_that_stays_in_its_process_is_not_looked_for_elsewhere() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    assert_eq!(number(&node.flow, 1).await, 1);
    node.failing.fail(Operation::Get);
    let found = node.flow.admin().find("numbers:1").await.unwrap();
    assert!(found.memory.is_some());
    assert_eq!(found.shared_trouble, None, "nobody was asked");
    let told = node.flow.admin().cache("numbers").unwrap();
    assert!(told.options.contains(&("local", "true".to_owned())));
}

#[tokio::test]
async fn what_is_no_full_key_is_refused() {
    let error = alone().await.admin().find("seven").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    assert!(error.to_string().contains("a colon and a key"), "{error}");
}

#[tokio::test]
async fn values_are_shown_from_either_level_to_who_asks_for_them() {
    let server = MemoryBackend::new();
    let (one, two) = (Node::on(&server).await, Node::on(&server).await);
    let here: Cache<u64, String> = one.flow.cache("users").build().unwrap();
    let _: Cache<u64, String> = two.flow.cache("users").build().unwrap();
    let _ = here.put(&7, "Ada".to_owned()).await.unwrap();
    for node in [&one, &two] {
        let value = node.flow.admin().value("users:7").await.unwrap().unwrap();
        assert_eq!(serde_json::to_value(&value).unwrap(), "Ada");
        assert!(!format!("{value:?}").contains("Ada"));
        assert!(node.flow.admin().value("users:8").await.unwrap().is_none());
    }
    let error = one.flow.admin().value("pages:7").await.unwrap_err();
    assert!(
        error.to_string().contains("this process uses users"),
        "{error}"
    );
}

#[tokio::test]
async fn values_of_a_flow_that_encrypts_are_not_shown() {
    let keys = KeyRing::new().key(1, [7; 32]).seal_with(1);
    let flow = CacheFlow::builder().sealing(keys).build().await.unwrap();
    let users: Cache<u64, String> = flow.cache("users").build().unwrap();
    let _ = users.put(&7, "Ada".to_owned()).await.unwrap();
    let error = flow.admin().value("users:7").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(flow.admin().find("users:7").await.unwrap().memory.is_some());
    flow.shutdown(WITHIN).await.unwrap();
}

#[tokio::test]
async fn values_of_a_cache_that_keeps_secrets_are_not_shown() {
    let flow = CacheFlow::builder().build().await.unwrap();
    let tokens = flow.cache::<u64, String>("tokens").sensitive();
    let tokens: Cache<Sensitive<u64>, String> = tokens.build().unwrap();
    let key = Sensitive(7);
    let _ = tokens.put(&key, "Ada".to_owned()).await.unwrap();
    let full = tokens.full_key(&key);
    let error = flow.admin().value(full.as_str()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(!format!("{error:?} {error}").contains("Ada"));
}
