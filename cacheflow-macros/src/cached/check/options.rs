//! Options that need no other part of the function.

use crate::attribute::Given;
use crate::cached::model::{Compress, Setting, Ttl};
use crate::faults::Faults;
use crate::literal::{is_literal, is_pattern, text};
use crate::say::{elements, is_list};
use crate::template::{self, Piece};
use crate::{cache_name, duration};
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;
use syn::{Expr, ExprLit, Lit, LitStr};

/// The name that `cache` gives, if it does.
pub(super) fn cache(cache: Given<Expr>, faults: &mut Faults) -> Option<LitStr> {
    let cache = cache.given()?;
    let Some(name) = text(&cache) else {
        let message = "`cache` takes a string literal, like `cache = \"users\"`";
        faults.on(cache, message);
        return None;
    };
    cache_name::check(&name.value(), &name, "cache", faults);
    Some(name)
}

/// How long a value is kept.
pub(super) fn ttl(ttl: &Given<Expr>, faults: &mut Faults) -> Option<Ttl> {
    Some(match duration("ttl", ttl.as_ref()?, faults)? {
        Setting::Fixed(duration) => Ttl::Fixed(duration),
        Setting::Computed(expr) => Ttl::Computed(expr),
    })
}

/// How long something else is kept, which the cache is built with.
pub(super) fn kept_for(
    option: &str,
    given: Given<Expr>,
    faults: &mut Faults,
) -> Option<Setting<Duration>> {
    duration(option, &given.given()?, faults)
}

/// Whether values are compressed: from how many bytes on, or `false`.
pub(super) fn compress(compress: Given<Expr>, faults: &mut Faults) -> Option<Compress> {
    if let Some(Expr::Lit(ExprLit {
        lit: Lit::Bool(on), ..
    })) = compress.as_ref()
    {
        if on.value {
            let message = "`compress` takes a number of bytes, or `false`: values are compressed \
                 above 1 KiB as it is";
            faults.on(on, message);
        }
        return Some(Compress::Never);
    }
    whole("compress", compress, faults).map(Compress::Above)
}

/// A whole number, or an expression of that type.
pub(super) fn whole<T: FromStr<Err: Display>>(
    option: &str,
    given: Given<Expr>,
    faults: &mut Faults,
) -> Option<Setting<T>> {
    let given = given.given()?;
    if !is_literal(&given) {
        return Some(Setting::Computed(Box::new(given)));
    }
    let parsed = match &given {
        Expr::Lit(ExprLit {
            lit: Lit::Int(int), ..
        }) => int.base10_parse().ok(),
        _ => None,
    };
    if parsed.is_none() {
        let most = std::any::type_name::<T>();
        faults.on(
            &given,
            format!("`{option}` takes a whole number of type `{most}`"),
        );
    }
    parsed.map(Setting::Fixed)
}

/// Patterns over what is forgotten: texts.
pub(super) fn patterns(given: Given<Expr>, faults: &mut Faults) -> Vec<LitStr> {
    let Some(list) = given.given() else {
        return Vec::new();
    };
    let mut patterns = Vec::new();
    for element in elements(&list) {
        let Some(text) = text(element) else {
            faults.on(element, NO_PATTERNS);
            continue;
        };
        let value = text.value();
        if value.is_empty() || !is_pattern(&value) {
            let message = format!(
                "`invalidation_patterns` has {value:?}: allowed behind a `\\` are `*`, `?` and `\\`, \
                 and it is not empty"
            );
            faults.on(&text, message);
        }
        patterns.push(text);
    }
    if !is_list(&list) || elements(&list).is_empty() {
        faults.on(&list, NO_PATTERNS);
    }
    patterns
}

const NO_PATTERNS: &str =
    "`invalidation_patterns` takes a list of texts, like `[\"user:*\", \"role:*\"]`";

/// A secret that stands in a tag can be read in Redis.
pub(super) fn tags_of_secrets(tags: &Given<Expr>, faults: &mut Faults) {
    let Some(tags) = tags.as_ref() else { return };
    for element in elements(tags) {
        let Some(text) = text(element) else { continue };
        let pieces = template::pieces(&text.value()).unwrap_or_default();
        if pieces.iter().any(|piece| matches!(piece, Piece::Place(_))) {
            let message = "`sensitive` hides what the key is made of, and a tag is readable \
                 everywhere: here it is a fixed text";
            faults.on(&text, message);
        }
    }
}

/// A text with units, or an expression of type `Duration`.
fn duration(option: &str, given: &Expr, faults: &mut Faults) -> Option<Setting<Duration>> {
    if let Some(text) = text(given) {
        let value = text.value();
        return match duration::parse(&value, &duration::ANY) {
            Ok(duration) => Some(Setting::Fixed(duration)),
            Err(message) => {
                faults.on(&text, format!("`{option} = {value:?}` {message}"));
                None
            }
        };
    }
    if is_literal(given) {
        faults.on(
            given,
            format!(
                "`{option}` takes a text with a unit, like `{option} = \"90s\"`, or an expression of type `Duration`"
            ),
        );
        return None;
    }
    Some(Setting::Computed(Box::new(given.clone())))
}
