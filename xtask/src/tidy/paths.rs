//! What a file names, beginning at the root of its crate.
//!
//! Every path counts that begins there, in `use` and anywhere else, also in tests: `crate::…`,
//! `cacheflow::…`, and `super::…` where it climbs out of the top-level module.

use super::tokens::{Kind, Token, tokenize};

/// What a path takes from the root of the crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named<'s> {
    Item(&'s str),
    Everything,
}

/// The module that a file below `src` is: `store/memory.rs` and `store/memory/mod.rs` are both
/// `store::memory`.
pub(super) fn module_of(file: &str) -> Vec<&str> {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    path.split('/').collect()
}

/// All that the paths in the source of the module `file` take from the root of the crate, with the
/// line of each.
pub(super) fn named_in<'s>(source: &'s str, file: &[&str]) -> Vec<(usize, Named<'s>)> {
    let tokens = tokenize(source);
    let mut named = Vec::new();
    let mut scope = Scope {
        file,
        inline: Vec::new(),
        depth: 0,
    };
    for (at, token) in tokens.iter().enumerate() {
        scope.enter(&tokens, at);
        let Kind::Word(word) = token.kind else {
            continue;
        };
        // Within a path, `self::super::key` for one, the words belong to its head.
        let inside = at > 0 && tokens[at - 1].kind == Kind::PathSeparator;
        // How many modules lie between the root and what the head stands for.
        let depth = match word {
            "crate" | "cacheflow" => Some(0),
            "self" if !inside => Some(scope.depth_of_module()),
            "super" if !inside => scope.depth_of_module().checked_sub(1),
            _ => None,
        };
        if let Some(depth) = depth {
            Walk {
                tokens: &tokens,
                named: &mut named,
            }
            .path(at + 1, depth);
        }
    }
    named
}

/// Which module the tokens are in: the file's, or one written inside it as `mod tests { … }`.
struct Scope<'a> {
    file: &'a [&'a str],
    /// The depth of braces at which each inline module began, outermost first.
    inline: Vec<usize>,
    depth: usize,
}

impl Scope<'_> {
    fn enter(&mut self, tokens: &[Token<'_>], at: usize) {
        match tokens[at].kind {
            Kind::Sign('{') => {
                let module = at >= 2
                    && tokens[at - 2].kind == Kind::Word("mod")
                    && matches!(tokens[at - 1].kind, Kind::Word(_));
                if module {
                    self.inline.push(self.depth);
                }
                self.depth += 1;
            }
            Kind::Sign('}') => {
                self.depth = self.depth.saturating_sub(1);
                self.inline.pop_if(|began| *began == self.depth);
            }
            _ => {}
        }
    }

    fn depth_of_module(&self) -> usize {
        self.file.len() + self.inline.len()
    }
}

/// Follows one path, or the tree of paths in a `use`, from behind its head.
struct Walk<'t, 's> {
    tokens: &'t [Token<'s>],
    named: &'t mut Vec<(usize, Named<'s>)>,
}

impl<'s> Walk<'_, 's> {
    /// `at` is behind the head, which lies `depth` modules below the root.
    fn path(&mut self, mut at: usize, mut depth: usize) {
        while self.kind(at) == Some(Kind::PathSeparator) {
            match self.kind(at + 1) {
                Some(Kind::Word("super")) if depth > 0 => depth -= 1,
                Some(Kind::Word("self")) => {}
                _ if depth > 0 => return,
                Some(Kind::Sign('{')) => {
                    self.group(at + 2);
                    return;
                }
                _ => return self.item(at + 1),
            }
            at += 2;
        }
        // `use crate as root;`
        if depth == 0 && self.kind(at) == Some(Kind::Word("as")) {
            self.add(at, Named::Everything);
        }
    }

    /// What stands directly below the root.
    fn item(&mut self, at: usize) {
        match self.kind(at) {
            Some(Kind::Word("self") | Kind::Sign('*')) => self.add(at, Named::Everything),
            Some(Kind::Word(item)) => self.add(at, Named::Item(item)),
            _ => {}
        }
    }

    /// The same in braces, from behind the opening to behind the closing one, which it returns.
    fn group(&mut self, mut at: usize) -> usize {
        loop {
            at = match self.kind(at) {
                None => return at,
                Some(Kind::Sign('}')) => return at + 1,
                Some(Kind::Sign('{')) => self.group(at + 1),
                Some(Kind::Sign(',')) => at + 1,
                Some(_) => {
                    self.item(at);
                    self.end_of_item(at)
                }
            }
        }
    }

    /// The comma or brace behind an item and all that is named below it.
    fn end_of_item(&self, mut at: usize) -> usize {
        let mut depth = 0;
        loop {
            match self.kind(at) {
                None => return at,
                Some(Kind::Sign(',' | '}')) if depth == 0 => return at,
                Some(Kind::Sign('{')) => depth += 1,
                Some(Kind::Sign('}')) => depth -= 1,
                Some(_) => {}
            }
            at += 1;
        }
    }

    fn kind(&self, at: usize) -> Option<Kind<'s>> {
        self.tokens.get(at).map(|token| token.kind)
    }

    fn add(&mut self, at: usize, named: Named<'s>) {
        self.named.push((self.tokens[at].line, named));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the text names if it stands in this file, each as `line:name`.
    fn named(file: &str, text: &str) -> Vec<String> {
        named_in(text, &module_of(file))
            .into_iter()
            .map(|(line, named)| match named {
                Named::Item(item) => format!("{line}:{item}"),
                Named::Everything => format!("{line}:*"),
            })
            .collect()
    }

    #[test]
    fn imports_are_read_over_lines_and_through_nested_groups() {
        let text = "use crate::{\n    a::{self, b::{c, d}, e},\n    f::*,\n    {g, h as i},\n\
                    };\nuse crate::j;";
        assert_eq!(named("key.rs", text), ["2:a", "3:f", "4:g", "4:h", "6:j"]);
        assert_eq!(
            named("key.rs", "use {crate::a, std::fmt, super::{b, c::d}};"),
            ["1:a", "1:b", "1:c"]
        );
    }

    #[test]
    fn paths_count_wherever_they_stand() {
        let text = "fn f(a: &crate::a::A) -> Vec<crate::b::B> {\n\
                        crate::c::f::<crate::d::D>();\n}\n\
                    macro_rules! m { () => { $crate::e::f() } }\nuse ::cacheflow::g;";
        assert_eq!(
            named("key.rs", text),
            ["1:a", "1:b", "2:c", "2:d", "4:e", "5:g"]
        );
    }

    #[test]
    fn tests_count_as_their_module_does() {
        let text = "#[cfg(test)]\nmod tests {\n    use super::*;\n    use crate::cache::Cache;\n}";
        assert_eq!(named("key.rs", text), ["4:cache"]);
    }

    #[test]
    fn super_counts_where_it_leaves_the_top_level_module() {
        assert_eq!(named("store.rs", "use super::cache;"), ["1:cache"]);
        assert_eq!(
            named("store/mod.rs", "use self::super::cache;"),
            ["1:cache"]
        );
        assert_eq!(named("store/memory.rs", "use super::Store;"), [""; 0]);
        assert_eq!(
            named("store/memory.rs", "use super::super::{cache, key};"),
            ["1:cache", "1:key"]
        );
        assert_eq!(
            named("store/memory/shard.rs", "use super::super::Store;"),
            [""; 0]
        );
        assert_eq!(named("store.rs", "pub(super) fn f() {}"), [""; 0]);
    }

    #[test]
    fn super_counts_from_the_inline_module_it_stands_in() {
        let text = "mod a { mod b { use super::super::X; } use super::Y; fn f() { super::Z } }\n\
                    use super::key;";
        assert_eq!(named("store.rs", text), ["2:key"]);
        assert_eq!(
            named("store.rs", "mod a { use super::super::key; }"),
            ["1:key"]
        );
    }

    #[test]
    fn the_root_by_another_name_is_everything() {
        for text in [
            "use crate as root;",
            "use crate::{self as root};",
            "use super::*;",
        ] {
            assert_eq!(named("store.rs", text), ["1:*"], "{text}");
        }
    }

    #[test]
    fn comments_texts_and_visibility_name_nothing() {
        let text =
            "//! [`crate::a::A`]\n/* crate::b */ pub(crate) fn f(self) { g(\"crate::c\", 'c') }";
        assert_eq!(named("key.rs", text), [""; 0]);
    }

    #[test]
    fn source_cut_short_ends_the_reading() {
        for text in [
            "use crate::",
            "use crate::{",
            "use crate::{a::{b,",
            "crate",
            "use super::",
        ] {
            named("key.rs", text);
        }
    }
}
