//! Removing what an open record makes old, in bounded parts.
//!
//! The record stands in the journal before the first of them, so that no value
//! that it makes old is confirmed any more: what a reclaim has passed stays clean.
//! Until the record is done every node takes what is left for a miss.

use cacheflow::Result;
use cacheflow::event::{Change, Forgotten, Record};
use cacheflow::key::FullKey;
use cacheflow::store::Reclaimed;

use super::ClusterStore;
use super::cursor::{At, Cursor, Sweep};
use super::index::{Mark, STEP};
use crate::error::unexpected;

/// How many members and keys one part looks at, about.
const PART: u64 = 200;

/// How many values are removed at once.
const VALUES: usize = 100;

impl ClusterStore {
    /// See [`SharedStore::reclaim`](cacheflow::store::SharedStore::reclaim).
    pub(super) async fn reclaim_part(&self, record: &Record, cursor: &str) -> Result<Reclaimed> {
        let forgotten = match &record.change {
            Change::Forgotten(forgotten) => forgotten.clone(),
            Change::Put { key, dependents } => {
                let keys = std::iter::once(key).chain(dependents);
                Forgotten::keys(keys.cloned().collect::<Vec<_>>())
            }
            Change::Held { key, .. } => Forgotten::keys([key.clone()]),
            _ => return Ok(Reclaimed::default()),
        };
        let begin = Cursor::parse(cursor)
            .ok_or_else(|| unexpected("reclaim", &self.name_of_all(), "cursor"))?;
        let (mut next, mut looked_at) = (Some(begin), 0);
        let mut done = Reclaimed::default();
        while let Some(cursor) = next.take() {
            if looked_at >= PART {
                next = Some(cursor);
                break;
            }
            let is_sweep = matches!(cursor, Cursor::Sweep(_));
            let n = record.position.number;
            next = self
                .step(&forgotten, n, cursor, &mut looked_at, &mut done)
                .await?;
            if is_sweep {
                break;
            }
        }
        done.dependents.sort_unstable();
        done.dependents.dedup();
        done.next = next.map(|cursor| cursor.to_string());
        Ok(done)
    }

    /// One step; returns the next.
    async fn step(
        &self,
        forgotten: &Forgotten,
        n: u64,
        cursor: Cursor,
        looked_at: &mut u64,
        done: &mut Reclaimed,
    ) -> Result<Option<Cursor>> {
        let Forgotten { keys, tags, .. } = forgotten;
        Ok(match cursor {
            Cursor::Values(place) if place < keys.len() => {
                let end = keys.len().min(place + VALUES);
                let some: &[FullKey] = &keys[place..end];
                done.removed += self.remove_older(some, None, n).await?;
                *looked_at += some.len() as u64;
                Some(Cursor::Values(end))
            }
            Cursor::Values(_) => Some(Cursor::Dependents(0, At::default())),
            Cursor::Dependents(which, _) if which >= keys.len() => {
                Some(Cursor::Tagged(0, At::default()))
            }
            // Of most keys nothing was made: many are asked about at once.
            Cursor::Dependents(which, at) if at.is_begin() => {
                let end = keys.len().min(which + VALUES);
                *looked_at += 1;
                let first = self.first_with_dependents(&keys[which..end]).await?;
                Some(match first {
                    Some(first) => {
                        let which = which + first;
                        let next = self.made_of(&keys[which], at, n, looked_at, done).await?;
                        or_next(Cursor::Dependents, which, next)
                    }
                    None => Cursor::Dependents(end, at),
                })
            }
            Cursor::Dependents(which, at) => {
                let next = self.made_of(&keys[which], at, n, looked_at, done).await?;
                Some(or_next(Cursor::Dependents, which, next))
            }
            Cursor::Tagged(which, at) => match tags.get(which) {
                Some(tag) => {
                    let mark = Mark::Tag(tag.as_str().to_owned());
                    let index = self.names.tag(tag);
                    let next = self.part(&index, &mark, at, n, looked_at, done).await?;
                    Some(or_next(Cursor::Tagged, which, next))
                }
                None => has_sweep(forgotten).then(|| Cursor::Sweep(Sweep::default())),
            },
            Cursor::Sweep(sweep) => {
                let next = self.sweep(forgotten, n, sweep, done).await?;
                next.map(Cursor::Sweep)
            }
        })
    }

    /// A step through what was made of `key`; returns where it goes on.
    async fn made_of(
        &self,
        key: &FullKey,
        at: At,
        n: u64,
        looked_at: &mut u64,
        done: &mut Reclaimed,
    ) -> Result<Option<At>> {
        let mark = Mark::Key(key.as_str().to_owned());
        let index = self.names.dependents(key);
        self.part(&index, &mark, at, n, looked_at, done).await
    }

    /// A step through an index; returns where it goes on.
    async fn part(
        &self,
        index: &str,
        mark: &Mark,
        at: At,
        n: u64,
        looked_at: &mut u64,
        done: &mut Reclaimed,
    ) -> Result<Option<At>> {
        let walked = self.walk(index, mark, at, n).await?;
        // A step that finds nothing is work as well.
        *looked_at += walked.members.max(STEP / 10);
        done.removed += walked.removed;
        done.dependents.extend(walked.dependents);
        Ok(walked.next)
    }
}

/// Where an index goes on, or else the next begins.
fn or_next(cursor: fn(usize, At) -> Cursor, which: usize, next: Option<At>) -> Cursor {
    match next {
        Some(at) => cursor(which, at),
        None => cursor(which + 1, At::default()),
    }
}

fn has_sweep(forgotten: &Forgotten) -> bool {
    forgotten.everything || !forgotten.caches.is_empty() || !forgotten.patterns.is_empty()
}
