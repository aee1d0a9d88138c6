//! Looking into a flow that runs: its health, what its caches hold, and why.

#![cfg(all(feature = "msgpack", feature = "zstd", feature = "seal"))]

mod health;
mod world;
