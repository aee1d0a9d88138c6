//! Turns in which many tasks call a candidate at once.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use cacheflow_benches::results::Subject;
use tokio::sync::Barrier;

use super::peer::{Call, Operation, Peer};
use super::texts;

/// A candidate, whichever it is.
pub trait Candidate: Send + Sync {
    /// What tables say of it.
    fn subject(&self) -> Subject;

    /// Whether it can do that.
    fn can(&self, operation: Operation) -> bool;

    /// Microseconds per call when so many tasks share these calls. What comes
    /// first is not measured: the turn before left the processor's caches to another.
    fn turn(&self, operation: Operation, tasks: usize, calls: &Arc<[Call]>) -> Turn<'_>;

    /// Has values lie in Redis and not in memory.
    fn fill(&self, calls: &Arc<[Call]>) -> Filling<'_>;
}

/// How long a call took.
pub type Turn<'a> = Pin<Box<dyn Future<Output = f64> + Send + 'a>>;

/// Values are there.
pub type Filling<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

struct Connected<P>(Arc<P>);

/// An instance of this candidate.
pub async fn connect<P: Peer>(url: &str) -> Box<dyn Candidate> {
    Box::new(Connected(Arc::new(P::connect(url).await)))
}

impl<P: Peer> Candidate for Connected<P> {
    fn subject(&self) -> Subject {
        match P::CRATE {
            "cacheflow" => Subject::ours(P::NAME),
            peer => Subject::peer(P::NAME, &crate::version(peer)),
        }
    }

    fn can(&self, operation: Operation) -> bool {
        P::CAN.contains(&operation)
    }

    fn turn(&self, operation: Operation, tasks: usize, calls: &Arc<[Call]>) -> Turn<'_> {
        let calls = Arc::clone(calls);
        Box::pin(async move {
            self.0.forget_memory().await;
            turn(&self.0, operation, tasks, calls).await
        })
    }

    fn fill(&self, calls: &Arc<[Call]>) -> Filling<'_> {
        let operation = if self.can(Operation::Put) {
            Operation::Put
        } else {
            Operation::Miss
        };
        let calls = Arc::clone(calls);
        Box::pin(async move {
            turn(&self.0, operation, 64.min(calls.len()), calls).await;
            self.0.forget_memory().await;
        })
    }
}

async fn turn<P: Peer>(
    peer: &Arc<P>,
    operation: Operation,
    tasks: usize,
    calls: Arc<[Call]>,
) -> f64 {
    let each = calls.len() / tasks;
    let warm_up = each / 8;
    let begin = Arc::new(Barrier::new(tasks + 1));
    let running: Vec<_> = (0..tasks)
        .map(|task| {
            let (peer, calls, begin) = (Arc::clone(peer), Arc::clone(&calls), Arc::clone(&begin));
            tokio::spawn(async move {
                let calls = &calls[task * each..(task + 1) * each];
                for call in &calls[..warm_up] {
                    once(&*peer, operation, call).await;
                }
                begin.wait().await;
                for call in &calls[warm_up..] {
                    once(&*peer, operation, call).await;
                }
            })
        })
        .collect();
    begin.wait().await;
    let began = Instant::now();
    for task in running {
        task.await.expect("a candidate panicked");
    }
    began.elapsed().as_secs_f64() * 1e6 / ((each - warm_up) * tasks) as f64
}

/// One call that has done what it was for.
async fn once<P: Peer>(peer: &P, operation: Operation, call: &Call) {
    let read = peer.call(operation, call).await;
    let expected = match operation {
        Operation::Hit | Operation::Miss | Operation::GetMany => call.keys.len() * call.text.len(),
        Operation::Put | Operation::TaggedPut | Operation::Invalidate => 0,
    };
    assert_eq!(
        read,
        expected,
        "{}: {operation:?} of {}",
        P::NAME,
        call.key()
    );
}

/// Calls for keys of their own, `{what}:{number}`, `at_once` in each.
#[must_use]
pub fn calls(what: &str, number: usize, at_once: usize, bytes: usize) -> Arc<[Call]> {
    let text = texts::of(bytes);
    let call = |call: usize| Call {
        keys: (0..at_once)
            .map(|key| format!("{what}:{:06}", call * at_once + key))
            .collect(),
        text: Arc::clone(&text),
        tag: format!("group:{}", call % 10),
    };
    (0..number).map(call).collect()
}

/// A call for each of its keys.
pub fn one_by_one(call: &Call) -> impl Iterator<Item = Call> + '_ {
    call.keys.iter().map(|key| Call {
        keys: vec![key.clone()],
        ..call.clone()
    })
}
