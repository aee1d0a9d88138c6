//! What was made of what.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::CacheFlow;
use crate::error::Result;
use crate::key::FullKey;

impl CacheFlow {
    /// What the entry of `key` was made of: the keys of all entries that its load
    /// has read, theirs included, and what was declared. As far as this process
    /// or the shared store keep the entry; empty if neither does.
    ///
    /// # Errors
    ///
    /// If the shared store has to be asked and cannot be.
    pub async fn dependencies_of(&self, key: &FullKey) -> Result<Vec<FullKey>> {
        let cache = self.node().cache(key.cache());
        if let Some(dependencies) = cache.and_then(|cache| cache.dependencies(key)) {
            return Ok(dependencies);
        }
        match self.shared() {
            Some(shared) => Ok(sorted(shared.relations(key).await?.dependencies)),
            None => Ok(Vec::new()),
        }
    }

    /// What depends on `key`: the keys of all entries that would be forgotten with
    /// it, as far as this process or the shared store keep them.
    ///
    /// # Errors
    ///
    /// If the shared store has to be asked and cannot be.
    pub async fn dependents_of(&self, key: &FullKey) -> Result<Vec<FullKey>> {
        let mut all = HashSet::new();
        let mut open = vec![key.clone()];
        while let Some(next) = open.pop() {
            let mut found: Vec<FullKey> = Vec::new();
            for cache in self.node().caches() {
                found.extend(cache.dependents(&next));
            }
            if let Some(shared) = self.shared() {
                found.extend(shared.relations(&next).await?.dependents);
            }
            for dependent in found {
                if dependent != *key && all.insert(dependent.clone()) {
                    open.push(dependent);
                }
            }
        }
        Ok(sorted(all))
    }

    /// Entries in this process's memory that were made of one another in a
    /// circle, each circle once.
    ///
    /// A circle does no harm to the cache: forgetting one of its entries forgets
    /// all of them, once. But it is hardly what was meant.
    #[must_use]
    pub fn dependency_cycles(&self) -> Vec<Vec<FullKey>> {
        let caches = self.node().caches();
        let entries = caches.iter().flat_map(|cache| cache.graph());
        let made_of: HashMap<FullKey, HashSet<FullKey>> = entries
            .map(|(key, marks)| (key, marks.dependencies().iter().cloned().collect()))
            .collect();
        cycles(&made_of)
    }
}

/// Who reaches whom and is reached by it. Dependencies are flattened but for
/// declared ones, so they are followed.
fn cycles(made_of: &HashMap<FullKey, HashSet<FullKey>>) -> Vec<Vec<FullKey>> {
    let reach: BTreeMap<&FullKey, HashSet<&FullKey>> = made_of
        .keys()
        .map(|key| (key, reachable(made_of, key)))
        .collect();
    let mut seen = HashSet::new();
    let mut cycles = Vec::new();
    for (key, reached) in &reach {
        if seen.contains(key) || !reached.contains(key) {
            continue;
        }
        let circle: BTreeSet<&FullKey> = reached
            .iter()
            .copied()
            .filter(|other| reach.get(other).is_some_and(|back| back.contains(key)))
            .collect();
        seen.extend(circle.iter().copied());
        cycles.push(circle.into_iter().cloned().collect());
    }
    cycles
}

fn reachable<'a>(
    made_of: &'a HashMap<FullKey, HashSet<FullKey>>,
    from: &FullKey,
) -> HashSet<&'a FullKey> {
    let mut reached = HashSet::new();
    let mut open: Vec<&FullKey> = made_of.get(from).into_iter().flatten().collect();
    while let Some(next) = open.pop() {
        if reached.insert(next) {
            open.extend(made_of.get(next).into_iter().flatten());
        }
    }
    reached
}

fn sorted(keys: impl IntoIterator<Item = FullKey>) -> Vec<FullKey> {
    let mut keys: Vec<_> = keys.into_iter().collect();
    keys.sort_unstable();
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &str)]) -> HashMap<FullKey, HashSet<FullKey>> {
        let key = |text: &str| FullKey::parse(&format!("c:{text}")).unwrap();
        let mut graph: HashMap<FullKey, HashSet<FullKey>> = HashMap::new();
        for (parent, child) in edges {
            graph.entry(key(parent)).or_default().insert(key(child));
        }
        graph
    }

    fn found(edges: &[(&str, &str)]) -> Vec<String> {
        let name = |key: &FullKey| String::from_utf8_lossy(key.key()).into_owned();
        let cycles = cycles(&graph(edges));
        cycles
            .iter()
            .map(|cycle| cycle.iter().map(name).collect::<String>())
            .collect()
    }

    #[test]
    fn circles_are_told_once_and_diamonds_are_none() {
        assert!(found(&[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]).is_empty());
        assert_eq!(found(&[("a", "b"), ("b", "a"), ("x", "a")]), ["ab"]);
        assert_eq!(
            found(&[("a", "b"), ("b", "c"), ("c", "a"), ("d", "e"), ("e", "d")]),
            ["abc", "de"]
        );
    }
}
