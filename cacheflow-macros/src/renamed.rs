//! Generated code in a crate that knows `cacheflow` under another name.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Group, Ident, TokenStream, TokenTree};

/// The same code with the name that the crate's manifest gives to `cacheflow`.
pub(crate) fn renamed(tokens: TokenStream) -> TokenStream {
    match crate_name("cacheflow") {
        Ok(FoundCrate::Name(name)) if name != "cacheflow" => under(&name, tokens),
        // Itself: its tests and examples know it by its name. Unknown: the compiler says
        // so, at the code that needs it.
        Ok(_) | Err(_) => tokens,
    }
}

/// `::cacheflow` becomes `::name`, where it begins a path.
fn under(name: &str, tokens: TokenStream) -> TokenStream {
    let mut colons = 0;
    let mut in_path = false;
    let mut before = ' ';
    let trees = tokens.into_iter().map(|tree| {
        let is_colon = matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == ':');
        // Three: that of a type, as in `x: ::cacheflow::Cache`, and those of the root.
        let begins = colons == 3 || colons == 2 && !in_path;
        let renamed = match tree {
            TokenTree::Ident(ident) if begins && ident == "cacheflow" => {
                Ident::new(name, ident.span()).into()
            }
            TokenTree::Group(group) => {
                let mut inside = Group::new(group.delimiter(), under(name, group.stream()));
                inside.set_span(group.span());
                inside.into()
            }
            tree => tree,
        };
        if is_colon {
            colons += 1;
        } else {
            colons = 0;
            // A word, or `>`, before `::` is a path that has begun already.
            in_path = match &renamed {
                TokenTree::Ident(ident) => !is_keyword(ident),
                // Not that of `->` and `=>`.
                TokenTree::Punct(punct) => punct.as_char() == '>' && !matches!(before, '-' | '='),
                _ => false,
            };
        }
        before = match &renamed {
            TokenTree::Punct(punct) => punct.as_char(),
            _ => ' ',
        };
        renamed
    });
    trees.collect()
}

/// Words that stand before a type or an expression.
fn is_keyword(ident: &Ident) -> bool {
    [
        "as", "dyn", "for", "if", "impl", "in", "let", "match", "move", "mut", "ref", "return",
        "use", "where", "while",
    ]
    .iter()
    .any(|word| ident == word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::flat;

    #[test]
    fn only_paths_from_the_root_are_renamed() {
        for (written, renamed) in [
            ("static X: ::cacheflow::A = B;", "static X: ::cache::A = B;"),
            ("::cacheflow::Cache", "::cache::Cache"),
            (
                "let x: &::cacheflow::Cache = 1;",
                "let x: &::cache::Cache = 1;",
            ),
            (
                "use ::cacheflow::private::{A as _};",
                "use ::cache::private::{A as _};",
            ),
            (
                "f::<::cacheflow::A>(|| { ::cacheflow::g() })",
                "f::<::cache::A>(|| { ::cache::g() })",
            ),
            ("<T as ::cacheflow::B>::C", "<T as ::cache::B>::C"),
            ("impl ::cacheflow::B for A", "impl ::cache::B for A"),
            ("-> ::cacheflow::A", "-> ::cache::A"),
            ("crate::cacheflow::A", "crate::cacheflow::A"),
            ("cacheflow::A", "cacheflow::A"),
            ("<A>::cacheflow()", "<A>::cacheflow()"),
            ("cacheflow", "cacheflow"),
        ] {
            let tokens = under("cache", written.parse().unwrap());
            let expected: TokenStream = renamed.parse().unwrap();
            assert_eq!(flat(tokens), flat(expected), "{written}");
        }
    }
}
