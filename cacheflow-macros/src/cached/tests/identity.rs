//! What functions are generic over is part of their keys.

use super::{assert_expands, assert_lacks};

const TYPES: &str = "__cacheflow_key.types";

#[test]
fn without_a_name_the_instances_path_has_all_parameters() {
    for item in [
        "async fn f<T>(t: T) -> T { t }",
        "async fn f<const N: usize>() -> u8 { 1 }",
        "async fn f() -> Self { g() }",
        "async fn f(x: impl A) -> u8 { 1 }",
    ] {
        assert_expands(
            "",
            item,
            &["Site::own(); __CACHEFLOW_SITE.at(::core::any::type_name_of_val(&|| ()))"],
        );
        assert_lacks("", item, TYPES);
    }
}

#[test]
fn with_a_name_the_functions_type_parameters_are_in_the_key() {
    assert_expands(
        "cache = \"a\"",
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
}

#[test]
fn unsized_parameters() {
    for item in [
        "async fn f<T: A + ?Sized, U>(t: &T) -> u8 { 1 }",
        "async fn f<T, U>(t: &T) -> u8 where U: A, T: ?Sized { 1 }",
    ] {
        assert_expands("cache = \"a\"", item, &["types::<(*const T, U,)>();"]);
    }
}

#[test]
fn constant_parameters() {
    assert_expands(
        "cache = \"a\"",
        "async fn f<const N: usize, T>(t: T) -> u8 { 1 }",
        &["_key.types::<(T,)>();
         __cacheflow_key.separator();
         ::cacheflow::CacheKey::write_key(&N, &mut __cacheflow_key);
         __cacheflow_key.separator();
         ::cacheflow::CacheKey::write_key(&t,"],
    );
}

#[test]
fn lifetimes_and_impl_trait_have_no_name() {
    assert_lacks(
        "cache = \"a\"",
        "async fn f<'a>(name: &'a str, x: impl A) -> u8 { 1 }",
        TYPES,
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
