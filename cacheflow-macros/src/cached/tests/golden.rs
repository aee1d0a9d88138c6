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

#[test]
fn with_a_strategy() {
    let attribute = r#"cache = "users", key = "{self.org}:{name}", strategy = multi_level(memory_ttl = "60s")
        + refresh_ahead(0.8)
        + circuit_breaker(failures = 3, reset_after = "30s", stale_ttl = "24h")
        + fail_safe(stale = "1h", throttle = "30s")
        + soft_timeout("100ms")
        + hard_timeout("2s")
        + bulkhead(8, queue = 100)
        + distributed_lock(lease = "5s")"#;
    let item = "async fn find(&self, name: &str) -> Result<u64, Error> { self.load(name).await }";
    let expected = r#"
        async fn find(&self, name: &str) -> Result<u64, Error> {
            static __CACHEFLOW_SITE: ::cacheflow::private::Site =
                ::cacheflow::private::Site::named("users").strategy(|| ::cacheflow::Strategy::multi_level()
                    .memory_ttl(::core::time::Duration::new(60u64, 0u32))
                    .refresh_ahead(::cacheflow::RefreshAhead::at(0.8f64))
                    .circuit_breaker(::cacheflow::CircuitBreaker::new()
                        .failures(3u32)
                        .reset_after(::core::time::Duration::new(30u64, 0u32))
                        .stale_ttl(::core::time::Duration::new(86400u64, 0u32)))
                    .fail_safe(::cacheflow::FailSafe::new(::core::time::Duration::new(3600u64, 0u32))
                        .throttle(::core::time::Duration::new(30u64, 0u32)))
                    .soft_timeout(::core::time::Duration::new(0u64, 100000000u32))
                    .hard_timeout(::core::time::Duration::new(2u64, 0u32))
                    .bulkhead(::cacheflow::Bulkhead::new(8usize).queue(100usize))
                    .distributed_lock(::core::time::Duration::new(5u64, 0u32)));
            let __cacheflow_site = __CACHEFLOW_SITE.at("");
            let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
            let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
            ::cacheflow::CacheKey::write_key(&self.org, &mut __cacheflow_key);
            __cacheflow_key.separator();
            ::cacheflow::CacheKey::write_key(&name, &mut __cacheflow_key);
            let __cacheflow_shape = {
                #[allow(unused_imports)]
                use ::cacheflow::private::{
                    ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                    ShapeOfResultCloned as _, ShapeOfResultOption as _,
                    ShapeOfResultOptionCloned as _,
                };
                (&&&&&&::cacheflow::private::Probe::<Result<u64, Error>>::NEW).shape()
            };
            ::cacheflow::private::cached_in_background(
                __cacheflow_shape,
                __cacheflow_site,
                __cacheflow_flow,
                &mut __cacheflow_key,
                ::core::option::Option::None,
                move || {
                    let __cacheflow_copy_0 = self;
                    let __cacheflow_copy_0 = ::cacheflow::private::copied(__cacheflow_copy_0);
                    let __cacheflow_copy_1 = name;
                    let __cacheflow_copy_1 = ::cacheflow::private::copied(__cacheflow_copy_1);
                    ::cacheflow::private::returning::<Result<u64, Error>, _>(async move {
                        #[allow(unused_variables)]
                        let __cacheflow_self = ::cacheflow::private::Lend::lend(&__cacheflow_copy_0);
                        #[allow(unused_variables)]
                        let name = ::cacheflow::private::Lend::lend(&__cacheflow_copy_1);
                        #[allow(
                            unreachable_code,
                            clippy::diverging_sub_expression,
                            clippy::let_unit_value,
                            clippy::needless_return,
                        )]
                        if false {
                            let __cacheflow_never: Result<u64, Error> = loop {};
                            return __cacheflow_never;
                        }
                        { __cacheflow_self.load(name).await }
                    })
                },
                ::core::option::Option::Some(
                    |error| <Result<u64, Error> as ::cacheflow::private::FromTrouble>::from_trouble(error)
                )
            ).await
        }"#;
    assert_eq!(flat(expanded(attribute, item)), flat(tokens(expected)));
}
