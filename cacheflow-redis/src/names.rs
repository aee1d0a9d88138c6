//! Names in Redis.

use cacheflow::Namespace;
use cacheflow::key::{FullKey, Pattern};

/// The names of one namespace.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    prefix: String,
    /// The journal's keys, as every script takes them.
    journal: [String; 5],
    pub(crate) channel: String,
    pub(crate) origin: String,
}

impl Names {
    /// The names of `namespace` in a database of a server.
    pub(crate) fn new(namespace: &Namespace, database: i64) -> Self {
        Self::with_journal(
            namespace,
            database,
            &format!("{}journal", namespace.prefix()),
        )
    }

    /// The same with the journal at another name, with which the names of its
    /// parts begin.
    pub(crate) fn with_journal(namespace: &Namespace, database: i64, journal: &str) -> Self {
        let prefix = namespace.prefix().to_owned();
        // Channels belong to the server, journals to a database of it.
        let channel = match database {
            0 => format!("{prefix}invalidation"),
            other => format!("{prefix}invalidation:{other}"),
        };
        Self {
            journal: ["", ":records", ":open", ":held", ":nodes"]
                .map(|part| format!("{journal}{part}")),
            channel,
            origin: namespace.origin().to_owned(),
            prefix,
        }
    }

    /// The same for records that are read and never announced.
    pub(crate) fn silent(mut self) -> Self {
        self.channel.clear();
        self
    }

    /// The journal's keys: the journal, its records, what is open, what is held,
    /// and the nodes.
    pub(crate) fn journal_keys(&self) -> &[String; 5] {
        &self.journal
    }

    /// The journal itself.
    pub(crate) fn journal(&self) -> &str {
        &self.journal[0]
    }

    /// The stream of the last records.
    pub(crate) fn records(&self) -> &str {
        &self.journal[1]
    }

    /// What every name begins with.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Where the entry of `key` lies.
    pub(crate) fn value(&self, key: &FullKey) -> String {
        [&self.prefix, key.as_str()].concat()
    }

    /// Where it stands what the entry of `key` was made of.
    pub(crate) fn dependencies(&self, key: &FullKey) -> String {
        format!("{}rd:deps:{key}", self.prefix)
    }

    /// Where it stands what was made of the entry of `key`.
    pub(crate) fn dependents(&self, key: &FullKey) -> String {
        format!("{}rd:rev-deps:{key}", self.prefix)
    }

    /// Where the lease `name` lies. No cache is called `lock`, and all that follows
    /// is the name: however hostile, no two of them meet, and none meets an entry,
    /// an index or the journal. In a cluster braces in it choose a slot, nothing else.
    pub(crate) fn lease(&self, name: &str) -> String {
        format!("{}lock:{name}", self.prefix)
    }

    /// What SCAN shall match: all our names that end with a key of `cache`.
    pub(crate) fn scan_cache(&self, cache: &str) -> String {
        format!("{}*{}:*", escaped(&self.prefix), escaped(cache))
    }

    /// What SCAN shall match: all our names that end with a key of `pattern`, and
    /// maybe more, for a `?` is a character of ours and a byte of Redis'.
    pub(crate) fn scan_pattern(&self, pattern: &Pattern) -> String {
        let mut scan = format!("{}*", escaped(&self.prefix));
        let mut text = pattern.as_str().chars();
        while let Some(c) = text.next() {
            match c {
                '*' => scan.push('*'),
                '?' => scan.push_str("?*"),
                '\\' => {
                    scan.push('\\');
                    scan.extend(text.next());
                }
                other => push_escaped(&mut scan, other),
            }
        }
        scan
    }

    /// What SCAN shall match: all our names.
    pub(crate) fn scan_all(&self) -> String {
        format!("{}*", escaped(&self.prefix))
    }
}

/// `text` as a pattern of Redis that matches only itself.
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        push_escaped(&mut pattern, c);
    }
    pattern
}

fn push_escaped(pattern: &mut String, c: char) {
    if matches!(c, '*' | '?' | '[' | ']' | '^' | '\\' | '-') {
        pattern.push('\\');
    }
    pattern.push(c);
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
        assert_eq!(other.silent().channel, "");
    }

    #[test]
    fn the_journals_parts_have_its_name_before_them() {
        assert_eq!(
            names("a:").journal_keys(),
            &[
                "a:journal",
                "a:journal:records",
                "a:journal:open",
                "a:journal:held",
                "a:journal:nodes"
            ]
        );
    }

    #[test]
    fn a_lease_is_no_entry_whatever_its_name() {
        let names = names("a:");
        assert_eq!(names.lease("users:42"), "a:lock:users:42");
        for name in ["users:42", "", ":", "{x}"] {
            let lease = names.lease(name);
            let key = lease.strip_prefix("a:").and_then(FullKey::parse);
            assert_eq!(key, None, "{name:?} would be an entry's");
        }
    }

    #[test]
    fn what_is_scanned_for_is_escaped() {
        let names = names("a*[b]?\\:");
        assert_eq!(names.scan_cache("a-b"), "a\\*\\[b\\]\\?\\\\:*a\\-b:*");
        let pattern = Pattern::new("u:[x]?\\*\\\\*").unwrap();
        let scan = names.scan_pattern(&pattern);
        assert_eq!(scan, "a\\*\\[b\\]\\?\\\\:*u:\\[x\\]?*\\*\\\\*");
    }
}
