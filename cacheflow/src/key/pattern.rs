//! Patterns over full keys.

use std::fmt;
use std::sync::Arc;

use super::FullKey;

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

    /// The pattern as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
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
    fn a_pattern_has_bounds() {
        for wrong in ["", "a\\", "a\\b", &"x".repeat(MAX_PATTERN_BYTES + 1)] {
            assert!(Pattern::new(wrong).is_err(), "{wrong}");
        }
    }
}
