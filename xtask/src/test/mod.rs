//! `cargo xtask test`: everything there is to test, with what it needs.

mod examples;
mod run;
mod suite;
mod summary;

pub(crate) use run::run;
pub(crate) use summary::Summary;
