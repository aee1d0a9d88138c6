//! The backend on a real Redis Cluster.

mod bus;
mod forgetting;
mod leases;
mod many;
mod moving;
mod nodes;
mod races;
mod stress;
mod sweeping;
mod touch;
mod values;
mod world;
