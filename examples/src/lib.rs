//! The examples of CacheFlow, and a test that the code in README and docs compiles.
//!
//! | example | what it shows |
//! |---|---|
//! | `quickstart` | a shop on SQLite, read through attributed functions, with and without the cache |
//! | `blog` | pages of articles of comments, cached by attributes alone; what each change makes anew |
//! | `cache_aside` | look, else load once and keep; what is forgotten, and what is not |
//! | `multi_level` | memory before a shared store, on two nodes |
//! | `write_through` | the source first, then the cache; writers that overlap or fail |
//! | `write_behind` | the cache first, then the source, in batches |
//! | `refresh_ahead` | loaded anew before it expires, while readers are served |
//! | `circuit_breaker` | a source that fails is left alone, and old values stand in |
//! | `distributed_lock` | one load per cluster; a lock by name |
//! | `sealing` | values are encrypted in the shared store; the key is changed while the service runs |
//! | `dictionary` | trained from a cache's values, kept under a version, and what it gains |
//! | `custom_codec` | a codec of one's own in a few lines |
//! | `million` | a tag with a million keys is forgotten |
//! | `operations` | a service that is looked after: health, figures, metrics, explanations, forgetting by hand |
//! | `warm_start` | a million entries are warmed from SQLite before the first request |
//! | `costs` | what each operation asks of Redis |

use std::fmt::Display;

/// Tells what happens in an example, one numbered line for each step.
#[derive(Debug, Default)]
pub struct Story(u32);

impl Story {
    /// Somebody does something, and this comes of it.
    pub fn step(&mut self, what: &str, outcome: impl Display) {
        self.0 += 1;
        println!("{:>2}  {what:<44} → {outcome}", self.0);
    }
}

/// The code in the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// The code in the Redis backend's README.
#[cfg(doctest)]
#[doc = include_str!("../../cacheflow-redis/README.md")]
pub struct RedisReadme;

/// The code in the admin router's README.
#[cfg(doctest)]
#[doc = include_str!("../../cacheflow-axum/README.md")]
pub struct AxumReadme;

/// The code in the guide to strategies.
#[cfg(doctest)]
#[doc = include_str!("../../docs/strategies.md")]
pub struct Strategies;

/// The code in the guide to configuration.
#[cfg(doctest)]
#[doc = include_str!("../../docs/configuration.md")]
pub struct Configuration;

/// The code in the guide to forgetting.
#[cfg(doctest)]
#[doc = include_str!("../../docs/invalidation.md")]
pub struct Invalidation;

/// The code in the reference of the attributes.
#[cfg(doctest)]
#[doc = include_str!("../../docs/attributes.md")]
pub struct Attributes;

/// The code in the guide to warming.
#[cfg(doctest)]
#[doc = include_str!("../../docs/warming.md")]
pub struct Warming;

/// The code in the reference of what a flow tells of itself.
#[cfg(doctest)]
#[doc = include_str!("../../docs/observability.md")]
pub struct Observability;
