async fn find(id: u64) -> Option<User> {
    let __cacheflow_at = find::__cacheflow_at().when(id != 0);
    let __cacheflow_shape = {
        #[allow(unused_imports)]
        use ::cacheflow::private::{
            ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
            ShapeOfResultCloned as _, ShapeOfResultOption as _,
            ShapeOfResultOptionCloned as _,
        };
        (&&&&&&::cacheflow::private::Probe::<Option<User>>::NEW).shape()
    };
    let __cacheflow_shape = ::cacheflow::private::cacheable(__cacheflow_shape);
    let __cacheflow_missed = {
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&id, &mut __cacheflow_key);
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
    ::cacheflow::private::cached(
            __cacheflow_missed,
            move |__cacheflow_context| {
                __cacheflow_context.tags([::std::format!("user:{}", & id)]);
                let __cacheflow_before_1 = ::std::format!("{}", & id);
                __cacheflow_context.tags([extra(id)]);
                let mut __cacheflow_before_2 = ::cacheflow::KeyBuf::new();
                ::cacheflow::CacheKey::write_key(&id, &mut __cacheflow_before_2);
                {
                    let mut __cacheflow_full_key = ::cacheflow::KeyBuf::new();
                    __cacheflow_full_key.append(&__cacheflow_before_2);
                    __cacheflow_context
                        .depends_on(
                            ::cacheflow::private::full_key(
                                "users",
                                &__cacheflow_full_key,
                            ),
                        );
                }
                let __cacheflow_context = ::core::clone::Clone::clone(
                    __cacheflow_context,
                );
                let __cacheflow_load = find::original(id);
                async move {
                    let __cacheflow_returned = __cacheflow_load.await;
                    if let ::core::option::Option::Some(__cacheflow_result) = ::cacheflow::private::kept(
                        &__cacheflow_shape,
                        &__cacheflow_returned,
                    ) {
                        __cacheflow_context
                            .tags([
                                ::std::format!(
                                    "org:{}:{}", & __cacheflow_result.org, __cacheflow_before_1
                                ),
                            ]);
                        {
                            let mut __cacheflow_full_key = ::cacheflow::KeyBuf::new();
                            #[allow(clippy::used_underscore_binding)]
                            ::cacheflow::CacheKey::write_key(
                                &__cacheflow_result.org,
                                &mut __cacheflow_full_key,
                            );
                            __cacheflow_context
                                .depends_on(
                                    ::cacheflow::private::full_key(
                                        "orgs",
                                        &__cacheflow_full_key,
                                    ),
                                );
                        }
                        {
                            #[allow(unused_variables)]
                            let result = __cacheflow_result;
                            __cacheflow_context.depends_on([find_org::key(result.org)]);
                        }
                        if let ::core::option::Option::Some(__cacheflow_ttl) = ::cacheflow::private::lifetime(
                            User::lifetime,
                            __cacheflow_result,
                        ) {
                            __cacheflow_context.ttl(__cacheflow_ttl);
                        }
                        {
                            #[allow(unused_variables)]
                            let result = __cacheflow_result;
                            if result.is_guest() {
                                __cacheflow_context.skip();
                            }
                        }
                    }
                    __cacheflow_returned
                }
            },
        )
        .await
}
/// What belongs to the cached function [`find`](find()): its keys, and how to forget, put, refresh and read what is kept of it.
#[allow(non_camel_case_types, dead_code, clippy::all, clippy::pedantic, clippy::nursery)]
enum find {}
impl find {
    /// The function itself: asks no cache, and keeps nothing.
    #[allow(dead_code, clippy::unused_async)]
    #[inline]
    async fn original(id: u64) -> Option<User> {
        #[allow(clippy::used_underscore_binding, clippy::no_effect_underscore_binding)]
        let _ = &id;
        load(id).await
    }
}
#[allow(
    dead_code,
    unused_variables,
    unused_mut,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
)]
impl find {
    #[doc(hidden)]
    #[inline]
    fn __cacheflow_at() -> ::cacheflow::private::At {
        static __CACHEFLOW_SITE: ::cacheflow::private::Site = ::cacheflow::private::Site::own()
            .with(|it| {
                it
                    .cache_none(::core::time::Duration::new(30u64, 0u32))
                    .cache_err(::core::time::Duration::new(5u64, 0u32))
            });
        __CACHEFLOW_SITE.at(::core::any::type_name_of_val(&|| ()))
    }
    /// The key of what is kept for these arguments, with the name of its cache
    /// before it.
    #[inline]
    fn key(id: u64) -> ::cacheflow::key::FullKey {
        let __cacheflow_at = find::__cacheflow_at();
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&id, &mut __cacheflow_key);
        ::cacheflow::private::key(__cacheflow_at, __cacheflow_flow, &__cacheflow_key)
    }
    /// Forgets what is kept for these arguments, on every node: see
    /// `cacheflow::Cache::invalidate`.
    #[inline]
    fn invalidate(
        id: u64,
    ) -> ::cacheflow::private::Later<::cacheflow::Result<::cacheflow::Applied>> {
        let __cacheflow_at = find::__cacheflow_at();
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&id, &mut __cacheflow_key);
        ::cacheflow::private::invalidate(
            __cacheflow_at,
            __cacheflow_flow,
            &__cacheflow_key,
        )
    }
    /// What memory alone has for these arguments: see `cacheflow::Cache::peek`.
    #[inline]
    fn peek(
        id: u64,
    ) -> ::core::option::Option<
        ::cacheflow::Found<<Option<User> as ::cacheflow::private::Inner>::Value>,
    > {
        let __cacheflow_at = find::__cacheflow_at();
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&id, &mut __cacheflow_key);
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<Option<User>>::NEW).shape()
        };
        let __cacheflow_shape = ::cacheflow::private::cacheable(__cacheflow_shape);
        ::cacheflow::private::peek(
            __cacheflow_shape,
            __cacheflow_at,
            __cacheflow_flow,
            &__cacheflow_key,
        )
    }
    /// What is kept for these arguments, with where it lies and how old it is; the
    /// function does not run: see `cacheflow::Cache::lookup`.
    #[inline]
    fn lookup(
        id: u64,
    ) -> ::cacheflow::private::Later<
        ::cacheflow::Lookup<<Option<User> as ::cacheflow::private::Inner>::Value>,
    > {
        let __cacheflow_at = find::__cacheflow_at();
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&id, &mut __cacheflow_key);
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<Option<User>>::NEW).shape()
        };
        let __cacheflow_shape = ::cacheflow::private::cacheable(__cacheflow_shape);
        ::cacheflow::private::lookup(
            __cacheflow_shape,
            __cacheflow_at,
            __cacheflow_flow,
            __cacheflow_key,
        )
    }
    /// Keeps a value in place of what is kept for these arguments, with the tags,
    /// dependencies and lifetime that the function's values have: see
    /// `cacheflow::Cache::put`.
    #[inline]
    fn put<__CacheflowLevel>(
        id: u64,
        __cacheflow_value: impl ::cacheflow::private::PartOf<
            Option<User>,
            __CacheflowLevel,
        >,
    ) -> ::cacheflow::private::Later<::cacheflow::Result<::cacheflow::Applied>> {
        let entry = find::__cacheflow_entry(id);
        entry.put(::cacheflow::private::PartOf::whole(__cacheflow_value))
    }
    #[doc(hidden)]
    #[inline]
    fn __cacheflow_entry(
        id: u64,
    ) -> ::cacheflow::private::Entry<
        Option<User>,
        ::std::boxed::Box<
            dyn ::core::ops::FnOnce(
                &::cacheflow::private::Saying,
                &Option<User>,
            ) + ::core::marker::Send,
        >,
    > {
        let __cacheflow_at = find::__cacheflow_at();
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&id, &mut __cacheflow_key);
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<Option<User>>::NEW).shape()
        };
        let __cacheflow_shape = ::cacheflow::private::cacheable(__cacheflow_shape);
        let __cacheflow_said = <::cacheflow::private::Saying as ::core::default::Default>::default();
        let __cacheflow_context = &__cacheflow_said;
        __cacheflow_context.tags([::std::format!("user:{}", & id)]);
        let __cacheflow_before_1 = ::std::format!("{}", & id);
        __cacheflow_context.tags([extra(id)]);
        let mut __cacheflow_before_2 = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&id, &mut __cacheflow_before_2);
        {
            let mut __cacheflow_full_key = ::cacheflow::KeyBuf::new();
            __cacheflow_full_key.append(&__cacheflow_before_2);
            __cacheflow_context
                .depends_on(
                    ::cacheflow::private::full_key("users", &__cacheflow_full_key),
                );
        }
        ::cacheflow::private::Entry::new(
            __cacheflow_shape,
            __cacheflow_at,
            __cacheflow_flow,
            &__cacheflow_key,
            __cacheflow_said,
            ::std::boxed::Box::new(move |
                __cacheflow_context: &::cacheflow::private::Saying,
                __cacheflow_returned: &Option<User>|
            {
                if let ::core::option::Option::Some(__cacheflow_result) = ::cacheflow::private::kept(
                    &__cacheflow_shape,
                    &__cacheflow_returned,
                ) {
                    __cacheflow_context
                        .tags([
                            ::std::format!(
                                "org:{}:{}", & __cacheflow_result.org, __cacheflow_before_1
                            ),
                        ]);
                    {
                        let mut __cacheflow_full_key = ::cacheflow::KeyBuf::new();
                        #[allow(clippy::used_underscore_binding)]
                        ::cacheflow::CacheKey::write_key(
                            &__cacheflow_result.org,
                            &mut __cacheflow_full_key,
                        );
                        __cacheflow_context
                            .depends_on(
                                ::cacheflow::private::full_key(
                                    "orgs",
                                    &__cacheflow_full_key,
                                ),
                            );
                    }
                    {
                        #[allow(unused_variables)]
                        let result = __cacheflow_result;
                        __cacheflow_context.depends_on([find_org::key(result.org)]);
                    }
                    if let ::core::option::Option::Some(__cacheflow_ttl) = ::cacheflow::private::lifetime(
                        User::lifetime,
                        __cacheflow_result,
                    ) {
                        __cacheflow_context.ttl(__cacheflow_ttl);
                    }
                    {
                        #[allow(unused_variables)]
                        let result = __cacheflow_result;
                        if result.is_guest() {
                            __cacheflow_context.skip();
                        }
                    }
                }
            }),
        )
    }
    /// Runs the function, whatever is kept, and keeps what it gives.
    #[inline]
    async fn refresh(id: u64) -> Option<User> {
        let __cacheflow_at = find::__cacheflow_at().when(id != 0).reload();
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<Option<User>>::NEW).shape()
        };
        let __cacheflow_shape = ::cacheflow::private::cacheable(__cacheflow_shape);
        let __cacheflow_missed = {
            let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
            let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
            ::cacheflow::CacheKey::write_key(&id, &mut __cacheflow_key);
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
        ::cacheflow::private::cached(
                __cacheflow_missed,
                move |__cacheflow_context| {
                    __cacheflow_context.tags([::std::format!("user:{}", & id)]);
                    let __cacheflow_before_1 = ::std::format!("{}", & id);
                    __cacheflow_context.tags([extra(id)]);
                    let mut __cacheflow_before_2 = ::cacheflow::KeyBuf::new();
                    ::cacheflow::CacheKey::write_key(&id, &mut __cacheflow_before_2);
                    {
                        let mut __cacheflow_full_key = ::cacheflow::KeyBuf::new();
                        __cacheflow_full_key.append(&__cacheflow_before_2);
                        __cacheflow_context
                            .depends_on(
                                ::cacheflow::private::full_key(
                                    "users",
                                    &__cacheflow_full_key,
                                ),
                            );
                    }
                    let __cacheflow_context = ::core::clone::Clone::clone(
                        __cacheflow_context,
                    );
                    let __cacheflow_load = find::original(id);
                    async move {
                        let __cacheflow_returned = __cacheflow_load.await;
                        if let ::core::option::Option::Some(__cacheflow_result) = ::cacheflow::private::kept(
                            &__cacheflow_shape,
                            &__cacheflow_returned,
                        ) {
                            __cacheflow_context
                                .tags([
                                    ::std::format!(
                                        "org:{}:{}", & __cacheflow_result.org, __cacheflow_before_1
                                    ),
                                ]);
                            {
                                let mut __cacheflow_full_key = ::cacheflow::KeyBuf::new();
                                #[allow(clippy::used_underscore_binding)]
                                ::cacheflow::CacheKey::write_key(
                                    &__cacheflow_result.org,
                                    &mut __cacheflow_full_key,
                                );
                                __cacheflow_context
                                    .depends_on(
                                        ::cacheflow::private::full_key(
                                            "orgs",
                                            &__cacheflow_full_key,
                                        ),
                                    );
                            }
                            {
                                #[allow(unused_variables)]
                                let result = __cacheflow_result;
                                __cacheflow_context.depends_on([find_org::key(result.org)]);
                            }
                            if let ::core::option::Option::Some(__cacheflow_ttl) = ::cacheflow::private::lifetime(
                                User::lifetime,
                                __cacheflow_result,
                            ) {
                                __cacheflow_context.ttl(__cacheflow_ttl);
                            }
                            {
                                #[allow(unused_variables)]
                                let result = __cacheflow_result;
                                if result.is_guest() {
                                    __cacheflow_context.skip();
                                }
                            }
                        }
                        __cacheflow_returned
                    }
                },
            )
            .await
    }
    /// The cache in which the function's results are kept.
    #[inline]
    fn cache() -> ::cacheflow::Result<::cacheflow::FunctionCache> {
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let __cacheflow_at = find::__cacheflow_at();
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<Option<User>>::NEW).shape()
        };
        let __cacheflow_shape = ::cacheflow::private::cacheable(__cacheflow_shape);
        ::cacheflow::private::cache(__cacheflow_shape, __cacheflow_at, __cacheflow_flow)
    }
    #[doc(hidden)]
    #[inline]
    fn __cacheflow_cache_name() -> ::cacheflow::key::CacheName {
        ::cacheflow::private::name(find::__cacheflow_at())
    }
}
