//! `#[cache_put]`: one `Put` for each entry.

use super::texts::{self, texts, waits};
use super::{Steps, condition, flow, seeing_result, stated};
use crate::change::model::{Aim, Change, Keyed, Put, Ttl};
use crate::ends::Ends;
use crate::key;
use crate::scope::{result, speaks_of_result};
use crate::spans::{local, shown_at};
use crate::target::shown_on;
use crate::text::Names;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use std::time::Duration;

pub(super) fn emit(change: &Change, put: &Put) -> Steps {
    let mut steps = Steps::default();
    let mut names = Names::default();
    if let Some(when) = &change.when {
        steps.before.extend(stated(&local("when"), when));
    }
    let keyed_waits = put.keyed.as_ref().is_some_and(|keyed| waits(&keyed.key));
    let is_late = keyed_waits || put.aims.iter().any(|aim| speaks_of_result(&aim.target));
    if is_late {
        let (flow_let, flow) = flow(change);
        let since = local("since");
        steps.before.extend(quote! {
            let #since = { #flow_let ::cacheflow::private::Since::begin(#flow) };
        });
    }
    let mut puts = Vec::new();
    for aim in &put.aims {
        puts.push(Entry::new(change, puts.len(), shown_on(&aim.target)));
        emit_aim(aim, &puts[puts.len() - 1], &mut names, &mut steps);
    }
    if let Some(keyed) = &put.keyed {
        puts.push(Entry::new(
            change,
            puts.len(),
            shown_at(keyed.literal.span()),
        ));
        emit_keyed(keyed, change, &puts[puts.len() - 1], &mut names, &mut steps);
    }
    if let Some(unless) = &change.unless {
        let asked = seeing_result(unless, &quote! { #unless });
        let place = shown_at(Ends::of(unless).first);
        let unless = local("unless");
        let gave = std::mem::take(&mut steps.gave);
        steps.gave = quote_spanned! { place=> let #unless: ::core::primitive::bool = #asked; };
        steps.gave.extend(gave);
    }
    let names: Vec<_> = puts.iter().map(|put| &put.name).collect();
    steps.nothing = quote! { #(#names.forget();)* };
    steps.failed = if put.on_err {
        steps.nothing.clone()
    } else {
        quote! { #(#names.leave();)* }
    };
    steps.end = quote! { ::cacheflow::private::settle([#(#names.any()),*]).await; };
    steps
}

/// One entry of those that are put into.
struct Entry {
    name: Ident,
    place: Span,
    /// What has to be allowed first.
    when: Option<Ident>,
    unless: Option<Ident>,
}

impl Entry {
    fn new(change: &Change, number: usize, place: Span) -> Self {
        Self {
            name: local(&format!("put_{number}")),
            place,
            when: change.when.as_ref().map(|_| local("when")),
            unless: change.unless.as_ref().map(|_| local("unless")),
        }
    }

    /// `let mut put = …`, of an entry that is begun now, if it is.
    fn begin(&self, asked: &[TokenStream], entry: &TokenStream) -> TokenStream {
        let (name, into) = (&self.name, self.put(asked, entry));
        quote! { let mut #name = #into; }
    }

    /// The same for one whose key is known only now.
    fn begin_late(&self, asked: &[TokenStream], entry: &TokenStream) -> TokenStream {
        let (name, since) = (&self.name, local("since"));
        let into = self.put(asked, &quote! { (#entry).since(&#since) });
        quote! { #name = #into; }
    }

    fn nothing(&self) -> TokenStream {
        let name = &self.name;
        quote! { let mut #name = ::cacheflow::private::Put::nothing(); }
    }

    fn put(&self, asked: &[TokenStream], entry: &TokenStream) -> TokenStream {
        let when = self.when.iter().map(|when| quote! { #when });
        let all: Vec<_> = when.chain(asked.iter().cloned()).collect();
        if all.is_empty() {
            return quote! { ::cacheflow::private::Put::into_entry(#entry) };
        }
        quote! {
            if #((#all))&&* {
                ::cacheflow::private::Put::into_entry(#entry)
            } else {
                ::cacheflow::private::Put::nothing()
            }
        }
    }

    /// It gets the value, unless that is not to be kept: what is kept is older then.
    fn gave(&self, method: &str) -> TokenStream {
        let Self {
            name,
            place,
            unless,
            ..
        } = self;
        // All at one place: the compiler then tells there that the value does not fit.
        let located = |mut name: Ident| {
            name.set_span(*place);
            name
        };
        let (put, value) = (located(name.clone()), located(result()));
        let method = Ident::new(method, *place);
        let gave = quote_spanned! { *place=> #put.#method(#value); };
        match unless {
            Some(unless) => quote! { if #unless { #name.forget(); } else { #gave } },
            None => gave,
        }
    }
}

fn emit_aim(aim: &Aim, put: &Entry, names: &mut Names, steps: &mut Steps) {
    let target = &aim.target;
    let entry = target.emit("__cacheflow_entry");
    let (before, asked) = match &aim.condition {
        Some(asked) => {
            let (before, asked) = condition(asked, names);
            (before, vec![asked])
        }
        None => (TokenStream::new(), Vec::new()),
    };
    let asks_result = aim.condition.as_ref().is_some_and(speaks_of_result);
    steps.before.extend(before);
    if speaks_of_result(target) {
        steps.before.extend(put.nothing());
        let entry = seeing_result(target, &entry);
        steps.gave.extend(put.begin_late(&asked, &entry));
    } else if asks_result {
        let name = &put.name;
        steps.before.extend(put.begin(&[], &entry));
        steps
            .gave
            .extend(quote! { if !(#(#asked)*) { #name.leave(); } });
    } else {
        steps.before.extend(put.begin(&asked, &entry));
    }
    steps.gave.extend(put.gave("gave"));
}

fn emit_keyed(keyed: &Keyed, change: &Change, put: &Entry, names: &mut Names, steps: &mut Steps) {
    let (key, said) = (local("full_key"), local("said"));
    let cache = &keyed.cache;
    let (before, write) = key::emit_in_two(&keyed.key, &key, names);
    steps.before.extend(before);
    let (flow_let, flow) = flow(change);
    let mut context = said.clone();
    context.set_span(put.place);
    let entry = |flow_let: &TokenStream, flow: &TokenStream| {
        quote_spanned! { put.place=> {
            static __CACHEFLOW_SITE: ::cacheflow::private::Site =
                ::cacheflow::private::Site::named(#cache);
            #flow_let
            let mut #key = ::cacheflow::KeyBuf::new();
            #write
            ::cacheflow::private::keyed(__CACHEFLOW_SITE.at(""), #flow, &#key, &#context)
        }}
    };
    steps.before.extend(quote! {
        let #said = <::cacheflow::private::Saying as ::core::default::Default>::default();
    });
    if waits(&keyed.key) {
        let since = local("since");
        let entry = entry(&TokenStream::new(), &quote! { #since.flow() });
        steps.before.extend(put.nothing());
        steps.gave.extend(put.begin_late(&[], &entry));
    } else {
        let entry = entry(&flow_let, &quote! { #flow });
        steps.before.extend(put.begin(&[], &entry));
    }
    for tags in &keyed.tags {
        let saying = texts(tags, names, |tags| quote! { #said.tags(#tags); });
        steps.before.extend(saying.before);
        if saying.waits {
            steps.gave.extend(saying.says);
        } else {
            steps.before.extend(saying.says);
        }
    }
    if let Some(ttl) = &keyed.ttl {
        let saying = emit_ttl(ttl, &said);
        if saying.waits {
            steps.gave.extend(saying.says);
        } else {
            steps.before.extend(saying.says);
        }
    }
    steps.gave.extend(put.gave("gave_value"));
}

fn emit_ttl(ttl: &Ttl, said: &Ident) -> texts::Saying {
    match ttl {
        Ttl::Fixed(duration) => {
            let duration = emit_duration(*duration);
            texts::Saying {
                says: quote! { #said.ttl(#duration); },
                ..texts::Saying::default()
            }
        }
        Ttl::Computed(expr) => texts::of(expr, quote! { #said.ttl(#expr); }),
    }
}

fn emit_duration(duration: Duration) -> TokenStream {
    let (seconds, nanoseconds) = (duration.as_secs(), duration.subsec_nanos());
    quote! { ::core::time::Duration::new(#seconds, #nanoseconds) }
}
