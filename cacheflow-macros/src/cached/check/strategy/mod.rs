//! What `strategy` says, and whether its terms go together.

mod arguments;
mod terms;
mod values;

use super::background;
use crate::arguments::Arguments;
use crate::attribute::Given;
use crate::cached::model::{Make, Setting, Strategy, Terms};
use crate::cached::parse::strategy::{Term, Written, read};
use crate::faults::Faults;
use crate::function::Function;
use syn::Expr;

/// What the attribute says of the strategy.
pub(super) struct Said {
    pub(super) strategy: Given<Expr>,
    /// Its parts that stand as options of their own.
    pub(super) terms: Vec<Term>,
    /// One of those could not be read.
    pub(super) incomplete: bool,
}

impl Said {
    fn written(self, faults: &mut Faults) -> Option<Written> {
        let written = self
            .strategy
            .as_ref()
            .map(|strategy| read(strategy, faults));
        let unread = self.incomplete || self.strategy.is_said() && written.is_none();
        match written {
            None if self.terms.is_empty() => None,
            None => Some(Written::Terms {
                terms: self.terms,
                complete: !unread,
            }),
            Some(Written::Expression(expr)) => {
                for term in &self.terms {
                    let message = format!(
                        "`{}` and a strategy of your own contradict: say it within that",
                        term.name
                    );
                    faults.on(&term.name, message);
                }
                Some(Written::Expression(expr))
            }
            Some(Written::Terms {
                mut terms,
                complete,
            }) => {
                terms.extend(self.terms);
                let complete = complete && !unread;
                Some(Written::Terms { terms, complete })
            }
        }
    }
}

/// The strategy, and what the function's body needs for it.
pub(super) fn check(
    said: Said,
    function: &Function,
    arguments: &Arguments<'_>,
    faults: &mut Faults,
) -> Option<Strategy> {
    let (make, cause, fails) = match said.written(faults)? {
        // It may be anything, so that the body must be ready for everything.
        Written::Expression(expr) => (
            Make::Expression(expr),
            Some("a strategy of your own may load".to_owned()),
            true,
        ),
        Written::Terms { terms, complete } => {
            let cause = terms
                .iter()
                .find(|term| term.name == "refresh_ahead" || term.name == "soft_timeout");
            let cause = cause.map(|term| format!("`{}` loads", term.name));
            let fails = terms.iter().any(|term| {
                ["bulkhead", "circuit_breaker", "hard_timeout"]
                    .iter()
                    .any(|name| term.name == name)
            });
            let terms = together(&terms, complete, faults);
            (Make::Terms(Box::new(terms)), cause, fails)
        }
    };
    let background = cause.map(|cause| background::check(function, arguments, &cause, faults));
    Some(Strategy {
        make,
        fails,
        background,
    })
}

fn together(written: &[Term], complete: bool, faults: &mut Faults) -> Terms {
    let mut terms = Terms::default();
    for (position, term) in written.iter().enumerate() {
        let name = &term.name;
        if written[..position].iter().any(|other| other.name == *name) {
            faults.on(name, format!("`{name}` is given twice"));
            continue;
        }
        match name.to_string().as_str() {
            "bulkhead" => terms.bulkhead = terms::bulkhead(term, faults),
            "cache_aside" => {
                terms::cache_aside(term, faults);
                terms.cache_aside = true;
            }
            "circuit_breaker" => terms.breaker = Some(terms::circuit_breaker(term, faults)),
            "distributed_lock" => terms.lease = Some(terms::distributed_lock(term, faults)),
            "fail_safe" => terms.fail_safe = terms::fail_safe(term, faults),
            "hard_timeout" => terms.hard_timeout = terms::timeout(term, faults),
            "multi_level" => terms.memory_ttl = terms::multi_level(term, faults),
            "refresh_ahead" => terms.refresh = terms::refresh_ahead(term, faults),
            "soft_timeout" => terms.soft_timeout = terms::timeout(term, faults),
            other => unreachable!("`{other}` is no term"),
        }
    }
    contradictions(written, &terms, complete, faults);
    terms
}

fn contradictions(written: &[Term], terms: &Terms, complete: bool, faults: &mut Faults) {
    let find = |name: &str| written.iter().find(|term| term.name == name);
    if let (Some(one), Some(_)) = (find("cache_aside"), find("multi_level")) {
        let message = "`cache_aside` and `multi_level` contradict: a cache has one level, or memory before it";
        faults.on(&one.name, message);
    }
    let Some(soft) = find("soft_timeout") else {
        return;
    };
    let breaker_keeps = find("circuit_breaker").is_some_and(|breaker| {
        let mut names = breaker.arguments.iter().filter_map(|it| it.name.as_ref());
        names.any(|name| name == "stale_ttl" || name == "stale")
    });
    if complete && find("fail_safe").is_none() && !breaker_keeps {
        let message = "`soft_timeout` needs old values to give: add `fail_safe(\"1h\")`, \
             or `stale_ttl` to `circuit_breaker`";
        faults.on(&soft.name, message);
    }
    if let (Some(Setting::Fixed(soft_after)), Some(Setting::Fixed(hard_after))) =
        (&terms.soft_timeout, &terms.hard_timeout)
        && soft_after >= hard_after
    {
        let message = format!(
            "`soft_timeout` is {soft_after:?} and `hard_timeout` {hard_after:?}: \
             the soft one must be the shorter"
        );
        faults.on(&soft.arguments[0].value, message);
    }
}
