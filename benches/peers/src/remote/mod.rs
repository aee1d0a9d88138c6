//! What the benches that need Redis share: caches of texts as each candidate has
//! them ([`Peer`]), turns in which many tasks call them ([`turns`]), and what the
//! server says of itself ([`server`]).

pub mod amalgam;
mod bare;
mod cached;
pub mod cpu;
mod hitbox;
pub mod multi_tier;
mod ours;
mod peer;
pub mod quantiles;
pub mod server;
pub mod texts;
pub mod turns;

pub use amalgam::Amalgam;
pub use bare::Bare;
pub use cached::CachedRedis;
pub use hitbox::Hitbox;
pub use multi_tier::MultiTier;
pub use ours::{BothLevels, RedisOnly, node};
pub use peer::{Call, Operation, Peer, TTL};
