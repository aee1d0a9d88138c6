//! Caches that are forgotten when something else is.

use std::collections::HashMap;

use crate::event::{Change, Forgotten, Record};
use crate::key::{CacheName, FullKey, Marks, Pattern};

/// The caches of this node that go by patterns over what others forget.
///
/// Each has a *floor*: the last record that touched it; at first, and whenever the
/// node begins anew, the place from which on it has seen every record. What is older
/// than the floor may be older than something that touched the cache.
///
/// The records themselves do not name the cache, so no script of the shared store
/// refuses or removes its values by them. The floor makes up for it: unlike a record
/// it never goes out of mind, so that a value of before is never believed here,
/// however long it lies in the store and whoever has left it there.
#[derive(Debug, Default)]
pub(super) struct Watches(HashMap<CacheName, Watch, foldhash::fast::RandomState>);

#[derive(Debug)]
struct Watch {
    patterns: Vec<Pattern>,
    floor: u64,
    /// Whether the floor is only where this node began, and nothing touched the cache
    /// there.
    is_beginning: bool,
}

impl Watches {
    /// From `here` on `cache` goes by `patterns`.
    pub(super) fn add(&mut self, cache: CacheName, patterns: Vec<Pattern>, here: u64) {
        let watch = Watch {
            patterns,
            floor: here,
            is_beginning: true,
        };
        self.0.insert(cache, watch);
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The journal's records after number `after`, to its last, are `told`: where a
    /// cache's floor is only this node's beginning, what touched it before is known now.
    pub(super) fn looked_back(&mut self, after: u64, told: &[Record]) {
        let Some(last) = told.last().map(|record| record.position.number) else {
            return;
        };
        let mut floors: HashMap<CacheName, u64> = HashMap::new();
        for record in told {
            for cache in self.touched(&record.change) {
                floors.insert(cache, record.position.number);
            }
        }
        for (cache, watch) in &mut self.0 {
            // One that began anew meanwhile may have begun behind what was told.
            if std::mem::take(&mut watch.is_beginning) && watch.floor <= last {
                watch.floor = floors.get(cache).copied().unwrap_or(after);
            }
        }
    }

    /// The caches that `change` touches and does not name: by their patterns, and by
    /// those that it touches.
    pub(super) fn touched(&self, change: &Change) -> Vec<CacheName> {
        if self.0.is_empty() {
            return Vec::new();
        }
        match change {
            Change::Forgotten(forgotten) => self.touched_by(forgotten),
            Change::Put { key, dependents } => {
                let keys = std::iter::once(key).chain(dependents);
                self.touched_by(&Forgotten::keys(keys.cloned().collect::<Vec<_>>()))
            }
            Change::Held { key, .. } => self.touched_by(&Forgotten::keys([key.clone()])),
            Change::Done(_) => Vec::new(),
        }
    }

    /// The same for what is forgotten.
    pub(super) fn touched_by(&self, forgotten: &Forgotten) -> Vec<CacheName> {
        if self.0.is_empty() || forgotten.everything {
            return Vec::new();
        }
        let mut touched = Vec::new();
        let mut by: Option<Forgotten> = Some(forgotten.clone());
        while let Some(forgetting) = by.take() {
            let mut more = Vec::new();
            for (cache, watch) in &self.0 {
                let is_known = touched.contains(cache) || forgotten.caches.contains(cache);
                if !is_known && watch.is_touched(cache, &forgetting) {
                    more.push(cache.clone());
                }
            }
            // A cache that is forgotten touches those that go by it.
            by = (!more.is_empty()).then(|| Forgotten {
                caches: more.clone(),
                ..Forgotten::default()
            });
            touched.extend(more);
        }
        touched
    }

    /// The record `number` has touched these caches.
    pub(super) fn raise(&mut self, caches: &[CacheName], number: u64) {
        for cache in caches {
            if let Some(watch) = self.0.get_mut(cache) {
                watch.floor = watch.floor.max(number);
                watch.is_beginning = false;
            }
        }
    }

    /// The node begins anew at `number`: what came before, it may have missed.
    pub(super) fn raise_all(&mut self, number: u64) {
        for watch in self.0.values_mut() {
            watch.floor = watch.floor.max(number);
            watch.is_beginning = true;
        }
    }

    /// Whether an entry belongs to such a cache, or was made of something of one.
    pub(super) fn are_about(&self, key: &FullKey, marks: &Marks) -> bool {
        self.floor_of(key, marks).is_some()
    }

    /// Whether something has touched it after `as_of`, or may have.
    pub(super) fn is_after(&self, as_of: u64, key: &FullKey, marks: &Marks) -> bool {
        let floor = self.floor_of(key, marks);
        floor.is_some_and(|floor| floor > as_of)
    }

    fn floor_of(&self, key: &FullKey, marks: &Marks) -> Option<u64> {
        if self.0.is_empty() {
            return None;
        }
        let keys = std::iter::once(key).chain(marks.dependencies());
        let floor = |key: &FullKey| Some(self.0.get(key.cache())?.floor);
        keys.filter_map(floor).max()
    }
}

impl Watch {
    /// Whether one of the patterns matches something of what is forgotten. What is
    /// forgotten of `cache` itself is none of its patterns' business.
    fn is_touched(&self, cache: &CacheName, forgotten: &Forgotten) -> bool {
        let keys = || {
            let keys = forgotten.keys.iter();
            keys.filter(|key| key.cache() != cache.as_str())
        };
        let patterns = || {
            let patterns = forgotten.patterns.iter();
            patterns.filter(|pattern| !pattern.is_within(cache))
        };
        let whole = || {
            let caches = forgotten.caches.iter();
            caches
                .filter(|other| *other != cache)
                .map(Pattern::of_cache)
        };
        self.patterns.iter().any(|own| {
            keys().any(|key| own.matches(key))
                || forgotten.tags.iter().any(|tag| own.matches_tag(tag))
                || patterns().any(|pattern| own.meets(pattern))
                || whole().any(|pattern| own.meets(&pattern))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Position;
    use crate::key::Tag;
    use std::time::Duration;

    fn name(text: &str) -> CacheName {
        CacheName::new(text).unwrap()
    }

    fn key(text: &str) -> FullKey {
        FullKey::parse(text).unwrap()
    }

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text).unwrap()
    }

    /// `permissions` go by users and roles, `menus` by permissions, `all` by all.
    fn watches() -> Watches {
        let mut watches = Watches::default();
        for (cache, patterns) in [
            ("permissions", &["user:*", "role:*"][..]),
            ("menus", &["permissions:*"]),
            ("all", &["*"]),
        ] {
            let patterns = patterns.iter().map(|text| pattern(text));
            watches.add(name(cache), patterns.collect(), 5);
        }
        watches
    }

    fn touched(forgotten: Forgotten) -> Vec<String> {
        let touched = watches().touched(&Change::Forgotten(forgotten));
        let mut touched: Vec<_> = touched.iter().map(ToString::to_string).collect();
        touched.sort();
        touched
    }

    fn patterns(text: &str) -> Forgotten {
        Forgotten {
            patterns: vec![pattern(text)],
            ..Forgotten::default()
        }
    }

    #[test]
    fn keys_tags_patterns_and_caches_touch_what_goes_by_them_and_by_that() {
        let all = ["all", "menus", "permissions"];
        assert_eq!(touched(Forgotten::keys([key("user:7")])), all);
        assert_eq!(
            touched(Forgotten::tags([Tag::new("role:admin").unwrap()])),
            all
        );
        assert_eq!(touched(Forgotten::cache(name("user"))), all);
        assert_eq!(touched(patterns("us*:7")), all);
        assert_eq!(touched(patterns("*7")), all);
        assert_eq!(touched(Forgotten::keys([key("order:7")])), ["all"]);
        assert_eq!(touched(patterns("users?:*")), ["all"]);
        assert_eq!(
            touched(Forgotten::tags([Tag::new("roles").unwrap()])),
            ["all"]
        );
    }

    #[test]
    fn what_is_forgotten_of_a_cache_itself_does_not_touch_it() {
        assert_eq!(touched(Forgotten::keys([key("all:7")])), [""; 0]);
        assert_eq!(touched(patterns("all:*")), [""; 0]);
        // What names a cache needs no other to follow it; what goes by it does.
        assert_eq!(
            touched(Forgotten::cache(name("permissions"))),
            ["all", "menus"]
        );
        assert_eq!(touched(Forgotten::everything()), [""; 0]);
    }

    #[test]
    fn puts_and_writes_under_way_touch_as_well() {
        let put = Change::Put {
            key: key("order:1"),
            dependents: vec![key("user:7")],
        };
        assert_eq!(watches().touched(&put).len(), 3);
        let held = Change::Held {
            key: key("user:7"),
            ttl: Duration::from_secs(1),
        };
        assert_eq!(watches().touched(&held).len(), 3);
        assert!(watches().touched(&Change::Done(7)).is_empty());
    }

    fn record(number: u64, text: &str) -> Record {
        let position = Position {
            incarnation: 1,
            number,
        };
        Record {
            position,
            change: Change::Forgotten(Forgotten::keys([key(text)])),
            open: false,
        }
    }

    fn floor(watches: &Watches, cache: &str) -> u64 {
        let key = key(&format!("{cache}:1"));
        watches.floor_of(&key, Marks::NONE).unwrap()
    }

    #[test]
    fn a_beginning_goes_back_to_what_touched_the_cache_last() {
        let mut began = watches();
        let told = [
            record(3, "user:1"),
            record(4, "order:1"),
            record(5, "all:1"),
        ];
        began.looked_back(2, &told);
        let floors = ["permissions", "menus", "all"].map(|cache| floor(&began, cache));
        assert_eq!(floors, [3, 3, 4]);
        // Once: what comes now is applied.
        began.looked_back(0, &[record(5, "x:1")]);
        assert_eq!(floor(&began, "permissions"), 3);

        let mut untouched = watches();
        untouched.looked_back(2, &[record(5, "all:1")]);
        assert_eq!(
            ["permissions", "all"].map(|it| floor(&untouched, it)),
            [2, 2]
        );
    }

    #[test]
    fn a_floor_that_is_no_beginning_or_lies_behind_what_was_told_stays() {
        let mut touched = watches();
        touched.raise(&[name("permissions")], 7);
        touched.looked_back(2, &[record(8, "x:1")]);
        assert_eq!(floor(&touched, "permissions"), 7);
        let mut anew = watches();
        anew.raise_all(9);
        anew.looked_back(2, &[record(8, "x:1")]);
        assert_eq!(floor(&anew, "permissions"), 9);
        let mut nothing = watches();
        nothing.looked_back(2, &[]);
        assert_eq!(floor(&nothing, "permissions"), 5);
    }

    #[test]
    fn what_is_older_than_the_floor_is_old_and_so_is_what_was_made_of_it() {
        let mut watches = watches();
        let made_of = |text| Marks::new(Vec::new(), vec![key(text)]);
        let is_after = |watches: &Watches, as_of| {
            let own = watches.is_after(as_of, &key("permissions:1"), Marks::NONE);
            let made = watches.is_after(as_of, &key("pages:1"), &made_of("permissions:1"));
            assert_eq!(own, made);
            own
        };
        assert!(is_after(&watches, 4) && !is_after(&watches, 5));
        watches.raise(&[name("permissions"), name("unknown")], 9);
        assert!(is_after(&watches, 8) && !is_after(&watches, 9));
        watches.raise(&[name("permissions")], 7);
        watches.raise_all(8);
        assert!(is_after(&watches, 8) && !is_after(&watches, 9));
        assert!(watches.is_after(7, &key("menus:1"), Marks::NONE));
        assert!(!watches.is_after(0, &key("pages:1"), Marks::NONE));
        assert!(!watches.are_about(&key("pages:1"), Marks::NONE));
    }
}
