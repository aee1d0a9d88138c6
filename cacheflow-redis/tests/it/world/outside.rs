//! Looking at a server, and changing it, past the nodes.

use cacheflow_testkit::{RedisServer, Reply};

use super::{PREFIX, within};

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
