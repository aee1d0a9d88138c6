async fn find(pool: &Pool, user: &User) -> u64 {
    let __cacheflow_at = find::__cacheflow_at()
        .ttl(::core::time::Duration::new(5400u64, 0u32));
    let __cacheflow_shape = {
        #[allow(unused_imports)]
        use ::cacheflow::private::{
            ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
            ShapeOfResultCloned as _, ShapeOfResultOption as _,
            ShapeOfResultOptionCloned as _,
        };
        (&&&&&&::cacheflow::private::Probe::<u64>::NEW).shape()
    };
    let __cacheflow_shape = ::cacheflow::private::cacheable(__cacheflow_shape);
    let __cacheflow_missed = {
        let __cacheflow_flow: &::cacheflow::CacheFlow = &(pool.flow);
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&user.org, &mut __cacheflow_key);
        __cacheflow_key.separator();
        __cacheflow_key.literal("user-");
        __cacheflow_key.formatted(::core::format_args!("{:08}", & user.id()));
        __cacheflow_key.separator();
        ::cacheflow::CacheKey::write_key(
            &::cacheflow::Version::latest([&user as &dyn ::cacheflow::HasUpdatedAt]),
            &mut __cacheflow_key,
        );
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
    ::cacheflow::private::cached(__cacheflow_missed, move |_| find::original(pool, user))
        .await
}
/// What belongs to the cached function [`find`](find()): its keys, and how to forget, put, refresh and read what is kept of it.
#[allow(non_camel_case_types, dead_code, clippy::all, clippy::pedantic, clippy::nursery)]
enum find {}
impl find {
    /// The function itself: asks no cache, and keeps nothing.
    #[allow(dead_code, clippy::unused_async)]
    #[inline]
    async fn original(pool: &Pool, user: &User) -> u64 {
        #[allow(clippy::used_underscore_binding, clippy::no_effect_underscore_binding)]
        let _ = &pool;
        #[allow(clippy::used_underscore_binding, clippy::no_effect_underscore_binding)]
        let _ = &user;
        load(pool, user).await
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
        static __CACHEFLOW_SITE: ::cacheflow::private::Site = ::cacheflow::private::Site::named(
            "users",
        );
        __CACHEFLOW_SITE.at("")
    }
    /// The key of what is kept for these arguments, with the name of its cache
    /// before it.
    #[inline]
    fn key(pool: &Pool, user: &User) -> ::cacheflow::key::FullKey {
        let __cacheflow_at = find::__cacheflow_at();
        let __cacheflow_flow: &::cacheflow::CacheFlow = &(pool.flow);
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&user.org, &mut __cacheflow_key);
        __cacheflow_key.separator();
        __cacheflow_key.literal("user-");
        __cacheflow_key.formatted(::core::format_args!("{:08}", & user.id()));
        __cacheflow_key.separator();
        ::cacheflow::CacheKey::write_key(
            &::cacheflow::Version::latest([&user as &dyn ::cacheflow::HasUpdatedAt]),
            &mut __cacheflow_key,
        );
        ::cacheflow::private::key(__cacheflow_at, __cacheflow_flow, &__cacheflow_key)
    }
    /// Forgets what is kept for these arguments, on every node: see
    /// `cacheflow::Cache::invalidate`.
    #[inline]
    fn invalidate(
        pool: &Pool,
        user: &User,
    ) -> ::cacheflow::private::Later<::cacheflow::Result<::cacheflow::Applied>> {
        let __cacheflow_at = find::__cacheflow_at();
        let __cacheflow_flow: &::cacheflow::CacheFlow = &(pool.flow);
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&user.org, &mut __cacheflow_key);
        __cacheflow_key.separator();
        __cacheflow_key.literal("user-");
        __cacheflow_key.formatted(::core::format_args!("{:08}", & user.id()));
        __cacheflow_key.separator();
        ::cacheflow::CacheKey::write_key(
            &::cacheflow::Version::latest([&user as &dyn ::cacheflow::HasUpdatedAt]),
            &mut __cacheflow_key,
        );
        ::cacheflow::private::invalidate(
            __cacheflow_at,
            __cacheflow_flow,
            &__cacheflow_key,
        )
    }
    /// What memory alone has for these arguments: see `cacheflow::Cache::peek`.
    #[inline]
    fn peek(
        pool: &Pool,
        user: &User,
    ) -> ::core::option::Option<::cacheflow::Found<u64>> {
        let __cacheflow_at = find::__cacheflow_at();
        let __cacheflow_flow: &::cacheflow::CacheFlow = &(pool.flow);
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&user.org, &mut __cacheflow_key);
        __cacheflow_key.separator();
        __cacheflow_key.literal("user-");
        __cacheflow_key.formatted(::core::format_args!("{:08}", & user.id()));
        __cacheflow_key.separator();
        ::cacheflow::CacheKey::write_key(
            &::cacheflow::Version::latest([&user as &dyn ::cacheflow::HasUpdatedAt]),
            &mut __cacheflow_key,
        );
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<u64>::NEW).shape()
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
        pool: &Pool,
        user: &User,
    ) -> ::cacheflow::private::Later<::cacheflow::Lookup<u64>> {
        let __cacheflow_at = find::__cacheflow_at();
        let __cacheflow_flow: &::cacheflow::CacheFlow = &(pool.flow);
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&user.org, &mut __cacheflow_key);
        __cacheflow_key.separator();
        __cacheflow_key.literal("user-");
        __cacheflow_key.formatted(::core::format_args!("{:08}", & user.id()));
        __cacheflow_key.separator();
        ::cacheflow::CacheKey::write_key(
            &::cacheflow::Version::latest([&user as &dyn ::cacheflow::HasUpdatedAt]),
            &mut __cacheflow_key,
        );
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<u64>::NEW).shape()
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
        pool: &Pool,
        user: &User,
        __cacheflow_value: impl ::cacheflow::private::PartOf<u64, __CacheflowLevel>,
    ) -> ::cacheflow::private::Later<::cacheflow::Result<::cacheflow::Applied>> {
        let entry = find::__cacheflow_entry(pool, user);
        entry.put(::cacheflow::private::PartOf::whole(__cacheflow_value))
    }
    #[doc(hidden)]
    #[inline]
    fn __cacheflow_entry(
        pool: &Pool,
        user: &User,
    ) -> ::cacheflow::private::Entry<u64, fn(&::cacheflow::private::Saying, &u64)> {
        let __cacheflow_at = find::__cacheflow_at()
            .ttl(::core::time::Duration::new(5400u64, 0u32));
        let __cacheflow_flow: &::cacheflow::CacheFlow = &(pool.flow);
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&user.org, &mut __cacheflow_key);
        __cacheflow_key.separator();
        __cacheflow_key.literal("user-");
        __cacheflow_key.formatted(::core::format_args!("{:08}", & user.id()));
        __cacheflow_key.separator();
        ::cacheflow::CacheKey::write_key(
            &::cacheflow::Version::latest([&user as &dyn ::cacheflow::HasUpdatedAt]),
            &mut __cacheflow_key,
        );
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<u64>::NEW).shape()
        };
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
    async fn refresh(pool: &Pool, user: &User) -> u64 {
        let __cacheflow_at = find::__cacheflow_at()
            .ttl(::core::time::Duration::new(5400u64, 0u32))
            .reload();
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<u64>::NEW).shape()
        };
        let __cacheflow_shape = ::cacheflow::private::cacheable(__cacheflow_shape);
        let __cacheflow_missed = {
            let __cacheflow_flow: &::cacheflow::CacheFlow = &(pool.flow);
            let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
            ::cacheflow::CacheKey::write_key(&user.org, &mut __cacheflow_key);
            __cacheflow_key.separator();
            __cacheflow_key.literal("user-");
            __cacheflow_key.formatted(::core::format_args!("{:08}", & user.id()));
            __cacheflow_key.separator();
            ::cacheflow::CacheKey::write_key(
                &::cacheflow::Version::latest([&user as &dyn ::cacheflow::HasUpdatedAt]),
                &mut __cacheflow_key,
            );
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
                move |_| find::original(pool, user),
            )
            .await
    }
    /// The cache in which the function's results are kept.
    #[inline]
    fn cache(pool: &Pool) -> ::cacheflow::Result<::cacheflow::FunctionCache> {
        let __cacheflow_flow: &::cacheflow::CacheFlow = &(pool.flow);
        let __cacheflow_at = find::__cacheflow_at();
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<u64>::NEW).shape()
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
