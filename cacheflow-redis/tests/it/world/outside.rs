//! Looking at a server, and changing it, past the nodes.

use cacheflow_testkit::{RedisServer, Reply, eventually};

use super::{BOUND, PREFIX, within};

pub(crate) async fn redis(server: &RedisServer, words: &[&str]) -> Reply {
    let reply = within(server.command(words)).await.unwrap();
    assert!(!matches!(reply, Reply::Error(_)), "{words:?}: {reply:?}");
    reply
}

pub(crate) async fn bytes_of(server: &RedisServer, key: &str) -> Option<Vec<u8>> {
    match redis(server, &["GET", key]).await {
        Reply::Bulk(bytes) => bytes,
        other => panic!("GET answered {other:?}"),
    }
}

pub(crate) async fn integer(server: &RedisServer, words: &[&str]) -> i64 {
    match redis(server, words).await {
        Reply::Integer(number) => number,
        other => panic!("{words:?} answered {other:?}"),
    }
}

pub(crate) async fn text(server: &RedisServer, words: &[&str]) -> String {
    redis(server, words).await.text().unwrap_or_default()
}

/// How often the server has run a command since `CONFIG RESETSTAT`.
pub(crate) async fn calls(server: &RedisServer, command: &str) -> u64 {
    let stats = text(server, &["INFO", "commandstats"]).await;
    let line = format!("cmdstat_{command}:calls=");
    let rest = stats.lines().find_map(|stat| stat.strip_prefix(&line));
    let count = rest.and_then(|rest| rest.split(',').next());
    count.map_or(0, |count| count.parse().unwrap())
}

/// The journal's incarnation and last number.
pub(crate) async fn journal(server: &RedisServer) -> (String, u64) {
    let name = format!("{PREFIX}journal");
    let inc = text(server, &["HGET", &name, "inc"]).await;
    let number = text(server, &["HGET", &name, "n"]).await;
    (inc, number.parse().unwrap_or_default())
}

/// Every key dies: none is without a TTL.
pub(crate) async fn every_key_dies(server: &RedisServer) {
    let keys = server.keys().await;
    assert!(!keys.is_empty());
    for key in keys {
        let left = integer(server, &["PTTL", &key]).await;
        // Or it has died meanwhile.
        assert!(left > 0 || left == -2, "{key} has the TTL {left}");
    }
}

/// Waits until everything that was forgotten is removed as well.
pub(crate) async fn all_done(server: &RedisServer) {
    all_done_of(server, PREFIX).await;
}

/// The same for another prefix.
pub(crate) async fn all_done_of(server: &RedisServer, prefix: &str) {
    let open = format!("{prefix}journal:open");
    eventually("all records are done", BOUND, async || {
        integer(server, &["EXISTS", &open]).await == 0
    })
    .await;
}

/// The members of a set, in order.
pub(crate) async fn members(server: &RedisServer, name: &str) -> Vec<String> {
    let Reply::Array(found) = redis(server, &["SMEMBERS", name]).await else {
        panic!("SMEMBERS answered no list")
    };
    let mut members: Vec<String> = found.iter().filter_map(Reply::text).collect();
    members.sort();
    members
}
