//! From meaning to code. Nothing fails here: what could, `check` refused.
//!
//! ```text
//! {
//!     before        what is known of the arguments, which the body may consume
//!     body          awaited
//!     gave │ nothing │ failed      what its end says of what stands before
//!     end           awaited, after nothing borrows from the result any more
//! }
//! ```
//!
//! Whatever `before` makes sees to it by itself that nothing old is left, should the
//! call end between there and `end`.

mod body;
mod evict;
mod put;
mod texts;
mod update;

use super::model::{Change, Does};
use crate::ends::Ends;
use crate::function::{Function, Manner};
use crate::scope::{named_result, result, speaks_of_result};
use crate::spans::{borrowed, local, shown_at};
use crate::text::Names;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Expr;

pub(super) fn emit(change: &Change) -> TokenStream {
    let Function {
        attrs,
        vis,
        sig,
        inner_attrs,
        ..
    } = &change.function;
    let steps = match &change.does {
        Does::Put(put) => put::emit(change, put),
        Does::Evict(evict) => evict::emit(change, evict),
        Does::Update(parents) => update::emit(change, parents),
    };
    let whole = around(&steps, &body::emit(change));
    let whole = match change.manner {
        Manner::Boxed => quote! { ::std::boxed::Box::pin(async move { #whole }) },
        Manner::Future => quote! { async move { #whole } },
        _ => whole,
    };
    quote! {
        #(#attrs)* #vis #sig {
            #(#inner_attrs)*
            #whole
        }
    }
}

/// What an attribute does before the body, for each way in which it can end, and then.
#[derive(Default)]
struct Steps {
    before: TokenStream,
    gave: TokenStream,
    nothing: TokenStream,
    failed: TokenStream,
    end: TokenStream,
}

fn around(steps: &Steps, body: &TokenStream) -> TokenStream {
    let Steps {
        before,
        gave,
        nothing,
        failed,
        end,
    } = steps;
    let (returned, value) = (local("returned"), result());
    quote! {
        #before
        let #returned = #body;
        {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                EndedOption as _, EndedPlain as _, EndedResult as _, EndedResultOption as _,
            };
            match (&&&&::cacheflow::private::Ended::of(&#returned)).outcome() {
                #[allow(unused_variables)]
                ::cacheflow::private::Outcome::Gave(#value) => { #gave }
                ::cacheflow::private::Outcome::Nothing => { #nothing }
                ::cacheflow::private::Outcome::Failed => { #failed }
            }
        }
        #end
        #returned
    }
}

/// `let flow: &CacheFlow = …;`, for as long as the block around it lasts.
fn flow(change: &Change) -> (TokenStream, Ident) {
    let name = local("flow");
    let statement = match &change.flow {
        Some(flow) => {
            let flow_ref = borrowed(flow);
            quote_spanned! { shown_at(Ends::of(flow).first)=>
                let #name: &::cacheflow::CacheFlow = #flow_ref;
            }
        }
        None => quote! {
            let #name: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        },
    };
    (statement, name)
}

/// `{ let result = …; value }`, where the value speaks of that.
fn seeing_result(of: &impl ToTokens, value: &TokenStream) -> TokenStream {
    if speaks_of_result(of) {
        let named = named_result(&of.to_token_stream());
        quote! {{ #named #value }}
    } else {
        value.clone()
    }
}

/// A condition of the user's: before the body, if it speaks of the arguments alone, and
/// else behind it. A statement for before, and what stands for the condition.
fn condition(condition: &Expr, names: &mut Names) -> (TokenStream, TokenStream) {
    if speaks_of_result(condition) {
        let condition = seeing_result(condition, &condition.to_token_stream());
        return (TokenStream::new(), condition);
    }
    let name = names.next();
    (stated(&name, condition), name.into_token_stream())
}

/// A condition with its type: a fault of it is told as its own.
fn stated(name: &Ident, condition: &Expr) -> TokenStream {
    let place = shown_at(Ends::of(condition).first);
    quote_spanned! { place=> let #name: ::core::primitive::bool = #condition; }
}
