//! What `#[cache_evict]` forgets.

use super::texts::{key, pattern, texts};
use crate::cache_name;
use crate::change::model::{Evict, Name, Texts};
use crate::change::parse::Options;
use crate::faults::Faults;
use crate::literal::{is_literal, text};
use crate::say::{elements, is_list};
use crate::scope::Scope;
use syn::Expr;

const TAG: &str = "a tag is a text, like `\"org:{result.org_id}\"`";
const PATTERN: &str = "a pattern is a text, like `\"feed:{id}:*\"`";

pub(super) fn check(
    options: Options,
    unless: Option<&Expr>,
    scope: &Scope<'_>,
    faults: &mut Faults,
) -> Evict {
    let is_said = |flag: Option<&bool>| flag.copied().unwrap_or(false);
    let before = is_said(options.before.as_ref());
    let on_err = is_said(options.on_err.as_ref());
    let all = is_said(options.all.as_ref());
    contradictions(before, on_err, unless, scope, faults);
    let names_something = all
        || !options.aims.is_empty()
        || options.aims_incomplete
        || options.all.is_said() && options.all.as_ref().is_none()
        || options.cache.is_said()
        || options.key.is_said()
        || options.keys.is_said()
        || options.pattern.is_said()
        || options.patterns.is_said()
        || options.tags.is_said();
    if !names_something {
        let message = "`#[cache_evict]` is told nothing to forget: name an entry like \
             `find_user(id)`, or give `key`, `keys`, `tags`, `pattern`, `patterns`, `cache` or `all`";
        faults.on(scope.arguments.function, message);
    }
    let mut names = Vec::new();
    if let Some(expr) = options.key.given() {
        names.extend(key("key", &expr, scope, faults));
    }
    if let Some(keys) = options.keys.given() {
        let named = elements(&keys);
        names.extend(named.iter().filter_map(|it| key("keys", it, scope, faults)));
        if !is_list(&keys) {
            names.push(Name::KeysOf(keys));
        }
    }
    if let Some(tags) = options.tags.given() {
        let tags = texts("tags", &tags, TAG, scope, faults);
        names.extend(tags.into_iter().map(Name::Tags));
    }
    if let Some(expr) = options.pattern.given() {
        names.extend(one_pattern("pattern", &expr, scope, faults));
    }
    if let Some(list) = options.patterns.given() {
        for element in elements(&list) {
            names.extend(one_pattern("patterns", element, scope, faults));
        }
        if !is_list(&list) {
            names.push(Name::Patterns(Texts::Several(list)));
        }
    }
    if let Some(expr) = options.cache.given() {
        names.extend(cache(&expr, faults));
    }
    names.extend(all.then_some(Name::All));
    Evict {
        aims: super::aims(options.aims),
        names,
        before,
        on_err,
        local_only: is_said(options.local_only.as_ref()),
    }
}

/// `before` forgets whatever comes of it.
fn contradictions(
    before: bool,
    on_err: bool,
    unless: Option<&Expr>,
    scope: &Scope<'_>,
    faults: &mut Faults,
) {
    if !before {
        return;
    }
    if let Some(unless) = unless {
        let message = "`before` and `unless` contradict: what was forgotten before the body runs \
             is forgotten again after it, whatever it gave";
        faults.on(unless, message);
    }
    if on_err {
        let message = "`on_err` is what `before` does anyway: leave it out";
        faults.on(scope.arguments.function, message);
    }
}

fn one_pattern(option: &str, expr: &Expr, scope: &Scope<'_>, faults: &mut Faults) -> Option<Name> {
    if let Some(literal) = text(expr) {
        return pattern(option, &literal, scope, faults).map(Name::Pattern);
    }
    if is_literal(expr) {
        faults.on(expr, PATTERN);
        return None;
    }
    Some(Name::Patterns(Texts::One(expr.clone())))
}

fn cache(expr: &Expr, faults: &mut Faults) -> Option<Name> {
    let Some(literal) = text(expr) else {
        let message = "`cache` takes a string literal, like `cache = \"users\"`";
        faults.on(expr, message);
        return None;
    };
    cache_name::check(&literal.value(), &literal, "cache", faults);
    Some(Name::Cache(literal))
}
