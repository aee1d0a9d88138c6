//! Reads that are asked for in one exchange.

use std::collections::HashMap;

use redis::RedisResult;
use tokio::sync::oneshot;

use super::{Ask, Found, Gather, Waiting};

type Tell = oneshot::Sender<RedisResult<Found>>;

/// See the [module's documentation](self).
#[derive(Default)]
pub(super) struct Batch {
    /// Each once.
    places: HashMap<String, usize, foldhash::fast::RandomState>,
    /// Who is told of each name, in the order of their places.
    tells: Vec<Tell>,
    /// Who is told of a name that another has asked for too.
    others: Vec<(usize, Tell)>,
}

impl Batch {
    /// How many names it asks for.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// One more; nothing is asked for those that have gone.
    pub(super) fn add(&mut self, waiting: Waiting) {
        let Waiting { name, tell } = waiting;
        if tell.is_closed() {
            return;
        }
        let next = self.tells.len();
        match *self.places.entry(name).or_insert(next) {
            place if place == next => self.tells.push(tell),
            place => self.others.push((place, tell)),
        }
    }

    /// Asks, and tells everybody; until all of them have gone. Each waits as long as it
    /// likes, and over a connection that has died silently nobody else would end this.
    pub(super) async fn ask<A: Ask>(mut self, server: &A, gather: &Gather) {
        let mut names = vec![String::new(); self.len()];
        for (name, place) in self.places.drain() {
            names[place] = name;
        }
        let answer = tokio::select! {
            biased;
            answer = server.ask(names) => answer,
            () = all_gone(&mut self.tells, &mut self.others) => return,
        };
        match answer {
            Ok(found) => self.tell(found, gather),
            Err(error) => self.fail(&error),
        }
    }

    fn tell(self, found: Vec<RedisResult<Found>>, gather: &Gather) {
        {
            let mut queue = gather.queue();
            found.iter().for_each(|found| queue.saw(found));
        }
        for (place, tell) in self.others {
            if let Some(found) = found.get(place) {
                let _ = tell.send(found.clone());
            }
        }
        for (tell, found) in self.tells.into_iter().zip(found) {
            let _ = tell.send(found);
        }
    }

    fn fail(self, error: &redis::RedisError) {
        let others = self.others.into_iter().map(|(_, tell)| tell);
        for tell in self.tells.into_iter().chain(others) {
            let _ = tell.send(Err(error.clone()));
        }
    }
}

/// Waits until nobody wants the answer any more.
async fn all_gone(tells: &mut [Tell], others: &mut [(usize, Tell)]) {
    for tell in tells {
        tell.closed().await;
    }
    for (_, tell) in others {
        tell.closed().await;
    }
}
