//! The admin API over a real socket.

mod access;
mod asking;
mod client;
mod forgetting;
mod warming;
mod world;
