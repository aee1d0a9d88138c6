//! `cargo xtask tidy`: rules about the source text that no compiler knows.
//!
//! - Inside `cacheflow`, a module names only modules of lower rows ([`imports`]). The rows stand
//!   in `docs/architecture.md` ([`table`]) and nowhere else, so that text and check cannot drift
//!   apart.
//! - Files stay small, and nothing is left unfinished ([`limits`]).
//!
//! The rules are pure functions over source text ([`source`]), read as tokens and paths
//! ([`tokens`], [`paths`]): what comments and strings say does not count.

mod imports;
mod limits;
mod paths;
mod run;
mod source;
mod table;
mod tokens;

pub(crate) use run::run;
