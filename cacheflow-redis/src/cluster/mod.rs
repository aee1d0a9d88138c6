//! The shared store on Redis Cluster.
//!
//! The journal lies in one slot, every value in its own, and the index of each tag
//! and of each key that something was made of in its own as well. No script spans
//! slots: what is one step on a single server is an order of steps here, and the
//! records are open until their deletes are over.
//!
//! | module | what |
//! |---|---|
//! | `journal` | records and checks, on the owner of the journal's slot |
//! | `store` | the port, call by call |
//! | `shards`, `shard` | the servers of values: where a command goes, connections |
//! | `many` | many values at once |
//! | `keep` | fill and put: index, set, check, confirm |
//! | `reclaim`, `index`, `sweep`, `cursor` | removing what a record makes old |
//! | `lock` | where leases lie |
//! | `scripts` | the scripts of one key |

mod cursor;
mod each;
mod index;
mod journal;
mod keep;
mod lock;
mod many;
mod reclaim;
mod relations;
mod scripts;
mod shard;
mod shards;
mod store;
mod sweep;

pub(crate) use lock::LeaseServers;
pub(crate) use store::ClusterStore;
