//! Callers who write and forget.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cacheflow::key::Pattern;
use cacheflow::{Applied, Result};
use cacheflow_testkit::history::{At, Key, Version, now};
use tokio::time::MissedTickBehavior;

use super::Shared;
use super::caches::Value;
use crate::random::Random;
use crate::wire::Form;
use crate::world::{self, Kind, ROWS, Target, Targets};

const EVERY: Duration = Duration::from_millis(40);
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Calls whose outcome was local, until they were sent.
static LOCAL: Mutex<Vec<(u32, Form, At)>> = Mutex::new(Vec::new());

struct Writer<'s> {
    shared: &'s Arc<Shared>,
    targets: Targets,
    random: Random,
    versions: HashMap<Key, Version>,
}

pub(crate) async fn write(shared: Arc<Shared>, task: u64, writers: u64) {
    let settings = &shared.settings;
    let (node, nodes) = (settings.node as u64, settings.nodes as u64);
    let is_mine = |key: &Key| {
        let key = u64::from(*key);
        key % nodes == node && key / nodes % writers == task
    };
    let mine: Vec<Key> = (0..ROWS).filter(is_mine).collect();
    let mut writer = Writer {
        shared: &shared,
        targets: Targets::new(),
        random: Random::of(&[settings.seed, node, 2000 + task]),
        versions: HashMap::new(),
    };
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !shared.is_stopped() {
        ticks.tick().await;
        // Those that are read most are written most.
        let hot = if writer.random.percent(40) {
            12
        } else {
            mine.len()
        };
        let key = mine[writer.random.index(hot.min(mine.len()))];
        // An error is the end of the flow, and of this.
        if writer.change(key, &mine).await.is_err() {
            return;
        }
    }
}

impl Writer<'_> {
    async fn change(&mut self, key: Key, mine: &[Key]) -> Result<()> {
        if world::tells_version(key) && self.random.percent(70) {
            return self.change_by_version(key).await;
        }
        let kind = Kind::of(key);
        match self.random.below(1000) {
            0..360 => self.by_key(key, None).await,
            360..400 => self.by_key(key, Some(Duration::from_secs(1))).await,
            400..560 if kind.is_row() => self.put(key).await,
            560..640 => self.many(key, mine).await,
            640..720 => self.strictly(key).await,
            720..860 => self.by_tag(key).await,
            860..920 => self.by_pattern(key).await,
            920..960 => self.together(key).await,
            960..972 => self.cache(key).await,
            972..975 => {
                self.commit(key);
                let begun = now();
                let applied = self.shared.caches.flow.invalidate().all().send().await?;
                self.forgot(Target::All, begun, applied);
                Ok(())
            }
            _ => self.by_key(key, None).await,
        }
    }

    fn commit(&mut self, key: Key) -> Version {
        let version = self.versions.entry(key).or_default();
        *version += 1;
        let written = self.shared.caches.database.write(key, *version);
        written.expect("the database takes it");
        for judged in world::judged_rows(key) {
            self.shared.recorder.wrote(judged, *version);
        }
        *version
    }

    fn forgot(&self, target: Target, begun: At, applied: Applied) {
        self.forgot_as(target, Form::Call, begun, applied);
    }

    fn forgot_as(&self, target: Target, form: Form, begun: At, applied: Applied) {
        let target = self.targets.number(target);
        self.shared.recorder.forgot(target, form, begun, applied);
        if applied == Applied::Local {
            local(|local| local.push((target, form, begun)));
        }
    }

    async fn by_key(&mut self, key: Key, everywhere: Option<Duration>) -> Result<()> {
        self.commit(key);
        let caches = &self.shared.caches;
        let begun = now();
        let applied = match everywhere {
            None => caches.handle(key).invalidate(&key).await?,
            Some(timeout) => {
                let key = world::full_key(key);
                let forgetting = caches.flow.invalidate().keys([key.as_str()]);
                forgetting.await_cluster(timeout).send().await?
            }
        };
        self.forgot(Target::Key(key), begun, applied);
        Ok(())
    }

    async fn put(&mut self, key: Key) -> Result<()> {
        let version = self.commit(key);
        let begun = now();
        let value = Value::row(key, version);
        let applied = self.shared.caches.handle(key).put(&key, value).await?;
        self.forgot_as(Target::Key(key), Form::Put, begun, applied);
        Ok(())
    }

    async fn many(&mut self, key: Key, mine: &[Key]) -> Result<()> {
        let kind = Kind::of(key);
        let size = 2 + self.random.index(6);
        let alike: Vec<Key> = mine
            .iter()
            .copied()
            .filter(|key| Kind::of(*key) == kind)
            .collect();
        let mut keys: Vec<Key> = (0..size).map(|_| self.random.one_of(&alike)).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in &keys {
            self.commit(*key);
        }
        let begun = now();
        let applied = self.shared.caches.of(kind).invalidate_many(&keys).await?;
        for key in keys {
            self.forgot(Target::Key(key), begun, applied);
        }
        Ok(())
    }

    async fn strictly(&mut self, key: Key) -> Result<()> {
        let write = self.shared.caches.handle(key).begin_write(&key).await?;
        tokio::time::sleep(self.random.millis(0, 3)).await;
        self.commit(key);
        let begun = now();
        let applied = write.finish().await?;
        self.forgot_as(Target::Key(key), Form::Write, begun, applied);
        Ok(())
    }

    async fn by_tag(&mut self, key: Key) -> Result<()> {
        let (target, tag) = match Kind::of(key) {
            Kind::A | Kind::B | Kind::C => {
                (Target::RowTag(key % world::ROW_TAGS), world::row_tag(key))
            }
            Kind::Page => (
                Target::PageTag(key % world::PAGE_TAGS),
                world::page_tag(key),
            ),
            Kind::Site | Kind::Card => return self.by_key(key, None).await,
        };
        self.commit(key);
        let begun = now();
        let applied = self
            .shared
            .caches
            .flow
            .invalidate()
            .tags([tag])
            .send()
            .await?;
        self.forgot(target, begun, applied);
        Ok(())
    }

    async fn by_pattern(&mut self, key: Key) -> Result<()> {
        let full = world::full_key(key);
        let matches = |number: &u32| {
            Pattern::new(Target::pattern(*number)).is_ok_and(|pattern| pattern.matches(&full))
        };
        let fitting: Vec<u32> = (0..Target::PATTERNS).filter(matches).collect();
        if fitting.is_empty() {
            return self.by_key(key, None).await;
        }
        let number = self.random.one_of(&fitting);
        self.commit(key);
        let begun = now();
        let flow = &self.shared.caches.flow;
        let applied = flow
            .invalidate()
            .pattern(Target::pattern(number))
            .send()
            .await?;
        self.forgot(Target::Pattern(number), begun, applied);
        Ok(())
    }

    /// A key and a tag as one change.
    async fn together(&mut self, key: Key) -> Result<()> {
        let tag = self.random.below(u64::from(world::ROW_TAGS)) as u32;
        self.commit(key);
        let begun = now();
        let forgetting = self.shared.caches.flow.invalidate();
        let full = world::full_key(key);
        let forgetting = forgetting.keys([full.as_str()]).tags([world::row_tag(tag)]);
        let applied = forgetting.send().await?;
        self.forgot(Target::Key(key), begun, applied);
        self.forgot(Target::RowTag(tag), begun, applied);
        Ok(())
    }

    async fn cache(&mut self, key: Key) -> Result<()> {
        let kind = Kind::of(key);
        self.commit(key);
        let begun = now();
        let caches = &self.shared.caches;
        let applied = match self.random.percent(50) {
            true => caches.of(kind).clear().await?,
            false => caches.flow.invalidate().cache(kind.cache()).send().await?,
        };
        self.forgot(Target::Cache(kind), begun, applied);
        Ok(())
    }

    /// By the tag of the version before, which all have that is left to forget.
    async fn change_by_version(&mut self, key: Key) -> Result<()> {
        // That is so once the change before has come everywhere.
        while local(|local| !local.is_empty()) && !self.shared.is_stopped() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let version = self.commit(key);
        let tag = world::version_tag(key, version - 1);
        let begun = now();
        let applied = self
            .shared
            .caches
            .flow
            .invalidate()
            .tags([tag])
            .send()
            .await?;
        self.forgot(Target::Version(key), begun, applied);
        Ok(())
    }
}

/// Tells of calls that were local when they have been sent.
pub(crate) async fn watch_local(shared: Arc<Shared>) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // Those that waited before the look; others may come while it is made.
        let waiting = local(|local| local.len());
        let health = shared.caches.flow.health();
        if waiting == 0 || health.waiting_invalidations > 0 {
            continue;
        }
        let sent: Vec<_> = local(|local| local.drain(..waiting).collect());
        for (target, form, begun) in sent {
            shared
                .recorder
                .forgot(target, form, begun, Applied::Recorded);
        }
    }
}

fn local<T>(look: impl FnOnce(&mut Vec<(u32, Form, At)>) -> T) -> T {
    look(&mut LOCAL.lock().unwrap_or_else(PoisonError::into_inner))
}
