//! `cache` and `ttl`, which need no other part of the function.

use crate::cached::model::Ttl;
use crate::cached::parse::Given;
use crate::faults::Faults;
use crate::nearest::listed;
use crate::{duration, template};
use syn::{Expr, Lit, LitStr};

/// The longest cache name. Names stand in every key, and stores limit keys.
const LONGEST_NAME: usize = 128;

/// What backends name their own things, as `cacheflow` itself has it.
const RESERVED: [&str; 5] = ["invalidation", "journal", "lock", "rd", "tag"];

/// The name that `cache` gives, if it does.
pub(super) fn cache(cache: Given<Expr>, faults: &mut Faults) -> Option<LitStr> {
    let cache = cache.given()?;
    let Some(name) = text(&cache) else {
        let message = "`cache` takes a string literal, like `cache = \"users\"`";
        faults.on(cache, message);
        return None;
    };
    let value = name.value();
    let length = value.chars().count();
    if length == 0 || length > LONGEST_NAME {
        let message = format!(
            "`cache` is given a name of {length} characters: it can have 1 to {LONGEST_NAME}"
        );
        faults.on(&name, message);
    }
    if let Some(c) = value.chars().find(|c| !template::plain(*c)) {
        let allowed = template::PLAIN;
        faults.on(
            &name,
            format!("`cache = {value:?}` has {c:?}: a cache name takes {allowed}"),
        );
    }
    if RESERVED.contains(&value.as_str()) {
        let message = format!(
            "`cache = {value:?}` is taken: a cache can have any name but {}",
            listed(&RESERVED)
        );
        faults.on(&name, message);
    }
    Some(name)
}

pub(super) fn ttl(ttl: &Given<Expr>, faults: &mut Faults) -> Option<Ttl> {
    let ttl = ttl.as_ref()?;
    if let Some(text) = text(ttl) {
        let value = text.value();
        return match duration::parse(&value, &duration::ANY) {
            Ok(duration) => Some(Ttl::Fixed(duration)),
            Err(message) => {
                faults.on(&text, format!("`ttl = {value:?}` {message}"));
                None
            }
        };
    }
    if let Expr::Lit(literal) = ttl {
        faults.on(
            literal,
            "`ttl` takes a text with a unit, like `ttl = \"90s\"`, or an expression of type `Duration`",
        );
    }
    Some(Ttl::Computed(Box::new(ttl.clone())))
}

/// The string literal that an expression is, be it in an invisible group:
/// that is what `$name:literal` of a macro by example becomes.
pub(super) fn text(expr: &Expr) -> Option<LitStr> {
    match expr {
        Expr::Group(group) => text(&group.expr),
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}
