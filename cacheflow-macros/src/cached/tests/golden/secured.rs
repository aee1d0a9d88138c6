async fn grant(token: &str) -> Option<Grant> {
    let __cacheflow_at = grant::__cacheflow_at();
    let __cacheflow_shape = {
        #[allow(unused_imports)]
        use ::cacheflow::private::{
            ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
            ShapeOfResultCloned as _, ShapeOfResultOption as _,
            ShapeOfResultOptionCloned as _,
        };
        (&&&&&&::cacheflow::private::Probe::<Option<Grant>>::NEW).shape()
    };
    let __cacheflow_shape = ::cacheflow::private::validated(
        __cacheflow_shape,
        Grant::check,
    );
    let __cacheflow_shape = ::cacheflow::private::cacheable(__cacheflow_shape);
    let __cacheflow_missed = {
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&token, &mut __cacheflow_key);
        __cacheflow_key.conceal();
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
    ::cacheflow::private::cached(__cacheflow_missed, move |_| grant::original(token))
        .await
}
/// What belongs to the cached function [`grant`](grant()): its keys, and how to forget, put, refresh and read what is kept of it.
#[allow(non_camel_case_types, dead_code, clippy::all, clippy::pedantic, clippy::nursery)]
enum grant {}
impl grant {
    /// The function itself: asks no cache, and keeps nothing.
    #[allow(dead_code, clippy::unused_async)]
    #[inline]
    async fn original(token: &str) -> Option<Grant> {
        #[allow(clippy::used_underscore_binding, clippy::no_effect_underscore_binding)]
        let _ = &token;
        load(token).await
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
impl grant {
    #[doc(hidden)]
    #[inline]
    fn __cacheflow_at() -> ::cacheflow::private::At {
        static __CACHEFLOW_SITE: ::cacheflow::private::Site = ::cacheflow::private::Site::named(
                "grants",
            )
            .with(|it| {
                it
                    .max_ttl(::core::time::Duration::new(60u64, 0u32))
                    .sensitive()
                    .validate(Grant::check)
                    .invalidation_patterns(&["user:*", "role:*"])
            });
        __CACHEFLOW_SITE.at("")
    }
    /// The key of what is kept for these arguments, with the name of its cache
    /// before it.
    #[inline]
    fn key(token: &str) -> ::cacheflow::key::FullKey {
        let __cacheflow_at = grant::__cacheflow_at();
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&token, &mut __cacheflow_key);
        __cacheflow_key.conceal();
        ::cacheflow::private::key(__cacheflow_at, __cacheflow_flow, &__cacheflow_key)
    }
    /// Forgets what is kept for these arguments, on every node: see
    /// `cacheflow::Cache::invalidate`.
    #[inline]
    fn invalidate(
        token: &str,
    ) -> ::cacheflow::private::Later<::cacheflow::Result<::cacheflow::Applied>> {
        let __cacheflow_at = grant::__cacheflow_at();
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&token, &mut __cacheflow_key);
        __cacheflow_key.conceal();
        ::cacheflow::private::invalidate(
            __cacheflow_at,
            __cacheflow_flow,
            &__cacheflow_key,
        )
    }
    /// What memory alone has for these arguments: see `cacheflow::Cache::peek`.
    #[inline]
    fn peek(
        token: &str,
    ) -> ::core::option::Option<
        ::cacheflow::Found<<Option<Grant> as ::cacheflow::private::Inner>::Value>,
    > {
        let __cacheflow_at = grant::__cacheflow_at();
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&token, &mut __cacheflow_key);
        __cacheflow_key.conceal();
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<Option<Grant>>::NEW).shape()
        };
        let __cacheflow_shape = ::cacheflow::private::validated(
            __cacheflow_shape,
            Grant::check,
        );
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
        token: &str,
    ) -> ::cacheflow::private::Later<
        ::cacheflow::Lookup<<Option<Grant> as ::cacheflow::private::Inner>::Value>,
    > {
        let __cacheflow_at = grant::__cacheflow_at();
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&token, &mut __cacheflow_key);
        __cacheflow_key.conceal();
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<Option<Grant>>::NEW).shape()
        };
        let __cacheflow_shape = ::cacheflow::private::validated(
            __cacheflow_shape,
            Grant::check,
        );
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
        token: &str,
        __cacheflow_value: impl ::cacheflow::private::PartOf<
            Option<Grant>,
            __CacheflowLevel,
        >,
    ) -> ::cacheflow::private::Later<::cacheflow::Result<::cacheflow::Applied>> {
        let entry = grant::__cacheflow_entry(token);
        entry.put(::cacheflow::private::PartOf::whole(__cacheflow_value))
    }
    #[doc(hidden)]
    #[inline]
    fn __cacheflow_entry(
        token: &str,
    ) -> ::cacheflow::private::Entry<
        Option<Grant>,
        fn(&::cacheflow::private::Saying, &Option<Grant>),
    > {
        let __cacheflow_at = grant::__cacheflow_at();
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&token, &mut __cacheflow_key);
        __cacheflow_key.conceal();
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<Option<Grant>>::NEW).shape()
        };
        let __cacheflow_shape = ::cacheflow::private::validated(
            __cacheflow_shape,
            Grant::check,
        );
        let __cacheflow_shape = ::cacheflow::private::cacheable(__cacheflow_shape);
        let __cacheflow_said = <::cacheflow::private::Saying as ::core::default::Default>::default();
        ::cacheflow::private::Entry::new(
            __cacheflow_shape,
            __cacheflow_at,
            __cacheflow_flow,
            &__cacheflow_key,
            __cacheflow_said,
            |_, _| {},
        )
    }
    /// Runs the function, whatever is kept, and keeps what it gives.
    #[inline]
    async fn refresh(token: &str) -> Option<Grant> {
        let __cacheflow_at = grant::__cacheflow_at().reload();
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<Option<Grant>>::NEW).shape()
        };
        let __cacheflow_shape = ::cacheflow::private::validated(
            __cacheflow_shape,
            Grant::check,
        );
        let __cacheflow_shape = ::cacheflow::private::cacheable(__cacheflow_shape);
        let __cacheflow_missed = {
            let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
            let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
            ::cacheflow::CacheKey::write_key(&token, &mut __cacheflow_key);
            __cacheflow_key.conceal();
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
        ::cacheflow::private::cached(__cacheflow_missed, move |_| grant::original(token))
            .await
    }
    /// The cache in which the function's results are kept.
    #[inline]
    fn cache() -> ::cacheflow::Result<::cacheflow::FunctionCache> {
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let __cacheflow_at = grant::__cacheflow_at();
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<Option<Grant>>::NEW).shape()
        };
        let __cacheflow_shape = ::cacheflow::private::validated(
            __cacheflow_shape,
            Grant::check,
        );
        let __cacheflow_shape = ::cacheflow::private::cacheable(__cacheflow_shape);
        ::cacheflow::private::cache(__cacheflow_shape, __cacheflow_at, __cacheflow_flow)
    }
    #[doc(hidden)]
    #[inline]
    fn __cacheflow_cache_name() -> ::cacheflow::key::CacheName {
        ::cacheflow::private::name(grant::__cacheflow_at())
    }
}
