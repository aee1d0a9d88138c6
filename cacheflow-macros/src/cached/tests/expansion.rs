//! What each option becomes.

use super::{FIND, assert_expands, assert_lacks};

#[test]
fn cache() {
    assert_expands(
        r#"cache = "users""#,
        "async fn f() -> u8 { 1 }",
        &[r#"= ::cacheflow::private::Site::named("users");"#],
    );
}

#[test]
fn key_as_a_template() {
    let item = "async fn f(user: &User, r#type: u8, pair: (u8, (u8, u8))) -> u8 { 1 }";
    assert_expands(
        r#"key = "{type}:v1.{pair.1.0}@:{user.r#fn.id()}""#,
        item,
        &["let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
         ::cacheflow::CacheKey::write_key(&r#type, &mut __cacheflow_key);
         __cacheflow_key.separator();
         __cacheflow_key.literal(\"v1.\");
         ::cacheflow::CacheKey::write_key(&pair . 1 . 0, &mut __cacheflow_key);
         __cacheflow_key.literal(\"@\");
         __cacheflow_key.separator();
         ::cacheflow::CacheKey::write_key(&user.r#fn.id(), &mut __cacheflow_key);
         let __cacheflow_shape"],
    );
}

#[test]
fn key_as_an_expression() {
    assert_expands(
        "key = (id, user.org())",
        "async fn f(id: u8, user: &User) -> u8 { 1 }",
        &["::KeyBuf::new();
         ::cacheflow::CacheKey::write_key(&((id, user.org())), &mut __cacheflow_key);
         let __cacheflow_shape"],
    );
    assert_expands(
        "key = id",
        "async fn f(id: u8) -> u8 { 1 }",
        &["write_key(&(id), &mut"],
    );
}

#[test]
fn key_without_arguments() {
    let nothing = "::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&(), &mut __cacheflow_key);
        let __cacheflow_shape";
    assert_expands("", "async fn f() -> u8 { 1 }", &[nothing]);
    assert_expands("skip(a)", "async fn f(a: u8) -> u8 { 1 }", &[nothing]);
    assert_expands(
        r#"key = "all""#,
        "async fn f() -> u8 { 1 }",
        &["_key.literal(\"all\"); let"],
    );
    assert_expands(
        r#"key = "all", skip(a)"#,
        "async fn f(a: u8, _: u8) -> u8 { 1 }",
        &["_key.literal(\"all\"); let"],
    );
}

#[test]
fn skip() {
    assert_expands(
        "skip(pool)",
        FIND,
        &["::KeyBuf::new(); ::cacheflow::CacheKey::write_key(&id, &mut __cacheflow_key); let"],
    );
    // Documentation beside a template, which says itself what matters.
    assert_expands(
        r#"key = "{id}", skip(pool)"#,
        FIND,
        &["write_key(&id, &mut"],
    );
    assert_expands(
        "skip()",
        "async fn f(a: u8) -> u8 { 1 }",
        &["write_key(&a, &mut"],
    );
    assert_expands(
        "skip(r#type,)",
        "async fn f(r#type: u8) -> u8 { 1 }",
        &["write_key(&(),"],
    );
}

#[test]
fn arguments_that_look_unused() {
    assert_expands(
        "",
        "async fn f(a: u8, _b: u8) -> u8 { 1 }",
        &["separator();
           #[allow(clippy::used_underscore_binding)]
           ::cacheflow::CacheKey::write_key(&_b, &mut __cacheflow_key);"],
    );
}

#[test]
fn ttl() {
    assert_expands(
        r#"ttl = "1500ms", skip(pool)"#,
        FIND,
        &["let __cacheflow_at = find::__cacheflow_at()
             .ttl(::core::time::Duration::new(1u64, 500000000u32));"],
    );
    assert_expands(
        "ttl = ttl_of(id), skip(pool)",
        FIND,
        &[
            "let __cacheflow_ttl: ::core::time::Duration = ttl_of(id);",
            "let __cacheflow_at = find::__cacheflow_at().ttl(__cacheflow_ttl);",
        ],
    );
}

#[test]
fn flow() {
    assert_expands(
        "flow = get::<A, B>(pool), skip(pool)",
        FIND,
        &["let __cacheflow_flow: &::cacheflow::CacheFlow = &(get::<A, B>(pool));"],
    );
}

#[test]
fn attributes_within_the_body_stay_in_front() {
    let item = "async fn f() -> u8 { #![allow(x)] #![doc = \"y\"] 1 }";
    assert_expands(
        "",
        item,
        &["async fn original() -> u8 { #![allow(x)] #![doc = \"y\"] 1 }"],
    );
    assert_expands(
        "companions = false",
        item,
        &[
            "async fn f() -> u8 { #![allow(x)] #![doc = \"y\"] let __cacheflow_at",
            "return __cacheflow_never; } { 1 } })",
        ],
    );
}

#[test]
fn the_signature_stays() {
    let signature = "pub(in crate::a) async fn f<'a, T: Copy, const N: usize>(
        #[allow(unused)] name: &'a str, mut t: T) -> Option<T> where T: 'static + CacheKey";
    let item = format!("{signature} {{ Some(t) }}");
    let own = format!("{signature} {{ let __cacheflow_at");
    assert_expands("cache = \"a\", companions = false", &item, &[&own]);
    // A body that is elsewhere has its `mut` there.
    let handing_on = own.replace("mut t", "t");
    assert_expands("cache = \"a\"", &item, &[&handing_on]);
}

#[test]
fn options_end_with_a_comma_or_not() {
    assert_expands(r#"ttl = "1s", skip(pool,),"#, FIND, &["::new(1u64, 0u32)"]);
    assert_lacks("skip(pool)", FIND, "&pool");
}
