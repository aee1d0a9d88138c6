//! The in-process backend, the wrappers and the conformance suites under their
//! own tests.

#[path = "backends/conformance.rs"]
mod conformance;
#[path = "backends/faulty.rs"]
mod faulty;
#[path = "backends/lineage.rs"]
mod lineage;
#[path = "backends/memory.rs"]
mod memory;
#[path = "backends/wrappers.rs"]
mod wrappers;
