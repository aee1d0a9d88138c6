//! Leases: each in its own slot, told to all nodes wherever they listen.

use std::time::Duration;

use cacheflow::lock::Acquired;
use cacheflow::{Backend, Namespace};
use cacheflow_testkit::{Reply, conformance, eventually};

use crate::bus::{Ear, SOON, listen};
use crate::world::{PREFIX, World, name};

const MINUTE: Duration = Duration::from_secs(60);

/// As on one server; whoever listens is connected to the journal's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_leases_keep_to_the_rules() {
    let world = World::start().await;
    conformance::leases(async || world.backend()).await;
}

#[tokio::test]
async fn a_lease_is_one_nodes_and_its_return_is_told_to_all() {
    let world = World::start().await;
    let namespace = |origin| Namespace::new(PREFIX, origin);
    let one = world.backend().leases(&namespace("one"));
    let two = world.backend().leases(&namespace("two"));
    let ear = Ear::new();
    let listening = listen(world.backend().bus(&namespace("ear")), ear.clone());
    eventually("it is subscribed", SOON, async || {
        ear.look(|told| told.subscribed > 0)
    })
    .await;

    // Enough for leases on every server, whoever of them has the subscription.
    let names: Vec<String> = (0..12).map(|number| format!("users:{number}")).collect();
    let mut owners = Vec::new();
    for lease in &names {
        let lies_at = name(&format!("lock:{lease}"));
        owners.push(world.cluster.owner_of(&lies_at).await);
        assert_eq!(
            one.acquire(lease, "1", MINUTE).await.unwrap(),
            Acquired::Mine
        );
        let told = world.command(&lies_at, &["GET", &lies_at]).await;
        assert_eq!(told, Reply::bulk("1"));
        let Acquired::Held { remaining } = two.acquire(lease, "2", MINUTE).await.unwrap() else {
            panic!("another has it")
        };
        assert!(remaining > Duration::ZERO && remaining <= MINUTE);
        assert!(!two.renew(lease, "2", MINUTE).await.unwrap());
        assert!(!two.release(lease, "2").await.unwrap());
        assert!(one.renew(lease, "1", MINUTE).await.unwrap());
    }
    owners.sort_unstable();
    owners.dedup();
    assert_eq!(owners, [0, 1, 2]);
    for lease in &names {
        assert!(one.release(lease, "1").await.unwrap());
        assert_eq!(
            two.acquire(lease, "2", MINUTE).await.unwrap(),
            Acquired::Mine
        );
        // Nobody waits for it any more, and nobody is told.
        assert!(two.release(lease, "2").await.unwrap());
    }
    eventually("all returns are told", SOON, async || {
        ear.look(|told| names.iter().all(|name| told.released.contains(name)))
    })
    .await;
    assert_eq!(ear.look(|told| told.released.len()), names.len());
    listening.abort();

    a_lease_moves_with_its_slot(&world).await;
}

async fn a_lease_moves_with_its_slot(world: &World) {
    let leases = world.backend().leases(&Namespace::new(PREFIX, "one"));
    let lies_at = name("lock:moving");
    assert_eq!(
        leases.acquire("moving", "1", MINUTE).await.unwrap(),
        Acquired::Mine
    );
    let slot = world.cluster.slot_of(&lies_at).await;
    let from = world.cluster.owner_of_slot(slot).await;
    let to = (from + 1) % 3;
    world.cluster.start_moving_slot(slot, to).await;
    assert!(leases.renew("moving", "1", MINUTE).await.unwrap());
    let asks_in_vain = async || {
        let acquired = leases.acquire("moving", "2", MINUTE).await.unwrap();
        assert_ne!(acquired, Acquired::Mine);
    };
    asks_in_vain().await;
    world.cluster.move_slot(slot, to).await;
    assert!(leases.renew("moving", "1", MINUTE).await.unwrap());
    // Whoever waited before the move is told after it.
    let told = world.command(&lies_at, &["GET", &lies_at]).await;
    assert_eq!(told, Reply::bulk(&b"1\xff"[..]));
    asks_in_vain().await;
    assert!(leases.release("moving", "1").await.unwrap());
}
