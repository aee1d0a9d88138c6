//! The whole of the core, from outside, without Redis.

mod builder_faults;
mod cache_options;
mod fences_clear;
mod fences_loads;
mod fences_puts;
mod flight_errors;
mod flow_options;
mod global;
mod keys;
mod leaks;
mod memory_bounds;
mod single_flight;
mod support;
mod ttl;
