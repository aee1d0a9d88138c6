//! Messages about what stands under the attribute.

use super::{FIND, assert_fault, faults, tokens};
use crate::tokens::flat;

#[test]
fn a_function_that_is_not_async_waits_for_nobody() {
    let item = "fn f(id: u8) -> u8 { id }";
    let message =
        "`f` is not async, so that it has a cache in its process alone, without a strategy";
    assert_fault("refresh_ahead = 0.8", item, "f", message);
    assert_fault("strategy = cache_aside", item, "f", message);
    let message = "`f` is not async and cannot wait for a shared store: write `async fn`, \
        or leave `local` out";
    assert_fault("local = false", item, "f", message);
}

#[test]
fn qualifiers() {
    let message = "`#[cached]` does not work on const functions: they run while compiling";
    assert_fault("", "const fn f() -> u8 { 1 }", "const", message);
    let message = "`#[cached]` does not work on unsafe functions: wrap the call in a safe function";
    assert_fault("", "async unsafe fn f() -> u8 { 1 }", "unsafe", message);
    let message = "`#[cached]` does not work on extern functions: wrap the call in a Rust function";
    assert_fault(
        "",
        "async extern \"C\" fn f() -> u8 { 1 }",
        "extern \"C\"",
        message,
    );
}

#[test]
fn nothing_to_cache() {
    let message = "`f` returns nothing, so there is nothing to cache";
    assert_fault("", "async fn f() {}", "f", message);
    for returns in ["()", "(())", "!"] {
        assert_fault(
            "",
            &format!("async fn f() -> {returns} {{}}"),
            returns,
            message,
        );
    }
}

#[test]
fn impl_trait() {
    let message =
        "`#[cached]` cannot cache `impl Trait`, a type without a name: return a type that has one";
    for returns in [
        "impl Clone",
        "Result<Vec<impl Clone>, u8>",
        "(u8, impl Clone)",
    ] {
        let item = format!("async fn f() -> {returns} {{ 1 }}");
        assert_fault("", &item, "impl Clone", message);
    }
    let found = faults("", "async fn f() -> (impl A, impl B) { 1 }");
    assert_eq!(
        found.iter().map(|(on, _)| on.as_str()).collect::<Vec<_>>(),
        ["impl A", "impl B"]
    );
}

#[test]
fn no_body() {
    let message = "`f` has no body: `#[cached]` goes on the implementation";
    assert_fault("", "async fn f() -> u8;", "f", message);
}

#[test]
fn no_function() {
    for (item, on) in [
        ("struct A;", "struct"),
        ("/// Doc.\n#[x] pub(crate) enum A {}", "enum"),
        ("const A: u8 = 1;", "const"),
        ("impl A { async fn f() -> u8 { 1 } }", "impl"),
        ("static A: u8 = 1;", "static"),
        ("mod a {}", "mod"),
        ("unsafe impl Send for A {}", "unsafe"),
    ] {
        assert_fault("", item, on, "`#[cached]` works on functions only");
    }
}

#[test]
fn a_fault_leaves_the_item_as_it_was() {
    for (attribute, item, count) in [
        ("tll = \"1h\"", FIND, 1),
        ("tll = \"1h\", ttl = \"0s\"", FIND, 2),
        ("", "/// Doc.\n pub struct A { a: u8 }", 1),
        ("", "async fn f(&self) -> u8;", 2),
    ] {
        let expanded = flat(crate::cached::expand(
            super::Kind::Cached,
            tokens(attribute),
            tokens(item),
        ));
        assert!(expanded.ends_with(&flat(tokens(item))), "{expanded}");
        assert_eq!(
            expanded.matches("compile_error").count(),
            count,
            "{expanded}"
        );
    }
}
