/// Finds it.
#[must_use]
pub(crate) async fn sum(a: u8, b: u8) -> Result<u8, Error> {
    let __cacheflow_at = sum::__cacheflow_at();
    let __cacheflow_shape = {
        #[allow(unused_imports)]
        use ::cacheflow::private::{
            ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
            ShapeOfResultCloned as _, ShapeOfResultOption as _,
            ShapeOfResultOptionCloned as _,
        };
        (&&&&&&::cacheflow::private::Probe::<Result<u8, Error>>::NEW).shape()
    };
    let __cacheflow_shape = ::cacheflow::private::cacheable(__cacheflow_shape);
    let __cacheflow_missed = {
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&a, &mut __cacheflow_key);
        __cacheflow_key.separator();
        ::cacheflow::CacheKey::write_key(&b, &mut __cacheflow_key);
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
    ::cacheflow::private::cached(__cacheflow_missed, move |_| sum::original(a, b)).await
}
/// What belongs to the cached function [`sum`](sum()): its keys, and how to forget, put, refresh and read what is kept of it.
#[allow(non_camel_case_types, dead_code, clippy::all, clippy::pedantic, clippy::nursery)]
pub(crate) enum sum {}
impl sum {
    /// The function itself: asks no cache, and keeps nothing.
    #[allow(dead_code, clippy::unused_async)]
    #[inline]
    pub(crate) async fn original(a: u8, mut b: u8) -> Result<u8, Error> {
        #[allow(clippy::used_underscore_binding, clippy::no_effect_underscore_binding)]
        let _ = &a;
        #[allow(clippy::used_underscore_binding, clippy::no_effect_underscore_binding)]
        let _ = &b;
        b += a;
        Ok(b)
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
impl sum {
    #[doc(hidden)]
    #[inline]
    fn __cacheflow_at() -> ::cacheflow::private::At {
        static __CACHEFLOW_SITE: ::cacheflow::private::Site = ::cacheflow::private::Site::own();
        __CACHEFLOW_SITE.at(::core::any::type_name_of_val(&|| ()))
    }
    /// The key of what is kept for these arguments, with the name of its cache
    /// before it.
    #[inline]
    pub(crate) fn key(a: u8, b: u8) -> ::cacheflow::key::FullKey {
        let __cacheflow_at = sum::__cacheflow_at();
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&a, &mut __cacheflow_key);
        __cacheflow_key.separator();
        ::cacheflow::CacheKey::write_key(&b, &mut __cacheflow_key);
        ::cacheflow::private::key(__cacheflow_at, __cacheflow_flow, &__cacheflow_key)
    }
    /// Forgets what is kept for these arguments, on every node: see
    /// `cacheflow::Cache::invalidate`.
    #[inline]
    pub(crate) fn invalidate(
        a: u8,
        b: u8,
    ) -> ::cacheflow::private::Later<::cacheflow::Result<::cacheflow::Applied>> {
        let __cacheflow_at = sum::__cacheflow_at();
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&a, &mut __cacheflow_key);
        __cacheflow_key.separator();
        ::cacheflow::CacheKey::write_key(&b, &mut __cacheflow_key);
        ::cacheflow::private::invalidate(
            __cacheflow_at,
            __cacheflow_flow,
            &__cacheflow_key,
        )
    }
    /// What memory alone has for these arguments: see `cacheflow::Cache::peek`.
    #[inline]
    pub(crate) fn peek(
        a: u8,
        b: u8,
    ) -> ::core::option::Option<
        ::cacheflow::Found<<Result<u8, Error> as ::cacheflow::private::Inner>::Value>,
    > {
        let __cacheflow_at = sum::__cacheflow_at();
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
    pub(crate) fn lookup(
        a: u8,
        b: u8,
    ) -> ::cacheflow::private::Later<
        ::cacheflow::Lookup<<Result<u8, Error> as ::cacheflow::private::Inner>::Value>,
    > {
        let __cacheflow_at = sum::__cacheflow_at();
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
    pub(crate) fn put<__CacheflowLevel>(
        a: u8,
        b: u8,
        __cacheflow_value: impl ::cacheflow::private::PartOf<
            Result<u8, Error>,
            __CacheflowLevel,
        >,
    ) -> ::cacheflow::private::Later<::cacheflow::Result<::cacheflow::Applied>> {
        let entry = sum::__cacheflow_entry(a, b);
        entry.put(::cacheflow::private::PartOf::whole(__cacheflow_value))
    }
    #[doc(hidden)]
    #[inline]
    pub(crate) fn __cacheflow_entry(
        a: u8,
        b: u8,
    ) -> ::cacheflow::private::Entry<
        Result<u8, Error>,
        fn(&::cacheflow::private::Saying, &Result<u8, Error>),
    > {
        let __cacheflow_at = sum::__cacheflow_at();
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
    pub(crate) async fn refresh(a: u8, b: u8) -> Result<u8, Error> {
        let __cacheflow_at = sum::__cacheflow_at().reload();
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<Result<u8, Error>>::NEW).shape()
        };
        let __cacheflow_shape = ::cacheflow::private::cacheable(__cacheflow_shape);
        let __cacheflow_missed = {
            let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
            let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
            ::cacheflow::CacheKey::write_key(&a, &mut __cacheflow_key);
            __cacheflow_key.separator();
            ::cacheflow::CacheKey::write_key(&b, &mut __cacheflow_key);
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
        ::cacheflow::private::cached(__cacheflow_missed, move |_| sum::original(a, b))
            .await
    }
    /// The cache in which the function's results are kept.
    #[inline]
    pub(crate) fn cache() -> ::cacheflow::Result<::cacheflow::FunctionCache> {
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let __cacheflow_at = sum::__cacheflow_at();
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<Result<u8, Error>>::NEW).shape()
        };
        let __cacheflow_shape = ::cacheflow::private::cacheable(__cacheflow_shape);
        ::cacheflow::private::cache(__cacheflow_shape, __cacheflow_at, __cacheflow_flow)
    }
    #[doc(hidden)]
    #[inline]
    pub(crate) fn __cacheflow_cache_name() -> ::cacheflow::key::CacheName {
        ::cacheflow::private::name(sum::__cacheflow_at())
    }
}
