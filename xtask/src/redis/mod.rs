//! A redis-server (or valkey-server) for the tests: found, installed, started, stopped.

mod find;
mod install;
mod server;

pub(crate) use find::SERVER_VARIABLE;
pub(crate) use install::ensure;
pub(crate) use server::Server;
