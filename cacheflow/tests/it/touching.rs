//! A row has changed: what it is a part of is touched and forgotten, up the whole chain.

mod chains;
mod ends;
mod failures;
mod names;

use std::collections::{HashMap, VecDeque};
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use cacheflow::key::FullKey;
use cacheflow::{BoxError, CacheFlow, FlowBuilder, Parent, ParentToucher};
use tokio::sync::oneshot;

/// What becomes of a call.
pub(crate) enum Trouble {
    Fails,
    Panics,
    Hangs,
    /// Tells that it was reached, and waits for the other.
    Waits(oneshot::Sender<()>, oneshot::Receiver<()>),
}

/// Rows that know what they are a part of, and what was done to them.
#[derive(Clone, Default)]
pub(crate) struct Source(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    parents: HashMap<Parent, Vec<Parent>>,
    keys: HashMap<Parent, Vec<FullKey>>,
    touching: HashMap<Parent, VecDeque<Trouble>>,
    telling: HashMap<Parent, VecDeque<Trouble>>,
    touched: Vec<(Parent, SystemTime)>,
    asked: usize,
}

impl Source {
    /// Rows, each with what it is a part of: `"post:3 > page:1 author:8"`.
    pub(crate) fn of(rows: &[&str]) -> Self {
        let source = Self::default();
        for line in rows {
            let (child, parents) = line.split_once(" > ").unwrap();
            let parents = parents.split(' ').map(row).collect();
            source.state().parents.insert(row(child), parents);
        }
        source
    }

    /// The touchers of these entities.
    pub(crate) fn touchers(&self, builder: FlowBuilder, entities: &[&'static str]) -> FlowBuilder {
        let touchers = entities.iter().map(|entity| self.toucher(entity));
        touchers.fold(builder, FlowBuilder::toucher)
    }

    pub(crate) fn toucher(&self, entity: &'static str) -> Rows {
        Rows {
            entity,
            timeout: Duration::from_secs(5),
            source: self.clone(),
        }
    }

    /// A flow that shares nothing, and touches these entities.
    pub(crate) async fn alone(&self, entities: &[&'static str]) -> CacheFlow {
        let builder = self.touchers(CacheFlow::builder(), entities);
        builder.build().await.unwrap()
    }

    /// What becomes of the next calls of `touch` for a row.
    pub(crate) fn touching(&self, of: &str, trouble: impl IntoIterator<Item = Trouble>) {
        self.state()
            .touching
            .entry(row(of))
            .or_default()
            .extend(trouble);
    }

    /// What becomes of the next calls of `parents_of` for a row.
    pub(crate) fn telling(&self, of: &str, trouble: impl IntoIterator<Item = Trouble>) {
        self.state()
            .telling
            .entry(row(of))
            .or_default()
            .extend(trouble);
    }

    /// A call of `touch` that waits: when it has begun, and what lets it go on.
    pub(crate) fn hold(&self, of: &str) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        let ((begun, has_begun), (go, gone)) = (oneshot::channel(), oneshot::channel());
        self.touching(of, [Trouble::Waits(begun, gone)]);
        (has_begun, go)
    }

    /// Further entries that are made of a row.
    pub(crate) fn keys(&self, of: &str, keys: &[FullKey]) {
        self.state().keys.insert(row(of), keys.to_vec());
    }

    /// The rows that were touched, in their order.
    pub(crate) fn touched(&self) -> Vec<String> {
        let touched = &self.state().touched;
        touched.iter().map(|(row, _)| row.to_string()).collect()
    }

    /// When they were.
    pub(crate) fn instants(&self) -> Vec<SystemTime> {
        self.state().touched.iter().map(|(_, at)| *at).collect()
    }

    /// How often `touch` was called, whatever became of it.
    pub(crate) fn asked(&self) -> usize {
        self.state().asked
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

/// The toucher of one entity.
pub(crate) struct Rows {
    entity: &'static str,
    timeout: Duration,
    source: Source,
}

impl Rows {
    pub(crate) fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }
}

async fn meet(trouble: Option<Trouble>) -> Result<(), BoxError> {
    match trouble {
        Some(Trouble::Fails) => Err("the source is away".into()),
        Some(Trouble::Panics) => panic!("a fault of the toucher"),
        Some(Trouble::Hangs) => pending().await,
        Some(Trouble::Waits(begun, go)) => {
            // Whoever has gone does not hold it up.
            let _ = begun.send(());
            let _ = go.await;
            Ok(())
        }
        None => Ok(()),
    }
}

#[async_trait]
impl ParentToucher for Rows {
    fn entity(&self) -> &str {
        self.entity
    }

    async fn touch(&self, id: &str, at: SystemTime) -> Result<(), BoxError> {
        let row = Parent::new(self.entity, id);
        let trouble = {
            let mut state = self.source.state();
            state.asked += 1;
            state.touching.get_mut(&row).and_then(VecDeque::pop_front)
        };
        meet(trouble).await?;
        self.source.state().touched.push((row, at));
        Ok(())
    }

    async fn parents_of(&self, id: &str) -> Result<Vec<Parent>, BoxError> {
        let row = Parent::new(self.entity, id);
        let trouble = {
            let mut state = self.source.state();
            state.telling.get_mut(&row).and_then(VecDeque::pop_front)
        };
        meet(trouble).await?;
        Ok(self
            .source
            .state()
            .parents
            .get(&row)
            .cloned()
            .unwrap_or_default())
    }

    fn keys(&self, id: &str) -> Vec<FullKey> {
        let row = Parent::new(self.entity, id);
        self.source
            .state()
            .keys
            .get(&row)
            .cloned()
            .unwrap_or_default()
    }

    fn timeout(&self) -> Duration {
        self.timeout
    }
}

/// A row by its text.
pub(crate) fn row(text: &str) -> Parent {
    text.parse().unwrap()
}

/// Rows as text.
pub(crate) fn texts(rows: &[Parent]) -> Vec<String> {
    rows.iter().map(ToString::to_string).collect()
}
