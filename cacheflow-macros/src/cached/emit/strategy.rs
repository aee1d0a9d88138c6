//! What makes the strategy, and what a load needs because of it.

use crate::cached::model::{Breaker, FailSafe, Make, Refresh, Setting, Strategy, Terms, Trip};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use std::time::Duration;
use syn::Type;

/// What says it of the cache.
pub(super) fn emit(strategy: &Strategy) -> TokenStream {
    let made = match &strategy.make {
        Make::Expression(expr) => expr.to_token_stream(),
        Make::Terms(terms) => emit_terms(terms),
    };
    quote! { .strategy(#made) }
}

/// The function to call, and its last argument with the comma before it.
pub(super) fn emit_function(
    strategy: Option<&Strategy>,
    returns: &Type,
    place: Span,
) -> (TokenStream, TokenStream) {
    let (fails, background) = strategy.map_or((false, false), |strategy| {
        (strategy.fails, strategy.background.is_some())
    });
    let function = match (background, fails) {
        (true, _) => quote_spanned! { place=> ::cacheflow::private::cached_in_background },
        (false, true) => quote_spanned! { place=> ::cacheflow::private::cached_with },
        (false, false) => quote_spanned! { place=> ::cacheflow::private::cached },
    };
    let trouble = match (background, fails) {
        (_, true) => quote_spanned! { place=>
            , ::core::option::Option::Some(
                |error| <#returns as ::cacheflow::private::FromTrouble>::from_trouble(error)
            )
        },
        (true, false) => quote! { , ::core::option::Option::None },
        (false, false) => TokenStream::new(),
    };
    (function, trouble)
}

fn emit_terms(terms: &Terms) -> TokenStream {
    let Terms {
        cache_aside,
        memory_ttl,
        refresh,
        breaker,
        fail_safe,
        soft_timeout,
        hard_timeout,
        bulkhead,
        lease,
    } = terms;
    let levels = if *cache_aside {
        quote! { cache_aside() }
    } else {
        quote! { multi_level() }
    };
    let memory_ttl = set("memory_ttl", memory_ttl.as_ref().map(duration));
    let refresh = set("refresh_ahead", refresh.as_ref().map(emit_refresh));
    let breaker = set("circuit_breaker", breaker.as_ref().map(emit_breaker));
    let fail_safe = set("fail_safe", fail_safe.as_ref().map(emit_fail_safe));
    let soft_timeout = set("soft_timeout", soft_timeout.as_ref().map(duration));
    let hard_timeout = set("hard_timeout", hard_timeout.as_ref().map(duration));
    let bulkhead = set(
        "bulkhead",
        bulkhead.as_ref().map(|(loads, queue)| {
            let loads = setting(loads);
            let queue = set("queue", queue.as_ref().map(setting));
            quote! { ::cacheflow::Bulkhead::new(#loads) #queue }
        }),
    );
    let lock = set("distributed_lock", lease.as_ref().map(duration));
    quote! {
        ::cacheflow::Strategy::#levels
            #memory_ttl #refresh #breaker #fail_safe #soft_timeout #hard_timeout #bulkhead #lock
    }
}

fn emit_refresh(refresh: &Refresh) -> TokenStream {
    let (way, value) = match refresh {
        Refresh::Ratio(ratio) => (quote! { at }, setting(ratio)),
        Refresh::After(age) => (quote! { after }, duration(age)),
        Refresh::Early(beta) => (quote! { early }, setting(beta)),
    };
    quote! { ::cacheflow::RefreshAhead::#way(#value) }
}

fn emit_breaker(breaker: &Breaker) -> TokenStream {
    let Breaker {
        trip,
        reset_after,
        stale_ttl,
        shared,
    } = breaker;
    let trip = trip.as_ref().map(|trip| match trip {
        Trip::Failures(failures) => {
            let failures = setting(failures);
            quote! { .failures(#failures) }
        }
        Trip::Rate(share, window, minimum) => {
            let (share, window, minimum) = (setting(share), duration(window), setting(minimum));
            quote! { .failure_rate(#share, #window, #minimum) }
        }
    });
    let reset_after = set("reset_after", reset_after.as_ref().map(duration));
    let stale_ttl = set("stale_ttl", stale_ttl.as_ref().map(duration));
    let shared = set("shared", shared.as_ref().map(setting));
    quote! { ::cacheflow::CircuitBreaker::new() #trip #reset_after #stale_ttl #shared }
}

fn emit_fail_safe(fail_safe: &FailSafe) -> TokenStream {
    let stale = duration(&fail_safe.stale);
    let throttle = set("throttle", fail_safe.throttle.as_ref().map(duration));
    quote! { ::cacheflow::FailSafe::new(#stale) #throttle }
}

/// `.name(value)`, or nothing.
fn set(name: &str, value: Option<TokenStream>) -> Option<TokenStream> {
    let name = proc_macro2::Ident::new(name, Span::mixed_site());
    value.map(|value| quote! { .#name(#value) })
}

pub(super) fn duration(setting: &Setting<Duration>) -> TokenStream {
    match setting {
        Setting::Fixed(duration) => super::emit_duration(*duration),
        Setting::Computed(expr) => expr.to_token_stream(),
    }
}

pub(super) fn setting<T: ToTokens>(setting: &Setting<T>) -> TokenStream {
    match setting {
        Setting::Fixed(value) => value.to_token_stream(),
        Setting::Computed(expr) => expr.to_token_stream(),
    }
}
