//! CacheFlow on real Redis servers, which are killed, paused and cut off.
//!
//! | module | what is promised |
//! |---|---|
//! | `start`, `outage`, `outbox`, `slow`, `failover`, `replicas` | a failing Redis costs little and is come back to |
//! | `bytes`, `strangers` | what cannot be read is a miss |
//! | `coherence`, `in_flight`, `puts`, `writes`, `tags`, `dependencies`, `relations`, `patterns`, `touches`, `changes` | several nodes and one truth |
//! | `bus`, `gaps`, `stream`, `idle` | what is heard, missed and made up for |
//! | `leases`, `lease_loads`, `lease_losses`, `locks` | one load a cluster, and nobody waits for who is gone |
//! | `freshness`, `due` | what is old, absent, idle or due on several nodes |
//! | `write_outages` | writes while Redis dies and comes back |
//! | `names`, `hostile_tags` | no name is taken for another |
//! | `cancellation`, `shutdown`, `stampede`, `secrets` | the rest |
#![cfg(unix)]

mod bus;
mod bytes;
mod cancellation;
mod changes;
mod coherence;
mod dependencies;
mod due;
mod failover;
mod freshness;
mod gaps;
mod hostile_tags;
mod idle;
mod in_flight;
mod lease_loads;
mod lease_losses;
mod leases;
mod locks;
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
mod touches;
mod world;
mod write_outages;
mod writes;
