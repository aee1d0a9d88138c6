//! How [`StrategyOptions`] are read and written: names, other names, units.

use std::fmt;
use std::time::Duration;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serializer};

use super::StrategyOptions;

/// The options as they are read. One of their other names has another unit,
/// which `serde`'s own `alias` does not know.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wire {
    #[serde(alias = "memoryTTL")]
    memory_ttl: Option<Span>,
    #[serde(alias = "refreshRatio")]
    refresh_ratio: Option<f64>,
    refresh_after: Option<Span>,
    refresh_beta: Option<f64>,
    #[serde(alias = "failureThreshold")]
    failure_threshold: Option<u32>,
    failure_rate: Option<f64>,
    failure_window: Option<Span>,
    failure_minimum: Option<u32>,
    #[serde(alias = "reset_time")]
    reset_after: Option<Span>,
    #[serde(rename = "resetTimeMs")]
    reset_time_ms: Option<Milliseconds>,
    #[serde(alias = "staleTTL")]
    stale_ttl: Option<Span>,
    breaker: Option<String>,
    throttle: Option<Span>,
    soft_timeout: Option<Span>,
    hard_timeout: Option<Span>,
    max_loads: Option<usize>,
    max_queued: Option<usize>,
    #[serde(alias = "lockTTL")]
    lock_ttl: Option<Span>,
    flush_every: Option<Span>,
    flush_batch: Option<usize>,
    max_pending: Option<usize>,
}

impl TryFrom<Wire> for StrategyOptions {
    type Error = &'static str;

    fn try_from(wire: Wire) -> Result<Self, &'static str> {
        let reset_after = match (wire.reset_after, wire.reset_time_ms) {
            (Some(_), Some(_)) => {
                return Err("reset_after and resetTimeMs: allowed is one of the two");
            }
            (Some(Span(time)), None) | (None, Some(Milliseconds(time))) => Some(time),
            (None, None) => None,
        };
        let time = |span: Option<Span>| span.map(|Span(time)| time);
        Ok(Self {
            memory_ttl: time(wire.memory_ttl),
            refresh_ratio: wire.refresh_ratio,
            refresh_after: time(wire.refresh_after),
            refresh_beta: wire.refresh_beta,
            failure_threshold: wire.failure_threshold,
            failure_rate: wire.failure_rate,
            failure_window: time(wire.failure_window),
            failure_minimum: wire.failure_minimum,
            reset_after,
            stale_ttl: time(wire.stale_ttl),
            breaker: wire.breaker,
            throttle: time(wire.throttle),
            soft_timeout: time(wire.soft_timeout),
            hard_timeout: time(wire.hard_timeout),
            max_loads: wire.max_loads,
            max_queued: wire.max_queued,
            lock_ttl: time(wire.lock_ttl),
            flush_every: time(wire.flush_every),
            flush_batch: wire.flush_batch,
            max_pending: wire.max_pending,
        })
    }
}

/// Writes a duration as a text.
pub(super) fn write<S: Serializer>(
    time: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(&humantime::format_duration(*time)),
        None => serializer.serialize_none(),
    }
}

/// A duration: a text with units, or a number of seconds.
struct Span(Duration);

/// A duration as a number of milliseconds.
struct Milliseconds(Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SpanVisitor).map(Self)
    }
}

impl<'de> Deserialize<'de> for Milliseconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let milliseconds = f64::deserialize(deserializer)?;
        seconds(milliseconds / 1000.0).map(Self)
    }
}

/// A duration as people write it.
///
/// # Errors
///
/// Why it cannot be read.
pub(crate) fn read_duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|why| format!("the duration {text:?} cannot be read: {why}"))
}

struct SpanVisitor;

impl Visitor<'_> for SpanVisitor {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration like \"90s\" or \"1h 30m\", or a number of seconds")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
        read_duration(text).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<Duration, E> {
        Ok(Duration::from_secs(seconds))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Duration, E> {
        let number = u64::try_from(number);
        number
            .map(Duration::from_secs)
            .map_err(|_| E::custom("a duration cannot be negative"))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Duration, E> {
        seconds(number)
    }
}

fn seconds<E: Error>(number: f64) -> Result<Duration, E> {
    Duration::try_from_secs_f64(number)
        .map_err(|why| E::custom(format_args!("{number} seconds are no duration: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> StrategyOptions {
        serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
    }

    fn fault(json: &str) -> String {
        serde_json::from_str::<StrategyOptions>(json)
            .unwrap_err()
            .to_string()
    }

    /// Every option with a value of its own.
    fn all() -> StrategyOptions {
        let time = |seconds| Some(Duration::from_secs(seconds));
        StrategyOptions {
            memory_ttl: time(1),
            refresh_ratio: Some(0.2),
            refresh_after: time(3),
            refresh_beta: Some(4.0),
            failure_threshold: Some(5),
            failure_rate: Some(0.6),
            failure_window: time(7),
            failure_minimum: Some(8),
            reset_after: time(9),
            stale_ttl: time(10),
            breaker: Some("11".to_owned()),
            throttle: time(12),
            soft_timeout: time(13),
            hard_timeout: time(14),
            max_loads: Some(15),
            max_queued: Some(16),
            lock_ttl: time(17),
            flush_every: time(18),
            flush_batch: Some(19),
            max_pending: Some(20),
        }
    }

    #[test]
    fn every_option_is_read() {
        let json = r#"{
            "memory_ttl": 1, "refresh_ratio": 0.2, "refresh_after": 3, "refresh_beta": 4,
            "failure_threshold": 5, "failure_rate": 0.6, "failure_window": 7, "failure_minimum": 8,
            "reset_after": 9, "stale_ttl": 10, "breaker": "11", "throttle": 12, "soft_timeout": 13,
            "hard_timeout": 14, "max_loads": 15, "max_queued": 16, "lock_ttl": 17, "flush_every": 18,
            "flush_batch": 19, "max_pending": 20
        }"#;
        assert_eq!(read(json), all());
        assert_eq!(read("{}"), StrategyOptions::default());
        assert_eq!(
            read(r#"{ "memory_ttl": null, "breaker": null }"#),
            StrategyOptions::default()
        );
    }

    #[test]
    fn what_is_written_is_read_again() {
        let odd = StrategyOptions {
            memory_ttl: Some(Duration::new(366 * 24 * 60 * 60 - 1, 1_000_001)),
            lock_ttl: Some(Duration::ZERO),
            ..StrategyOptions::default()
        };
        for options in [all(), odd, StrategyOptions::default()] {
            let json = serde_json::to_string(&options).unwrap();
            assert_eq!(read(&json), options, "{json}");
            let packed = rmp_serde::to_vec_named(&options).unwrap();
            assert_eq!(
                rmp_serde::from_slice::<StrategyOptions>(&packed).unwrap(),
                options
            );
        }
    }

    #[test]
    fn durations_are_written_as_texts_and_what_is_not_given_is_not_written() {
        let options = StrategyOptions {
            memory_ttl: Some(Duration::from_secs(5400)),
            refresh_ratio: Some(0.5),
            ..StrategyOptions::default()
        };
        assert_eq!(
            serde_json::to_string(&options).unwrap(),
            r#"{"memory_ttl":"1h 30m","refresh_ratio":0.5}"#
        );
    }

    #[test]
    fn durations_as_people_write_them() {
        for (written, ms) in [
            (r#""90s""#, 90_000),
            (r#""5m""#, 300_000),
            (r#""1h30m""#, 5_400_000),
            (r#""250ms""#, 250),
            (r#""1day 1h""#, 90_000_000),
            ("90", 90_000),
            ("0.25", 250),
            ("1.5", 1_500),
        ] {
            let options = read(&format!(r#"{{ "throttle": {written} }}"#));
            assert_eq!(
                options.throttle,
                Some(Duration::from_millis(ms)),
                "{written}"
            );
        }
    }

    #[test]
    fn other_names() {
        for (json, expected) in [
            (
                r#"{ "refreshRatio": 0.2, "failureThreshold": 5 }"#,
                StrategyOptions {
                    refresh_ratio: all().refresh_ratio,
                    failure_threshold: all().failure_threshold,
                    ..StrategyOptions::default()
                },
            ),
            (
                r#"{ "memoryTTL": 1, "resetTimeMs": 9000, "staleTTL": 10, "lockTTL": 17 }"#,
                StrategyOptions {
                    memory_ttl: all().memory_ttl,
                    reset_after: all().reset_after,
                    stale_ttl: all().stale_ttl,
                    lock_ttl: all().lock_ttl,
                    ..StrategyOptions::default()
                },
            ),
            (
                r#"{ "reset_time": "9s" }"#,
                StrategyOptions {
                    reset_after: all().reset_after,
                    ..StrategyOptions::default()
                },
            ),
        ] {
            assert_eq!(read(json), expected);
        }
        let half = read(r#"{ "resetTimeMs": 0.5 }"#).reset_after;
        assert_eq!(half, Some(Duration::from_micros(500)));
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        for (json, part) in [
            (r#"{ "memory_tll": 1 }"#, "unknown field `memory_tll`"),
            (
                r#"{ "throttle": "90" }"#,
                "the duration \"90\" cannot be read",
            ),
            (
                r#"{ "throttle": "soon" }"#,
                "the duration \"soon\" cannot be read",
            ),
            (r#"{ "throttle": -1 }"#, "a duration cannot be negative"),
            (r#"{ "throttle": -0.5 }"#, "-0.5 seconds are no duration"),
            (r#"{ "resetTimeMs": -5 }"#, "-0.005 seconds are no duration"),
            (r#"{ "throttle": 1e300 }"#, "seconds are no duration"),
            (
                r#"{ "throttle": true }"#,
                "expected a duration like \"90s\"",
            ),
            (r#"{ "resetTimeMs": "30s" }"#, "invalid type: string"),
            (r#"{ "max_loads": -1 }"#, "invalid value: integer `-1`"),
            (
                r#"{ "reset_after": 1, "resetTimeMs": 1 }"#,
                "reset_after and resetTimeMs: allowed is one of the two",
            ),
            (
                r#"{ "reset_after": 1, "reset_time": 1 }"#,
                "duplicate field `reset_after`",
            ),
        ] {
            let fault = fault(json);
            assert!(fault.contains(part), "{json}: {fault}");
        }
    }
}
