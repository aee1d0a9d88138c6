//! Looking without loading.

use super::{CacheValue, Core};
use crate::entry::{Found, Lookup};
use crate::event::Counter;
use crate::key::{Address, KeyBuf};
use crate::source::is_inside_a_load;
use crate::strategy::{CallOptions, Levels, Read};

impl<V: CacheValue> Core<V> {
    /// What memory has for `key`, if it may be served; counts nothing.
    pub(crate) fn peek(&self, key: &KeyBuf) -> Option<Found<V>> {
        let entry = self.local.hit(&key.name())?;
        if is_inside_a_load() {
            self.read_entry_within_load(key, &entry);
        }
        Some(Found::new(entry.made(), self.clock.now()))
    }

    /// What the levels have for `key`, without loading it.
    pub(crate) async fn lookup(&self, key: &KeyBuf, options: &CallOptions) -> Lookup<V> {
        let reads_memory = !options.skip.reading_memory;
        let Some(entry) = reads_memory.then(|| self.hit_entry(key)).flatten() else {
            let address = Address::new(&self.name, key);
            return self.lookup_shared(address, options).await;
        };
        if entry.is_watched() {
            self.is_read(&entry, || Address::new(&self.name, key));
        }
        Lookup::Hit(Found::new(entry.made(), self.clock.now()))
    }

    /// The same in the levels below memory.
    pub(crate) async fn lookup_shared(&self, address: Address, options: &CallOptions) -> Lookup<V> {
        let began = self.lookup_begins();
        let lookup = self.read_shared(&address, options).await;
        self.log_found(&address, began, &lookup);
        lookup
    }

    async fn read_shared(&self, address: &Address, options: &CallOptions) -> Lookup<V> {
        let in_request = match self.read_in_request(address, options) {
            Ok(made) => {
                self.read_made_within_load(&address.full, Some(&made));
                return Lookup::Hit(Found::new(made, self.clock.now()));
            }
            Err(reading) => reading,
        };
        if self.is_off() {
            self.counters.add(Counter::Miss);
            self.read_made_within_load(&address.full, None);
            return Lookup::Miss;
        }
        // Before the shared store is read, as a load does.
        let ticket = self.local.read_ticket(&address.key);
        let _returning = self.local.returning(&address.key, &ticket);
        let idle = self.config().loading.idle;
        let reading = self.policy.reading(options, idle);
        let read = self.strategy.levels.read(address, &ticket, reading).await;
        let Read::Hit { made, is_due } = read else {
            self.counters.add(Counter::Miss);
            self.read_made_within_load(&address.full, None);
            return Lookup::Miss;
        };
        self.counters.add(Counter::SharedHit);
        if let Some(reading) = in_request {
            reading.keep(address, &made);
        }
        if let Some(idle) = idle.filter(|_| is_due) {
            self.strategy.touch(address, &made, idle);
        }
        self.read_made_within_load(&address.full, Some(&made));
        Lookup::Hit(Found::new(made, self.clock.now()))
    }
}
