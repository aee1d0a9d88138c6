//! The backend on a real Redis Cluster.

mod bus;
mod forgetting;
mod moving;
mod nodes;
mod races;
mod stress;
mod sweeping;
mod values;
mod world;
