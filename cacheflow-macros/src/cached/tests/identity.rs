//! What functions are generic over is part of their keys.

use super::{assert_expands, assert_lacks};

const TYPES: &str = "__cacheflow_key.types";

#[test]
fn type_parameters() {
    assert_expands(
        "",
        "async fn f<'a, T: A, U>(t: T, u: &'a U) -> u8 { 1 }",
        &["::KeyBuf::new();
         __cacheflow_key.types::<(T, U,)>();
         __cacheflow_key.separator();
         ::cacheflow::CacheKey::write_key(&t, &mut __cacheflow_key);
         __cacheflow_key.separator();
         ::cacheflow::CacheKey::write_key(&u, &mut __cacheflow_key);
         let"],
    );
    assert_expands(
        "cache = \"a\", key = \"all\"",
        "async fn f<T>() -> u8 { 1 }",
        &["_key.types::<(T,)>(); __cacheflow_key.separator(); __cacheflow_key.literal(\"all\");"],
    );
    assert_expands(
        "",
        "async fn f<T>() -> u8 { 1 }",
        &[
            "_key.types::<(T,)>(); __cacheflow_key.separator(); ::cacheflow::CacheKey::write_key(&(),",
        ],
    );
}

#[test]
fn unsized_parameters() {
    for item in [
        "async fn f<T: A + ?Sized, U>(t: &T) -> u8 { 1 }",
        "async fn f<T, U>(t: &T) -> u8 where U: A, T: ?Sized { 1 }",
    ] {
        assert_expands("", item, &["types::<(*const T, U,)>();"]);
    }
}

#[test]
fn constant_parameters() {
    assert_expands(
        "",
        "async fn f<const N: usize, T>(t: T) -> u8 { 1 }",
        &["_key.types::<(T,)>();
         __cacheflow_key.separator();
         ::cacheflow::CacheKey::write_key(&N, &mut __cacheflow_key);
         __cacheflow_key.separator();
         ::cacheflow::CacheKey::write_key(&t,"],
    );
}

#[test]
fn values_of_two_types_have_two_caches() {
    for item in [
        "async fn f<T>() -> T { g() }",
        "async fn f() -> Self { g() }",
    ] {
        assert_expands("", item, &["::cacheflow::private::Site::generic_at("]);
    }
    assert_expands(
        "",
        "async fn f<const N: usize>() -> u8 { 1 }",
        &["Site::at("],
    );
}

#[test]
fn lifetimes_and_impl_trait_have_no_name() {
    assert_lacks(
        "",
        "async fn f<'a>(name: &'a str, x: impl A) -> u8 { 1 }",
        TYPES,
    );
}

#[test]
fn methods_without_a_name_have_their_type() {
    for item in [
        "async fn f(&self, id: u8) -> u8 { 1 }",
        "async fn f() -> Option<Self> { None }",
        "async fn f(id: Self::Id) -> u8 { 1 }",
        "async fn f() -> u8 { Self::g() }",
        "async fn f() -> u8 { g(<Self as A>::B).await }",
        "async fn f() -> u8 { let Self { a } = g(); a }",
    ] {
        assert_expands(
            "key = \"all\", skip(id)",
            &item.replace("f()", "f(id: u8)"),
            &["types::<(Self,)>(); __cacheflow_key.separator();"],
        );
    }
    assert_expands(
        "ttl = Self::TTL",
        "async fn f() -> u8 { 1 }",
        &["types::<(Self,)>();"],
    );
    // Last, because it can be unsized in a trait.
    assert_expands(
        "key = self.id",
        "async fn f<T>(&self) -> u8 { 1 }",
        &["<(T, Self,)>"],
    );
}

#[test]
fn a_name_that_the_user_chose_is_final() {
    assert_lacks(
        "cache = \"a\", key = self.id",
        "async fn f(&self) -> u8 { 1 }",
        TYPES,
    );
}

#[test]
fn the_self_of_somebody_else_does_not_count() {
    for body in [
        "struct A; impl A { fn new() -> Self { Self } } 1",
        "quote!(Self); 1",
        "let x = { trait A { fn a() -> Self; } }; 1",
    ] {
        assert_lacks("", &format!("async fn f() -> u8 {{ {body} }}"), TYPES);
    }
}
