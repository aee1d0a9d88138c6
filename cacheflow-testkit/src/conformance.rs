//! Suites that check whether a backend keeps to the rules of its ports.
//!
//! For authors of backends: what [`SharedStore`] and [`Bus`](cacheflow::bus::Bus)
//! promise in their documentation is what CacheFlow's guarantees rest on, and
//! much of it shows only when two nodes do something at the same time. Run both
//! suites against a real server in your crate's tests:
//!
//! ```
//! use cacheflow_testkit::{MemoryBackend, conformance};
//!
//! # async fn with_your_backend() {
//! #[tokio::test]
//! async fn the_store_keeps_to_the_rules() {
//!     // With a server, something like
//!     // let server = RedisServer::start().await;
//!     // conformance::shared_store(async || YourBackend::open(&server.url())).await;
//!     conformance::shared_store(async || MemoryBackend::new()).await;
//! }
//!
//! #[tokio::test]
//! async fn the_bus_keeps_to_the_rules() {
//!     conformance::bus(async || MemoryBackend::new()).await;
//! }
//! # }
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! # conformance::shared_store(async || MemoryBackend::new()).await;
//! # }
//! ```
//!
//! `make` is called once for each rule. What it gives may be the same server
//! each time, and may have been used before: each rule has a namespace of its
//! own, whose prefix begins with `conformance`. What the rules leave behind
//! expires or is a few records.
//!
//! A suite needs a tokio runtime with a running clock, with one thread or
//! several. It takes a second or two: heartbeats and the shortest lifetimes
//! have to be waited for. A rule that is broken panics twice: with the place in
//! the suite, and with the rule's name.
//!
//! # What they check
//!
//! | suite | rules about |
//! |---|---|
//! | [`shared_store`] | values, lifetimes and namespaces; the journal's numbers and what was missed; which fills are refused; puts that conflict; clear and sweep; the same under concurrency |
//! | [`bus`] | subscribing without a gap; order, origin and completeness; heartbeats; who hears what |
//!
//! Not checked, because no suite can do it through the ports: what happens when
//! the server fails. Nor the speed, nor whether steps of a sweep are bounded.

mod bus;
mod clear;
mod ear;
mod fill;
mod journal;
mod nodes;
mod put;
mod races;
mod values;

use cacheflow::Backend;
#[cfg(doc)]
use cacheflow::store::SharedStore;

use nodes::Nodes;

/// Runs each rule with nodes of its own.
macro_rules! check {
    ($make:ident: $($module:ident :: $rule:ident),* $(,)?) => {$(
        let nodes = Nodes::new($make().await, stringify!($rule));
        nodes.check($module::$rule(&nodes)).await;
    )*};
}

/// Checks every documented rule of a backend's [`SharedStore`].
///
/// # Panics
///
/// If a rule is broken, or takes longer than a minute.
pub async fn shared_store<B: Backend>(mut make: impl AsyncFnMut() -> B) {
    check!(make:
        values::the_server_answers_and_has_a_name,
        values::nothing_is_kept_at_first,
        values::what_was_filled_is_read_by_every_node,
        values::a_later_fill_takes_the_place_of_an_earlier,
        values::a_value_ends_with_its_lifetime,
        values::the_longest_lifetime_is_kept,
        values::bytes_come_back_as_they_were,
        values::a_value_of_another_incarnation_comes_as_empty_bytes,
        values::keys_with_hostile_characters_are_told_apart,
        values::namespaces_share_nothing,
        values::a_discard_removes_exactly_what_was_read,
    );
    check!(make:
        journal::each_change_takes_the_next_number,
        journal::what_changes_nothing_takes_no_number,
        journal::an_answer_tells_what_its_caller_has_missed,
        journal::an_answer_does_not_guess_what_was_missed,
        journal::an_answer_from_far_behind_is_complete_or_none,
        journal::all_keys_of_a_forgetting_go_with_one_record,
        journal::many_keys_are_one_record_too,
    );
    check!(make:
        fill::a_fill_is_refused_after_its_key_was_forgotten,
        fill::a_fill_is_refused_after_its_key_was_put,
        fill::a_fill_is_refused_after_its_cache_was_cleared,
        fill::a_fill_is_kept_after_other_keys_changed,
        fill::a_fill_that_knows_of_the_change_is_kept,
        fill::a_fill_of_another_incarnation_is_refused,
        fill::a_fill_from_the_future_is_refused,
        fill::a_fill_from_far_behind_is_refused,
        fill::a_refused_fill_leaves_what_is_kept,
    );
    check!(make:
        put::a_put_is_kept_with_its_number,
        put::a_put_ends_with_its_lifetime,
        put::a_put_is_kept_after_other_keys_changed,
        put::a_put_after_another_put_removes_both,
        put::a_put_after_a_forgetting_is_not_kept,
        put::a_put_after_a_clear_is_not_kept,
        put::a_put_from_far_behind_is_not_kept,
        put::a_put_of_another_incarnation_is_not_kept,
        put::a_put_tells_what_its_caller_has_missed,
    );
    check!(make:
        clear::a_clear_leaves_values_to_the_sweep,
        clear::a_sweep_removes_its_cache_and_no_other,
        clear::a_sweep_of_many_values_ends,
        clear::a_sweep_of_nothing_ends,
    );
    check!(make:
        races::concurrent_changes_are_dense,
        races::a_fill_beside_a_forgetting_leaves_nothing,
        races::a_fill_beside_a_put_leaves_the_put,
        races::two_puts_beside_one_another_leave_nothing,
    );
}

/// Checks every documented rule of a backend's [`Bus`](cacheflow::bus::Bus).
///
/// # Panics
///
/// If a rule is broken, or takes longer than a minute.
pub async fn bus<B: Backend>(mut make: impl AsyncFnMut() -> B) {
    check!(make:
        bus::the_subscription_comes_first_with_the_position,
        bus::every_record_is_heard_in_order_with_its_origin,
        bus::nothing_is_lost_while_subscribing,
        bus::heartbeats_prove_what_was_told,
        bus::what_is_no_change_is_not_announced,
        bus::namespaces_hear_nothing_of_one_another,
        bus::a_bus_can_be_listened_to_again,
    );
}
