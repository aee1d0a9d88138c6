//! Leases: one has it, until it gives it back or its time is over.

use std::sync::Arc;
use std::time::Duration;

use cacheflow::lock::{Acquired, Leases};

use super::ear::Listening;
use super::nodes::Nodes;
use super::samples::{LONG, WITHIN};
use crate::eventually;

/// So short that its end can be waited for.
const SHORT: Duration = Duration::from_millis(300);

/// How many nodes try at the same time.
const MANY: usize = 16;

async fn acquire(leases: &Arc<dyn Leases>, name: &str, owner: &str, lease: Duration) -> Acquired {
    leases.acquire(name, owner, lease).await.expect("an answer")
}

async fn takes(leases: &Arc<dyn Leases>, name: &str, owner: &str) -> bool {
    acquire(leases, name, owner, LONG).await == Acquired::Mine
}

async fn renews(leases: &Arc<dyn Leases>, name: &str, owner: &str) -> bool {
    leases.renew(name, owner, LONG).await.expect("an answer")
}

async fn returns(leases: &Arc<dyn Leases>, name: &str, owner: &str) -> bool {
    leases.release(name, owner).await.expect("an answer")
}

/// How long another has the lease still, as one learns who wants it too.
async fn remaining(leases: &Arc<dyn Leases>, name: &str) -> Duration {
    match acquire(leases, name, "who asks", SHORT).await {
        Acquired::Held { remaining } => remaining,
        Acquired::Mine => panic!("nobody has {name:?}"),
    }
}

pub(super) async fn one_has_it_and_no_other(nodes: &Nodes) {
    let (one, two) = (nodes.leases("one"), nodes.leases("two"));
    assert!(takes(&one, "a", "1").await);
    for leases in [&one, &two] {
        let left = remaining(leases, "a").await;
        assert!(left > LONG / 2 && left <= LONG, "{left:?} of {LONG:?}");
        assert!(!takes(leases, "a", "2").await);
    }
    // Who asks in vain changes nothing.
    assert!(remaining(&two, "a").await > LONG / 2);
    assert!(takes(&two, "b", "2").await, "another lease");
    assert!(returns(&one, "a", "1").await);
    assert!(takes(&two, "a", "2").await);
    assert!(!takes(&one, "a", "1").await);
}

/// Its first answer may have been lost.
pub(super) async fn who_has_it_may_take_it_again(nodes: &Nodes) {
    let (one, two) = (nodes.leases("one"), nodes.leases("two"));
    let minute = Duration::from_secs(60);
    assert_eq!(acquire(&one, "a", "1", minute).await, Acquired::Mine);
    assert!(takes(&one, "a", "1").await);
    assert!(remaining(&two, "a").await > minute, "from now on");
    assert!(returns(&one, "a", "1").await);
    assert!(!returns(&one, "a", "1").await, "it is given back once");
}

pub(super) async fn only_who_has_it_keeps_it(nodes: &Nodes) {
    let (one, two) = (nodes.leases("one"), nodes.leases("two"));
    assert!(!renews(&one, "a", "1").await, "nobody has it");
    let minute = Duration::from_secs(60);
    assert_eq!(acquire(&one, "a", "1", minute).await, Acquired::Mine);
    assert!(!renews(&two, "a", "2").await);
    assert!(!renews(&two, "b", "1").await, "another lease");
    assert!(remaining(&two, "a").await <= minute, "for another");
    assert!(renews(&one, "a", "1").await);
    assert!(remaining(&two, "a").await > minute);
}

pub(super) async fn only_who_has_it_gives_it_back(nodes: &Nodes) {
    let (one, two) = (nodes.leases("one"), nodes.leases("two"));
    assert!(!returns(&one, "a", "1").await, "nobody has it");
    assert!(takes(&one, "a", "1").await);
    assert!(!returns(&two, "a", "2").await);
    assert!(!returns(&two, "b", "1").await, "another lease");
    assert!(!takes(&two, "a", "2").await, "it was not given back");
    assert!(returns(&one, "a", "1").await);
    assert!(!renews(&one, "a", "1").await, "it was given back");
}

pub(super) async fn a_lease_ends_by_itself(nodes: &Nodes) {
    let (one, two) = (nodes.leases("one"), nodes.leases("two"));
    for lease in [Duration::ZERO, SHORT] {
        assert_eq!(acquire(&one, "a", "1", lease).await, Acquired::Mine);
        eventually("the lease ends", WITHIN, async || {
            match acquire(&two, "a", "2", LONG).await {
                Acquired::Mine => true,
                Acquired::Held { remaining } => {
                    assert!(remaining <= SHORT, "{remaining:?} of {lease:?}");
                    false
                }
            }
        })
        .await;
        // It was another's meanwhile.
        assert!(!renews(&one, "a", "1").await);
        assert!(!returns(&one, "a", "1").await);
        assert!(returns(&two, "a", "2").await);
    }
    let very_long = Duration::from_secs(366 * 24 * 3_600);
    assert_eq!(acquire(&one, "a", "1", very_long).await, Acquired::Mine);
    assert!(remaining(&two, "a").await > very_long / 2);
}

pub(super) async fn of_many_that_try_one_has_it(nodes: &Nodes) {
    for round in 0..20 {
        let tries = (0..MANY).map(|number| {
            let leases = nodes.leases(&format!("node {number}"));
            tokio::spawn(async move {
                let owner = format!("{number}");
                let name = format!("round {round}");
                let taken = takes(&leases, &name, &owner).await;
                tokio::task::yield_now().await;
                taken && renews(&leases, &name, &owner).await
            })
        });
        let mut have = 0;
        for tried in tries.collect::<Vec<_>>() {
            have += usize::from(tried.await.expect("no panic"));
        }
        assert_eq!(have, 1, "of {MANY}");
    }
}

pub(super) async fn leases_with_hostile_names_are_told_apart(nodes: &Nodes) {
    let leases = nodes.leases("one");
    let long = "x".repeat(512);
    let names = [
        "", "*", "?", "[a]", "a", "A", ":", "a:b", "{a}", "{}", "a/b", "\r\n", "\0", "'", "\"",
        "\\", "\u{fc}", "lock:a", &long,
    ];
    for (number, name) in names.into_iter().enumerate() {
        assert!(takes(&leases, name, &number.to_string()).await, "{name:?}");
    }
    for (number, name) in names.into_iter().enumerate() {
        let owner = number.to_string();
        assert!(renews(&leases, name, &owner).await, "{name:?}");
        assert!(!takes(&leases, name, "another").await, "{name:?}");
        assert!(returns(&leases, name, &owner).await, "{name:?}");
    }
}

pub(super) async fn namespaces_share_no_lease(nodes: &Nodes) {
    let (here, there) = (nodes.leases("one"), nodes.leases_in(&nodes.neighbour()));
    assert!(takes(&here, "a", "1").await);
    assert!(!returns(&there, "a", "1").await);
    assert!(takes(&there, "a", "2").await);
    assert!(returns(&there, "a", "2").await);
    assert!(returns(&here, "a", "1").await);
}

pub(super) async fn a_return_is_told_to_all_nodes(nodes: &Nodes) {
    let (leases, others) = (nodes.leases("one"), nodes.leases("two"));
    let (one, two) = (
        Listening::subscribed(nodes.bus("one"), "one").await,
        Listening::subscribed(nodes.bus("two"), "two").await,
    );
    let before = nodes.position().await;
    let names = ["users:42", "a lock/\"\\\r\n\u{fc}", &"x".repeat(512)];
    for name in names {
        assert!(takes(&leases, name, "1").await);
        assert!(!takes(&others, name, "2").await);
        assert!(returns(&leases, name, "1").await);
        for listening in [&one, &two] {
            listening.until_released(name).await;
            assert_eq!(listening.released(name), 1, "{name:?}");
        }
    }
    // It is no record: nobody who misses it has missed a change.
    assert_eq!(nodes.position().await, before);
    let next = nodes.next().await;
    for listening in [&one, &two] {
        listening.until_heard(next).await;
        assert_eq!(listening.heard().len(), 1);
    }
}

/// Whoever is woken by it finds the lease free.
pub(super) async fn a_lease_is_free_when_its_return_is_told(nodes: &Nodes) {
    let (one, two) = (nodes.leases("one"), nodes.leases("two"));
    let listening = Listening::subscribed(nodes.bus("two"), "two").await;
    for round in 0..20 {
        let name = format!("round {round}");
        assert!(takes(&one, &name, "1").await);
        assert!(!takes(&two, &name, "2").await);
        let returned = tokio::spawn({
            let (one, name) = (Arc::clone(&one), name.clone());
            async move { returns(&one, &name, "1").await }
        });
        listening.until_released(&name).await;
        assert!(takes(&two, &name, "2").await, "told, and not free");
        assert!(returned.await.expect("no panic"));
    }
}

pub(super) async fn only_a_return_is_told(nodes: &Nodes) {
    let leases = nodes.leases("one");
    let neighbour = nodes.neighbour();
    let (here, there) = (
        Listening::subscribed(nodes.bus("two"), "two").await,
        Listening::subscribed(nodes.bus_in(&neighbour), "one").await,
    );
    assert!(!returns(&leases, "a", "1").await);
    assert!(takes(&leases, "a", "1").await);
    assert!(!takes(&leases, "a", "2").await);
    assert!(renews(&leases, "a", "1").await);
    assert!(!returns(&leases, "a", "2").await);
    // What was told before comes before this.
    assert!(returns(&leases, "a", "1").await);
    here.until_released("a").await;
    assert_eq!(here.released("a"), 1, "once for one return");
    // In another namespace nothing of it is told.
    let theirs = nodes.leases_in(&neighbour);
    assert!(takes(&theirs, "b", "1").await);
    assert!(!takes(&theirs, "b", "2").await);
    assert!(returns(&theirs, "b", "1").await);
    there.until_released("b").await;
    assert_eq!(there.released("a"), 0, "of another namespace");
    assert_eq!(here.released("b"), 0, "of another namespace");
}

/// Once, whatever is done with the lease until it is given back.
pub(super) async fn who_has_asked_in_vain_is_told(nodes: &Nodes) {
    let (one, two) = (nodes.leases("one"), nodes.leases("two"));
    let listening = Listening::subscribed(nodes.bus("two"), "two").await;
    let meanwhile = ["nothing", "it is kept", "it is taken again", "more ask"];
    for (number, what) in meanwhile.into_iter().enumerate() {
        assert!(takes(&one, "wanted", "1").await);
        assert!(!takes(&two, "wanted", "2").await);
        match what {
            "it is kept" => assert!(renews(&one, "wanted", "1").await),
            // Its first answer was lost, but not to who asked after it.
            "it is taken again" => assert!(takes(&one, "wanted", "1").await),
            "more ask" => {
                for owner in ["2", "3"] {
                    assert!(!takes(&two, "wanted", owner).await);
                }
            }
            _ => {}
        }
        assert!(returns(&one, "wanted", "1").await, "{what}");
        listening.until_released_times("wanted", number + 1).await;
    }
    // What is told twice comes before what is told after it.
    let next = nodes.next().await;
    listening.until_heard(next).await;
    assert_eq!(listening.released("wanted"), meanwhile.len(), "once each");
}

/// Most leases are: a message for each would go to every node.
pub(super) async fn a_return_that_nobody_waits_for_is_not_told(nodes: &Nodes) {
    let (one, two) = (nodes.leases("one"), nodes.leases("two"));
    let listening = Listening::subscribed(nodes.bus("two"), "two").await;
    // Nobody asks for it but its owner.
    assert!(takes(&one, "a", "1").await);
    assert!(renews(&one, "a", "1").await);
    assert!(takes(&one, "a", "1").await);
    assert!(returns(&one, "a", "1").await);
    // Whoever asked in vain has it by now, after a return …
    assert!(takes(&one, "a", "1").await);
    assert!(!takes(&two, "a", "2").await);
    assert!(returns(&one, "a", "1").await);
    assert!(takes(&two, "a", "2").await);
    assert!(returns(&two, "a", "2").await);
    // … or after its end.
    assert_eq!(acquire(&one, "a", "1", SHORT).await, Acquired::Mine);
    eventually("the lease ends", WITHIN, async || {
        takes(&two, "a", "2").await
    })
    .await;
    assert!(returns(&two, "a", "2").await);
    // What was told of all that comes before this.
    assert!(takes(&one, "a", "1").await);
    assert!(!takes(&two, "a", "2").await);
    assert!(returns(&one, "a", "1").await);
    listening.until_released_times("a", 2).await;
    let next = nodes.next().await;
    listening.until_heard(next).await;
    assert_eq!(listening.released("a"), 2, "of two that were waited for");
}
