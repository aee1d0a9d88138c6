//! What `#[cache_evict]` forgets.

use std::future::Future;

use crate::event::Forgotten;
use crate::flow::CacheFlow;
use crate::key::{CacheName, FullKey, KeyBuf, Pattern, Tag};

/// What is to be forgotten when a function has changed its source: all of it as one
/// change.
///
/// Dropped before its end, because the call was cancelled or has panicked, nobody knows
/// whether the source was changed: what is known by then is forgotten in the
/// background.
#[derive(Debug)]
#[must_use = "nothing is forgotten until `end`"]
pub struct Evict {
    flow: CacheFlow,
    sure: Named,
    /// What the result decides about, by its number: forgotten unless ruled out.
    perhaps: Vec<Named>,
    local_only: bool,
    is_on: bool,
}

/// Names of what is forgotten. What cannot be a name is said once and left out: no entry
/// goes by it, and the rest is forgotten all the same.
#[derive(Clone, Debug, Default)]
pub struct Named(Forgotten);

impl Evict {
    /// Nothing yet.
    pub fn begin(flow: &CacheFlow) -> Self {
        Self {
            flow: flow.clone(),
            sure: Named::default(),
            perhaps: Vec::new(),
            local_only: false,
            is_on: true,
        }
    }

    /// In the memory of this process alone.
    pub fn local_only(mut self) -> Self {
        self.local_only = true;
        self
    }

    /// What is forgotten if anything is.
    pub fn sure(&mut self) -> &mut Named {
        &mut self.sure
    }

    /// What is forgotten unless the result rules it out.
    pub fn perhaps(&mut self, number: usize) -> &mut Named {
        if self.perhaps.len() <= number {
            self.perhaps.resize_with(number + 1, Named::default);
        }
        &mut self.perhaps[number]
    }

    /// The result says that this is not concerned.
    pub fn rule_out(&mut self, number: usize) {
        if let Some(named) = self.perhaps.get_mut(number) {
            *named = Named::default();
        }
    }

    /// Whether anything is forgotten.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// Nothing is forgotten: nothing was changed.
    pub fn keep(&mut self) {
        self.is_on = false;
    }

    /// Forgets what is known, and will do so again at the end.
    pub async fn now(&self) {
        if self.is_on {
            let forgotten = self.sure.0.clone();
            let forget = forget(self.flow.clone(), forgotten, self.local_only);
            self.flow.to_the_end(forget).await;
        }
    }

    /// Forgets. Once polled, it runs to its end.
    pub async fn end(mut self) {
        if let Some(forget) = self.take() {
            self.flow.to_the_end(forget).await;
        }
    }

    /// What is left to be done; nothing is left then.
    fn take(&mut self) -> Option<impl Future<Output = ()> + Send + use<>> {
        if !std::mem::take(&mut self.is_on) {
            return None;
        }
        let mut all = std::mem::take(&mut self.sure.0);
        for Named(some) in self.perhaps.drain(..) {
            all.keys.extend(some.keys);
            all.caches.extend(some.caches);
        }
        if all.is_empty() {
            return None;
        }
        Some(forget(self.flow.clone(), all, self.local_only))
    }
}

impl Drop for Evict {
    fn drop(&mut self) {
        if let Some(forget) = self.take() {
            self.flow.in_background(forget);
        }
    }
}

async fn forget(flow: CacheFlow, forgotten: Forgotten, local_only: bool) {
    if flow.is_closed() {
        tracing::warn!("the flow was shut down: what was changed is not forgotten");
    } else if local_only {
        flow.node().forget_locally(&forgotten);
    } else {
        flow.node().forget(forgotten).await;
    }
}

impl Named {
    /// An entry of a function.
    pub fn entry(&mut self, key: FullKey) {
        self.0.keys.push(key);
    }

    /// All entries of a function.
    pub fn function(&mut self, cache: CacheName) {
        self.0.caches.push(cache);
    }

    /// Entries by their full keys.
    pub fn keys(&mut self, keys: impl IntoIterator<Item = FullKey>) {
        self.0.keys.extend(keys);
    }

    /// Entries with one of these tags.
    pub fn tags<T: AsRef<str>>(&mut self, tags: impl IntoIterator<Item = T>) {
        for tag in tags {
            let tag = tag.as_ref();
            match Tag::new(tag) {
                Ok(tag) => self.0.tags.push(tag),
                // Its text may be a secret, and does not go to the log.
                Err(_) => tracing::warn!(bytes = tag.len(), "no tag, and nothing to forget"),
            }
        }
    }

    /// Entries whose full keys match one of these patterns.
    pub fn patterns<T: AsRef<str>>(&mut self, patterns: impl IntoIterator<Item = T>) {
        for pattern in patterns {
            let pattern = pattern.as_ref();
            match Pattern::new(pattern) {
                Ok(pattern) => self.0.patterns.push(pattern),
                Err(_) => {
                    tracing::warn!(bytes = pattern.len(), "no pattern, and nothing to forget");
                }
            }
        }
    }

    /// Everything of a cache, whose name the attribute has checked.
    pub fn cache(&mut self, name: &str) {
        self.0.caches.extend(CacheName::new(name).ok());
    }

    /// Everything.
    pub fn all(&mut self) {
        self.0.everything = true;
    }
}

/// A part of a key as it stands in a pattern that matches just that.
#[must_use]
pub fn exactly(key: &KeyBuf) -> String {
    Pattern::escape(&key.to_string())
}
