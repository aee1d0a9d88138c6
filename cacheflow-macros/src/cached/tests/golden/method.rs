pub async fn find<T: Role>(
    self: Arc<Self>,
    __cacheflow_argument_1: (u8, u8),
    role: T,
) -> io::Result<T>
where
    T: Clone,
{
    #[allow(unused_variables, clippy::all, clippy::pedantic)]
    let (a, b) = &__cacheflow_argument_1;
    let __cacheflow_at = Self::__cacheflow_at_find::<T>();
    let __cacheflow_shape = {
        #[allow(unused_imports)]
        use ::cacheflow::private::{
            ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
            ShapeOfResultCloned as _, ShapeOfResultOption as _,
            ShapeOfResultOptionCloned as _,
        };
        (&&&&&&::cacheflow::private::Probe::<io::Result<T>>::NEW).shape()
    };
    let __cacheflow_shape = ::cacheflow::private::cacheable(__cacheflow_shape);
    let __cacheflow_missed = {
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&(self.tenant), &mut __cacheflow_key);
        __cacheflow_key.separator();
        ::cacheflow::CacheKey::write_key(&a, &mut __cacheflow_key);
        __cacheflow_key.separator();
        ::cacheflow::CacheKey::write_key(&role, &mut __cacheflow_key);
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
            move |_| Self::find_original::<T>(self, __cacheflow_argument_1, role),
        )
        .await
}
/// The function itself: asks no cache, and keeps nothing.
#[allow(dead_code, clippy::unused_async)]
#[inline]
pub(crate) async fn find_original<T: Role>(
    self: Arc<Self>,
    (a, b): (u8, u8),
    role: T,
) -> io::Result<T>
where
    T: Clone,
{
    #[allow(clippy::used_underscore_binding, clippy::no_effect_underscore_binding)]
    let _ = &a;
    #[allow(clippy::used_underscore_binding, clippy::no_effect_underscore_binding)]
    let _ = &role;
    self.load(a, b, role).await
}
#[allow(
    dead_code,
    unused_variables,
    unused_mut,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
)]
#[doc(hidden)]
#[inline]
fn __cacheflow_at_find<T: Role>() -> ::cacheflow::private::At
where
    T: Clone,
{
    static __CACHEFLOW_SITE: ::cacheflow::private::Site = ::cacheflow::private::Site::own();
    __CACHEFLOW_SITE.at(::core::any::type_name_of_val(&|| ()))
}
#[allow(
    dead_code,
    unused_variables,
    unused_mut,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
)]
/// The key of what is kept for these arguments, with the name of its cache
/// before it.
#[inline]
pub(crate) fn find_key<T: Role>(
    self: Arc<Self>,
    (a, b): (u8, u8),
    role: T,
) -> ::cacheflow::key::FullKey
where
    T: Clone,
{
    let __cacheflow_at = Self::__cacheflow_at_find::<T>();
    let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
    let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
    ::cacheflow::CacheKey::write_key(&(self.tenant), &mut __cacheflow_key);
    __cacheflow_key.separator();
    ::cacheflow::CacheKey::write_key(&a, &mut __cacheflow_key);
    __cacheflow_key.separator();
    ::cacheflow::CacheKey::write_key(&role, &mut __cacheflow_key);
    ::cacheflow::private::key(__cacheflow_at, __cacheflow_flow, &__cacheflow_key)
}
#[allow(
    dead_code,
    unused_variables,
    unused_mut,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
)]
/// Forgets what is kept for these arguments, on every node: see
/// `cacheflow::Cache::invalidate`.
#[inline]
pub(crate) fn find_invalidate<T: Role>(
    self: Arc<Self>,
    (a, b): (u8, u8),
    role: T,
) -> ::cacheflow::private::Later<::cacheflow::Result<::cacheflow::Applied>>
where
    T: Clone,
{
    let __cacheflow_at = Self::__cacheflow_at_find::<T>();
    let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
    let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
    ::cacheflow::CacheKey::write_key(&(self.tenant), &mut __cacheflow_key);
    __cacheflow_key.separator();
    ::cacheflow::CacheKey::write_key(&a, &mut __cacheflow_key);
    __cacheflow_key.separator();
    ::cacheflow::CacheKey::write_key(&role, &mut __cacheflow_key);
    ::cacheflow::private::invalidate(__cacheflow_at, __cacheflow_flow, &__cacheflow_key)
}
#[allow(
    dead_code,
    unused_variables,
    unused_mut,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
)]
/// What memory alone has for these arguments: see `cacheflow::Cache::peek`.
#[inline]
pub(crate) fn find_peek<T: Role>(
    self: Arc<Self>,
    (a, b): (u8, u8),
    role: T,
) -> ::core::option::Option<
    ::cacheflow::Found<<io::Result<T> as ::cacheflow::private::Inner>::Value>,
>
where
    T: Clone,
{
    let __cacheflow_at = Self::__cacheflow_at_find::<T>();
    let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
    let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
    ::cacheflow::CacheKey::write_key(&(self.tenant), &mut __cacheflow_key);
    __cacheflow_key.separator();
    ::cacheflow::CacheKey::write_key(&a, &mut __cacheflow_key);
    __cacheflow_key.separator();
    ::cacheflow::CacheKey::write_key(&role, &mut __cacheflow_key);
    let __cacheflow_shape = {
        #[allow(unused_imports)]
        use ::cacheflow::private::{
            ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
            ShapeOfResultCloned as _, ShapeOfResultOption as _,
            ShapeOfResultOptionCloned as _,
        };
        (&&&&&&::cacheflow::private::Probe::<io::Result<T>>::NEW).shape()
    };
    let __cacheflow_shape = ::cacheflow::private::cacheable(__cacheflow_shape);
    ::cacheflow::private::peek(
        __cacheflow_shape,
        __cacheflow_at,
        __cacheflow_flow,
        &__cacheflow_key,
    )
}
#[allow(
    dead_code,
    unused_variables,
    unused_mut,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
)]
/// What is kept for these arguments, with where it lies and how old it is; the
/// function does not run: see `cacheflow::Cache::lookup`.
#[inline]
pub(crate) fn find_lookup<T: Role>(
    self: Arc<Self>,
    (a, b): (u8, u8),
    role: T,
) -> ::cacheflow::private::Later<
    ::cacheflow::Lookup<<io::Result<T> as ::cacheflow::private::Inner>::Value>,
>
where
    T: Clone,
{
    let __cacheflow_at = Self::__cacheflow_at_find::<T>();
    let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
    let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
    ::cacheflow::CacheKey::write_key(&(self.tenant), &mut __cacheflow_key);
    __cacheflow_key.separator();
    ::cacheflow::CacheKey::write_key(&a, &mut __cacheflow_key);
    __cacheflow_key.separator();
    ::cacheflow::CacheKey::write_key(&role, &mut __cacheflow_key);
    let __cacheflow_shape = {
        #[allow(unused_imports)]
        use ::cacheflow::private::{
            ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
            ShapeOfResultCloned as _, ShapeOfResultOption as _,
            ShapeOfResultOptionCloned as _,
        };
        (&&&&&&::cacheflow::private::Probe::<io::Result<T>>::NEW).shape()
    };
    let __cacheflow_shape = ::cacheflow::private::cacheable(__cacheflow_shape);
    ::cacheflow::private::lookup(
        __cacheflow_shape,
        __cacheflow_at,
        __cacheflow_flow,
        __cacheflow_key,
    )
}
#[allow(
    dead_code,
    unused_variables,
    unused_mut,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
)]
/// Keeps a value in place of what is kept for these arguments, with the tags,
/// dependencies and lifetime that the function's values have: see
/// `cacheflow::Cache::put`.
#[inline]
pub(crate) fn find_put<T: Role, __CacheflowLevel>(
    self: Arc<Self>,
    __cacheflow_argument_1: (u8, u8),
    role: T,
    __cacheflow_value: impl ::cacheflow::private::PartOf<io::Result<T>, __CacheflowLevel>,
) -> ::cacheflow::private::Later<::cacheflow::Result<::cacheflow::Applied>>
where
    T: Clone,
{
    let entry = Self::find_cacheflow_entry::<T>(self, __cacheflow_argument_1, role);
    entry.put(::cacheflow::private::PartOf::whole(__cacheflow_value))
}
#[allow(
    dead_code,
    unused_variables,
    unused_mut,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
)]
#[doc(hidden)]
#[inline]
pub(crate) fn find_cacheflow_entry<T: Role>(
    self: Arc<Self>,
    (a, b): (u8, u8),
    role: T,
) -> ::cacheflow::private::Entry<
    io::Result<T>,
    fn(&::cacheflow::private::Saying, &io::Result<T>),
>
where
    T: Clone,
{
    let __cacheflow_at = Self::__cacheflow_at_find::<T>();
    let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
    let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
    ::cacheflow::CacheKey::write_key(&(self.tenant), &mut __cacheflow_key);
    __cacheflow_key.separator();
    ::cacheflow::CacheKey::write_key(&a, &mut __cacheflow_key);
    __cacheflow_key.separator();
    ::cacheflow::CacheKey::write_key(&role, &mut __cacheflow_key);
    let __cacheflow_shape = {
        #[allow(unused_imports)]
        use ::cacheflow::private::{
            ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
            ShapeOfResultCloned as _, ShapeOfResultOption as _,
            ShapeOfResultOptionCloned as _,
        };
        (&&&&&&::cacheflow::private::Probe::<io::Result<T>>::NEW).shape()
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
#[allow(
    dead_code,
    unused_variables,
    unused_mut,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
)]
/// Runs the function, whatever is kept, and keeps what it gives.
#[inline]
pub(crate) async fn find_refresh<T: Role>(
    self: Arc<Self>,
    __cacheflow_argument_1: (u8, u8),
    role: T,
) -> io::Result<T>
where
    T: Clone,
{
    #[allow(unused_variables, clippy::all, clippy::pedantic)]
    let (a, b) = &__cacheflow_argument_1;
    let __cacheflow_at = Self::__cacheflow_at_find::<T>().reload();
    let __cacheflow_shape = {
        #[allow(unused_imports)]
        use ::cacheflow::private::{
            ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
            ShapeOfResultCloned as _, ShapeOfResultOption as _,
            ShapeOfResultOptionCloned as _,
        };
        (&&&&&&::cacheflow::private::Probe::<io::Result<T>>::NEW).shape()
    };
    let __cacheflow_shape = ::cacheflow::private::cacheable(__cacheflow_shape);
    let __cacheflow_missed = {
        let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
        ::cacheflow::CacheKey::write_key(&(self.tenant), &mut __cacheflow_key);
        __cacheflow_key.separator();
        ::cacheflow::CacheKey::write_key(&a, &mut __cacheflow_key);
        __cacheflow_key.separator();
        ::cacheflow::CacheKey::write_key(&role, &mut __cacheflow_key);
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
            move |_| Self::find_original::<T>(self, __cacheflow_argument_1, role),
        )
        .await
}
#[allow(
    dead_code,
    unused_variables,
    unused_mut,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
)]
/// The cache in which the function's results are kept.
#[inline]
pub(crate) fn find_cache<T: Role>() -> ::cacheflow::Result<::cacheflow::FunctionCache>
where
    T: Clone,
{
    let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
    let __cacheflow_at = Self::__cacheflow_at_find::<T>();
    let __cacheflow_shape = {
        #[allow(unused_imports)]
        use ::cacheflow::private::{
            ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _,
            ShapeOfResultCloned as _, ShapeOfResultOption as _,
            ShapeOfResultOptionCloned as _,
        };
        (&&&&&&::cacheflow::private::Probe::<io::Result<T>>::NEW).shape()
    };
    let __cacheflow_shape = ::cacheflow::private::cacheable(__cacheflow_shape);
    ::cacheflow::private::cache(__cacheflow_shape, __cacheflow_at, __cacheflow_flow)
}
#[allow(
    dead_code,
    unused_variables,
    unused_mut,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
)]
#[doc(hidden)]
#[inline]
pub(crate) fn find_cacheflow_cache_name<T: Role>() -> ::cacheflow::key::CacheName
where
    T: Clone,
{
    ::cacheflow::private::name(Self::__cacheflow_at_find::<T>())
}
