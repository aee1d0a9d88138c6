//! From meaning to code; nothing fails here.

use super::model::{Plan, Warmer};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use std::time::Duration;

/// The note of the function, which a flow finds.
pub(super) fn emit(warmer: &Warmer) -> TokenStream {
    let Warmer {
        function,
        name,
        caches,
        plan,
        returns,
    } = warmer;
    let name = match name {
        Some(name) => quote! { #name },
        None => {
            let function = function.to_string();
            quote! { ::core::concat!(::core::module_path!(), "::", #function) }
        }
    };
    let required = plan.required;
    let plan = planned(plan);
    let flow = Ident::new("__cacheflow_flow", Span::mixed_site());
    let span = returns.resolved_at(Span::call_site()).first;
    let reported = quote_spanned! { span=> ::cacheflow::private::reported(#function(#flow).await) };
    quote! {
        const _: () = {
            fn warm(#flow: &::cacheflow::CacheFlow) -> ::cacheflow::private::WarmingFuture<'_> {
                ::std::boxed::Box::pin(async move { #reported })
            }
            fn plan() -> ::cacheflow::WarmPlan {
                #plan
            }
            ::cacheflow::private::inventory::submit! {
                ::cacheflow::private::FunctionWarmer::new(#name, &[#(#caches),*], #required, plan, warm)
            }
        };
    }
}

fn planned(plan: &Plan) -> TokenStream {
    let Plan {
        required: _,
        on_startup,
        per_node,
        every,
        cron,
        once_per,
        timeout,
    } = plan;
    let time = |method: &str, duration: &Option<Duration>| {
        let method = Ident::new(method, Span::call_site());
        duration.map(|duration| {
            let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
            quote! { .#method(::core::time::Duration::from_millis(#millis)) }
        })
    };
    let every = time("every", every);
    let once_per = time("once_per", once_per);
    let timeout = time("timeout", timeout);
    let plan = quote! {
        ::cacheflow::WarmPlan::new()
            .on_startup(#on_startup)
            .per_node(#per_node)
            #every #once_per #timeout
    };
    match cron {
        Some(table) => quote! { ::cacheflow::private::with_cron(#plan, #table) },
        None => plan,
    }
}
