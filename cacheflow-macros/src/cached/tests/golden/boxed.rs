fn find<'life0, 'async_trait>(
    &'life0 self,
    id: u64,
) -> ::core::pin::Pin<
    Box<dyn ::core::future::Future<Output = u64> + ::core::marker::Send + 'async_trait>,
>
where
    'life0: 'async_trait,
    Self: 'async_trait,
{
    ::std::boxed::Box::pin(async move {
        let __cacheflow_at = {
            static __CACHEFLOW_SITE: ::cacheflow::private::Site = ::cacheflow::private::Site::own();
            __CACHEFLOW_SITE.at(::core::any::type_name_of_val(&|| ()))
        };
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
            let __cacheflow_flow: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
            let mut __cacheflow_key = ::cacheflow::KeyBuf::new();
            ::cacheflow::CacheKey::write_key(&self.tenant, &mut __cacheflow_key);
            __cacheflow_key.separator();
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
                move |_| ::cacheflow::private::begin(move || -> ::core::pin::Pin<
                    Box<
                        dyn ::core::future::Future<
                            Output = u64,
                        > + ::core::marker::Send + 'async_trait,
                    >,
                > {
                    Box::pin(async move {
                        let __self = self;
                        __self.load(id).await
                    })
                }),
            )
            .await
    })
}
