//! Warming on real servers.

#![cfg(unix)]

mod cluster;
mod fences;
mod nodes;
mod restarts;
mod world;
