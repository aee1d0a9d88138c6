//! What a server says of itself.

use std::collections::BTreeMap;

use cacheflow_testkit::{RedisServer, Reply};

/// A server that keeps everything in memory and nothing on disk.
pub async fn started() -> RedisServer {
    RedisServer::start().await
}

/// Asks one thing.
pub async fn asked(server: &RedisServer, words: &[&str]) -> Reply {
    match server.command(words).await {
        Ok(Reply::Error(refusal)) => panic!("{words:?}: {refusal}"),
        answer => answer.unwrap_or_else(|error| panic!("{words:?}: {error}")),
    }
}

/// The lines `name:value` of a part of `INFO`.
async fn info(server: &RedisServer, part: &str) -> BTreeMap<String, String> {
    let text = asked(server, &["INFO", part]).await.text();
    let text = text.unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// A number of `INFO`.
pub async fn number(server: &RedisServer, part: &str, name: &str) -> u64 {
    let lines = info(server, part).await;
    let number = lines.get(name).and_then(|value| value.parse().ok());
    number.unwrap_or_else(|| panic!("INFO {part} has no {name}"))
}

/// How often each command was carried out since the server was last asked to
/// begin anew, those within scripts too.
pub async fn commands(server: &RedisServer) -> BTreeMap<String, u64> {
    let lines = info(server, "commandstats").await;
    let counted = lines.iter().filter_map(|(name, value)| {
        let calls = value.strip_prefix("calls=")?.split(',').next()?;
        Some((
            name.strip_prefix("cmdstat_")?.to_owned(),
            calls.parse().ok()?,
        ))
    });
    counted.collect()
}

/// How often clients were read from: once for whatever one of them has sent at once.
pub async fn reads(server: &RedisServer) -> u64 {
    number(server, "stats", "total_reads_processed").await
}

/// How many keys there are.
pub async fn keys(server: &RedisServer) -> u64 {
    match asked(server, &["DBSIZE"]).await {
        Reply::Integer(keys) => keys.unsigned_abs(),
        other => panic!("DBSIZE answered {other:?}"),
    }
}

/// Removes whatever has `part` in its name, past every candidate.
pub async fn remove(server: &RedisServer, part: &str) {
    let client = redis::Client::open(server.url()).expect("a URL");
    let connection = client.get_multiplexed_async_connection().await;
    let mut connection = connection.expect("a connection");
    let mut cursor = 0_u64;
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(format!("*{part}*"));
        let found = scan.arg("COUNT").arg(5_000).query_async(&mut connection);
        let (next, names): (u64, Vec<Vec<u8>>) = found.await.expect("SCAN");
        if !names.is_empty() {
            let mut unlink = redis::cmd("UNLINK");
            unlink.arg(names);
            let removed = unlink.query_async::<()>(&mut connection).await;
            removed.expect("UNLINK");
        }
        cursor = next;
        if cursor == 0 {
            break;
        }
    }
}
