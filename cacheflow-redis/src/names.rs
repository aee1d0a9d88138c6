//! Names in Redis.

use cacheflow::Namespace;
use cacheflow::key::{CacheName, FullKey};

/// The names of one namespace.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    prefix: String,
    pub(crate) journal: String,
    pub(crate) records: String,
    pub(crate) channel: String,
    pub(crate) origin: String,
}

impl Names {
    /// The names of `namespace` in a database of the server.
    pub(crate) fn new(namespace: &Namespace, database: i64) -> Self {
        let prefix = namespace.prefix().to_owned();
        // Channels belong to the server, journals to a database of it.
        let channel = match database {
            0 => format!("{prefix}invalidation"),
            other => format!("{prefix}invalidation:{other}"),
        };
        Self {
            journal: format!("{prefix}journal"),
            records: format!("{prefix}journal:records"),
            channel,
            origin: namespace.origin().to_owned(),
            prefix,
        }
    }

    /// Where the entry of `key` lies.
    pub(crate) fn value(&self, key: &FullKey) -> String {
        format!("{}{key}", self.prefix)
    }

    /// A pattern that matches the entries of `cache` and nothing else.
    pub(crate) fn all_of(&self, cache: &CacheName) -> String {
        format!("{}:*", escaped(&format!("{}{cache}", self.prefix)))
    }
}

/// `text` as a pattern that matches only itself.
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '^' | '\\' | '-') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(prefix: &str) -> Names {
        Names::new(&Namespace::new(prefix, "me"), 0)
    }

    #[test]
    fn the_channel_of_the_default_prefix_is_the_documented_one() {
        assert_eq!(names("cacheflow:").channel, "cacheflow:invalidation");
        let other = Names::new(&Namespace::new("cacheflow:", "me"), 3);
        assert_eq!(other.channel, "cacheflow:invalidation:3");
    }

    #[test]
    fn a_prefix_with_glob_characters_matches_only_itself() {
        let cache = CacheName::new("users").unwrap();
        assert_eq!(
            names("a*[b]?\\:").all_of(&cache),
            "a\\*\\[b\\]\\?\\\\:users:*"
        );
    }
}
