//! What is forgotten, when and with what else; and what is not kept at all.

mod by_patterns;
mod counts;
mod later;
mod scopes;
mod secured;
mod together;
mod world;
