//! A layer as it was written: which option is meant by what, and what is wrong.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Faults;
use super::apply::spelled;
use super::options::{CacheFlowConfig, CacheOptions};
use super::table::{Row, Table};
use super::tree::Tree;
use crate::strategy::nearest;

/// Tables of one table of options each, and the one of all caches.
const TABLES: [&str; 5] = ["bus", "caches", "defaults", "redis", "warming"];

impl CacheFlowConfig {
    /// What a file says; what cannot be understood is a fault.
    pub(super) fn of_tree(tree: &Tree, faults: &mut Faults) -> Self {
        let mut config = Self::default();
        let Some(values) = table(tree, "the whole", faults) else {
            return config;
        };
        for (name, value) in values {
            match name.as_str() {
                "redis" => read_table(&mut config.redis, name, value, faults),
                "bus" => read_table(&mut config.bus, name, value, faults),
                "warming" => read_table(&mut config.warming, name, value, faults),
                "defaults" => read_table(&mut config.defaults, name, value, faults),
                "caches" => {
                    for (cache, value) in table(value, name, faults).unwrap_or_default() {
                        let path = format!("caches.{cache}");
                        let options = config.caches.entry(cache.clone()).or_default();
                        read_table(options, &path, value, faults);
                    }
                }
                _ if is_row(Self::ROWS, name) => read_one(&mut config, name, name, value, faults),
                _ => faults.add(unknown(name, name, Self::ROWS, &TABLES)),
            }
        }
        config
    }

    /// What variables say, given without `CACHEFLOW_`.
    pub(super) fn of_variables(
        variables: impl IntoIterator<Item = (String, String)>,
        faults: &mut Faults,
    ) -> Self {
        let mut config = Self::default();
        for (variable, value) in variables {
            let value = Tree::Variable(value);
            let lower = variable.to_ascii_lowercase();
            let parts: Vec<&str> = lower.split("__").collect();
            let full = format!("CACHEFLOW_{variable}");
            match parts[..] {
                ["redis", name] => set_one(&mut config.redis, "REDIS__", name, &value, faults),
                ["bus", name] => set_one(&mut config.bus, "BUS__", name, &value, faults),
                ["warming", name] => {
                    set_one(&mut config.warming, "WARMING__", name, &value, faults);
                }
                ["defaults", name] => {
                    set_one(&mut config.defaults, "DEFAULTS__", name, &value, faults);
                }
                ["caches", ref cache @ .., name] if !cache.is_empty() => {
                    let cache = cache.join("__");
                    let before = format!("CACHES__{}__", cache.to_ascii_uppercase());
                    let options = config.by_variable.entry(spelled(&cache)).or_default();
                    set_one(options, &before, name, &value, faults);
                }
                [name] if is_row(Self::ROWS, name) => {
                    set_one(&mut config, "", name, &value, faults);
                }
                [name] if TABLES.contains(&name) => faults.add(format!(
                    "{full}: this is a table; its options are {full}__…"
                )),
                _ => faults.add(unknown_variable(&full, "", &lower, Self::ROWS, &TABLES)),
            }
        }
        config
    }

    /// Puts `over` over this configuration, option by option: what it says wins.
    #[must_use]
    pub fn under(mut self, over: &Self) -> Self {
        self.overlay(over);
        self.redis.overlay(&over.redis);
        self.bus.overlay(&over.bus);
        self.warming.overlay(&over.warming);
        self.defaults.lay_over(&over.defaults);
        for (name, options) in &over.caches {
            self.caches
                .entry(name.clone())
                .or_default()
                .lay_over(options);
        }
        for (name, options) in &over.by_variable {
            let own = self.by_variable.entry(name.clone()).or_default();
            own.lay_over(options);
        }
        self
    }

    fn tree(&self) -> Tree {
        let own = |said: Vec<(&'static str, Tree)>| -> Vec<(String, Tree)> {
            let named = said
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value));
            named.collect()
        };
        let mut all = own(self.said());
        let tables = [
            ("redis", self.redis.said()),
            ("bus", self.bus.said()),
            ("warming", self.warming.said()),
            ("defaults", self.defaults.said()),
        ];
        for (name, said) in tables {
            if !said.is_empty() {
                all.push((name.to_owned(), Tree::Table(own(said))));
            }
        }
        if !self.caches.is_empty() {
            let caches = self.caches.iter();
            let caches = caches.map(|(name, it)| (name.clone(), Tree::Table(own(it.said()))));
            all.push(("caches".to_owned(), Tree::Table(caches.collect())));
        }
        Tree::Table(all)
    }
}

fn table<'a>(tree: &'a Tree, path: &str, faults: &mut Faults) -> Option<&'a [(String, Tree)]> {
    match tree {
        Tree::Table(values) => Some(values),
        Tree::Null => None,
        other => {
            faults.add(format!("{path}: {}, allowed is a table", other.what()));
            None
        }
    }
}

fn is_row(rows: &[Row], name: &str) -> bool {
    rows.iter().any(|row| row.name == name)
}

fn read_table<T: Table>(options: &mut T, path: &str, tree: &Tree, faults: &mut Faults) {
    for (name, value) in table(tree, path, faults).unwrap_or_default() {
        let whole = format!("{path}.{name}");
        if is_row(T::ROWS, name) {
            read_one(options, &whole, name, value, faults);
        } else {
            faults.add(unknown(&whole, name, T::ROWS, &[]));
        }
    }
}

fn read_one<T: Table>(options: &mut T, path: &str, name: &str, value: &Tree, faults: &mut Faults) {
    // Nothing is said by `~` or `null`.
    if *value == Tree::Null {
        return;
    }
    if let Err(fault) = options.read(name, value) {
        faults.add(format!("{path}: {fault}"));
    }
}

/// Reads a variable, which stands `before` others of its table.
fn set_one<T: Table>(options: &mut T, before: &str, name: &str, value: &Tree, faults: &mut Faults) {
    let full = format!("CACHEFLOW_{before}{}", name.to_ascii_uppercase());
    if is_row(T::ROWS, name) {
        read_one(options, &full, name, value, faults);
    } else {
        faults.add(unknown_variable(&full, before, name, T::ROWS, &[]));
    }
}

fn meant(name: &str, rows: &[Row], tables: &[&'static str]) -> Option<&'static str> {
    let mut known: Vec<&'static str> = rows.iter().map(|row| row.name).collect();
    known.extend_from_slice(tables);
    nearest(name, &known)
}

pub(super) fn unknown(path: &str, name: &str, rows: &[Row], tables: &[&'static str]) -> String {
    match meant(name, rows, tables) {
        Some(meant) => format!("{path}: there is no such option; did you mean {meant}?"),
        None => format!("{path}: there is no such option"),
    }
}

fn unknown_variable(
    full: &str,
    before: &str,
    name: &str,
    rows: &[Row],
    tables: &[&'static str],
) -> String {
    match meant(name, rows, tables) {
        Some(meant) => {
            let meant = meant.to_ascii_uppercase();
            format!("{full}: there is no such option; did you mean CACHEFLOW_{before}{meant}?")
        }
        None => format!("{full}: there is no such option"),
    }
}

fn of_table<T: Table>(tree: &Tree) -> Result<T, String> {
    let mut faults = Faults::default();
    let mut options = T::default();
    for (name, value) in table(tree, "options", &mut faults).unwrap_or_default() {
        if is_row(T::ROWS, name) {
            read_one(&mut options, name, name, value, &mut faults);
        } else {
            faults.add(unknown(name, name, T::ROWS, &[]));
        }
    }
    match faults.into_list() {
        faults if faults.is_empty() => Ok(options),
        faults => Err(faults.join("; ")),
    }
}

/// What is said here, and nothing of what only variables say of caches.
impl Serialize for CacheFlowConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.tree().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CacheFlowConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tree = Tree::deserialize(deserializer)?;
        let mut faults = Faults::default();
        let config = Self::of_tree(&tree, &mut faults);
        match faults.into_list() {
            faults if faults.is_empty() => Ok(config),
            faults => Err(serde::de::Error::custom(faults.join("; "))),
        }
    }
}

impl Serialize for CacheOptions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let said = self.said().into_iter();
        let said = said.map(|(name, value)| (name.to_owned(), value));
        Tree::Table(said.collect()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CacheOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tree = Tree::deserialize(deserializer)?;
        of_table(&tree).map_err(serde::de::Error::custom)
    }
}
