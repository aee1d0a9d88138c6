//! Moving slots from one node to another.

use super::{AGREED_WITHIN, RedisCluster, until};
use crate::Reply;

impl RedisCluster {
    /// Begins to move a slot and stops halfway: no key has been moved yet.
    ///
    /// From now on the former owner answers `ASK` for keys that it does not have,
    /// and the new one serves them after `ASKING`. Move single keys with Redis'
    /// `MIGRATE`, and the rest with [`move_slot`](Self::move_slot).
    ///
    /// # Panics
    ///
    /// When one of both nodes refuses, or has the slot already.
    pub async fn start_moving_slot(&self, slot: u16, to: usize) {
        let from = self.owner_of_slot(slot).await;
        assert_ne!(from, to, "node {to} has slot {slot} already");
        let (from_id, to_id) = (self.id(from).await, self.id(to).await);
        let slot = slot.to_string();
        // In this order nobody is referred to a node that would refer back.
        self.nodes[to]
            .demand(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from_id])
            .await;
        self.nodes[from]
            .demand(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to_id])
            .await;
    }

    /// Moves a slot with all its keys to another primary, and waits until all
    /// living nodes know that.
    ///
    /// # Panics
    ///
    /// When one of both nodes refuses or has the slot already, or when the nodes do
    /// not agree within a minute.
    pub async fn move_slot(&self, slot: u16, to: usize) {
        let from = self.owner_of_slot(slot).await;
        self.start_moving_slot(slot, to).await;
        self.move_keys(slot, from, to).await;

        let number = slot.to_string();
        let id = self.id(to).await;
        let assign = ["CLUSTER", "SETSLOT", &number, "NODE", &id];
        // The new owner first: if the former one gave it up earlier, nobody would
        // have it for a moment.
        self.nodes[to].demand(&assign).await;
        self.nodes[from].demand(&assign).await;

        let what = format!("all nodes know that node {to} has slot {slot}");
        until(&what, AGREED_WITHIN, || async {
            let owner = self.look_agreed().await?.owner(slot);
            if owner == Some(self.port(to)) {
                return Ok(());
            }
            Err(format!("port {owner:?} has it"))
        })
        .await;
    }

    async fn move_keys(&self, slot: u16, from: usize, to: usize) {
        let source = &self.nodes[from];
        let (slot, port) = (slot.to_string(), self.port(to).to_string());
        loop {
            let reply = source
                .demand(&["CLUSTER", "GETKEYSINSLOT", &slot, "100"])
                .await;
            let Reply::Array(keys) = reply else {
                panic!("CLUSTER GETKEYSINSLOT answered {reply:?}")
            };
            if keys.is_empty() {
                return;
            }
            let mut words: Vec<&[u8]> = vec![b"MIGRATE", b"127.0.0.1", port.as_bytes()];
            words.extend([b"".as_slice(), b"0", b"10000"]);
            if let Some(password) = &source.options.password {
                words.extend([b"AUTH".as_slice(), password.as_bytes()]);
            }
            words.push(b"KEYS");
            words.extend(keys.iter().filter_map(|key| match key {
                Reply::Bulk(Some(key)) => Some(key.as_slice()),
                _ => None,
            }));
            source.demand(&words).await;
        }
    }
}
