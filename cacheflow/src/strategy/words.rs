//! A [`Strategy`] as people write it.

use std::fmt;
use std::time::Duration;

use super::circuit_breaker::{CircuitBreaker, Trip};
use super::refresh_ahead::{RefreshAhead, When};
use super::{Bulkhead, FailSafe, Strategy, WriteBehind};

/// As the option `strategy` of an attribute has it: `multi_level(memory_ttl = "1m") +
/// refresh_ahead(0.8)`. What cannot stand there, a writer's buffer and a closure, is
/// written in the same way.
impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            levels,
            refresh,
            breaker,
            fail_safe,
            timeouts,
            bulkhead,
            lock,
            write_behind,
        } = self;
        let mut terms = vec![match (levels.memory_before_shared, levels.memory_ttl) {
            (true, None) => "multi_level".to_owned(),
            (true, Some(ttl)) => format!("multi_level(memory_ttl = {})", quoted(ttl)),
            (false, _) => "cache_aside".to_owned(),
        }];
        terms.extend(refresh.as_ref().map(of_refresh));
        terms.extend(breaker.as_ref().map(of_breaker));
        terms.extend(fail_safe.as_ref().map(of_fail_safe));
        let timeout = |name: &str, time: Duration| format!("{name}({})", quoted(time));
        terms.extend(timeouts.soft.map(|soft| timeout("soft_timeout", soft)));
        terms.extend(timeouts.hard.map(|hard| timeout("hard_timeout", hard)));
        terms.extend(bulkhead.as_ref().map(of_bulkhead));
        terms.extend(lock.map(|lock| format!("distributed_lock(lease = {})", quoted(lock.lease))));
        terms.extend(write_behind.as_ref().map(of_write_behind));
        f.write_str(&terms.join(" + "))
    }
}

fn quoted(duration: Duration) -> String {
    format!("\"{}\"", humantime::format_duration(duration))
}

fn of_refresh(refresh: &RefreshAhead) -> String {
    let RefreshAhead { when, by_itself } = refresh;
    let when = match when {
        When::Ratio(ratio) => ratio.to_string(),
        When::After(age) => format!("after = {}", quoted(*age)),
        When::Early(beta) => format!("early = {beta:?}"),
    };
    let by_itself = if *by_itself { ", by_itself" } else { "" };
    format!("refresh_ahead({when}{by_itself})")
}

fn of_breaker(breaker: &CircuitBreaker) -> String {
    let CircuitBreaker {
        trip,
        reset_after,
        stale_ttl,
        is_failure,
        shared,
    } = breaker;
    let trip = match trip {
        Trip::InARow(failures) => format!("failures = {failures}"),
        Trip::Rate {
            share,
            window,
            minimum,
        } => format!("failure_rate({share}, {}, {minimum})", quoted(*window)),
    };
    let mut arguments = vec![trip, format!("reset_after = {}", quoted(*reset_after))];
    arguments.extend(stale_ttl.map(|stale| format!("stale_ttl = {}", quoted(stale))));
    arguments.extend(shared.as_ref().map(|shared| format!("shared = {shared:?}")));
    arguments.extend(is_failure.as_ref().map(|_| "is_failure = …".to_owned()));
    format!("circuit_breaker({})", arguments.join(", "))
}

fn of_fail_safe(fail_safe: &FailSafe) -> String {
    let FailSafe { stale, throttle } = *fail_safe;
    let throttle = match throttle == FailSafe::new(stale).throttle {
        true => String::new(),
        false => format!(", throttle = {}", quoted(throttle)),
    };
    format!("fail_safe({}{throttle})", quoted(stale))
}

fn of_bulkhead(bulkhead: &Bulkhead) -> String {
    let Bulkhead { loads, queue } = bulkhead;
    format!("bulkhead({loads}, queue = {queue})")
}

fn of_write_behind(write_behind: &WriteBehind) -> String {
    let WriteBehind {
        flush_every,
        batch,
        max_pending,
    } = write_behind;
    let flush_every = quoted(*flush_every);
    format!(
        "write_behind(flush_every = {flush_every}, batch = {batch}, max_pending = {max_pending})"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_strategy_is_told_as_an_attribute_has_it() {
        assert_eq!(Strategy::default().to_string(), "multi_level");
        assert_eq!(Strategy::cache_aside().to_string(), "cache_aside");
        let strategy = Strategy::multi_level()
            .memory_ttl(60 * SECOND)
            .refresh_ahead(0.8)
            .circuit_breaker(
                CircuitBreaker::new()
                    .failures(3)
                    .reset_after(30 * SECOND)
                    .stale_ttl(86_400 * SECOND)
                    .shared("database"),
            )
            .fail_safe(FailSafe::new(3600 * SECOND))
            .soft_timeout(SECOND / 10)
            .hard_timeout(2 * SECOND)
            .bulkhead(8)
            .distributed_lock(5 * SECOND);
        let queue = Bulkhead::new(8).queue;
        assert_eq!(
            strategy.to_string(),
            format!(
                "multi_level(memory_ttl = \"1m\") + refresh_ahead(0.8) \
                 + circuit_breaker(failures = 3, reset_after = \"30s\", stale_ttl = \"1day\", shared = \"database\") \
                 + fail_safe(\"1h\") + soft_timeout(\"100ms\") + hard_timeout(\"2s\") \
                 + bulkhead(8, queue = {queue}) + distributed_lock(lease = \"5s\")"
            )
        );
    }

    #[test]
    fn what_differs_is_told_differently() {
        let told = |strategy: Strategy| strategy.to_string();
        let plain = Strategy::multi_level;
        assert_eq!(
            told(plain().refresh_ahead(RefreshAhead::after(30 * SECOND).by_itself())),
            "multi_level + refresh_ahead(after = \"30s\", by_itself)"
        );
        assert_eq!(
            told(plain().refresh_ahead(RefreshAhead::early(1.0))),
            "multi_level + refresh_ahead(early = 1.0)"
        );
        let rate = CircuitBreaker::new().failure_rate(0.5, 10 * SECOND, 20);
        let rate = rate.is_failure(|_: &std::io::Error| true);
        let told_rate = told(plain().circuit_breaker(rate));
        assert!(
            told_rate.contains("failure_rate(0.5, \"10s\", 20)"),
            "{told_rate}"
        );
        assert!(told_rate.contains("is_failure = …"), "{told_rate}");
        let fail_safe = FailSafe::new(3600 * SECOND).throttle(7 * SECOND);
        assert_eq!(
            told(plain().fail_safe(fail_safe)),
            "multi_level + fail_safe(\"1h\", throttle = \"7s\")"
        );
        let buffered = told(plain().write_behind(WriteBehind::new()));
        assert!(
            buffered.contains("+ write_behind(flush_every = "),
            "{buffered}"
        );
    }
}
