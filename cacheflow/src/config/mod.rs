//! All options, as plain data with defaults, and what is wrong with them.

mod bytes;
mod cache;
mod cron;
mod faults;
mod flow;
mod observing;
mod warming;

pub(crate) use bytes::{BytesConfig, Written};
pub(crate) use cache::CacheConfig;
pub(crate) use cron::Cron;
pub(crate) use faults::Faults;
pub(crate) use flow::FlowConfig;
pub(crate) use observing::ObservingConfig;
pub(crate) use warming::{CacheWarming, WARMING_TIMEOUT, WarmingConfig};

use std::time::Duration;

/// No option is a duration shorter or longer than this.
pub(crate) const SHORTEST: Duration = Duration::from_millis(1);
pub(crate) const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);
