//! Options of `#[cached]` in all their forms, under the strictest lints.

#![deny(warnings, clippy::all, clippy::pedantic, missing_docs, unreachable_pub)]

use cacheflow::codec::{Codec, Compression};
use cacheflow::{CacheFlow, HasUpdatedAt, Template, cached, cached_fragment};
use std::time::{Duration, SystemTime};

/// A row.
#[derive(Clone, HasUpdatedAt, serde::Serialize, serde::Deserialize)]
pub struct Row {
    /// Its number.
    pub id: u64,
    updated_at: SystemTime,
}

impl Row {
    fn lifetime(&self) -> Duration {
        Duration::from_secs(self.id)
    }

    fn check(&self) -> Result<(), &'static str> {
        if self.id == 7 { Err("seven") } else { Ok(()) }
    }
}

const PAGE: Template = Template::new("<b>{{name}}</b>");

/// All of them.
///
/// # Errors
///
/// None.
#[cached(
    cache = "rows",
    key = "{id:>8}:{row.id}",
    skip(flow),
    versioned(row),
    ttl = "1h",
    ttl_from = Row::lifetime,
    tags = ["row:{id}", "org:{result.id:04}", format!("{}", result.id)],
    depends_on = ["rows:{id}", other(id), other(result.id)],
    when = id != 0,
    unless = result.id == 1,
    cache_none = "30s",
    cache_err = Duration::from_secs(5),
    codec = Codec::MessagePack,
    compress = 4096,
    schema_version = 2,
    max_ttl = Duration::from_secs(7200),
    validate = Row::check,
    invalidation_patterns = ["row:*"],
    refresh_ahead = 0.8,
    distributed_lock(lease = "5s"),
    flow = flow,
    companions = true,
    visibility = pub(crate),
    local = false
)]
pub async fn all(flow: &CacheFlow, id: u64, row: &Row) -> Result<Option<Row>, String> {
    Ok((id != 1).then(|| row.clone()))
}

#[cached(tags = "all", depends_on = vec![other::key(id)], compress = false)]
async fn other(id: u64) -> u64 {
    id
}

#[cached(local, bulkhead(8, queue = 1), soft_timeout = "1s", fail_safe = "1h")]
async fn not_written(id: u64) -> Result<std::sync::Arc<std::thread::Thread>, cacheflow::Error> {
    let _ = id;
    Ok(std::sync::Arc::new(std::thread::current()))
}

#[cached(sensitive, max_ttl = "1m", tags = "secrets", validate = |it: &String| it.parse::<u64>().map(drop))]
async fn secret(token: &str) -> Result<String, String> {
    Ok(token.to_owned())
}

#[cached(validate = |it: &u64| if *it == 7 { Err("seven") } else { Ok(()) }, sensitive)]
fn now(id: u64) -> Option<u64> {
    (id != 0).then_some(id)
}

#[cached_fragment(template = PAGE, key = "{name}")]
async fn fragment(name: &str) -> Result<String, String> {
    PAGE.render([("name", name)]).map_err(|error| error.to_string())
}

#[cached_fragment]
async fn without_template(name: &str) -> String {
    format!("<i>{name}</i>")
}

/// A type of its own for what an alias hides.
type Perhaps<T> = Option<T>;

#[cached]
async fn aliased(id: u64) -> Perhaps<u64> {
    Some(id)
}

fn main() {
    let _ = Compression::none();
    let _ = |flow: CacheFlow, row: Row| {
        drop(all(&flow, 1, &row));
        drop(all::invalidate(&flow, 1, &row));
        drop(all::put(&flow, 1, &row, row.clone()));
        drop(all::put(&flow, 1, &row, Some(row.clone())));
        drop(all::refresh(&flow, 1, &row));
        let _ = all::key(&flow, 1, &row);
        let _ = all::peek(&flow, 1, &row);
        drop(all::lookup(&flow, 1, &row));
        drop(all::original(&flow, 1, &row));
        let _ = all::cache(&flow);
    };
    drop(other(1));
    drop(not_written(1));
    drop(secret("1"));
    let _ = now(1);
    drop(now::invalidate(1));
    drop(fragment("a"));
    drop(without_template("a"));
    let _ = aliased::peek(1).map(|found| found.value == Some(1));
    drop(aliased(1));
}
