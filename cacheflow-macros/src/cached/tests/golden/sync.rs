fn double(n: u64) -> u64 {
    let __cacheflow_at = double::__cacheflow_at();
    let __cacheflow_shape = {
        #[allow(unused_imports)]
        use ::cacheflow::private::{
            ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
            ShapeOfResultCloned as _, ShapeOfResultOption as _,
            ShapeOfResultOptionCloned as _,
        };
        (&&&&&&::cacheflow::private::Probe::<u64>::NEW).shape()
    };
    let __cacheflow_shape = ::cacheflow::private::in_process(__cacheflow_shape);
    let __cacheflow_missed = {
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&n, &mut __cacheflow_key);
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
    ::cacheflow::private::cached_now(
        __cacheflow_missed,
        move |__cacheflow_context| {
            let __cacheflow_returned = double::original(n);
            if let ::core::option::Option::Some(__cacheflow_result) = ::cacheflow::private::kept(
                &__cacheflow_shape,
                &__cacheflow_returned,
            ) {
                __cacheflow_context.tags([::std::format!("n:{}", & __cacheflow_result)]);
            }
            __cacheflow_returned
        },
    )
}
/// What belongs to the cached function [`double`](double()): its keys, and how to forget, put, refresh and read what is kept of it.
#[allow(non_camel_case_types, dead_code, clippy::all, clippy::pedantic, clippy::nursery)]
enum double {}
impl double {
    /// The function itself: asks no cache, and keeps nothing.
    #[allow(dead_code, clippy::unused_async)]
    #[inline]
    fn original(n: u64) -> u64 {
        #[allow(clippy::used_underscore_binding, clippy::no_effect_underscore_binding)]
        let _ = &n;
        n * 2
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
impl double {
    #[doc(hidden)]
    #[inline]
    fn __cacheflow_at() -> ::cacheflow::private::At {
        static __CACHEFLOW_SITE: ::cacheflow::private::Site = ::cacheflow::private::Site::own()
            .with(|it| it.in_process());
        __CACHEFLOW_SITE.at(::core::any::type_name_of_val(&|| ()))
    }
    /// The key of what is kept for these arguments, with the name of its cache
    /// before it.
    #[inline]
    fn key(n: u64) -> ::cacheflow::key::FullKey {
        let __cacheflow_at = double::__cacheflow_at();
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&n, &mut __cacheflow_key);
        ::cacheflow::private::key(__cacheflow_at, __cacheflow_flow, &__cacheflow_key)
    }
    /// Forgets what is kept for these arguments, on every node: see
    /// `cacheflow::Cache::invalidate`.
    #[inline]
    fn invalidate(
        n: u64,
    ) -> ::cacheflow::private::Later<::cacheflow::Result<::cacheflow::Applied>> {
        let __cacheflow_at = double::__cacheflow_at();
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&n, &mut __cacheflow_key);
        ::cacheflow::private::invalidate(
            __cacheflow_at,
            __cacheflow_flow,
            &__cacheflow_key,
        )
    }
    /// What memory alone has for these arguments: see `cacheflow::Cache::peek`.
    #[inline]
    fn peek(n: u64) -> ::core::option::Option<::cacheflow::Found<u64>> {
        let __cacheflow_at = double::__cacheflow_at();
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&n, &mut __cacheflow_key);
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<u64>::NEW).shape()
        };
        let __cacheflow_shape = ::cacheflow::private::in_process(__cacheflow_shape);
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
    fn lookup(n: u64) -> ::cacheflow::private::Later<::cacheflow::Lookup<u64>> {
        let __cacheflow_at = double::__cacheflow_at();
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&n, &mut __cacheflow_key);
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<u64>::NEW).shape()
        };
        let __cacheflow_shape = ::cacheflow::private::in_process(__cacheflow_shape);
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
        n: u64,
        __cacheflow_value: impl ::cacheflow::private::PartOf<u64, __CacheflowLevel>,
    ) -> ::cacheflow::private::Later<::cacheflow::Result<::cacheflow::Applied>> {
        let entry = double::__cacheflow_entry(n);
        entry.put(::cacheflow::private::PartOf::whole(__cacheflow_value))
    }
    #[doc(hidden)]
    #[inline]
    fn __cacheflow_entry(
        n: u64,
    ) -> ::cacheflow::private::Entry<
        u64,
        impl ::core::ops::FnOnce(&::cacheflow::private::Saying, &u64),
    > {
        let __cacheflow_at = double::__cacheflow_at();
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&n, &mut __cacheflow_key);
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<u64>::NEW).shape()
        };
        let __cacheflow_shape = ::cacheflow::private::in_process(__cacheflow_shape);
        let __cacheflow_said = <::cacheflow::private::Saying as ::core::default::Default>::default();
        ::cacheflow::private::Entry::new(
            __cacheflow_shape,
            __cacheflow_at,
            __cacheflow_flow,
            &__cacheflow_key,
            __cacheflow_said,
            move |
                __cacheflow_context: &::cacheflow::private::Saying,
                __cacheflow_returned: &u64|
            {
                if let ::core::option::Option::Some(__cacheflow_result) = ::cacheflow::private::kept(
                    &__cacheflow_shape,
                    &__cacheflow_returned,
                ) {
                    __cacheflow_context
                        .tags([::std::format!("n:{}", & __cacheflow_result)]);
                }
            },
        )
    }
    /// Runs the function, whatever is kept, and keeps what it gives.
    #[inline]
    fn refresh(n: u64) -> u64 {
        let __cacheflow_at = double::__cacheflow_at().reload();
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<u64>::NEW).shape()
        };
        let __cacheflow_shape = ::cacheflow::private::in_process(__cacheflow_shape);
        let __cacheflow_missed = {
            let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
            let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
            ::cacheflow::CacheKey::write_key(&n, &mut __cacheflow_key);
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
        ::cacheflow::private::cached_now(
            __cacheflow_missed,
            move |__cacheflow_context| {
                let __cacheflow_returned = double::original(n);
                if let ::core::option::Option::Some(__cacheflow_result) = ::cacheflow::private::kept(
                    &__cacheflow_shape,
                    &__cacheflow_returned,
                ) {
                    __cacheflow_context
                        .tags([::std::format!("n:{}", & __cacheflow_result)]);
                }
                __cacheflow_returned
            },
        )
    }
    /// The cache in which the function's results are kept.
    #[inline]
    fn cache() -> ::cacheflow::Result<::cacheflow::FunctionCache> {
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let __cacheflow_at = double::__cacheflow_at();
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<u64>::NEW).shape()
        };
        let __cacheflow_shape = ::cacheflow::private::in_process(__cacheflow_shape);
        ::cacheflow::private::cache(__cacheflow_shape, __cacheflow_at, __cacheflow_flow)
    }
    #[doc(hidden)]
    #[inline]
    fn __cacheflow_cache_name() -> ::cacheflow::key::CacheName {
        ::cacheflow::private::name(double::__cacheflow_at())
    }
}
