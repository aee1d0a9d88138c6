//! Rust source as words and signs, without comments, texts and numbers.
//!
//! Just enough of a lexer for rules about names. It never fails: what it does not know is a sign,
//! and that the source compiles is the compiler's to say.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind<'s> {
    /// A name or a keyword. A raw name keeps its `r#`, so that it is no keyword.
    Word(&'s str),
    /// `::`
    PathSeparator,
    /// Any other single character.
    Sign(char),
}

/// A token and the line it stands in, counted from one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'s> {
    pub(super) kind: Kind<'s>,
    pub(super) line: usize,
}

/// Cuts the source into tokens.
pub(super) fn tokenize(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = source;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let (length, kind) = next(rest, first);
        let (token, behind) = rest.split_at(length);
        tokens.extend(kind.map(|kind| Token { kind, line }));
        line += token.matches('\n').count();
        rest = behind;
    }
    tokens
}

/// How long the next piece of `rest` is, and what, if it is a token.
fn next(rest: &str, first: char) -> (usize, Option<Kind<'_>>) {
    if rest.starts_with("//") {
        (rest.find('\n').unwrap_or(rest.len()), None)
    } else if rest.starts_with("/*") {
        (block_comment(rest), None)
    } else if let Some(length) = text(rest).or_else(|| quoted(rest)) {
        (length, None)
    } else if is_word_start(first) {
        let raw = if raw_word(rest) { "r#".len() } else { 0 };
        let length = raw + word(&rest[raw..]);
        (length, Some(Kind::Word(&rest[..length])))
    } else if first.is_ascii_digit() {
        (word(rest), None)
    } else if rest.starts_with("::") {
        (2, Some(Kind::PathSeparator))
    } else if first.is_whitespace() {
        (first.len_utf8(), None)
    } else {
        (first.len_utf8(), Some(Kind::Sign(first)))
    }
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length of a string literal of any kind: plain, byte, C, each also raw.
fn text(rest: &str) -> Option<usize> {
    let unprefixed = rest.strip_prefix(['b', 'c']).unwrap_or(rest);
    if let Some(raw) = unprefixed.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if let Some(inner) = raw[hashes..].strip_prefix('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let length = inner.find(&end).map_or(inner.len(), |at| at + end.len());
            return Some(rest.len() - inner.len() + length);
        }
    }
    let inner = unprefixed.strip_prefix('"')?;
    Some(rest.len() - inner.len() + until(inner, '"'))
}

/// The length of a character, a byte or a lifetime.
fn quoted(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('b').unwrap_or(rest).strip_prefix('\'')?;
    let before = rest.len() - inner.len();
    let mut chars = inner.chars();
    let first = chars.next()?;
    if first == '\\' || chars.next() == Some('\'') {
        Some(before + until(inner, '\''))
    } else {
        Some(before + word(inner))
    }
}

/// The length up to and with the closing quote, over what is escaped.
fn until(inner: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return at + c.len_utf8();
        }
    }
    inner.len()
}

fn raw_word(rest: &str) -> bool {
    rest.strip_prefix("r#")
        .and_then(|name| name.chars().next())
        .is_some_and(is_word_start)
}

fn word(rest: &str) -> usize {
    rest.find(|c: char| !is_word_start(c) && !c.is_numeric())
        .unwrap_or(rest.len())
}

fn is_word_start(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tokens with spaces between.
    fn shown(source: &str) -> String {
        let shown = tokenize(source).into_iter().map(|token| match token.kind {
            Kind::Word(word) => word.to_owned(),
            Kind::PathSeparator => "::".to_owned(),
            Kind::Sign(sign) => sign.to_string(),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn paths_are_words_and_separators() {
        assert_eq!(
            shown("use crate::key::{self,Key};"),
            "use crate :: key :: { self , Key } ;"
        );
        assert_eq!(shown("r#type::größe"), "r#type :: größe");
    }

    #[test]
    fn comments_are_left_out() {
        assert_eq!(shown("a // b\nc /* d /* e */ f */ g /// h"), "a c g");
        assert_eq!(shown("a /* never ends"), "a");
        assert_eq!(shown("a / b"), "a / b");
    }

    #[test]
    fn texts_are_left_out() {
        assert_eq!(shown(r#"a("b \" c", b"d", c"e")"#), "a ( , , )");
        assert_eq!(shown(r##"a(r"b\", br#"c" d"#, cr"e")"##), "a ( , , )");
        assert_eq!(shown("a \"never ends"), "a");
        assert_eq!(shown(r#"a "// no comment" b"#), "a b");
    }

    #[test]
    fn characters_are_left_out_and_lifetimes_do_not_open_one() {
        assert_eq!(
            shown(r"a('b', '\'', '\u{1F600}', b'\\', 'é', '\n')"),
            "a ( , , , , , )"
        );
        assert_eq!(
            shown("<'a, 'static>(&'a T) 'x: loop"),
            "< , > ( & T ) : loop"
        );
        assert_eq!(shown("'\"' a '\"'"), "a");
    }

    #[test]
    fn numbers_are_no_words() {
        assert_eq!(shown("1u8 + 0xff_u32 .. 1.5e3"), "+ . . .");
    }

    #[test]
    fn lines_count_through_texts_and_comments() {
        let tokens = tokenize("a\n\"x\ny\" b /*\n*/ c // d\ne");
        let lines: Vec<_> = tokens.iter().map(|token| token.line).collect();
        assert_eq!(lines, [1, 3, 4, 5]);
    }
}
