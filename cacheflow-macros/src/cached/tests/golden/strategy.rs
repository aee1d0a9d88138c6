async fn find(&self, name: &str) -> Result<u64, Error> {
    let __cacheflow_at = {
        static __CACHEFLOW_SITE: ::cacheflow::private::Site = ::cacheflow::private::Site::named(
                "users",
            )
            .with(|it| {
                it
                    .strategy(
                        ::cacheflow::Strategy::multi_level()
                            .memory_ttl(::core::time::Duration::new(60u64, 0u32))
                            .refresh_ahead(::cacheflow::RefreshAhead::at(0.8f64))
                            .circuit_breaker(
                                ::cacheflow::CircuitBreaker::new()
                                    .failures(3u32)
                                    .reset_after(::core::time::Duration::new(30u64, 0u32))
                                    .stale_ttl(::core::time::Duration::new(86400u64, 0u32)),
                            )
                            .fail_safe(
                                ::cacheflow::FailSafe::new(
                                        ::core::time::Duration::new(3600u64, 0u32),
                                    )
                                    .throttle(::core::time::Duration::new(30u64, 0u32)),
                            )
                            .soft_timeout(
                                ::core::time::Duration::new(0u64, 100000000u32),
                            )
                            .hard_timeout(::core::time::Duration::new(2u64, 0u32))
                            .bulkhead(::cacheflow::Bulkhead::new(8usize).queue(100usize))
                            .distributed_lock(::core::time::Duration::new(5u64, 0u32)),
                    )
            });
        __CACHEFLOW_SITE.at("")
    };
    let __cacheflow_shape = {
        #[allow(unused_imports)]
        use ::cacheflow::private::{
            ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
            ShapeOfResultCloned as _, ShapeOfResultOption as _,
            ShapeOfResultOptionCloned as _,
        };
        (&&&&&&::cacheflow::private::Probe::<Result<u64, Error>>::NEW).shape()
    };
    let __cacheflow_shape = ::cacheflow::private::cacheable(__cacheflow_shape);
    let __cacheflow_missed = {
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&self.org, &mut __cacheflow_key);
        __cacheflow_key.separator();
        ::cacheflow::CacheKey::write_key(&name, &mut __cacheflow_key);
        match ::cacheflow::private::look(
            __cacheflow_shape,
            __cacheflow_at,
            __cacheflow_flow,
            &__cacheflow_key,
        ) {
            ::core::result::Result::Ok(hit) => return hit,
            ::core::result::Result::Err(missed) => missed,
        }
    };
    ::cacheflow::private::cached_in_background(
            __cacheflow_missed,
            move |_| {
                let __cacheflow_copy_0 = self;
                let __cacheflow_copy_0 = ::cacheflow::private::copied(
                    __cacheflow_copy_0,
                );
                let __cacheflow_copy_1 = name;
                let __cacheflow_copy_1 = ::cacheflow::private::copied(
                    __cacheflow_copy_1,
                );
                ::cacheflow::private::returning::<
                    Result<u64, Error>,
                    _,
                >(async move {
                    #[allow(unused_variables)]
                    let __cacheflow_self = ::cacheflow::private::Lend::lend(
                        &__cacheflow_copy_0,
                    );
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
            ::core::option::Option::Some(|error| <Result<
                u64,
                Error,
            > as ::cacheflow::private::FromTrouble>::from_trouble(error)),
        )
        .await
}
