//! `#[cache_evict]`: what it names goes into one `Evict`.

use super::texts::{self, Saying, texts, waits};
use super::{Steps, condition, flow, seeing_result};
use crate::change::model::{Aim, Change, Evict, Name};
use crate::ends::Ends;
use crate::key;
use crate::scope::speaks_of_result;
use crate::spans::{local, shown_at};
use crate::text::Names;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

pub(super) fn emit(change: &Change, evict: &Evict) -> Steps {
    let name = local("evict");
    let (flow_let, flow) = flow(change);
    let mut saying = Sayings::default();
    let mut names = Names::default();
    for (number, aim) in evict.aims.iter().enumerate() {
        saying.aim(aim, number, &mut names);
    }
    for it in &evict.names {
        let said = self::name(it, &mut names);
        saying.say(said);
    }
    let Sayings {
        before,
        known,
        then,
    } = saying;
    let local_only = evict.local_only.then(|| quote! { .local_only() });
    let known = match &change.when {
        Some(when) => quote! {
            if #when { #known } else { #name.keep(); }
        },
        None => known,
    };
    let now = evict.before.then(|| quote! { #name.now().await; });
    let before = quote! {
        let mut #name = {
            #flow_let
            ::cacheflow::private::Evict::begin(#flow) #local_only
        };
        #before
        #known
        #now
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
    let keeps = !evict.before && !evict.on_err;
    let failed = keeps.then(|| quote! { #name.keep(); });
    Steps {
        before,
        gave,
        nothing: TokenStream::new(),
        failed: quote! { #failed },
        end: quote! { #name.end().await; },
    }
}

/// All that is named.
#[derive(Default)]
struct Sayings {
    before: TokenStream,
    /// Before the body, unless `when` says no.
    known: TokenStream,
    /// Behind it.
    then: TokenStream,
}

impl Sayings {
    fn say(&mut self, said: Saying) {
        self.before.extend(said.before);
        if said.waits {
            self.then.extend(said.says);
        } else {
            self.known.extend(said.says);
        }
    }

    fn aim(&mut self, aim: &Aim, number: usize, names: &mut Names) {
        let Aim {
            target,
            condition: asked,
        } = aim;
        let evict = local("evict");
        let entry = |whose: TokenStream| {
            let named = if target.is_all() {
                let cache = target.emit("__cacheflow_cache_name");
                quote! { #evict.#whose.function(#cache); }
            } else {
                let key = target.emit("key");
                quote! { #evict.#whose.entry(#key); }
            };
            seeing_result(target, &named)
        };
        let (is_late, sure) = (speaks_of_result(target), quote! { sure() });
        let Some(asked) = asked else {
            return self.say(Saying {
                before: TokenStream::new(),
                says: entry(sure),
                waits: is_late,
            });
        };
        let asks_result = speaks_of_result(asked);
        if asks_result && !is_late {
            // Nobody may get to ask: then it is forgotten.
            self.known.extend(entry(quote! { perhaps(#number) }));
            let (_, asked) = condition(asked, names);
            self.then.extend(quote! {
                if !(#asked) { #evict.rule_out(#number); }
            });
            return;
        }
        let (before, asked) = condition(asked, names);
        let entry = entry(sure);
        if is_late {
            // The condition may ask what `when` has to allow first.
            self.before.extend(before);
            self.then.extend(quote! { if #asked { #entry } });
        } else {
            self.known.extend(quote! { #before if #asked { #entry } });
        }
    }
}

fn name(name: &Name, names: &mut Names) -> Saying {
    let evict = local("evict");
    match name {
        Name::Key(cache, parts) => {
            let key = local("full_key");
            let (before, write) = if waits(parts) {
                key::emit_in_two(parts, &key, names)
            } else {
                let write = parts.iter().map(|part| part.emit(&key));
                (TokenStream::new(), quote! { #(#write)* })
            };
            Saying {
                before,
                says: quote! {{
                    let mut #key = ::cacheflow::KeyBuf::new();
                    #write
                    #evict.sure().keys(::cacheflow::private::full_key(#cache, &#key));
                }},
                waits: waits(parts),
            }
        }
        Name::KeyOf(expr) => {
            // With its type stated, a fault of the expression is told as its own.
            let key = local("full_key");
            let place = shown_at(Ends::of(expr).first);
            let stated = quote_spanned! { place=> let #key: ::cacheflow::key::FullKey = #expr; };
            texts::of(expr, quote! {{ #stated #evict.sure().keys([#key]); }})
        }
        Name::KeysOf(expr) => texts::of(expr, quote! { #evict.sure().keys(#expr); }),
        Name::Tags(tags) => texts(tags, names, |tags| quote! { #evict.sure().tags(#tags); }),
        Name::Patterns(patterns) => texts(
            patterns,
            names,
            |patterns| quote! { #evict.sure().patterns(#patterns); },
        ),
        Name::Pattern(parts) => {
            let (before, pattern) = texts::pattern(parts, names);
            Saying {
                before,
                says: quote! { #evict.sure().patterns([#pattern]); },
                waits: waits(parts),
            }
        }
        Name::Cache(cache) => plain(quote! { #evict.sure().cache(#cache); }),
        Name::All => plain(quote! { #evict.sure().all(); }),
    }
}

fn plain(says: TokenStream) -> Saying {
    Saying {
        says,
        ..Saying::default()
    }
}
