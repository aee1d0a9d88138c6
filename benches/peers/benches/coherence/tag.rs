//! A tag that very many entries carry.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cacheflow_benches::results::{Better, Extent, Goal, Measured, Spread, Subject};
use cacheflow_benches_peers::remote::server;
use cacheflow_testkit::{RedisServer, Reply};

use super::linked::Linked;
use super::pair::{Amalgam, MultiTier, Near, Ours, TAG, Tagged, keys};
use super::prober::Prober;

/// How many of them the other node has in memory.
const HELD: usize = 1_000;

/// Whoever has reclaimed nothing until then leaves it to the entries' lifetime.
const PATIENCE: Duration = Duration::from_secs(60);

/// More than the time between two heartbeats.
const QUIET: Duration = Duration::from_millis(600);

pub(crate) struct Tags {
    pub(crate) tables: Vec<Measured>,
    pub(crate) goals: Vec<Goal>,
}

/// What was seen of one tag.
struct Seen {
    returned: f64,
    gone: f64,
    reclaimed: f64,
    longest_before: f64,
    longest_ping: f64,
    longest_command: f64,
    left: f64,
}

pub(crate) fn measure(extent: Extent) -> Tags {
    let many = extent.pick(HELD, 10_000, 100_000);
    let very_many = extent.pick(HELD, 100_000, 1_000_000);
    let rounds = extent.pick(1, 1, 3);
    let mut ours = Vec::new();
    let mut amalgam = Vec::new();
    let mut multi_tier = Vec::new();
    for _ in 0..rounds {
        ours.push(forgotten::<Ours>(many));
        amalgam.push(forgotten::<Amalgam>(many));
        multi_tier.push(forgotten::<MultiTier>(many));
    }
    let million = vec![forgotten::<Ours>(very_many)];
    let subjects = [
        subject::<Ours>(),
        subject::<Amalgam>(),
        subject::<MultiTier>(),
    ];
    let goals = goals(&million, very_many);
    let mut tables = tables(many, &subjects, &[&ours, &amalgam, &multi_tier]);
    tables.extend(self::tables(very_many, &subjects[..1], &[&million]));
    Tags { tables, goals }
}

fn subject<P: Tagged>() -> Subject {
    match P::CRATE {
        "cacheflow" => Subject::ours(P::NAME),
        peer => Subject::peer(P::NAME, &cacheflow_benches_peers::version(peer)),
    }
}

/// Fills a server of its own, and forgets.
fn forgotten<P: Tagged>(number: usize) -> Seen {
    let host = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let host = host.expect("a runtime");
    let server = host.block_on(server::started());
    let link = Linked::<P>::on(&server.url());
    // What a node leaves of itself in Redis is there before anything is counted.
    let near = link.near.clone();
    link.near(async move { near.forget("nothing").await });
    std::thread::sleep(QUIET);
    let before = host.block_on(server::keys(&server));

    let all = keys(TAG, number);
    let (near, filling) = (link.near.clone(), Arc::clone(&all));
    link.near(async move { P::fill(&near, &filling).await });
    let held: Arc<[String]> = all[..HELD].into();
    let (far, taking) = (Arc::clone(&link.far), Arc::clone(&held));
    link.far(async move { P::take_tagged(&mut *far.lock().await, &taking).await });
    drop(all);

    host.block_on(watch_commands(&server));
    let prober = Prober::start(server.addr());
    let quiet = Instant::now();
    std::thread::sleep(QUIET);
    let watch = link.watch(&held);
    let near = link.near.clone();
    let (began, returned) = link.near(async move {
        let began = Instant::now();
        P::forget_all(&near).await;
        (began, began.elapsed())
    });
    let gone = link.ended(watch).map(|(gone, _)| gone);
    let (reclaimed, left) = host.block_on(reclaimed(&server, before));
    let answers = prober.stop();
    let end = reclaimed.unwrap_or_else(Instant::now);
    let millis = |at: Instant| at.duration_since(began).as_secs_f64() * 1e3;
    Seen {
        returned: returned.as_secs_f64() * 1e3,
        gone: gone.map_or(f64::NAN, millis),
        reclaimed: reclaimed.map_or(f64::NAN, millis),
        longest_before: answers.longest(quiet, began),
        longest_ping: answers.longest(began, end),
        longest_command: host.block_on(longest_command(&server)),
        left: left as f64,
    }
}

async fn watch_commands(server: &RedisServer) {
    for (name, value) in [
        ("slowlog-log-slower-than", "100"),
        ("slowlog-max-len", "100000"),
    ] {
        server::asked(server, &["CONFIG", "SET", name, value]).await;
    }
    server::asked(server, &["SLOWLOG", "RESET"]).await;
}

/// The longest that a command took by the server's own clock, in ms.
async fn longest_command(server: &RedisServer) -> f64 {
    let Reply::Array(slow) = server::asked(server, &["SLOWLOG", "GET", "-1"]).await else {
        panic!("SLOWLOG answers no array")
    };
    let took = |entry: &Reply| match entry {
        Reply::Array(parts) => match parts.get(2) {
            Some(Reply::Integer(micros)) => *micros,
            _ => 0,
        },
        _ => 0,
    };
    slow.iter().map(took).max().unwrap_or(0) as f64 / 1e3
}

/// When there were no more keys than before, if ever; and how many are left over.
async fn reclaimed(server: &RedisServer, before: u64) -> (Option<Instant>, u64) {
    let began = Instant::now();
    let mut fewest = u64::MAX;
    let mut changed = began;
    loop {
        let keys = server::keys(server).await;
        if keys <= before {
            return (Some(Instant::now()), 0);
        }
        if keys < fewest {
            (fewest, changed) = (keys, Instant::now());
        }
        if changed.elapsed() > Duration::from_secs(2) || began.elapsed() > PATIENCE {
            return (None, keys - before);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

type Column = (&'static str, fn(&Seen) -> f64);

fn tables(number: usize, subjects: &[Subject], seen: &[&Vec<Seen>]) -> Vec<Measured> {
    let times: [Column; 3] = [
        ("the call returns", |seen| seen.returned),
        ("gone from another node's memory", |seen| seen.gone),
        ("reclaimed in Redis", |seen| seen.reclaimed),
    ];
    let stalls: [Column; 3] = [
        ("longest PING before", |seen| seen.longest_before),
        ("longest PING meanwhile", |seen| seen.longest_ping),
        ("longest command (SLOWLOG)", |seen| seen.longest_command),
    ];
    let left: [Column; 1] = [("keys in Redis", |seen| seen.left)];
    let table = |title: &str, unit: &str, columns: &[Column]| Measured {
        title: format!("a tag of {number} keys: {title}"),
        unit: unit.to_owned(),
        better: Better::Less,
        scenarios: columns.iter().map(|(name, _)| (*name).to_owned()).collect(),
        candidates: subjects.to_vec(),
        base: None,
        samples: seen
            .iter()
            .map(|seen| {
                let of = |(_, column): &Column| seen.iter().map(column).collect();
                columns.iter().map(of).collect()
            })
            .collect(),
    };
    vec![
        table("until it is forgotten", "ms", &times),
        table("how long Redis made others wait", "ms", &stalls),
        table("left over", "keys", &left),
    ]
}

fn goals(seen: &[Seen], number: usize) -> Vec<Goal> {
    let median = |column: fn(&Seen) -> f64| {
        Spread::of(seen.iter().map(column).collect()).map_or(f64::NAN, |it| it.median)
    };
    let goal = |what: &str, target: &str, limit, measured, tried: &str| Goal {
        what: format!("a tag of {number} keys: {what}"),
        target: target.to_owned(),
        limit,
        better: Better::Less,
        measured,
        tried: tried.to_owned(),
    };
    vec![
        goal(
            "effective on both nodes",
            "< 5 ms",
            5.0,
            median(|seen| seen.returned.max(seen.gone)),
            "the call has returned, and a thousand of its entries are gone from the other node's memory. A node that holds \
             very many forgets them by another epoch, in one step, where to mark each took 26 ms; the rest is a thousand looks of the other \
             node at its memory",
        ),
        goal(
            "longest Redis command",
            "≤ 2 ms",
            2.0,
            median(|seen| seen.longest_command),
            "of those above 0.1 ms, until all was reclaimed, by SLOWLOG, whose clock runs on while another process has the \
             processor. A step removes 30 keys, and reads each once: half of what it took. Of 2,000 steps on a machine with \
             five busy processes, the median is 0.7 ms and the 99th of a hundred 1.2 to 1.6; fewer than one in a hundred is longer than 2, by a \
             turn of the scheduler (5 to 9 ms)",
        ),
        goal(
            "keys left over",
            "0",
            0.0,
            median(|seen| seen.left),
            "DBSIZE before it was filled, and after",
        ),
    ]
}
