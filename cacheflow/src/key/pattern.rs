//! Patterns over full keys.

use std::fmt;
use std::sync::Arc;

use super::{CacheName, FullKey, Tag};

/// The longest pattern, in bytes.
pub const MAX_PATTERN_BYTES: usize = 512;

/// A pattern that is matched against whole full keys, `{cache}:{key}`, such as
/// `users:*`.
///
/// | in a pattern | matches |
/// |---|---|
/// | `*` | any run of characters, none too |
/// | `?` | any one character |
/// | `\*`, `\?`, `\\` | the character behind the `\` |
/// | anything else, `[` too | itself |
///
/// `user:12` is one key, not the beginning of `user:123`. Text that is not
/// yours to trust goes through [`Pattern::escape`].
///
/// ```
/// use cacheflow::key::{FullKey, Pattern};
///
/// let pattern = Pattern::new("feed:7:*").unwrap();
/// assert!(pattern.matches(&FullKey::parse("feed:7:newest").unwrap()));
/// assert!(!pattern.matches(&FullKey::parse("feed:77:newest").unwrap()));
///
/// let typed = "a*";
/// let exact = Pattern::new(&format!("users:{}", Pattern::escape(typed))).unwrap();
/// assert!(!exact.matches(&FullKey::parse("users:abc").unwrap()));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pattern(Arc<str>);

impl Pattern {
    /// Checks a pattern.
    ///
    /// # Errors
    ///
    /// Says what is wrong with `pattern` and what is allowed.
    pub fn new(pattern: &str) -> Result<Self, String> {
        if pattern.is_empty() || pattern.len() > MAX_PATTERN_BYTES {
            return Err(format!(
                "pattern of {} bytes: allowed are 1 to {MAX_PATTERN_BYTES} bytes",
                pattern.len()
            ));
        }
        let mut bytes = pattern.bytes();
        while let Some(byte) = bytes.next() {
            if byte == b'\\' && !matches!(bytes.next(), Some(b'*' | b'?' | b'\\')) {
                return Err(format!(
                    "pattern = {pattern:?}: allowed behind a \\ are *, ? and \\"
                ));
            }
        }
        Ok(Self(pattern.into()))
    }

    /// `text` as it stands in a pattern that matches just that.
    #[must_use]
    pub fn escape(text: &str) -> String {
        let mut escaped = String::with_capacity(text.len());
        for c in text.chars() {
            if matches!(c, '*' | '?' | '\\') {
                escaped.push('\\');
            }
            escaped.push(c);
        }
        escaped
    }

    /// Whether the whole of `key` matches.
    #[must_use]
    pub fn matches(&self, key: &FullKey) -> bool {
        matches(self.0.as_bytes(), key.as_str().as_bytes())
    }

    /// What matches every key of `cache`.
    pub(crate) fn of_cache(cache: &CacheName) -> Self {
        // A name holds nothing that would have to be escaped.
        Self(format!("{cache}:*").into())
    }

    /// Whether the whole text of `tag` matches.
    pub(crate) fn matches_tag(&self, tag: &Tag) -> bool {
        matches(self.0.as_bytes(), tag.as_str().as_bytes())
    }

    /// Whether it can match nothing but keys of `cache`.
    pub(crate) fn is_within(&self, cache: &CacheName) -> bool {
        let rest = self.0.strip_prefix(cache.as_str());
        rest.is_some_and(|rest| rest.starts_with(':'))
    }

    /// Whether there is a text that both match.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let (ours, theirs) = (tokens(&self.0), tokens(&other.0));
        // Which beginnings of the two can match the same text, each looked at once.
        let width = theirs.len() + 1;
        let mut seen = vec![false; (ours.len() + 1) * width];
        let mut open = vec![(0, 0)];
        while let Some((i, j)) = open.pop() {
            if std::mem::replace(&mut seen[i * width + j], true) {
                continue;
            }
            match (ours.get(i), theirs.get(j)) {
                (None, None) => return true,
                // A run ends, or takes what stands there in the other.
                (Some(Token::Run), their) => {
                    open.push((i + 1, j));
                    open.extend(their.map(|_| (i, j + 1)));
                }
                (own, Some(Token::Run)) => {
                    open.push((i, j + 1));
                    open.extend(own.map(|_| (i + 1, j)));
                }
                (Some(Token::One), Some(_)) | (Some(_), Some(Token::One)) => {
                    open.push((i + 1, j + 1));
                }
                (Some(Token::Char(own)), Some(Token::Char(their))) if own == their => {
                    open.push((i + 1, j + 1));
                }
                _ => {}
            }
        }
        false
    }

    /// The pattern as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a pattern is made of.
#[derive(Clone, Copy, Debug)]
enum Token {
    Run,
    One,
    Char(char),
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut chars = pattern.chars();
    let mut tokens = Vec::new();
    while let Some(c) = chars.next() {
        tokens.push(match c {
            '*' => Token::Run,
            '?' => Token::One,
            '\\' => Token::Char(chars.next().unwrap_or(c)),
            _ => Token::Char(c),
        });
    }
    tokens
}

/// Goes back to the last `*` only: never more than the product of the lengths.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    while t < text.len() {
        let step = match pattern.get(p) {
            Some(b'*') => {
                last_star = Some((p, t));
                p += 1;
                continue;
            }
            Some(b'?') => char_len(text[t]),
            Some(b'\\') if pattern.get(p + 1) == Some(&text[t]) => {
                p += 1;
                1
            }
            Some(byte) if *byte == text[t] && *byte != b'\\' => 1,
            _ => 0,
        };
        if step > 0 {
            p += 1;
            t += step;
        } else if let Some((star, from)) = last_star {
            last_star = Some((star, from + 1));
            p = star + 1;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// The length of the character that begins with `first`.
fn char_len(first: u8) -> usize {
    match first {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_match(pattern: &str, key: &str) -> bool {
        let pattern = Pattern::new(pattern).unwrap();
        pattern.matches(&FullKey::parse(key).unwrap())
    }

    #[test]
    fn a_pattern_matches_whole_keys() {
        for (pattern, key, expected) in [
            ("user:12", "user:12", true),
            ("user:12", "user:123", false),
            ("user:*", "user:", true),
            ("user:*", "user:1:2", true),
            ("user:*", "users:1", false),
            ("*", "user:1", true),
            ("*:1", "user:21", false),
            ("*1", "user:21", true),
            ("user:?", "user:1", true),
            ("user:?", "user:12", false),
            ("user:?", "user:ä", true),
            ("user:[a-z]", "user:b", false),
            ("user:[a-z]", "user:[a-z]", true),
            ("user:\\*", "user:*", true),
            ("user:\\*", "user:x", false),
            ("user:\\?", "user:?", true),
            ("user:\\\\", "user:\\", true),
            ("user:a*b*c", "user:a-b-b-c", true),
            ("user:a*b*c", "user:a-b-b-cd", false),
            ("user:**", "user:x", true),
        ] {
            assert_eq!(is_match(pattern, key), expected, "{pattern} {key}");
        }
    }

    #[test]
    fn a_hostile_pattern_takes_no_time() {
        let pattern = "*a".repeat(200);
        assert!(!is_match(&pattern, &format!("a:{}", "a".repeat(150))));
    }

    #[test]
    fn escaped_text_matches_only_itself() {
        let text = "a*?\\[x]";
        let pattern = format!("c:{}", Pattern::escape(text));
        assert!(is_match(&pattern, &format!("c:{text}")));
        assert!(!is_match(&pattern, "c:abb\\[x]"));
    }

    #[test]
    fn patterns_meet_if_something_matches_both() {
        for (one, other, expected) in [
            ("user:*", "user:7", true),
            ("user:*", "user:*", true),
            ("user:*", "users:*", false),
            ("user:*", "*", true),
            ("user:*", "*:7", true),
            ("user:*7", "user:8*", true),
            ("user:7", "user:8", false),
            ("user:?", "user:12", false),
            ("user:??", "user:12", true),
            ("user:?", "user:\\*", true),
            ("user:\\*", "user:a", false),
            ("user:ä", "user:?", true),
            ("a*c", "*b*", true),
            ("a*c", "b*", false),
            ("*a", "*b", false),
            ("a?*", "a", false),
            ("a**", "a", true),
            ("*", "?", true),
        ] {
            let (one, other) = (Pattern::new(one).unwrap(), Pattern::new(other).unwrap());
            assert_eq!(one.meets(&other), expected, "{one} {other}");
            assert_eq!(other.meets(&one), expected, "{other} {one}");
        }
    }

    #[test]
    fn whether_patterns_meet_takes_no_time_either() {
        let one = Pattern::new(&"*a".repeat(200)).unwrap();
        let other = Pattern::new(&"?*b".repeat(150)).unwrap();
        assert!(!one.meets(&other));
    }

    #[test]
    fn a_pattern_of_a_cache_is_within_it() {
        let users = CacheName::new("users").unwrap();
        let pattern = Pattern::of_cache(&users);
        assert!(pattern.is_within(&users) && is_match(pattern.as_str(), "users:1:2"));
        for elsewhere in ["*", "users*", "userss:*", "use?s:1"] {
            assert!(!Pattern::new(elsewhere).unwrap().is_within(&users));
        }
    }

    #[test]
    fn a_pattern_has_bounds() {
        for wrong in ["", "a\\", "a\\b", &"x".repeat(MAX_PATTERN_BYTES + 1)] {
            assert!(Pattern::new(wrong).is_err(), "{wrong}");
        }
    }
}
