//! What `#[cache_put]` puts.

use super::texts::{named, texts};
use crate::attribute::Given;
use crate::change::model::{Keyed, Put, Ttl};
use crate::change::parse::Options;
use crate::duration;
use crate::faults::Faults;
use crate::literal::{is_literal, text};
use crate::scope::Scope;
use quote::ToTokens;
use syn::Expr;

const TAG: &str = "a tag is a text, like `\"org:{result.org_id}\"`";

pub(super) fn check(options: Options, scope: &Scope<'_>, faults: &mut Faults) -> Put {
    if options.aims.is_empty() && !options.aims_incomplete && !options.key.is_said() {
        let message = "`#[cache_put]` is told no entry to put into: name one like \
             `find_user(user.id)`, or give `key`";
        faults.on(scope.arguments.function, message);
    }
    for aim in &options.aims {
        if aim.target.is_all() {
            let message = "one value cannot be put into all entries: name one, like \
                 `find_user(user.id)`";
            faults.on(&aim.target, message);
        }
    }
    let has_key = options.key.is_said();
    if !has_key {
        alone("tags", &options.tags, faults);
        alone("ttl", &options.ttl, faults);
    }
    let tags = options.tags.given();
    let tags = tags.map(|tags| texts("tags", &tags, TAG, scope, faults));
    let ttl = options.ttl.given().and_then(|it| ttl(it, faults));
    let keyed = options.key.given().and_then(|key| {
        let Some(literal) = text(&key) else {
            let message = "`key` takes the name of a cache, `:` and a key, as in `\"users:{id}\"`";
            faults.on(key, message);
            return None;
        };
        let (cache, key) = named("key", &literal, scope, faults)?;
        Some(Keyed {
            literal,
            cache,
            key,
            tags: tags.unwrap_or_default(),
            ttl,
        })
    });
    Put {
        aims: super::aims(options.aims),
        keyed,
        on_err: options.on_err.as_ref().copied().unwrap_or(false),
    }
}

/// Entries of cached functions have what their own attribute says.
fn alone<T: ToTokens>(option: &str, given: &Given<T>, faults: &mut Faults) {
    if let Some(given) = given.as_ref() {
        let message = format!(
            "`{option}` goes with `key`: entries of a cached function have what its `#[cached]` says"
        );
        faults.on(given, message);
    }
}

/// A text with units, or an expression of type `Duration`.
fn ttl(expr: Expr, faults: &mut Faults) -> Option<Ttl> {
    if let Some(text) = text(&expr) {
        let value = text.value();
        return match duration::parse(&value, &duration::ANY) {
            Ok(duration) => Some(Ttl::Fixed(duration)),
            Err(message) => {
                faults.on(&text, format!("`ttl = {value:?}` {message}"));
                None
            }
        };
    }
    if is_literal(&expr) {
        let message = "`ttl` takes a text with a unit, like `ttl = \"90s\"`, or an expression of \
             type `Duration`";
        faults.on(&expr, message);
        return None;
    }
    Some(Ttl::Computed(Box::new(expr)))
}
