//! All options, as plain data with defaults, and what is wrong with them.
//!
//! What a file, the environment and code say of an option are layers: the later ones win,
//! option by option. [`CacheFlowConfig`] is what the first two say; `docs/configuration.md`
//! tells the whole.
//!
//! | | is |
//! |---|---|
//! | [`CacheFlowConfig`] | all options, from files and variables |
//! | [`CacheOptions`] | those of a cache, also from a text |
//! | [`RedisOptions`], [`BusOptions`], [`WarmingOptions`] | the other tables |
//! | [`Secret`] | a text that no message shows |

mod apply;
mod bytes;
mod cache;
mod cron;
mod faults;
mod file;
mod flow;
#[cfg(any(feature = "toml", feature = "yaml", feature = "json"))]
mod formats;
mod kind;
mod layer;
mod observing;
mod options;
mod said;
mod secret;
mod spec;
mod table;
#[cfg(test)]
mod tests;
mod tree;
mod warming;
mod written;

pub(crate) use bytes::{BytesConfig, Written};
pub(crate) use cache::CacheConfig;
pub(crate) use cron::Cron;
pub(crate) use faults::Faults;
pub(crate) use flow::FlowConfig;
pub(crate) use observing::ObservingConfig;
pub use options::{BusOptions, CacheFlowConfig, CacheOptions, RedisOptions, WarmingOptions};
pub(crate) use said::Said;
pub use secret::Secret;
pub(crate) use warming::{CacheWarming, WARMING_TIMEOUT, WarmingConfig};

use std::time::Duration;

/// No option is a duration shorter or longer than this.
pub(crate) const SHORTEST: Duration = Duration::from_millis(1);
pub(crate) const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);
