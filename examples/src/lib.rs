//! The examples of CacheFlow, and a test that the README's code compiles.
//!
//! | example | what it shows |
//! |---|---|
//! | `quickstart` | a shop on SQLite, read through attributed functions, with and without the cache |

/// The code in the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// The code in the Redis backend's README.
#[cfg(doctest)]
#[doc = include_str!("../../cacheflow-redis/README.md")]
pub struct RedisReadme;
