//! A bus with something around it.
//!
//! A listener is told synchronously, and a wrapper may have to wait before it
//! lets something through. So what the inner bus tells goes into a queue first.

use std::convert::Infallible;
use std::sync::Arc;

use cacheflow::Result;
use cacheflow::bus::{Bus, Listener};
use cacheflow::clock::Tick;
use cacheflow::event::{Forgotten, Position, Record, Snapshot};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::{Around, Call, Operation};

pub(super) struct WrappedBus<A> {
    pub(super) inner: Arc<dyn Bus>,
    pub(super) around: Arc<A>,
}

#[async_trait::async_trait]
impl<A: Around> Bus for WrappedBus<A> {
    async fn listen(&self, listener: &dyn Listener) -> Result<Infallible> {
        let call = Call::new(Operation::Listen, "");
        self.around.before(&call).await?;
        let (sender, mut told) = unbounded_channel();
        let queue = Queue { listener, sender };
        let listening = self.inner.listen(&queue);
        let telling = async {
            while let Some(news) = told.recv().await {
                self.tell(listener, news).await;
            }
        };
        tokio::select! {
            end = listening => end,
            // The queue lasts as long as the inner bus listens.
            () = telling => std::future::pending().await,
        }
    }
}

impl<A: Around> WrappedBus<A> {
    /// What fails before it is told, is lost; nobody answers it.
    async fn tell(&self, listener: &dyn Listener, news: Told) {
        let call = news.call();
        if self.around.before(&call).await.is_err() {
            return;
        }
        match news {
            Told::Subscribed(snapshot, asked) => listener.subscribed(snapshot, asked),
            Told::Heard(record, origin) => listener.heard(record, &origin),
            Told::Foreign(forgotten, origin) => listener.heard_foreign(&forgotten, &origin),
            Told::Released(name) => listener.released(&name),
            Told::Garbled => listener.garbled(),
            Told::Alive(position, asked) => listener.alive(position, asked),
        }
        let _ = self.around.after(&call).await;
    }
}

enum Told {
    Subscribed(Snapshot, Tick),
    Heard(Record, String),
    Foreign(Forgotten, String),
    Released(String),
    Garbled,
    Alive(Position, Tick),
}

impl Told {
    fn call(&self) -> Call {
        match self {
            Self::Subscribed(snapshot, _) => {
                Call::new(Operation::Subscribed, snapshot.position.number)
            }
            Self::Heard(record, _) => Call::new(Operation::Heard, record.position.number),
            Self::Foreign(..) => Call::new(Operation::Heard, "foreign"),
            Self::Released(name) => Call::new(Operation::Released, name),
            Self::Garbled => Call::new(Operation::Heard, "garbage"),
            Self::Alive(position, _) => Call::new(Operation::Alive, position.number),
        }
    }
}

/// Takes what the inner bus tells.
struct Queue<'a> {
    listener: &'a dyn Listener,
    sender: UnboundedSender<Told>,
}

impl Queue<'_> {
    fn push(&self, told: Told) {
        // The other end lives as long as this one.
        let _ = self.sender.send(told);
    }
}

impl Listener for Queue<'_> {
    fn now(&self) -> Tick {
        self.listener.now()
    }

    fn origin(&self) -> &str {
        self.listener.origin()
    }

    fn position(&self) -> Option<Position> {
        self.listener.position()
    }

    fn subscribed(&self, snapshot: Snapshot, asked: Tick) {
        self.push(Told::Subscribed(snapshot, asked));
    }

    fn heard(&self, record: Record, origin: &str) {
        self.push(Told::Heard(record, origin.to_owned()));
    }

    fn heard_foreign(&self, forgotten: &Forgotten, origin: &str) {
        self.push(Told::Foreign(forgotten.clone(), origin.to_owned()));
    }

    fn released(&self, name: &str) {
        self.push(Told::Released(name.to_owned()));
    }

    fn garbled(&self) {
        self.push(Told::Garbled);
    }

    fn alive(&self, position: Position, asked: Tick) {
        self.push(Told::Alive(position, asked));
    }
}
