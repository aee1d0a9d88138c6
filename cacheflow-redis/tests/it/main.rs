//! CacheFlow on real Redis servers, which are killed, paused and cut off.
//!
//! | module | what is promised |
//! |---|---|
//! | `start`, `outage`, `outbox`, `slow`, `failover` | a failing Redis costs little and is come back to |
//! | `bytes`, `strangers` | what cannot be read is a miss |
//! | `scripts_fill`, `scripts_forget` | each script by itself, as a `SharedStore` |
//! | `coherence`, `in_flight`, `puts`, `bus`, `gaps`, `names` | several nodes and one truth |
//! | `cancellation`, `shutdown`, `stampede`, `secrets` | the rest |
#![cfg(unix)]

mod bus;
mod bytes;
mod cancellation;
mod coherence;
mod failover;
mod gaps;
mod in_flight;
mod names;
mod outage;
mod outbox;
mod puts;
mod raw;
mod scripts_fill;
mod scripts_forget;
mod secrets;
mod shutdown;
mod slow;
mod stampede;
mod start;
mod strangers;
mod world;
