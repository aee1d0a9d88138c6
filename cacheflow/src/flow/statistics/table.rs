//! A flow in figures, for people.

use std::fmt;

use super::FlowStats;
use crate::event::{BreakerState, BusStats, CacheStats};
use crate::flow::{BusHealth, Health, StoreHealth};

/// A column: what stands over it, and what it says of a cache.
type Column = (&'static str, fn(&CacheStats) -> String);

const COLUMNS: [Column; 12] = [
    ("lookups", |it| it.lookups().to_string()),
    ("hit rate", |it| format!("{:.1} %", 100.0 * it.hit_rate())),
    ("memory", |it| it.memory_hits.to_string()),
    ("shared", |it| it.shared_hits.to_string()),
    ("missed", |it| it.misses.to_string()),
    ("stale", |it| it.stale.to_string()),
    ("loads", |it| it.loads.to_string()),
    ("failed", |it| it.load_failures.to_string()),
    ("load p99", |it| millis(it.load_time.latency_p99_ms)),
    ("L2 p99", |it| millis(it.shared_latency.latency_p99_ms)),
    ("entries", |it| it.entries.to_string()),
    ("weight", |it| it.weight.to_string()),
];

impl fmt::Display for FlowStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![vec!["cache".to_owned()]];
        rows[0].extend(COLUMNS.iter().map(|(title, _)| (*title).to_owned()));
        for (name, stats) in &self.caches {
            let figures = COLUMNS.iter().map(|(_, figure)| figure(stats));
            rows.push(std::iter::once(name.clone()).chain(figures).collect());
        }
        write_aligned(f, &rows)?;
        for (name, state) in &self.breakers {
            let state = match state {
                BreakerState::Closed => "closed",
                BreakerState::HalfOpen => "half open",
                BreakerState::Open => "open",
            };
            writeln!(f, "breaker {name}: {state}")?;
        }
        write_bus(f, &self.bus, &self.health)
    }
}

/// The first column to the left, all others to the right.
fn write_aligned(f: &mut fmt::Formatter<'_>, rows: &[Vec<String>]) -> fmt::Result {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..=COLUMNS.len()).map(width).collect();
    for row in rows {
        write!(f, "{:<1$}", row[0], widths[0])?;
        for (cell, width) in row.iter().zip(&widths).skip(1) {
            write!(f, "  {cell:>width$}")?;
        }
        writeln!(f)?;
    }
    Ok(())
}

fn write_bus(f: &mut fmt::Formatter<'_>, bus: &BusStats, health: &Health) -> fmt::Result {
    let Some(store) = health.store else {
        return writeln!(f, "in this process alone");
    };
    let store = match store {
        StoreHealth::Up => "up",
        StoreHealth::Down => "down",
        StoreHealth::Distrusted => "not trusted yet",
    };
    let news = match health.bus {
        Some(BusHealth::Up) => "up",
        _ => "down",
    };
    let BusStats {
        sent,
        received,
        garbled,
        lag,
        gaps,
        replays,
        replayed,
        losses,
        gate_closures,
    } = bus;
    let (median, most) = (millis(lag.latency_p50_ms), millis(lag.latency_p99_ms));
    let waiting = health.waiting_invalidations;
    writeln!(
        f,
        "store {store}, bus {news}, {waiting} invalidations waiting, memory {}trusted",
        if health.memory_is_trusted { "" } else { "not " },
    )?;
    writeln!(
        f,
        "bus: {sent} sent, {received} received, {garbled} garbled, lag at most {median} (p50), {most} (p99)"
    )?;
    writeln!(
        f,
        "bus: {gaps} gaps, {replayed} records made up for in {replays} replays, lost {losses} times, gate closed {gate_closures} times"
    )
}

/// Milliseconds, as exact as is of use.
fn millis(ms: f64) -> String {
    match ms {
        0.0 => "-".to_owned(),
        ms if ms < 10.0 => format!("{ms:.2} ms"),
        ms => format!("{ms:.0} ms"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;
    use crate::event::LatencyStats;

    fn stats() -> FlowStats {
        let users = CacheStats {
            memory_hits: 123_456,
            shared_hits: 1_044,
            misses: 500,
            stale: 3,
            loads: 470,
            load_failures: 12,
            load_time: LatencyStats {
                latency_p99_ms: 48.4,
                ..LatencyStats::default()
            },
            shared_latency: LatencyStats {
                latency_p99_ms: 0.752,
                ..LatencyStats::default()
            },
            entries: 9_000,
            weight: 1_048_576,
            ..CacheStats::default()
        };
        let health = Health {
            store: Some(StoreHealth::Up),
            store_for: Some(Duration::from_secs(60)),
            bus: Some(BusHealth::Up),
            bus_for: Some(Duration::from_secs(60)),
            waiting_invalidations: 0,
            memory_is_trusted: true,
            silent_for: Some(Duration::ZERO),
            is_closed: false,
            has_lost_task: false,
            max_staleness: Duration::from_secs(2),
        };
        FlowStats {
            instance: "0123456789abcdef".to_owned(),
            caches: BTreeMap::from([
                ("users".to_owned(), users),
                ("pages_of_orders".to_owned(), CacheStats::default()),
            ]),
            breakers: BTreeMap::from([("users".to_owned(), BreakerState::HalfOpen)]),
            bus: BusStats {
                sent: 17,
                received: 40,
                ..BusStats::default()
            },
            health,
        }
    }

    #[test]
    fn a_table_with_aligned_columns() {
        assert_eq!(
            stats().to_string(),
            "\
cache            lookups  hit rate  memory  shared  missed  stale  loads  failed  load p99   L2 p99  entries   weight
pages_of_orders        0     0.0 %       0       0       0      0      0       0         -        -        0        0
users             125000    99.6 %  123456    1044     500      3    470      12     48 ms  0.75 ms     9000  1048576
breaker users: half open
store up, bus up, 0 invalidations waiting, memory trusted
bus: 17 sent, 40 received, 0 garbled, lag at most - (p50), - (p99)
bus: 0 gaps, 0 records made up for in 0 replays, lost 0 times, gate closed 0 times
"
        );
    }

    #[test]
    fn a_flow_that_is_alone_says_so() {
        let mut stats = stats();
        stats.caches.clear();
        stats.breakers.clear();
        stats.health.store = None;
        let table = stats.to_string();
        assert!(table.starts_with("cache  lookups"), "{table}");
        assert!(table.ends_with("\nin this process alone\n"), "{table}");
    }
}
