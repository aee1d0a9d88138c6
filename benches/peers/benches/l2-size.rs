//! What an entry takes in Redis beside what it is made of: see `README.md`.

use cacheflow_benches::results::{Better, Extent, Goal, Measured, Section, Subject};
use cacheflow_benches::section;
use cacheflow_benches_peers::remote::turns::{calls, connect};
use cacheflow_benches_peers::remote::{
    Amalgam, Bare, BothLevels, CachedRedis, Hitbox, MultiTier, Operation, Peer, server,
};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;

fn main() {
    section::run(measure);
}

const ABOUT: &str = "\
Bytes of entries in Redis, of texts that nobody compresses; each candidate on a server of its own. They depend on no machine.

- **In the value**: the length of the string in Redis (of a hash, of its field with the value), less the text. What CacheFlow keeps there \
is told byte by byte in `docs/wire-format.md`: 78 bytes of header, the key once more (it is compared when it is read), each tag with 3 bytes \
before its text, and the payload, for which MessagePack adds 2 or 3 bytes to these texts.
- **In all**: `MEMORY USAGE` of all keys that the entries have made, indexes too, ÷ their number, less the name in Redis and the text. Most of it is \
Redis's own: see the bare SET. The journal, which does not grow with the entries, is not counted.

The goal counts the bytes of the value without key, tags and payload. hitbox, `cached` and multi-tier-cache have no tags.";

struct Scenario {
    name: &'static str,
    bytes: usize,
    operation: Operation,
}

const SCENARIOS: [Scenario; 3] = [
    Scenario {
        name: "100 B",
        bytes: 100,
        operation: Operation::Miss,
    },
    Scenario {
        name: "1 KiB",
        bytes: 1_024,
        operation: Operation::Miss,
    },
    Scenario {
        name: "1 KiB, one of ten tags",
        bytes: 1_024,
        operation: Operation::TaggedPut,
    },
];

/// What was found of a scenario.
struct Entry {
    in_value: f64,
    in_all: f64,
    name: String,
}

fn measure(extent: Extent) -> Section {
    let entries = extent.pick(64, 1_000, 1_000);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let found = runtime.block_on(async {
        [
            looked_at::<Bare>(entries).await,
            looked_at::<BothLevels>(entries).await,
            looked_at::<CachedRedis>(entries).await,
            looked_at::<Hitbox>(entries).await,
            looked_at::<MultiTier>(entries).await,
            looked_at::<Amalgam>(entries).await,
        ]
    });
    let goals = vec![goal(&found[1].1)];
    let table = |title: &str, column: fn(&Entry) -> f64| Measured {
        title: title.to_owned(),
        unit: "bytes".to_owned(),
        better: Better::Less,
        scenarios: SCENARIOS.iter().map(|it| it.name.to_owned()).collect(),
        candidates: found.iter().map(|(subject, _)| subject.clone()).collect(),
        base: None,
        samples: found
            .iter()
            .map(|(_, entries)| {
                let of = |entry: &Option<Entry>| entry.iter().map(column).collect();
                entries.iter().map(of).collect()
            })
            .collect(),
    };
    Section {
        id: "l2-size".to_owned(),
        title: "Bytes in Redis".to_owned(),
        about: ABOUT.to_owned(),
        tables: vec![
            table("in the value, beside the text", |entry| entry.in_value),
            table("in all, beside name and text", |entry| entry.in_all),
        ],
        goals,
    }
}

async fn looked_at<P: Peer>(entries: usize) -> (Subject, Vec<Option<Entry>>) {
    let mut found = Vec::new();
    let mut subject = None;
    for scenario in &SCENARIOS {
        let server = server::started().await;
        let candidate = connect::<P>(&server.url()).await;
        subject = Some(candidate.subject());
        found.push(if candidate.can(scenario.operation) {
            let calls = calls("entry", entries, 1, scenario.bytes);
            candidate.turn(scenario.operation, 1, &calls).await;
            Some(entry(&server.url(), entries, scenario.bytes).await)
        } else {
            None
        });
    }
    (subject.expect("there are scenarios"), found)
}

/// What lies on the server, per entry.
async fn entry(url: &str, entries: usize, bytes: usize) -> Entry {
    let client = redis::Client::open(url).expect("a URL");
    let connection = client.get_multiplexed_async_connection().await;
    let mut connection = connection.expect("a connection");
    let mut value = None;
    let mut in_all = 0;
    for name in names(&mut connection).await {
        let text = String::from_utf8_lossy(&name).into_owned();
        if text.contains("journal") {
            continue;
        }
        let mut usage = redis::cmd("MEMORY");
        usage.arg("USAGE").arg(&name).arg("SAMPLES").arg(0);
        let usage = usage.query_async::<u64>(&mut connection).await;
        in_all += usage.expect("MEMORY USAGE");
        if value.is_none() {
            let length = length(&mut connection, &name).await;
            value = (length >= bytes).then_some((text, name.len(), length));
        }
    }
    let (text, name, length) = value.expect("there is an entry");
    Entry {
        in_value: (length - bytes) as f64,
        in_all: in_all as f64 / entries as f64 - (name + bytes) as f64,
        name: text,
    }
}

async fn names(connection: &mut MultiplexedConnection) -> Vec<Vec<u8>> {
    let mut names = Vec::new();
    let mut cursor = 0_u64;
    loop {
        let mut scan = redis::cmd("SCAN");
        let found = scan.arg(cursor).arg("COUNT").arg(1_000);
        let found = found.query_async::<(u64, Vec<Vec<u8>>)>(connection).await;
        let (next, some) = found.expect("SCAN");
        names.extend(some);
        cursor = next;
        if cursor == 0 {
            // SCAN may name one more than once.
            names.sort();
            names.dedup();
            return names;
        }
    }
}

/// The length of a string, or of a hash's field with the value; 0 of anything else.
async fn length(connection: &mut MultiplexedConnection, name: &[u8]) -> usize {
    let kind: String = connection.key_type(name).await.expect("TYPE");
    match kind.as_str() {
        "string" => connection.strlen(name).await.expect("STRLEN"),
        "hash" => {
            let mut command = redis::cmd("HSTRLEN");
            let length = command.arg(name).arg("d").query_async(connection).await;
            length.expect("HSTRLEN")
        }
        _ => 0,
    }
}

fn goal(ours: &[Option<Entry>]) -> Goal {
    let overheads = ours.iter().zip(&SCENARIOS).filter_map(|(entry, scenario)| {
        let entry = entry.as_ref()?;
        if scenario.operation == Operation::TaggedPut {
            return None;
        }
        // The value names the key as the name in Redis does, without the prefix.
        let (_, key) = entry.name.split_once('/')?;
        let text = "x".repeat(scenario.bytes);
        let payload = rmp_serde::to_vec(&text).expect("a text").len();
        Some(entry.in_value - key.len() as f64 - (payload - scenario.bytes) as f64)
    });
    Goal {
        what: "bytes of an entry in Redis beside key, tags and payload".to_owned(),
        target: "≤ 80 B".to_owned(),
        limit: 80.0,
        better: Better::Less,
        measured: overheads.fold(f64::NAN, f64::max),
        tried: "the header of the value; what Redis itself adds to every key is in the table"
            .to_owned(),
    }
}
