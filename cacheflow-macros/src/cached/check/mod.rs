//! From syntax to meaning: every fault is found here, nothing is generated.

mod arguments;
mod background;
mod function;
mod identity;
mod key;
mod options;
mod strategy;

use super::model::Cached;
use super::parse::{Function, Options};
use crate::faults::Faults;
use arguments::Arguments;

/// Judges options and function together.
///
/// # Errors
///
/// All faults of both, and those in `faults` before them.
pub(super) fn check(
    options: Options,
    function: Function,
    mut faults: Faults,
) -> syn::Result<Cached> {
    let returns = function::check(&function, &mut faults);
    let cache = options::cache(options.cache, &mut faults);
    let ttl = options::ttl(&options.ttl, &mut faults);
    let arguments = Arguments::of(&function.sig);
    let skip = arguments.skipped(options.skip, &mut faults);
    let (site, mut key) = identity::identity(&function, cache);
    key.extend(key::check(options.key, &skip, &arguments, &mut faults));
    let strategy = strategy::check(options.strategy, &function, &arguments, &mut faults);
    faults.into_result()?;
    Ok(Cached {
        returns: returns.expect("a function without a return type is a fault"),
        function,
        site,
        flow: options.flow.given(),
        key,
        ttl,
        strategy,
    })
}
