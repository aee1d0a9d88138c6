//! Reads that come together, on a real server.

#![cfg(unix)]

use std::sync::Arc;
use std::time::Duration;

use cacheflow::key::FullKey;
use cacheflow::store::{SharedStore, Stored};
use cacheflow::{Backend, ErrorKind, Namespace, Result};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{FaultProxy, RedisServer, Reply, eventually};
use tokio::task::JoinHandle;

/// A bound against hanging, not an expectation.
const WITHIN: Duration = Duration::from_secs(60);

/// More than are sent by their own callers, and than are asked for at once.
const MANY: usize = 300;

type Store = Arc<dyn SharedStore>;
type Reading = JoinHandle<Result<Option<Stored>>>;

/// A store that is connected to `url`.
async fn store(url: &str) -> Store {
    let backend = RedisBackend::open(url).unwrap();
    let store = backend.store(&Namespace::new("cacheflow:", "me"));
    store.ping().await.unwrap();
    store
}

fn key(number: usize) -> FullKey {
    FullKey::parse(&format!("users:{number}")).unwrap()
}

async fn say<W: AsRef<[u8]>>(server: &RedisServer, words: &[W]) -> Reply {
    server.command(words).await.unwrap()
}

/// Keeps something for each number, that ends.
async fn keep(server: &RedisServer, numbers: usize) {
    for number in 0..numbers {
        let name = format!("cacheflow:{}", key(number));
        say(server, &["SET", &name, &number.to_string(), "EX", "3600"]).await;
    }
    say(server, &["CONFIG", "RESETSTAT"]).await;
}

/// How often a command was called.
async fn calls(server: &RedisServer, command: &str) -> usize {
    let Reply::Bulk(Some(stats)) = say(server, &["INFO", "commandstats"]).await else {
        panic!("no statistics");
    };
    let stats = String::from_utf8(stats.to_vec()).unwrap();
    let line = format!("cmdstat_{command}:calls=");
    let rest = stats.lines().find_map(|stat| stat.strip_prefix(&line));
    let count = rest.and_then(|rest| rest.split(',').next());
    count.map_or(0, |count| count.parse().unwrap())
}

fn read(store: &Store, number: usize) -> Reading {
    let store = Arc::clone(store);
    tokio::spawn(async move { store.get(&key(number)).await })
}

/// What is kept for each number, all at once.
fn read_all(store: &Store) -> Vec<Reading> {
    (0..MANY).map(|number| read(store, number)).collect()
}

async fn each_is_told_its_own(reads: Vec<Reading>) {
    for (number, read) in reads.into_iter().enumerate() {
        assert_eq!(bytes(read).await, Some(number.to_string().into()));
    }
}

/// All tasks have come as far as they can without the network.
async fn settled() {
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
}

async fn bytes(read: Reading) -> Option<Vec<u8>> {
    let told = tokio::time::timeout(WITHIN, read)
        .await
        .expect("it is told");
    told.unwrap().unwrap().map(|stored| stored.bytes.to_vec())
}

#[tokio::test]
async fn many_reads_are_few_questions_and_each_is_told_its_own_value() {
    let server = RedisServer::start().await;
    let store = store(&server.url()).await;
    keep(&server, MANY).await;
    // Some are not there.
    let reads: Vec<_> = (0..MANY + 20).map(|number| read(&store, number)).collect();
    for (number, read) in reads.into_iter().enumerate() {
        let expected = (number < MANY).then(|| number.to_string().into_bytes());
        assert_eq!(bytes(read).await, expected, "{number}");
    }
    let (get, mget) = (calls(&server, "get").await, calls(&server, "mget").await);
    assert!(mget >= MANY / 128, "{mget} MGET: they are not bounded");
    assert!(get + mget < MANY / 5, "{get} GET and {mget} MGET");
    assert_eq!(
        calls(&server, "pttl").await,
        MANY + 20,
        "each has its lifetime"
    );
}

#[tokio::test]
async fn a_lone_read_is_a_get_of_its_own() {
    let server = RedisServer::start().await;
    let store = store(&server.url()).await;
    keep(&server, 1).await;
    let stored = store.get(&key(0)).await.unwrap().unwrap();
    assert_eq!(stored.bytes, "0");
    assert!(stored.remaining > Duration::ZERO && stored.remaining <= Duration::from_secs(3600));
    let commands = ["get", "pttl", "mget"];
    let mut told = [0; 3];
    for (told, command) in told.iter_mut().zip(commands) {
        *told = calls(&server, command).await;
    }
    assert_eq!(told, [1, 1, 0], "{commands:?}");
}

#[tokio::test]
async fn values_come_with_what_is_left_of_their_own_lives() {
    let server = RedisServer::start().await;
    let store = store(&server.url()).await;
    for number in 0..MANY {
        let (name, seconds) = (format!("cacheflow:{}", key(number)), 1_000 + 10 * number);
        say(&server, &["SET", &name, "x", "EX", &seconds.to_string()]).await;
    }
    let reads = read_all(&store);
    for (number, read) in reads.into_iter().enumerate() {
        let remaining = read.await.unwrap().unwrap().unwrap().remaining.as_secs();
        let whole = 1_000 + 10 * number as u64;
        // The machine may be slow, but not by a quarter of an hour.
        assert!(
            remaining <= whole && remaining + 900 > whole,
            "{number}: {remaining}"
        );
    }
}

/// MGET does not tell what is of another type from what is not there; a lone read does.
#[tokio::test]
async fn what_others_keep_there_is_told_as_to_a_lone_read() {
    let server = RedisServer::start().await;
    let store = store(&server.url()).await;
    keep(&server, MANY).await;
    // A list that ends, one that does not, and a text that does not.
    let foreign = [100, 101, 102];
    let name = |number: usize| format!("cacheflow:{}", key(number));
    for number in foreign {
        say(&server, &["DEL", &name(number)]).await;
    }
    say(&server, &["RPUSH", &name(100), "x"]).await;
    say(&server, &["EXPIRE", &name(100), "3600"]).await;
    say(&server, &["RPUSH", &name(101), "x"]).await;
    say(&server, &["SET", &name(102), "x"]).await;
    let mut alone = Vec::new();
    for number in foreign {
        alone.push(store.get(&key(number)).await.unwrap());
    }
    let reads = read_all(&store);
    for (number, read) in reads.into_iter().enumerate() {
        match foreign.iter().position(|foreign| *foreign == number) {
            Some(place) => assert_eq!(read.await.unwrap().unwrap(), alone[place], "{number}"),
            None => assert_eq!(bytes(read).await, Some(number.to_string().into())),
        }
    }
    assert!(calls(&server, "mget").await > 0);
}

#[tokio::test]
async fn a_server_that_refuses_mget_is_asked_one_by_one() {
    let server = RedisServer::start().await;
    let store = store(&server.url()).await;
    keep(&server, MANY).await;
    say(&server, &["ACL", "SETUSER", "default", "-mget"]).await;
    let reads = read_all(&store);
    each_is_told_its_own(reads).await;
}

#[tokio::test]
async fn a_connection_that_breaks_is_told_to_everybody_and_another_is_made() {
    let server = RedisServer::start().await;
    let proxy = FaultProxy::start(server.addr()).await;
    let store = store(&proxy.url()).await;
    keep(&server, MANY).await;
    proxy.black_hole();
    let reads = read_all(&store);
    settled().await;
    proxy.cut();
    for read in reads {
        let told = tokio::time::timeout(WITHIN, read)
            .await
            .expect("it is told");
        assert_eq!(told.unwrap().unwrap_err().kind(), ErrorKind::Unavailable);
    }
    proxy.pass();
    eventually("it is connected again", WITHIN, async || {
        store.get(&key(7)).await.is_ok()
    })
    .await;
    let reads = read_all(&store);
    each_is_told_its_own(reads).await;
}

#[tokio::test]
async fn callers_that_give_up_strand_nobody() {
    let server = RedisServer::start().await;
    let proxy = FaultProxy::start(server.addr()).await;
    let store = store(&proxy.url()).await;
    keep(&server, MANY).await;
    proxy.black_hole();
    let reads = read_all(&store);
    settled().await;
    // Those that asked for themselves, those who were asked for, and some who wait.
    for read in reads.iter().take(MANY / 2) {
        read.abort();
    }
    settled().await;
    proxy.pass();
    for (number, read) in reads.into_iter().enumerate().skip(MANY / 2) {
        assert_eq!(bytes(read).await, Some(number.to_string().into()));
    }
}

/// A connection that died silently is given up by a ping, and nobody who comes after
/// that waits behind those who wait for it in vain.
#[tokio::test]
async fn nobody_waits_behind_those_of_a_connection_that_was_given_up() {
    let server = RedisServer::start().await;
    let proxy = FaultProxy::start(server.addr()).await;
    let store = store(&proxy.url()).await;
    keep(&server, MANY).await;
    proxy.forget_connections();
    let stuck = read_all(&store);
    settled().await;
    store.ping().await.unwrap();
    let reads = read_all(&store);
    each_is_told_its_own(reads).await;
    assert!(stuck.iter().all(|read| !read.is_finished()));
}
