//! The macros of `cacheflow`, which re-exports them: use them from there.
//!
//! | macro | for |
//! |---|---|
//! | [`macro@cached`] | keeps the results of an async function in a cache |
//! | [`macro@CacheKey`] | makes a type of yours usable in keys |
//!
//! Generated code names everything from its root (`::cacheflow::`, `::core::`),
//! so that names of yours do no harm, and needs `cacheflow` as a dependency
//! under that name. It calls `cacheflow::private`, which is no public API: both
//! crates are released together and are used in equal versions.
//!
//! # How a macro is built
//!
//! Each is a folder of the same files: `parse` reads syntax, `check` finds every
//! fault and never generates code, `model` is what is left when there is no
//! fault, `emit` turns it into code and never fails. All faults of one call are
//! reported at once, each on the tokens that cause it, and the function stays
//! in place, so that its callers add no errors of their own.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod cache_key;
mod cached;
mod duration;
mod ends;
mod faults;
mod nearest;
mod template;
#[cfg(test)]
mod tokens;

use proc_macro::TokenStream;

/// Keeps the results of an async function in a cache.
///
/// A call makes a key of its arguments and looks for a value under it; only if
/// there is none does the body run, and its result is kept. The function's
/// signature, attributes and documentation stay as they are; trouble with the
/// cache is never the caller's: the body runs then. `Err` and `None` are
/// returned and not kept, whatever name the type goes by.
///
/// ```text
/// #[cached(cache = "users", key = "{user.org}:{user.id()}", ttl = "1h30m")]
/// async fn profile(pool: &PgPool, user: &User) -> Result<Profile, sqlx::Error> { … }
///
/// #[cached(skip(pool))]
/// async fn countries(pool: &PgPool, language: &str) -> Result<Vec<Country>, sqlx::Error> { … }
/// ```
///
/// # Options
///
/// | option | value | without it |
/// |---|---|---|
/// | `cache = "users"` | the cache's name: a string literal of 1 to 128 ASCII letters, digits, `_`, `.`, `@`, `-`; not `invalidation`, `journal`, `lock`, `rd`, `tag` | the function's path, for a method with its type |
/// | `key = "{id}"` | what identifies a value, as a [template](#key-templates) | all arguments in their order |
/// | `key = (id, lang)` | the same as an expression, of a type that is `CacheKey` | |
/// | `skip(pool, db)` | arguments that are not part of the key | none |
/// | `ttl = "1h30m"` | how long a result is kept: whole numbers with the units `ms`, `s`, `m` or `min`, `h`, `d`, from `1ms` to `366d` | as the flow is configured |
/// | `ttl = expression` | the same as an expression of type `Duration`, evaluated in each call | |
/// | `flow = expression` | where to find the flow: a `CacheFlow`, or what dereferences to one | the global flow |
///
/// Expressions can use the arguments and, in methods, `self`. The flow is
/// borrowed for as long as the call lasts: take it from an argument that is a
/// reference, or clone it (`flow = Arc::clone(&app.flow)`) if the body moves
/// that argument.
///
/// # Key templates
///
/// Segments with `:` between them. A segment is fixed text (ASCII letters,
/// digits, `_`, `.`, `@`, `-`) with at most one placeholder in it: the texts of
/// two could run together, and `1` `23` would be `12` `3`.
///
/// | placeholder | is |
/// |---|---|
/// | `{id}` | an argument |
/// | `{user.org}`, `{pair.0}` | a field of an argument |
/// | `{user.id()}` | what a method without arguments returns |
/// | `{self.tenant}` | a field of the receiver |
///
/// There are no format specs, for a key is never made by formatting: values
/// write themselves by `CacheKey`, escaped, so that different values have
/// different keys. Arguments that a template does not use need no `skip`. A
/// template without a placeholder is the same key for every call and therefore
/// refused, unless there are no arguments or `skip` names them all.
///
/// # What can be cached
///
/// Async functions, associated functions and methods, in traits' implementations
/// as well, with lifetimes, generic parameters, `impl Trait` arguments and
/// `where` clauses. They return something that has a name and borrows nothing.
///
/// - A function with a receiver needs `key`: only you know what tells two
///   receivers apart, and whether they may share entries.
/// - The function's type and constant parameters are part of the key.
/// - Arguments that are patterns have no name and need `key`. A template can
///   use the names within them.
/// - Under `#[async_trait]`, methods are no async functions any more when
///   `#[cached]` sees them: cache an inherent method and call that.
///
/// Not promised: the attribute does not see the `impl` around a function. In
/// that of a generic type, a function without a receiver must mention `Self`,
/// for example `Self::find(id)` in place of `Repo::<T>::find(id)`: else all
/// instances of the type share its entries. A `cache` name is final: functions
/// with the same name and the same key share entries, and so do the instances
/// of a generic type; put into the key what tells them apart.
#[proc_macro_attribute]
pub fn cached(attribute: TokenStream, item: TokenStream) -> TokenStream {
    cached::expand(attribute.into(), item.into()).into()
}

/// Implements `CacheKey` for a struct or an enum.
///
/// | for | is written |
/// |---|---|
/// | a struct | its fields in their order, as segments |
/// | a struct without fields | what `()` writes |
/// | a variant without fields | its name |
/// | a variant with fields | its name, and its fields in parentheses |
///
/// Each field's type must be `CacheKey`. A generic type is one if those of its
/// type parameters are that its fields are made of (and for a field of type
/// `T::Id`, that type).
///
/// Entries outlive a deployment: whoever reorders fields or renames variants
/// makes other keys of the same values.
///
/// ```text
/// #[derive(CacheKey)]
/// enum Owner {
///     Nobody,             // Nobody
///     User(UserId),       // User(42)
///     Org { id: u64 },    // Org(7)
/// }
/// ```
#[proc_macro_derive(CacheKey)]
pub fn derive_cache_key(item: TokenStream) -> TokenStream {
    cache_key::expand(item.into()).into()
}
