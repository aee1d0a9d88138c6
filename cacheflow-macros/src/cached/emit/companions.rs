//! The companions of a function: its key, how to forget, to put, to refresh.

use super::call::{self, emit_key, emit_names};
use super::load::emit_after;
use super::signature::{Signatures, allowed, concerns_bodies};
use super::{Locals, site};
use crate::cached::model::{Cached, Companions, Home};
use crate::function::{Function, last_argument};
use crate::spans::local;
use proc_macro2::{Group, Ident, Span, TokenStream};
use quote::quote;
use syn::{FnArg, Type, parse_quote};

/// All of them; nothing if the function has none.
pub(super) fn emit(cached: &Cached, signatures: &Signatures<'_>) -> TokenStream {
    let Some(companions) = &cached.companions else {
        return TokenStream::new();
    };
    let maker = Maker {
        cached,
        signatures,
        companions,
        locals: Locals::new(),
    };
    let at = site::emit_at_function(cached);
    let original = maker.original();
    let others = [
        maker.key(),
        maker.invalidate(),
        maker.peek(),
        maker.lookup(),
        maker.put(),
        maker.entry(),
        maker.refresh(),
        maker.cache(),
        maker.cache_name(),
    ];
    // Not over the body, which is the user's.
    let allow = quote! {
        #[allow(
            dead_code,
            unused_variables,
            unused_mut,
            clippy::all,
            clippy::pedantic,
            clippy::nursery,
        )]
    };
    match companions.home {
        Home::Beside => quote! {
            #original
            #allow #at
            #(#allow #others)*
        },
        Home::Type => {
            let function = &cached.function;
            let cfgs = function.attrs.iter().filter(|it| it.path().is_ident("cfg"));
            let cfgs: TokenStream = cfgs.map(|cfg| quote! { #cfg }).collect();
            let (name, vis) = (&function.sig.ident, &companions.visibility);
            let doc = format!(
                " What belongs to the cached function [`{name}`]({name}()): its keys, and how to \
                 forget, put, refresh and read what is kept of it."
            );
            quote! {
                #[doc = #doc]
                #[allow(non_camel_case_types, dead_code, clippy::all, clippy::pedantic, clippy::nursery)]
                #cfgs
                #vis enum #name {}

                #cfgs
                impl #name {
                    #original
                }

                #allow
                #cfgs
                impl #name {
                    #at
                    #(#others)*
                }
            }
        }
    }
}

struct Maker<'a> {
    cached: &'a Cached,
    signatures: &'a Signatures<'a>,
    companions: &'a Companions,
    locals: Locals,
}

impl Maker<'_> {
    /// The body, under another name.
    fn original(&self) -> TokenStream {
        let Function {
            attrs,
            sig,
            inner_attrs,
            body,
            ..
        } = &self.cached.function;
        let vis = &self.companions.visibility;
        let attrs: Vec<_> = attrs.iter().filter(|it| concerns_bodies(it)).collect();
        let mut sig = sig.clone();
        sig.ident = self.signatures.name("original");
        let stream = body.as_ref().map(Group::stream).unwrap_or_default();
        let span = body.as_ref().map_or_else(Span::call_site, Group::span);
        // Used, if only by the attribute.
        let used = self.signatures.names_used_by(&self.all());
        let used = used.iter().filter(|name| **name != "self");
        let used = quote! {
            #(
                #[allow(clippy::used_underscore_binding, clippy::no_effect_underscore_binding)]
                let _ = &#used;
            )*
        };
        let braced = |stream| {
            let mut group = Group::new(proc_macro2::Delimiter::Brace, stream);
            group.set_span(span);
            group
        };
        let doc = quote! {
            /// The function itself: asks no cache, and keeps nothing.
            #[allow(dead_code, clippy::unused_async)]
            #[inline]
            #(#attrs)*
        };
        if self.signatures.body() == "original" {
            let inside = braced(quote! { #(#inner_attrs)* #used #stream });
            return quote! { #doc #vis #sig #inside };
        }
        let mut apart = sig.clone();
        apart.ident = self.signatures.name(self.signatures.body());
        let taken: Vec<_> = self.signatures.taken_by_body().collect();
        apart.inputs = taken.iter().map(|(input, _)| (*input).clone()).collect();
        let inside = braced(quote! { #(#inner_attrs)* #stream });
        let sig = self.signatures.companion("original");
        let used = self.signatures.handed_on_by(&self.all());
        let used = used.into_iter().filter(|name| *name != "self");
        let function = self.signatures.path(self.signatures.body());
        let generics = site::turbofish(&sig.generics);
        let names = taken.iter().map(|(_, name)| name);
        let wait = sig.asyncness.map(|_| quote! { .await });
        quote! {
            // It takes what the body uses; what it is generic over is the function's.
            #[doc(hidden)]
            #[allow(
                clippy::unused_async,
                clippy::extra_unused_lifetimes,
                clippy::extra_unused_type_parameters,
            )]
            #(#attrs)*
            #apart #inside

            #doc
            #vis #sig {
                #(let _ = &#used;)*
                #function #generics (#(#names),*)#wait
            }
        }
    }

    fn key(&self) -> TokenStream {
        let Locals { at, flow, key, .. } = &self.locals;
        let (head, clauses) = self.keyed("key", None);
        let names = self.place_and_key();
        quote! {
            /// The key of what is kept for these arguments, with the name of its cache
            /// before it.
            #head -> ::cacheflow::key::FullKey #clauses {
                #names
                ::cacheflow::private::key(#at, #flow, &#key)
            }
        }
    }

    fn invalidate(&self) -> TokenStream {
        let Locals { at, flow, key, .. } = &self.locals;
        let (head, clauses) = self.keyed("invalidate", None);
        let names = self.place_and_key();
        quote! {
            /// Forgets what is kept for these arguments, on every node: see
            /// `cacheflow::Cache::invalidate`.
            #head -> ::cacheflow::private::Later<
                ::cacheflow::Result<::cacheflow::Applied>
            > #clauses {
                #names
                ::cacheflow::private::invalidate(#at, #flow, &#key)
            }
        }
    }

    fn peek(&self) -> TokenStream {
        let Locals {
            at,
            flow,
            key,
            shape,
            ..
        } = &self.locals;
        let (head, clauses) = self.keyed("peek", None);
        let (names, value) = (self.place_and_names(), self.value());
        quote! {
            /// What memory alone has for these arguments: see `cacheflow::Cache::peek`.
            #head -> ::core::option::Option<::cacheflow::Found<#value>> #clauses {
                #names
                ::cacheflow::private::peek(#shape, #at, #flow, &#key)
            }
        }
    }

    fn lookup(&self) -> TokenStream {
        let Locals {
            at,
            flow,
            key,
            shape,
            ..
        } = &self.locals;
        let (head, clauses) = self.keyed("lookup", None);
        let (names, value) = (self.place_and_names(), self.value());
        quote! {
            /// What is kept for these arguments, with where it lies and how old it is; the
            /// function does not run: see `cacheflow::Cache::lookup`.
            #head -> ::cacheflow::private::Later<::cacheflow::Lookup<#value>> #clauses {
                #names
                ::cacheflow::private::lookup(#shape, #at, #flow, #key)
            }
        }
    }

    fn put(&self) -> TokenStream {
        let level = Ident::new("__CacheflowLevel", Span::mixed_site());
        let value = local("value");
        let returns = &self.cached.returns;
        let tokens = self.put_tokens();
        let (head, clauses) = self.head(
            "put",
            self.signatures.handing_on(&tokens),
            Some((
                &level,
                &value,
                parse_quote!(impl ::cacheflow::private::PartOf<#returns, #level>),
            )),
        );
        let entry = self.signatures.path("__cacheflow_entry");
        let generics = site::turbofish(&self.cached.function.sig.generics);
        let arguments = self.signatures.handed_on_by(&tokens);
        quote! {
            /// Keeps a value in place of what is kept for these arguments, with the tags,
            /// dependencies and lifetime that the function's values have: see
            /// `cacheflow::Cache::put`.
            #head -> ::cacheflow::private::Later<
                ::cacheflow::Result<::cacheflow::Applied>
            > #clauses {
                let entry = #entry #generics (#(#arguments),*);
                entry.put(::cacheflow::private::PartOf::whole(#value))
            }
        }
    }

    /// The right to put a value, for those who write through the function's cache.
    fn entry(&self) -> TokenStream {
        let Locals {
            at,
            flow,
            key,
            shape,
            context,
        } = &self.locals;
        let (head, clauses) = self.with_put_arguments("__cacheflow_entry");
        let returns = &self.cached.returns;
        let (ttl_let, ttl) = site::emit_ttl(self.cached.ttl.as_ref());
        let here = site::emit_at(self.cached);
        let names = emit_names(self.cached, &self.locals);
        let (before, after) = self.cached.said.emit(context);
        let (returned, said) = (local("returned"), local("said"));
        // An opaque type borrows from all arguments, as far as the compiler may know, so
        // that nobody could consume one before the entry is put: only where it has to be.
        let parameters = quote! { &::cacheflow::private::Saying, &#returns };
        let function = quote! { ::core::ops::FnOnce(#parameters) };
        let borrows = !self.signatures.names_used_by(&after).is_empty();
        let (ty, says) = if self.cached.said.waits() {
            let after = emit_after(&after, &self.locals);
            let says = quote! {
                move |#context: &::cacheflow::private::Saying, #returned: &#returns| { #after }
            };
            if borrows {
                (quote! { impl #function }, says)
            } else {
                (
                    quote! { ::std::boxed::Box<dyn #function + ::core::marker::Send> },
                    quote! { ::std::boxed::Box::new(#says) },
                )
            }
        } else {
            (quote! { fn(#parameters) }, quote! { |_, _| {} })
        };
        let before = (!before.is_empty()).then(|| {
            quote! {
                let #context = &#said;
                #before
            }
        });
        quote! {
            #[doc(hidden)]
            #head -> ::cacheflow::private::Entry<#returns, #ty> #clauses {
                #ttl_let
                let #at = #here #ttl;
                #names
                let #said = <::cacheflow::private::Saying as ::core::default::Default>::default();
                #before
                ::cacheflow::private::Entry::new(#shape, #at, #flow, &#key, #said, #says)
            }
        }
    }

    fn refresh(&self) -> TokenStream {
        let vis = &self.companions.visibility;
        let sig = self.signatures.companion("refresh");
        let call = call::emit(self.cached, self.signatures, true);
        let attrs = self.cached.function.attrs.iter();
        let attrs = attrs.filter(|it| concerns_bodies(it)).map(allowed);
        quote! {
            /// Runs the function, whatever is kept, and keeps what it gives.
            #(#attrs)*
            #[inline]
            #vis #sig { #call }
        }
    }

    fn cache(&self) -> TokenStream {
        let Locals {
            at, flow, shape, ..
        } = &self.locals;
        let flow_let = site::emit_flow(self.cached, flow);
        let here = site::emit_at(self.cached);
        let shape_let = call::emit_shape(self.cached, &self.locals);
        let used = self.signatures.used_by(&flow_let);
        let (head, clauses) = self.head("cache", used, None);
        quote! {
            /// The cache in which the function's results are kept.
            #head -> ::cacheflow::Result<::cacheflow::FunctionCache> #clauses {
                #flow_let
                let #at = #here;
                #shape_let
                ::cacheflow::private::cache(#shape, #at, #flow)
            }
        }
    }

    fn cache_name(&self) -> TokenStream {
        let here = site::emit_at(self.cached);
        let (head, clauses) = self.head("__cacheflow_cache_name", Vec::new(), None);
        quote! {
            #[doc(hidden)]
            #head -> ::cacheflow::key::CacheName #clauses {
                ::cacheflow::private::name(#here)
            }
        }
    }

    fn place_and_key(&self) -> TokenStream {
        let at = &self.locals.at;
        let here = site::emit_at(self.cached);
        let key = emit_key(self.cached, &self.locals);
        quote! {
            let #at = #here;
            #key
        }
    }

    fn place_and_names(&self) -> TokenStream {
        let at = &self.locals.at;
        let here = site::emit_at(self.cached);
        let names = emit_names(self.cached, &self.locals);
        quote! {
            let #at = #here;
            #names
        }
    }

    /// The head of a companion that takes what the key is made of.
    fn keyed(&self, name: &str, value: Value<'_>) -> (TokenStream, Clauses<'_>) {
        let key = emit_key(self.cached, &self.locals);
        self.head(name, self.signatures.used_by(&key), value)
    }

    /// The head of one that takes what a value that is put is kept with as well.
    fn with_put_arguments(&self, name: &str) -> (TokenStream, Clauses<'_>) {
        self.head(name, self.signatures.used_by(&self.put_tokens()), None)
    }

    fn put_tokens(&self) -> TokenStream {
        let key = emit_key(self.cached, &self.locals);
        let (before, after) = self.cached.said.emit(&self.locals.context);
        let (ttl_let, _) = site::emit_ttl(self.cached.ttl.as_ref());
        quote! { #key #before #after #ttl_let }
    }

    /// Everything that the attribute speaks of.
    fn all(&self) -> TokenStream {
        let (put, when) = (self.put_tokens(), &self.cached.when);
        quote! { #put #when }
    }

    fn head(
        &self,
        name: &str,
        mut inputs: Vec<FnArg>,
        value: Value<'_>,
    ) -> (TokenStream, Clauses<'_>) {
        let vis = &self.companions.visibility;
        let name = self.signatures.name(name);
        let sig = &self.cached.function.sig;
        let mut generics = sig.generics.clone();
        if let Some((level, value, ty)) = value {
            generics.params.push(parse_quote!(#level));
            inputs.push(parse_quote!(#value: #ty));
        }
        // Inline, so that nobody compiles what nobody calls.
        let head = quote! { #[inline] #vis fn #name #generics (#(#inputs),*) };
        (head, &sig.generics.where_clause)
    }

    /// The type of the value as far as it can be read: what is in a `Result` and in an
    /// `Option`. What an alias hides is given as it is.
    fn value(&self) -> Type {
        let returns = &self.cached.returns;
        let inner = |ty: &Type| match ty {
            Type::Path(path) => last_argument(&path.path, "Option").cloned(),
            _ => None,
        };
        let of_result = match crate::function::bare(returns) {
            Type::Path(path) => last_argument(&path.path, "Result"),
            _ => None,
        };
        let depth = match of_result {
            Some(ok) if inner(crate::function::bare(ok)).is_some() => 2,
            Some(_) => 1,
            None => usize::from(inner(crate::function::bare(returns)).is_some()),
        };
        let projected = quote! { #returns };
        let projected = (0..depth).fold(projected, |ty, _| {
            quote! { <#ty as ::cacheflow::private::Inner>::Value }
        });
        parse_quote!(#projected)
    }
}

/// A last argument with its type, and the name of a parameter that the type needs.
type Value<'a> = Option<(&'a Ident, &'a Ident, Type)>;

type Clauses<'a> = &'a Option<syn::WhereClause>;
