//! From syntax to meaning: every fault is found here, nothing is generated.

mod background;
mod companions;
mod function;
mod identity;
mod key;
mod options;
mod strategy;

use super::model::{Cached, Keeping, Strategy};
use super::parse::{Kind, Options};
use crate::arguments::Arguments;
use crate::attribute::Given;
use crate::faults::Faults;
use crate::function::{Function, Manner};
use crate::key::Part;
use crate::say::Said;
use crate::scope::Scope;
use proc_macro2::Ident;

/// Judges options and function together.
///
/// # Errors
///
/// All faults of both, and those in `faults` before them.
pub(super) fn check(
    kind: Kind,
    options: Options,
    function: Function,
    mut faults: Faults,
) -> syn::Result<Cached> {
    let faults = &mut faults;
    let (manner, returns) = function::check(kind.attribute(), &function, faults);
    let arguments = Arguments::of(&function.sig);
    let cache = options::cache(options.cache, faults);
    let ttl = options::ttl(&options.ttl, faults);
    let companions = companions::check(options.companions, options.visibility, &function, faults);
    let scope = Scope {
        arguments: &arguments,
        has_result: false,
    };
    let skip = arguments.skipped(options.skip, faults);
    let (site, mut key) = identity::identity(&function, cache);
    let said = key::Said {
        key: options.key,
        receiver: options.receiver,
        versioned: options.versioned,
    };
    key.extend(key::check(said, &skip, &scope, faults));
    if kind == Kind::Fragment {
        key.extend(key::digest(options.template, &function));
    }
    let local = options.local.as_ref().copied().unwrap_or(false) || manner == Manner::Sync;
    let said = strategy::Said {
        strategy: options.strategy,
        terms: options.terms,
        incomplete: options.terms_incomplete,
    };
    let strategy = strategy::check(said, &function, &arguments, faults);
    goes_with(
        manner,
        strategy.as_ref(),
        &options.local,
        &function.sig.ident,
        faults,
    );
    let keeping = Keeping {
        local,
        strategy,
        none: options::kept_for("cache_none", options.cache_none, faults),
        err: options::kept_for("cache_err", options.cache_err, faults),
        codec: options.codec.given(),
        compress: options::compress(options.compress, faults),
        schema_version: options::whole("schema_version", options.schema_version, faults),
        max_ttl: options::kept_for("max_ttl", options.max_ttl, faults),
        sensitive: options.sensitive.as_ref().copied().unwrap_or(false),
        validate: options.validate.given(),
        patterns: options::patterns(options.invalidation_patterns, faults),
    };
    never_written(&keeping, &options.local, &function.sig.ident, faults);
    let scope = Scope {
        has_result: true,
        ..scope
    };
    if keeping.sensitive {
        options::tags_of_secrets(&options.tags, faults);
        key.push(Part::Conceal);
    }
    let mut said = Said::default();
    said.tags(options.tags, &scope, faults);
    said.depends_on(options.depends_on, &scope, faults);
    said.ttl_from(options.ttl_from);
    said.unless(options.unless);
    std::mem::take(faults).into_result()?;
    Ok(Cached {
        returns: returns.expect("a function without a return type is a fault"),
        manner,
        function,
        site,
        keeping,
        flow: options.flow.given(),
        key,
        ttl,
        when: options.when.given(),
        said,
        companions,
    })
}

/// What stays in its process is not written.
fn never_written(keeping: &Keeping, local: &Given<bool>, function: &Ident, faults: &mut Faults) {
    let written = [
        ("codec", keeping.codec.is_some()),
        ("compress", keeping.compress.is_some()),
        ("schema_version", keeping.schema_version.is_some()),
    ];
    let Some((option, _)) = written.iter().find(|(_, given)| *given) else {
        return;
    };
    if keeping.local {
        let why = match local.as_ref() {
            Some(true) => "`local`",
            _ => "a function that is not async",
        };
        let message = format!(
            "`{option}` and {why} contradict: values that stay in their process are not written"
        );
        faults.on(function, message);
    }
}

/// A function that is not asynchronous can wait for nobody.
fn goes_with(
    manner: Manner,
    strategy: Option<&Strategy>,
    local: &Given<bool>,
    function: &Ident,
    faults: &mut Faults,
) {
    if manner != Manner::Sync {
        return;
    }
    if strategy.is_some() {
        let message = format!(
            "`{function}` is not async, so that it has a cache in its process alone, without a strategy"
        );
        faults.on(function, message);
    }
    if local.as_ref() == Some(&false) {
        let message = format!(
            "`{function}` is not async and cannot wait for a shared store: write `async fn`, or leave `local` out"
        );
        faults.on(function, message);
    }
}
