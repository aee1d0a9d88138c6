//! CacheFlow on real Redis servers, which are killed, paused and cut off.
//!
//! | module | what is promised |
//! |---|---|
//! | `start`, `outage`, `outbox`, `slow`, `failover`, `replicas` | a failing Redis costs little and is come back to |
//! | `bytes`, `strangers` | what cannot be read is a miss |
//! | `coherence`, `in_flight`, `puts`, `writes`, `tags`, `dependencies`, `relations`, `patterns` | several nodes and one truth |
//! | `bus`, `gaps`, `stream`, `idle` | what is heard, missed and made up for |
//! | `leases` | who waits for a lease is told of its return |
//! | `names`, `hostile_tags` | no name is taken for another |
//! | `cancellation`, `shutdown`, `stampede`, `secrets` | the rest |
#![cfg(unix)]

mod bus;
mod bytes;
mod cancellation;
mod coherence;
mod dependencies;
mod failover;
mod gaps;
mod hostile_tags;
mod idle;
mod in_flight;
mod leases;
mod names;
mod outage;
mod outbox;
mod patterns;
mod puts;
mod relations;
mod replicas;
mod secrets;
mod shutdown;
mod slow;
mod stampede;
mod start;
mod strangers;
mod stream;
mod tags;
mod world;
mod writes;
