//! Each term with its options.

use super::arguments::{Arguments, Takes};
use super::values::Share;
use crate::cached::model::{Breaker, FailSafe, Refresh, Setting, Trip};
use crate::cached::parse::strategy::{Term, call};
use crate::duration::{ANY, LEASE, WINDOW};
use crate::faults::Faults;
use std::time::Duration;

const MILLION: u64 = 1_000_000;

const RATIO: Share = Share {
    allows: |it| it > 0.0 && it < 1.0,
    text: "above 0 and below 1",
};

const BETA: Share = Share {
    allows: |it| it > 0.0 && it <= 1000.0,
    text: "above 0 and at most 1000",
};

const RATE: Share = Share {
    allows: |it| it > 0.0 && it <= 1.0,
    text: "above 0 and at most 1",
};

const fn takes(options: &'static [&'static str], positional: usize) -> Takes {
    Takes {
        options,
        aliases: &[],
        positional,
    }
}

pub(super) fn cache_aside(term: &Term, faults: &mut Faults) {
    Arguments::of(term, &takes(&[], 0), faults);
}

pub(super) fn multi_level(term: &Term, faults: &mut Faults) -> Option<Setting<Duration>> {
    let arguments = Arguments::of(term, &takes(&["memory_ttl"], 0), faults);
    arguments.duration("memory_ttl", &ANY, faults)
}

pub(super) fn refresh_ahead(term: &Term, faults: &mut Faults) -> Option<Refresh> {
    const WAYS: [&str; 3] = ["ratio", "after", "early"];
    let arguments = Arguments::of(term, &takes(&WAYS, 1), faults);
    let mut given = WAYS.iter().filter(|way| arguments.value(way).is_some());
    match (given.next(), given.next()) {
        (None, _) => arguments.needs(&["ratio"], faults),
        (Some(first), Some(second)) => {
            let message = format!(
                "`{first}` and `{second}` contradict: `refresh_ahead` goes by one of `ratio`, `after`, `early`"
            );
            faults.on(arguments.value(second), message);
        }
        (Some(_), None) => {}
    }
    let ratio = arguments.share("ratio", &RATIO, faults);
    let after = arguments.duration("after", &ANY, faults);
    let early = arguments.share("early", &BETA, faults);
    ratio
        .map(Refresh::Ratio)
        .or(after.map(Refresh::After))
        .or(early.map(Refresh::Early))
}

pub(super) fn circuit_breaker(term: &Term, faults: &mut Faults) -> Breaker {
    const TAKES: Takes = Takes {
        options: &[
            "failures",
            "failure_rate",
            "reset_after",
            "stale_ttl",
            "shared",
        ],
        aliases: &[("reset", "reset_after"), ("stale", "stale_ttl")],
        positional: 0,
    };
    // Written as a call, which no other option is.
    let rates: Vec<_> = term
        .arguments
        .iter()
        .map(|argument| match argument.name {
            None => call(&argument.value).filter(|it| it.name == "failure_rate"),
            Some(_) => None,
        })
        .collect();
    let others = term.arguments.iter().zip(&rates);
    let others = others.filter(|(_, rate)| rate.is_none());
    let arguments = Arguments::of_these(
        &term.name,
        others.map(|(argument, _)| argument),
        &TAKES,
        faults,
    );
    if let Some(value) = arguments.value("failure_rate") {
        let message = "`failure_rate` is written like `failure_rate(0.5, \"10s\", 20)`";
        faults.on(value, message);
    }
    let failures = arguments.integer("failures", 1, MILLION, faults);
    let mut trip = failures.map(Trip::Failures);
    for (position, rate) in rates.iter().flatten().enumerate() {
        if arguments.value("failures").is_some() {
            let message =
                "`failures` and `failure_rate` contradict: a circuit breaker goes by one of them";
            faults.on(&rate.name, message);
        } else if position > 0 {
            let message = "`failure_rate` is given twice in `circuit_breaker`";
            faults.on(&rate.name, message);
        }
        trip = failure_rate(rate, faults).or(trip);
    }
    Breaker {
        trip,
        reset_after: arguments.duration("reset_after", &ANY, faults),
        stale_ttl: arguments.duration("stale_ttl", &ANY, faults),
        shared: arguments.text("shared", faults),
    }
}

fn failure_rate(term: &Term, faults: &mut Faults) -> Option<Trip> {
    const OPTIONS: [&str; 3] = ["share", "window", "minimum"];
    let arguments = Arguments::of(term, &takes(&OPTIONS, 3), faults);
    arguments.needs(&OPTIONS, faults);
    let share = arguments.share("share", &RATE, faults);
    let window = arguments.duration("window", &WINDOW, faults);
    let minimum = arguments.integer("minimum", 1, MILLION, faults);
    Some(Trip::Rate(share?, window?, minimum?))
}

pub(super) fn fail_safe(term: &Term, faults: &mut Faults) -> Option<FailSafe> {
    let arguments = Arguments::of(term, &takes(&["stale", "throttle"], 1), faults);
    arguments.needs(&["stale"], faults);
    let stale = arguments.duration("stale", &ANY, faults);
    let throttle = arguments.duration("throttle", &ANY, faults);
    Some(FailSafe {
        stale: stale?,
        throttle,
    })
}

pub(super) fn timeout(term: &Term, faults: &mut Faults) -> Option<Setting<Duration>> {
    let arguments = Arguments::of(term, &takes(&["after"], 1), faults);
    arguments.needs(&["after"], faults);
    arguments.duration("after", &ANY, faults)
}

pub(super) fn bulkhead(
    term: &Term,
    faults: &mut Faults,
) -> Option<(Setting<usize>, Option<Setting<usize>>)> {
    let arguments = Arguments::of(term, &takes(&["loads", "queue"], 1), faults);
    arguments.needs(&["loads"], faults);
    let loads = arguments.integer("loads", 1, MILLION, faults);
    let queue = arguments.integer("queue", 0, MILLION, faults);
    Some((loads?, queue))
}

pub(super) fn distributed_lock(term: &Term, faults: &mut Faults) -> Setting<Duration> {
    let arguments = Arguments::of(term, &takes(&["lease"], 1), faults);
    let lease = arguments.duration("lease", &LEASE, faults);
    lease.unwrap_or(Setting::Fixed(Duration::from_secs(5)))
}
