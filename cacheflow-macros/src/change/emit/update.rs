//! `#[cache_update]`: the rows that are touched go into one `Touch`.

use super::texts::texts;
use super::{Steps, flow, seeing_result};
use crate::change::model::{Change, Parents, Texts};
use crate::ends::Ends;
use crate::spans::{local, shown_at};
use crate::text::Names;
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

/// Where it is told that something is no parent.
fn place(rows: &Texts) -> Span {
    match rows {
        Texts::Template(_) => Span::mixed_site(),
        Texts::One(expr) | Texts::Several(expr) => shown_at(Ends::of(expr).first),
    }
}

pub(super) fn emit(change: &Change, parents: &[Parents]) -> Steps {
    let name = local("touch");
    let (flow_let, flow) = flow(change);
    let mut names = Names::default();
    let (mut before, mut known, mut then) =
        (TokenStream::new(), TokenStream::new(), TokenStream::new());
    for Parents { entity, rows } in parents {
        let place = place(rows);
        // All at one place: the compiler then tells there what is no parent.
        let mut touch = name.clone();
        touch.set_span(place);
        let saying = texts(rows, &mut names, |rows| match entity {
            Some(entity) => quote_spanned! { place=> #touch.rows_of(#entity, #rows); },
            None => quote_spanned! { place=> #touch.rows(#rows); },
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
