//! The macros of `cacheflow`, which re-exports them: use them from there.
//!
//! | macro | for |
//! |---|---|
//! | [`macro@cached`] | keeps the results of an async function in a cache |
//! | [`macro@cache_put`] | puts what a function gives in the place of what is kept |
//! | [`macro@cache_evict`] | forgets what is kept, after a function has changed its source |
//! | [`macro@cache_update`] | touches what a changed row is a part of |
//! | [`macro@cache_warmer`] | makes a warmer of a function, which flows find |
//! | [`macro@CacheKey`] | makes a type of yours usable in keys |
//! | [`macro@HasUpdatedAt`] | says which field tells when a value was last changed |
//!
//! Generated code names everything from its root (`::cacheflow::`, `::core::`),
//! so that names of yours do no harm, and needs `cacheflow` as a dependency,
//! under whatever name. It calls `cacheflow::private`, which is no public API: both
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

mod arguments;
mod attribute;
mod cache_key;
mod cache_name;
mod cached;
mod change;
mod duration;
mod ends;
mod faults;
mod function;
mod has_updated_at;
mod key;
mod literal;
mod nearest;
mod renamed;
mod say;
mod scope;
mod spans;
mod target;
mod template;
mod text;
#[cfg(test)]
mod tokens;
mod value;
mod warmer;

use proc_macro::TokenStream;

#[doc = include_str!("cached/cached.md")]
#[proc_macro_attribute]
pub fn cached(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let expanded = cached::expand(cached::Kind::Cached, attribute.into(), item.into());
    renamed::renamed(expanded).into()
}

/// Keeps what an async function renders, as a fragment of a larger whole: [`macro@cached`]
/// with a key that changes with the function's template.
///
/// A fragment that reads other fragments within its body depends on them: when one of
/// them is forgotten, so is what was made of it, up to the whole page, on every node.
/// What lies beside it stays. That is called Russian dolls.
///
/// ```text
/// #[cached_fragment(key = "{article.id}", template = ARTICLE, tags = ["article:{article.id}"])]
/// async fn article(db: &Db, article: &Article) -> Result<String, RenderError> {
///     let comments = comments(db, article.id).await?;      // a fragment of its own
///     Ok(ARTICLE.render([("title", &*article.title), ("comments", &*comments)])?)
/// }
/// ```
///
/// All options of [`macro@cached`], and:
///
/// | option | value | without it |
/// |---|---|---|
/// | `template = PAGE` | an expression of type `Template`, whose text is what the function renders | the function's own body |
///
/// A deployment that changes the template, or without one the body, makes other keys: it
/// reads nothing that the one before it has rendered, and the other way round. What the
/// body calls is not looked at.
///
/// A fragment that could not be rendered is an error and not kept, nor is anything that
/// would have been made of it: no page is kept with a hole in it.
#[proc_macro_attribute]
pub fn cached_fragment(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let expanded = cached::expand(cached::Kind::Fragment, attribute.into(), item.into());
    renamed::renamed(expanded).into()
}

/// Forgets what is kept, after a function has changed its source.
///
/// The body runs; if it succeeded, all that the attribute names is forgotten everywhere,
/// as one change, and only then does the call return. On `Err`, whatever name the type
/// goes by, nothing is forgotten. The function's signature, attributes and documentation
/// stay as they are; trouble with the cache is never the caller's.
///
/// ```text
/// #[cache_evict(find_user(user.id), find_users(*) if result.renamed, tags = ["org:{user.org}"])]
/// async fn save(db: &Db, user: User) -> Result<Saved, DbError> { … }
///
/// #[cache_evict(pattern = "feed:{id}:*", keys = ["users:{id}", names.full_key(name)], before)]
/// async fn delete(db: &Db, id: u64, name: &str) -> Result<(), DbError> { … }
/// ```
///
/// | to be forgotten | is |
/// |---|---|
/// | `find_user(user.id)` | the entry of a `#[cached]` function for what its key is made of: what its companion `key` takes |
/// | `Self::find(self, id)`, `Repo::find(id)`, `self.find(id)` | the same of an associated function that has `companions` |
/// | `find_user(*)` | all entries of that function, and of those that share its cache |
/// | `find_user(id) if condition` | the entry, if the condition holds |
/// | `key = "users:{id}"` | an entry by the name of its cache and its key, a [template](macro@cached#key-templates) |
/// | `key = expression` | the same, of type `FullKey` |
/// | `keys = ["users:{id}", expression]` | several; also one expression, of what iterates over `FullKey` |
/// | `tags = ["org:{result.org}", expression]` | what carries one of the tags; also one expression, of what iterates over texts |
/// | `pattern = "feed:{id}:*"` | entries whose full key matches; a placeholder matches what it stands for, as keys write it, and never acts as a wildcard. An expression is a pattern as it is |
/// | `patterns = ["feed:{id}:*", …]` | several |
/// | `cache = "users"` | all of a cache |
/// | `all` | everything |
///
/// | option | what | without it |
/// |---|---|---|
/// | `when = condition` | asked before the body runs, of the arguments: else the function runs as if it had no attribute | always |
/// | `unless = condition` | asked of the `result`: then nothing is forgotten | never |
/// | `before` | forgets before the body runs as well, and again after it, whatever came of it; what is known from the result alone, only after it. Without `unless` and `on_err` | after it |
/// | `on_err` | also if the function returned `Err` | on success |
/// | `local_only` | in the memory of this process alone | everywhere |
/// | `flow = expression` | where to find the flow, borrowed before the body runs | the global flow |
///
/// Templates and expressions use the arguments, `self`, and `result`: what the function
/// gave, out of its `Result` or `Option`. An argument called `result` is hidden by it. What
/// does not speak of `result` is evaluated before the body, which may consume the
/// arguments; what does, after it. Where there is no `result`, because the function gave
/// `None`, or `Err` with `on_err`, what speaks of it is left out, and conditions are
/// taken to hold.
///
/// If the call is cancelled or panics while the body runs, nobody knows whether the source
/// was changed: what is named without `result` is forgotten in the background. From the
/// end of the body on it goes on to its end without the caller.
///
/// The same without a macro, after the change is committed:
///
/// ```text
/// flow.invalidate().full_keys([find_user::key(user.id)]).tags([format!("org:{org}")]).send().await?;
/// ```
///
/// # Where it stands
///
/// On async functions, associated functions and methods, on those that return a boxed or
/// `impl Future`, under `#[async_trait]` too. Attributes that change what is kept can be
/// stacked; each does its work after that of those above it. Above `#[cached]` it stands
/// within the function that is cached, and works when that is loaded; below it, each
/// call does it, hits as well.
#[proc_macro_attribute]
pub fn cache_evict(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let expanded = change::expand(change::Kind::Evict, attribute.into(), item.into());
    renamed::renamed(expanded).into()
}

/// Puts what a function gives in the place of what is kept.
///
/// Where this node stands in the journal is taken before the body runs. If the body
/// succeeded, a copy of what it gave, out of its `Result` or `Option`, takes the place of what
/// is kept, on every node, and only then does the call return. Of two that overlap neither's
/// value is kept, unless it is known to be the newest: the key is forgotten instead.
/// `None` forgets the key; on `Err` nothing is put.
///
/// ```text
/// #[cached(cache = "users", key = "{id}", tags = ["org:{result.org}"])]
/// async fn find_user(id: u64) -> Result<User, DbError> { … }
///
/// #[cache_put(find_user(user.id), find_by_name(&user.name) if user.is_public)]
/// async fn save(db: &Db, user: User) -> Result<User, SaveError> { … }
///
/// #[cache_put(find_user(result.id))]
/// async fn create(db: &Db, name: &str) -> Result<User, SaveError> { … }
/// ```
///
/// | into | is |
/// |---|---|
/// | `find_user(user.id)` | the entry of a `#[cached]` function for what its key is made of, with the lifetime, tags and dependencies of that. The types of the errors may differ; the value is of the type that `find_user` gives |
/// | `Self::find(self, id)`, `Repo::find(id)`, `self.find(id)` | the same of an associated function that has `companions` |
/// | `find_user(id) if condition` | the same, if the condition holds; else the entry is left alone |
/// | `key = "users:{id}"` | an entry of a named cache, whose values are what this function gives |
///
/// | option | what | without it |
/// |---|---|---|
/// | `tags = ["org:{result.org}"]` | with `key`: the value's tags, templates or expressions | none |
/// | `ttl = "90s"`, `ttl = expression` | with `key`: how long the value is kept | as the cache does |
/// | `when = condition` | asked before the body runs, of the arguments: else the function runs as if it had no attribute | always |
/// | `unless = condition` | asked of the `result`: then it is not kept, and what was kept is forgotten, since it is older | never |
/// | `on_err` | if the function returned `Err`, the entries are forgotten | they are left alone |
/// | `flow = expression` | where to find the flow: for `key`, and for entries whose key is known from the `result` alone. These are only forgotten where their function is in another flow | the global flow |
///
/// `result`, and what becomes of a call that is cancelled or panics, is as with
/// [`macro@cache_evict`].
///
/// The same without a macro: `Cache::write_through`, or `find_user::put(id, user).await?`
/// after the change, which does not know of others who change it at the same time.
#[proc_macro_attribute]
pub fn cache_put(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let expanded = change::expand(change::Kind::Put, attribute.into(), item.into());
    renamed::renamed(expanded).into()
}

/// Touches what a changed row is a part of, after a function has changed it.
///
/// The body runs; if it succeeded, `CacheFlow::touch` moves the `updated_at` of the parents in
/// their source, by the `ParentToucher` that is registered for their entity, and of all
/// that they are a part of in turn; then all that was made of them is forgotten. Only then
/// does the call return. On `Err` nothing is touched. A toucher that fails is not the
/// caller's failure: it is tried again in the background.
///
/// ```text
/// #[cache_update(parent = "user:{order.user_id}")]
/// async fn save(db: &Db, order: Order) -> Result<(), DbError> { … }
///
/// #[cache_update(entity = "user", parents = ["{from}", "{to}"], unless = result.is_empty())]
/// async fn transfer(db: &Db, from: u64, to: u64) -> Result<Vec<Order>, DbError> { … }
/// ```
///
/// | option | value | without it |
/// |---|---|---|
/// | `parent = "user:{order.user_id}"` | a row: its entity, `:`, and its id. Or an expression of type `Parent` | |
/// | `parents = ["user:{id}", expression]` | several; also one expression, of what iterates over `Parent` | |
/// | `entity = "user"` | the entity of all parents: they are given by their ids alone, as templates or as expressions of what can be displayed | it stands before the `:` |
/// | `when = condition` | asked before the body runs, of the arguments: else the function runs as if it had no attribute | always |
/// | `unless = condition` | asked of the `result`: then nothing is touched | never |
/// | `flow = expression` | where to find the flow, borrowed before the body runs | the global flow |
///
/// `result` is as with [`macro@cache_evict`]. If the call is cancelled or panics while the
/// body runs, nobody knows whether the row was changed: the parents that are known without
/// `result` are touched in the background, which does no harm.
///
/// The same without a macro, after the change is committed:
///
/// ```text
/// flow.touch([Parent::new("user", order.user_id)]).await?;
/// ```
#[proc_macro_attribute]
pub fn cache_update(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let expanded = change::expand(change::Kind::Update, attribute.into(), item.into());
    renamed::renamed(expanded).into()
}

/// Makes a warmer of a function: it fills caches, and a flow whose builder says
/// `discover_warmers()` finds it, wherever in the program it stands.
///
/// ```text
/// #[cache_warmer(cache = "users", required, every = "30m")]
/// async fn warm_users(flow: &CacheFlow) -> Result<WarmReport, BoxError> {
///     let users: Cache<u64, User> = flow.cache("users").build()?;
///     users.warm(async |mut pairs| { … }).await
/// }
/// ```
///
/// | option | what | without it |
/// |---|---|---|
/// | `cache = "users"`, `caches("users", "orders")` | what it fills: `flow.warm("users")` finds it | by its own name alone |
/// | `name = "active-users"` | tells it from every other of the flow, and of other nodes; 1 to 128 bytes | the function's path |
/// | `required` | the start waits for it | it runs beside |
/// | `on_startup = false` | not when the flow starts | then |
/// | `every = "30m"` | again and again | once |
/// | `cron = "30 4 * * *"` | at the times of a table, in UTC; with the feature `cron` of cacheflow | |
/// | `per_node` | on each node | on one for all |
/// | `once_per = "10m"` | for how long a warming of one node does for all | `every`, else 5 min |
/// | `timeout = "5m"` | how long it may take | 10 min |
///
/// On an async function with one argument, the flow, that returns `Result<WarmReport, E>`, where `E`
/// is an error or a `BoxError`. The function stays what it is and can be called.
///
/// A function in a library that nothing else of the program names may be left out by the linker, and
/// is not found then: name something of its crate, or register it.
#[proc_macro_attribute]
pub fn cache_warmer(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let expanded = warmer::expand(attribute.into(), item.into());
    renamed::renamed(expanded).into()
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
/// | option | on | what |
/// |---|---|---|
/// | `#[key(skip)]` | a field | it is no part of the key: values that differ in it alone share an entry |
/// | `#[key(rename = "name")]` | a variant | what is written for it, of ASCII letters, digits, `_`, `.`, `@`, `-`: so that a variant keeps its entries when its name changes |
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
#[proc_macro_derive(CacheKey, attributes(key))]
pub fn derive_cache_key(item: TokenStream) -> TokenStream {
    renamed::renamed(cache_key::expand(item.into())).into()
}

/// Implements `HasUpdatedAt` and `SetUpdatedAt` for a struct: by the field called
/// `updated_at`, or by another that is marked.
///
/// | on a field | its type |
/// |---|---|
/// | nothing, or `#[updated_at]` | `SystemTime`; or one that is `Clone` and converts to it and back by `From`, as those of `chrono` and `time` do |
/// | `#[updated_at(millis)]` | `i64`, `u64`, `i128`, `u128`: milliseconds since 1970 |
/// | `#[updated_at(seconds)]` | these, `i32` or `u32`: seconds since 1970. Changes within one second have one version |
///
/// ```text
/// #[derive(HasUpdatedAt)]
/// struct Post {
///     id: u64,
///     #[updated_at(millis)]
///     edited: i64,
/// }
/// ```
#[proc_macro_derive(HasUpdatedAt, attributes(updated_at))]
pub fn derive_has_updated_at(item: TokenStream) -> TokenStream {
    renamed::renamed(has_updated_at::expand(item.into())).into()
}
