//! Forgetting.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use cacheflow::{Applied, CacheFlow, Invalidation};
use serde_json::{Map, Value, json};

use crate::answer::{Answer, Problem, json_of};
use crate::input::object;
use crate::routes::Shared;

/// Longer than this no request is held.
const LONGEST_WAIT: u64 = 60_000;

/// What names something, as a list and as one.
const NAMES: [(&str, &str); 4] = [
    ("keys", "key"),
    ("tags", "tag"),
    ("patterns", "pattern"),
    ("caches", "cache"),
];

const FIELDS: [&str; 11] = [
    "keys",
    "key",
    "tags",
    "tag",
    "patterns",
    "pattern",
    "caches",
    "cache",
    "all",
    "local_only",
    "await_cluster_ms",
];

pub(crate) async fn invalidate(State(served): State<Shared>, request: Request) -> Answer {
    let object = object(request, served.body_bytes, &FIELDS).await?;
    let invalidated = wanted(&served.flow, &object)?.send_counted().await?;
    let deleted = invalidated.deleted;
    let answer = json!({
        "applied": match invalidated.applied {
            Applied::Recorded => "recorded",
            Applied::Everywhere => "everywhere",
            Applied::Local => "local",
            Applied::Deferred => "deferred",
        },
        "deleted": {
            "in_memory": deleted.in_memory,
            "in_store": deleted.in_store,
            "unfinished": deleted.unfinished,
        },
    });
    json_of(StatusCode::OK, &answer)
}

/// What is to be forgotten. What is wrong with its names, the flow says.
fn wanted(flow: &CacheFlow, object: &Map<String, Value>) -> Result<Invalidation, Problem> {
    let mut invalidation = flow.invalidate();
    let mut is_nothing = true;
    for (many, one) in NAMES {
        for field in [many, one] {
            let names = texts(object, field)?;
            is_nothing &= names.is_empty();
            invalidation = match many {
                "keys" => invalidation.keys(names),
                "tags" => invalidation.tags(names),
                "patterns" => names.iter().fold(invalidation, Invalidation::pattern),
                _ => names.iter().fold(invalidation, Invalidation::cache),
            };
        }
    }
    if switch(object, "all")? {
        is_nothing = false;
        invalidation = invalidation.all();
    }
    if is_nothing {
        let allowed = ["keys", "tags", "patterns", "caches", "all"];
        return Err(
            Problem::wrong("nothing is named that is to be forgotten").allowed(allowed.to_vec())
        );
    }
    let local_only = switch(object, "local_only")?;
    if let Some(wait) = object.get("await_cluster_ms") {
        let millis = wait.as_u64().filter(|it| (1..=LONGEST_WAIT).contains(it));
        let millis = millis.ok_or_else(|| {
            Problem::wrong(format!("await_cluster_ms = {wait}"))
                .allowed(format!("1 to {LONGEST_WAIT}"))
        })?;
        if local_only {
            let told = "await_cluster_ms and local_only: others hear nothing of the latter";
            return Err(Problem::wrong(told).allowed("one of the two"));
        }
        invalidation = invalidation.await_cluster(Duration::from_millis(millis));
    }
    Ok(match local_only {
        true => invalidation.local_only(),
        false => invalidation,
    })
}

/// A list of texts, or one alone.
fn texts<'a>(object: &'a Map<String, Value>, field: &str) -> Result<Vec<&'a str>, Problem> {
    let refused =
        || Problem::wrong(format!("{field} is neither")).allowed("a text, or a list of texts");
    match object.get(field) {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![text]),
        Some(Value::Array(values)) => {
            let texts = values.iter().map(Value::as_str);
            texts.collect::<Option<_>>().ok_or_else(refused)
        }
        Some(_) => Err(refused()),
    }
}

fn switch(object: &Map<String, Value>, field: &str) -> Result<bool, Problem> {
    match object.get(field) {
        None => Ok(false),
        Some(Value::Bool(is_set)) => Ok(*is_set),
        Some(other) => Err(Problem::wrong(format!("{field} = {other}")).allowed("true or false")),
    }
}
