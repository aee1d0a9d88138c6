//! `#[cache_update]`: the rows that are touched go into one `Touch`.

use super::texts::texts;
use super::{Steps, flow, seeing_result};
use crate::change::model::{Change, Parents};
use crate::spans::local;
use crate::text::Names;
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn emit(change: &Change, parents: &[Parents]) -> Steps {
    let name = local("touch");
    let (flow_let, flow) = flow(change);
    let mut names = Names::default();
    let (mut before, mut known, mut then) =
        (TokenStream::new(), TokenStream::new(), TokenStream::new());
    for Parents { entity, rows } in parents {
        let saying = texts(rows, &mut names, |rows| match entity {
            Some(entity) => quote! { #name.rows_of(#entity, #rows); },
            None => quote! { #name.rows(#rows); },
        });
        before.extend(saying.before);
        if saying.waits {
            then.extend(saying.says);
        } else {
            known.extend(saying.says);
        }
    }
    let known = match &change.when {
        Some(when) => quote! { if #when { #known } else { #name.keep(); } },
        None => known,
    };
    let then = match &change.unless {
        Some(unless) => {
            let unless = seeing_result(unless, &quote! { #unless });
            quote! { if #unless { #name.keep(); } else { #then } }
        }
        None => then,
    };
    let gave = if then.is_empty() {
        then
    } else {
        quote! { if #name.is_on() { #then } }
    };
    Steps {
        before: quote! {
            let mut #name = {
                #flow_let
                ::cacheflow::private::Touch::begin(#flow)
            };
            #before
            #known
        },
        gave,
        nothing: TokenStream::new(),
        failed: quote! { #name.keep(); },
        end: quote! { #name.end().await; },
    }
}
