//! The whole of the core, from outside, without Redis.

mod builder_faults;
mod cache_options;
mod evictions;
mod fences_clear;
mod fences_loads;
mod fences_puts;
mod flight_errors;
mod flow_options;
mod forgetting;
mod global;
mod handles;
mod hostile_callers;
mod keys;
mod leaks;
mod memory_bounds;
mod news;
mod oracle;
mod outages;
mod shutdown;
mod single_flight;
mod statistics;
mod support;
mod ttl;
mod unreadable;
