//! What the attributes accept, and what they say about what they do not.
//!
//! The messages beside `ui/fail` are the compiler's of the Rust version that CI
//! uses. After a change, look at what is new: `TRYBUILD=overwrite cargo test -p
//! cacheflow --test ui`.

#![cfg(feature = "macros")]

#[test]
fn attributes() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
