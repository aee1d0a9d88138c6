//! The journal protocol, checked by visiting every state that it can reach.
//!
//! Each model is the order of the protocol's steps and nothing else: every
//! step of the nodes, the writers, Redis and the deliveries, in every order in
//! which they can happen. A model holds the *protocol* to account, not the
//! code, and it knows no time: lifetimes, the gate and heartbeats are tested
//! elsewhere. So a rule that is to change is changed here first, and the code
//! after it, when the properties still hold and the broken variants still fall.
//!
//! | module | what it is |
//! |---|---|
//! | `explorer` | visits all states of a model, finds a shortest way to a violation |
//! | `verdict` | the properties P1–P4, and the two assertions of the tests |
//! | `bounded` | collections that are plain values |
//! | `journal` | one key, its tags, puts, the window, a node that loses its place |
//! | `deps` | values that are built from values |
//! | `cluster` | journal, value and index in different slots; who dies between two steps |
//! | `failover` | a replica is promoted that lacks the last records |
//! | `owed` | what the readers of one key are owed, in the models after the first two |
//!
//! Every rule is there because something breaks without it: a test switches it
//! off and asserts that the explorer finds out. The way there is printed by
//! `cargo test -p cacheflow --test model NAME -- --nocapture`. The largest
//! configurations are ignored by default:
//! `cargo test -p cacheflow --test model --release -- --ignored`.

mod bounded;
mod cluster;
mod deps;
mod explorer;
mod failover;
mod journal;
mod owed;
mod verdict;
