async fn open(id: u64) -> Connection {
    let __cacheflow_at = open::__cacheflow_at();
    let __cacheflow_shape = {
        #[allow(unused_imports)]
        use ::cacheflow::private::{
            ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
            ShapeOfResultCloned as _, ShapeOfResultOption as _,
            ShapeOfResultOptionCloned as _,
        };
        (&&&&&&::cacheflow::private::Probe::<Connection>::NEW).shape()
    };
    let __cacheflow_shape = ::cacheflow::private::in_process(__cacheflow_shape);
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
    ::cacheflow::private::cached(__cacheflow_missed, move |_| open::original(id)).await
}
/// What belongs to the cached function [`open`](open()): its keys, and how to forget, put, refresh and read what is kept of it.
#[allow(non_camel_case_types, dead_code, clippy::all, clippy::pedantic, clippy::nursery)]
enum open {}
impl open {
    /// The function itself: asks no cache, and keeps nothing.
    #[allow(dead_code, clippy::unused_async)]
    #[inline]
    async fn original(id: u64) -> Connection {
        #[allow(clippy::used_underscore_binding, clippy::no_effect_underscore_binding)]
        let _ = &id;
        connect(id).await
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
impl open {
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
    fn key(id: u64) -> ::cacheflow::key::FullKey {
        let __cacheflow_at = open::__cacheflow_at();
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
        let __cacheflow_at = open::__cacheflow_at();
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
    fn peek(id: u64) -> ::core::option::Option<::cacheflow::Found<Connection>> {
        let __cacheflow_at = open::__cacheflow_at();
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
            (&&&&&&::cacheflow::private::Probe::<Connection>::NEW).shape()
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
    fn lookup(id: u64) -> ::cacheflow::private::Later<::cacheflow::Lookup<Connection>> {
        let __cacheflow_at = open::__cacheflow_at();
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
            (&&&&&&::cacheflow::private::Probe::<Connection>::NEW).shape()
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
        id: u64,
        __cacheflow_value: impl ::cacheflow::private::PartOf<
            Connection,
            __CacheflowLevel,
        >,
    ) -> ::cacheflow::private::Later<::cacheflow::Result<::cacheflow::Applied>> {
        let entry = open::__cacheflow_entry(id);
        entry.put(::cacheflow::private::PartOf::whole(__cacheflow_value))
    }
    #[doc(hidden)]
    #[inline]
    fn __cacheflow_entry(
        id: u64,
    ) -> ::cacheflow::private::Entry<
        Connection,
        fn(&::cacheflow::private::Saying, &Connection),
    > {
        let __cacheflow_at = open::__cacheflow_at();
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
            (&&&&&&::cacheflow::private::Probe::<Connection>::NEW).shape()
        };
        let __cacheflow_shape = ::cacheflow::private::in_process(__cacheflow_shape);
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
    async fn refresh(id: u64) -> Connection {
        let __cacheflow_at = open::__cacheflow_at().reload();
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<Connection>::NEW).shape()
        };
        let __cacheflow_shape = ::cacheflow::private::in_process(__cacheflow_shape);
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
        ::cacheflow::private::cached(__cacheflow_missed, move |_| open::original(id))
            .await
    }
    /// The cache in which the function's results are kept.
    #[inline]
    fn cache() -> ::cacheflow::Result<::cacheflow::FunctionCache> {
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let __cacheflow_at = open::__cacheflow_at();
        let __cacheflow_shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
                ShapeOfResultCloned as _, ShapeOfResultOption as _,
                ShapeOfResultOptionCloned as _,
            };
            (&&&&&&::cacheflow::private::Probe::<Connection>::NEW).shape()
        };
        let __cacheflow_shape = ::cacheflow::private::in_process(__cacheflow_shape);
        ::cacheflow::private::cache(__cacheflow_shape, __cacheflow_at, __cacheflow_flow)
    }
    #[doc(hidden)]
    #[inline]
    fn __cacheflow_cache_name() -> ::cacheflow::key::CacheName {
        ::cacheflow::private::name(open::__cacheflow_at())
    }
}
