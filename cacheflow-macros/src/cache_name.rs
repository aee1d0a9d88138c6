//! Names of caches.

use crate::faults::Faults;
use crate::nearest::listed;
use crate::template;
use syn::LitStr;

/// The longest cache name. Names stand in every key, and stores limit keys.
const LONGEST: usize = 128;

/// What backends name their own things, as `cacheflow` itself has it.
const RESERVED: [&str; 5] = ["invalidation", "journal", "lock", "rd", "tag"];

/// Notes what is wrong with the name of a cache that stands in `option`.
pub(crate) fn check(name: &str, literal: &LitStr, option: &str, faults: &mut Faults) {
    let length = name.chars().count();
    if length == 0 || length > LONGEST {
        let message = format!(
            "`{option}` names a cache with {length} characters: it can have 1 to {LONGEST}"
        );
        faults.on(literal, message);
    }
    if let Some(c) = name.chars().find(|c| !template::plain(*c)) {
        let allowed = template::PLAIN;
        let message =
            format!("`{option}` names the cache {name:?} with {c:?}: a cache name takes {allowed}");
        faults.on(literal, message);
    }
    if RESERVED.contains(&name) {
        let message = format!(
            "`{option}` names the cache {name:?}, which is taken: a cache can have any name but {}",
            listed(&RESERVED)
        );
        faults.on(literal, message);
    }
}
