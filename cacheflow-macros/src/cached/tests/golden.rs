//! Whole expansions.

use super::{expanded, tokens};
use crate::tokens::flat;

#[test]
fn without_options_all_arguments_are_the_key() {
    let expected = r#"
        /// Finds it.
        #[must_use]
        pub(crate) async fn sum(a: u8, mut b: u8) -> Result<u8, Error> {
            static __CACHEFLOW_SITE: ::cacheflow::private::Site = ::cacheflow::private::Site::own();
            let __cacheflow_site = __CACHEFLOW_SITE.at(::core::any::type_name_of_val(&|| ()));
            let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
            let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
            ::cacheflow::CacheKey::write_key(&a, &mut __cacheflow_key);
            __cacheflow_key.separator();
            ::cacheflow::CacheKey::write_key(&b, &mut __cacheflow_key);
            let __cacheflow_shape = {
                #[allow(unused_imports)]
                use ::cacheflow::private::{
                    ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                    ShapeOfResultCloned as _, ShapeOfResultOption as _,
                    ShapeOfResultOptionCloned as _,
                };
                (&&&&&&::cacheflow::private::Probe::<Result<u8, Error>>::NEW).shape()
            };
            ::cacheflow::private::cached(
                __cacheflow_shape,
                __cacheflow_site,
                __cacheflow_flow,
                &mut __cacheflow_key,
                ::core::option::Option::None,
                move || ::cacheflow::private::returning::<Result<u8, Error>, _>(async move {
                    #[allow(
                        unreachable_code,
                        clippy::diverging_sub_expression,
                        clippy::let_unit_value,
                        clippy::needless_return,
                    )]
                    if false {
                        let __cacheflow_never: Result<u8, Error> = loop {};
                        return __cacheflow_never;
                    }
                    { b += a; Ok(b) }
                })
            ).await
        }"#;
    let item = "/// Finds it.
        #[must_use]
        pub(crate) async fn sum(a: u8, mut b: u8) -> Result<u8, Error> { b += a; Ok(b) }";
    assert_eq!(flat(expanded("", item)), flat(tokens(expected)));
}

#[test]
fn with_all_options() {
    let attribute = r#"cache = "users", key = "{user.org}:user-{user.id()}", ttl = "1h30m",
        skip(pool), flow = pool.flow"#;
    let item = "async fn find(pool: &Pool, user: &User) -> u64 { load(pool, user).await }";
    let expected = r#"
        async fn find(pool: &Pool, user: &User) -> u64 {
            static __CACHEFLOW_SITE: ::cacheflow::private::Site =
                ::cacheflow::private::Site::named("users");
            let __cacheflow_site = __CACHEFLOW_SITE.at("");
            let __cacheflow_flow: &::cacheflow::CacheFlow = &(pool.flow);
            let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
            ::cacheflow::CacheKey::write_key(&user.org, &mut __cacheflow_key);
            __cacheflow_key.separator();
            __cacheflow_key.literal("user-");
            ::cacheflow::CacheKey::write_key(&user.id(), &mut __cacheflow_key);
            let __cacheflow_shape = {
                #[allow(unused_imports)]
                use ::cacheflow::private::{
                    ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                    ShapeOfResultCloned as _, ShapeOfResultOption as _,
                    ShapeOfResultOptionCloned as _,
                };
                (&&&&&&::cacheflow::private::Probe::<u64>::NEW).shape()
            };
            ::cacheflow::private::cached(
                __cacheflow_shape,
                __cacheflow_site,
                __cacheflow_flow,
                &mut __cacheflow_key,
                ::core::option::Option::Some(::core::time::Duration::new(5400u64, 0u32)),
                move || ::cacheflow::private::returning::<u64, _>(async move {
                    #[allow(
                        unreachable_code,
                        clippy::diverging_sub_expression,
                        clippy::let_unit_value,
                        clippy::needless_return,
                    )]
                    if false {
                        let __cacheflow_never: u64 = loop {};
                        return __cacheflow_never;
                    }
                    { load(pool, user).await }
                })
            ).await
        }"#;
    assert_eq!(flat(expanded(attribute, item)), flat(tokens(expected)));
}
