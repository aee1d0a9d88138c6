//! LOCK: who has a lease, and what lies where it would.

use std::sync::Arc;
use std::time::Duration;

use cacheflow::lock::{Acquired, Leases};
use cacheflow::{Backend, ErrorKind};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{FaultProxy, RedisServer, Reply, eventually};

use crate::bus::{Ear, Said};
use crate::raw::{Raw, backend, cache, key, namespace};

const MINUTE: Duration = Duration::from_secs(60);

fn leases(raw: &Raw) -> Arc<dyn Leases> {
    backend(&raw.server).leases(&namespace())
}

async fn takes(leases: &Arc<dyn Leases>, name: &str, owner: &str) -> bool {
    let acquired = leases.acquire(name, owner, MINUTE).await.unwrap();
    acquired == Acquired::Mine
}

#[tokio::test]
async fn a_lease_is_a_key_with_its_owner_and_its_end() {
    let raw = Raw::start().await;
    let leases = leases(&raw);
    assert!(takes(&leases, "users:42", "token").await);
    assert_eq!(raw.text(&["GET", "p:lock:users:42"]).await, "token");
    let left = raw.integer(&["PTTL", "p:lock:users:42"]).await;
    assert!(left > 0 && left <= 60_000, "{left}");
    raw.every_key_dies().await;

    let Acquired::Held { remaining } = leases.acquire("users:42", "x", MINUTE).await.unwrap()
    else {
        panic!("another has it")
    };
    assert!(remaining > Duration::ZERO && remaining <= MINUTE);

    let day = Duration::from_secs(86_400);
    assert!(leases.renew("users:42", "token", day).await.unwrap());
    assert!(raw.integer(&["PTTL", "p:lock:users:42"]).await > 86_000_000);
    assert!(!leases.renew("users:42", "x", MINUTE).await.unwrap());
    assert!(raw.integer(&["PTTL", "p:lock:users:42"]).await > 86_000_000);
    // A renewal counts from now, also if that is sooner.
    assert!(leases.renew("users:42", "token", MINUTE).await.unwrap());
    assert!(raw.integer(&["PTTL", "p:lock:users:42"]).await <= 60_000);

    assert!(!leases.release("users:42", "x").await.unwrap());
    assert!(leases.release("users:42", "token").await.unwrap());
    assert_eq!(raw.integer(&["EXISTS", "p:lock:users:42"]).await, 0);
}

#[tokio::test]
async fn who_asks_in_vain_leaves_one_mark_until_the_lease_is_another() {
    let raw = Raw::start().await;
    let leases = leases(&raw);
    let lies_there = async |text: &[u8]| {
        let found = raw.redis(&["GET", "p:lock:a"]).await;
        assert_eq!(found, Reply::bulk(text));
        let left = raw.integer(&["PTTL", "p:lock:a"]).await;
        assert!(left > 0 && left <= 60_000, "{left}");
    };
    assert!(takes(&leases, "a", "1").await);
    assert!(takes(&leases, "a", "1").await);
    assert!(!leases.renew("a", "2", MINUTE).await.unwrap());
    assert!(!leases.release("a", "2").await.unwrap());
    lies_there(b"1").await;
    for owner in ["2", "2", "3", "", "1\u{ff}"] {
        assert!(!takes(&leases, "a", owner).await, "{owner}");
        lies_there(b"1\xff").await;
    }
    // Its owner has it all the same, and the mark stays.
    assert!(leases.renew("a", "1", MINUTE).await.unwrap());
    lies_there(b"1\xff").await;
    let half = MINUTE / 2;
    let acquired = leases.acquire("a", "1", half).await.unwrap();
    assert_eq!(acquired, Acquired::Mine);
    lies_there(b"1\xff").await;
    assert!(raw.integer(&["PTTL", "p:lock:a"]).await <= 30_000);
    assert!(!leases.renew("a", "2", MINUTE).await.unwrap());
    assert!(!leases.release("a", "2").await.unwrap());
    lies_there(b"1\xff").await;
    // The next has one of its own.
    assert!(leases.release("a", "1").await.unwrap());
    assert!(takes(&leases, "a", "2").await);
    lies_there(b"2").await;
    let no_time = Duration::ZERO;
    assert!(!takes(&leases, "a", "3").await);
    assert!(leases.renew("a", "2", no_time).await.unwrap());
    eventually("the lease ends", MINUTE, async || {
        takes(&leases, "a", "3").await
    })
    .await;
    lies_there(b"3").await;
}

/// No token is another's with a mark.
#[tokio::test]
async fn owners_with_hostile_tokens_are_told_apart() {
    let raw = Raw::start().await;
    let leases = leases(&raw);
    let owners = [
        "",
        "1",
        "\u{ff}",
        "1\u{ff}",
        "\\255",
        "1 ",
        "\0",
        "\u{10ffff}",
    ];
    for owner in owners {
        assert!(takes(&leases, "a", owner).await, "{owner:?}");
        for _ in 0..2 {
            for other in owners.into_iter().filter(|other| *other != owner) {
                assert!(!takes(&leases, "a", other).await, "{owner:?} {other:?}");
                assert!(!leases.renew("a", other, MINUTE).await.unwrap());
                assert!(!leases.release("a", other).await.unwrap());
            }
            assert!(leases.renew("a", owner, MINUTE).await.unwrap());
        }
        assert!(leases.release("a", owner).await.unwrap(), "{owner:?}");
    }
}

#[tokio::test]
async fn a_lease_of_no_time_ends_at_once() {
    let raw = Raw::start().await;
    let leases = leases(&raw);
    for (name, lease) in [("a", Duration::ZERO), ("b", Duration::from_micros(1))] {
        let acquired = leases.acquire(name, "1", lease).await.unwrap();
        assert_eq!(acquired, Acquired::Mine);
        eventually("the lease ends", MINUTE, async || {
            takes(&leases, name, "2").await
        })
        .await;
        assert!(leases.renew(name, "2", lease).await.unwrap());
    }
}

#[tokio::test]
async fn nothing_that_lies_there_keeps_everybody_out() {
    let raw = Raw::start().await;
    let leases = leases(&raw);
    let strange: [&[&[&str]]; 5] = [
        &[&["SET", "p:lock:a", "another"]],
        &[&["SET", "p:lock:a", ""]],
        &[&["RPUSH", "p:lock:a", "x"]],
        &[&["HSET", "p:lock:a", "x", "y"]],
        &[
            &["RPUSH", "p:lock:a", "x"],
            &["PEXPIRE", "p:lock:a", "60000"],
        ],
    ];
    for commands in strange {
        raw.redis(&["DEL", "p:lock:a"]).await;
        for command in commands {
            raw.redis(command).await;
        }
        assert!(!leases.renew("a", "1", MINUTE).await.unwrap());
        assert!(!leases.release("a", "1").await.unwrap());
        assert!(takes(&leases, "a", "1").await, "{commands:?}");
        assert!(!takes(&leases, "a", "2").await, "{commands:?}");
        raw.every_key_dies().await;
    }
    // One's own that was made to stay for ever is nobody's too.
    raw.redis(&["PERSIST", "p:lock:a"]).await;
    assert!(!leases.renew("a", "1", MINUTE).await.unwrap());
    assert!(!leases.release("a", "1").await.unwrap());
    assert!(takes(&leases, "a", "2").await);
}

#[tokio::test]
async fn forgetting_leaves_leases_alone() {
    let raw = Raw::start().await;
    let leases = leases(&raw);
    assert!(takes(&leases, "users:42", "1").await);
    raw.keep("users:42", &["t"], &[]).await;
    let pattern = crate::raw::pattern("*");
    for forgotten in [cache("users"), pattern, crate::raw::everything()] {
        let change = cacheflow::event::Change::Forgotten(forgotten);
        let record = raw.record(change, None).await.record;
        raw.reclaim(&record).await;
    }
    raw.forget(&["users:42"]).await;
    assert!(raw.store.get(&key("users:42")).await.unwrap().is_none());
    assert!(!takes(&leases, "users:42", "2").await);
}

#[tokio::test]
async fn the_scripts_are_sent_again_to_a_server_that_has_forgotten_them() {
    let raw = Raw::start().await;
    let leases = leases(&raw);
    for _ in 0..2 {
        assert!(takes(&leases, "a", "1").await);
        raw.redis(&["SCRIPT", "FLUSH"]).await;
        assert!(leases.renew("a", "1", MINUTE).await.unwrap());
        raw.redis(&["SCRIPT", "FLUSH"]).await;
        assert!(leases.release("a", "1").await.unwrap());
    }
}

#[tokio::test]
async fn a_return_is_published_and_nothing_else() {
    let raw = Raw::start().await;
    let leases = leases(&raw);
    let here = raw.position().await;
    let ear = Ear::start(&backend(&raw.server), "one");
    ear.subscribed().await;
    // Of this nobody is told, for nobody waits.
    assert!(takes(&leases, "a b/\"", "1").await);
    assert!(leases.renew("a b/\"", "1", MINUTE).await.unwrap());
    assert!(leases.release("a b/\"", "1").await.unwrap());
    assert!(takes(&leases, "a b/\"", "1").await);
    assert!(!takes(&leases, "a b/\"", "2").await);
    assert!(leases.renew("a b/\"", "1", MINUTE).await.unwrap());
    assert!(!leases.release("a b/\"", "2").await.unwrap());
    assert!(leases.release("a b/\"", "1").await.unwrap());
    assert!(!leases.release("a b/\"", "1").await.unwrap());
    let told = Said::Released("a b/\"".to_owned());
    ear.has("released", |said| *said == told).await;
    // What a version makes of it that does not know of leases.
    raw.redis(&[
        "PUBLISH",
        "p:invalidation",
        r#"{"type":"LEASED","lease":"x"}"#,
    ])
    .await;
    let record = raw.forget(&["a:1"]).await;
    ear.has("alive after all", |said| {
        *said == Said::Alive(record.position)
    })
    .await;
    let news = ear.said().into_iter();
    let news: Vec<_> = news
        .filter(|said| !matches!(said, Said::Alive(_) | Said::Subscribed(_)))
        .collect();
    assert_eq!(news, [told, Said::Heard(record.clone(), "me".to_owned())]);
    assert_eq!(record.position, crate::raw::after(here, 1));
}

#[tokio::test]
async fn without_pubsub_no_return_is_published() {
    let server = RedisServer::start().await;
    let stream = backend(&server).stream_only();
    let leases = stream.leases(&namespace());
    assert!(takes(&leases, "a", "1").await);
    assert!(!takes(&leases, "a", "2").await);
    assert!(leases.release("a", "1").await.unwrap());
    let stats = server.command(&["INFO", "commandstats"]).await.unwrap();
    assert!(!stats.text().unwrap().contains("cmdstat_publish"));
}

#[tokio::test]
async fn on_a_full_server_leases_can_be_kept_and_given_back() {
    let raw = Raw::start().await;
    let leases = leases(&raw);
    assert!(takes(&leases, "a", "1").await);
    raw.redis(&["CONFIG", "SET", "maxmemory", "1"]).await;
    let error = leases.acquire("b", "1", MINUTE).await.unwrap_err();
    // An answer: the server is there.
    assert_eq!(error.kind(), ErrorKind::Backend, "{error}");
    // There is no room for a mark: who asks in vain asks again by and by.
    assert!(!takes(&leases, "a", "2").await);
    assert!(takes(&leases, "a", "1").await);
    assert!(leases.renew("a", "1", MINUTE).await.unwrap());
    assert!(leases.release("a", "1").await.unwrap());
}

#[tokio::test]
async fn a_primary_that_became_a_replica_gives_no_lease() {
    let raw = Raw::start().await;
    let leases = leases(&raw);
    assert!(takes(&leases, "a", "1").await);
    raw.redis(&["REPLICAOF", "127.0.0.1", "1"]).await;
    let error = leases.acquire("b", "1", MINUTE).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    raw.redis(&["REPLICAOF", "NO", "ONE"]).await;
    eventually("leases are given again", MINUTE, async || {
        let acquired = leases.acquire("b", "1", MINUTE).await;
        acquired.is_ok_and(|acquired| acquired == Acquired::Mine)
    })
    .await;
}

/// Nobody pings the connection of leases.
#[tokio::test]
async fn a_connection_that_the_network_has_forgotten_is_given_up() {
    let raw = Raw::start().await;
    let proxy = FaultProxy::start(raw.server.addr()).await;
    let leases = RedisBackend::open(&proxy.url())
        .unwrap()
        .leases(&namespace());
    assert!(takes(&leases, "a", "1").await);
    proxy.black_hole();
    let patience = Duration::from_millis(50);
    let asked = tokio::time::timeout(patience, leases.acquire("a", "2", MINUTE)).await;
    assert!(asked.is_err(), "{asked:?}");
    proxy.forget_connections();
    eventually("another connection is made", MINUTE, async || {
        let asked = leases.acquire("a", "2", MINUTE);
        let within = Duration::from_secs(5);
        matches!(tokio::time::timeout(within, asked).await, Ok(Ok(_)))
    })
    .await;
}
