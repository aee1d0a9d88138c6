//! A Redis URL that does not show its password.

use std::fmt;

/// What `--redis` accepts.
const SCHEMES: [&str; 6] = ["redis", "rediss", "valkey", "valkeys", "redis+unix", "unix"];

/// The address of a Redis server. Printing it, for people or for debugging, hides who logs in and with what.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct RedisUrl(String);

impl RedisUrl {
    /// # Errors
    ///
    /// When it is no URL of a Redis server. The error does not repeat the text: it may be a password in the wrong place.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let url = text.trim();
        match url.split_once("://") {
            Some((scheme, rest)) if SCHEMES.contains(&scheme) && !rest.is_empty() => {
                Ok(Self(url.to_owned()))
            }
            _ => Err("--redis wants a URL like redis://127.0.0.1:6379".to_owned()),
        }
    }

    /// The URL with everything in it, for whoever connects.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redacted(&self.0))
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text in which a URL may occur, without what logs in: the part before the last `@`, wherever it begins, and a URL's
/// parameters. It rather hides too much than too little.
pub(crate) fn redacted(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(last) = text.rfind('@') {
        let first = text.find('@').unwrap_or(last);
        let begins = match text[..first].find("://") {
            Some(scheme) => scheme + 3,
            None => text[..first]
                .rfind(|c: char| c.is_whitespace() || c == '\'' || c == '=')
                .map_or(0, |before| before + 1),
        };
        text.replace_range(begins..last, "***");
    }
    if let Some(scheme) = text.find("://")
        && let Some(question) = text[scheme..].find('?')
    {
        let parameters = scheme + question + 1;
        let length = text[parameters..]
            .find(|c: char| c.is_whitespace() || c == '\'')
            .unwrap_or(text.len() - parameters);
        text.replace_range(parameters..parameters + length, "***");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{RedisUrl, redacted};

    #[test]
    fn no_form_of_printing_shows_the_password() {
        for (url, shown) in [
            ("redis://127.0.0.1:6379", "redis://127.0.0.1:6379"),
            ("redis://:secret@db:6379/2", "redis://***@db:6379/2"),
            ("rediss://me:secret@db", "rediss://***@db"),
            ("redis://me:sec@ret/se?cret@db", "redis://***@db"),
            (
                "unix:///run/redis.sock?pass=secret&db=1",
                "unix:///run/redis.sock?***",
            ),
        ] {
            let parsed = RedisUrl::parse(url).unwrap();
            assert_eq!(parsed.to_string(), shown);
            assert_eq!(format!("{parsed:?}"), shown);
        }
    }

    #[test]
    fn what_is_no_url_is_refused_without_being_repeated() {
        for text in [
            "",
            "127.0.0.1:6379",
            "secret@db",
            "http://secret",
            "redis://",
        ] {
            let refusal = RedisUrl::parse(text).unwrap_err();
            assert!(!refusal.contains("secret"), "{refusal}");
            assert!(refusal.contains("redis://127.0.0.1:6379"), "{refusal}");
        }
    }

    #[test]
    fn messages_that_quote_a_url_are_redacted_too() {
        for (message, expected) in [
            (
                "no argument 'redis://:secret@db' here",
                "no argument 'redis://***@db' here",
            ),
            (
                "no argument ':secret@db:6379' here",
                "no argument '***@db:6379' here",
            ),
            (
                "no argument 'redis://:se cret@db'",
                "no argument 'redis://***@db'",
            ),
            ("nothing to hide?", "nothing to hide?"),
        ] {
            assert_eq!(redacted(message), expected);
        }
    }
}
