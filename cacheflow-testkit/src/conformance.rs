//! Suites that check whether a backend keeps to the rules of its ports.
//!
//! For authors of backends: what [`SharedStore`], [`Bus`](cacheflow::bus::Bus) and
//! [`Leases`](cacheflow::lock::Leases) promise in their documentation is what
//! CacheFlow's guarantees rest on, and much of it shows only when two nodes do
//! something at the same time. Run all suites against a real server in your crate's
//! tests:
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
//!
//! #[tokio::test]
//! async fn the_leases_keep_to_the_rules() {
//!     conformance::leases(async || MemoryBackend::new()).await;
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
//! several. It takes a few seconds: heartbeats and the shortest lifetimes
//! have to be waited for. A rule that is broken panics twice: with the place in
//! the suite, and with the rule's name.
//!
//! # What they check
//!
//! | suite | rules about |
//! |---|---|
//! | [`shared_store`] | values, lifetimes and namespaces; many values at once; the journal's numbers, what was missed, what is open; which fills are refused, and by what; puts that conflict; dependents; holds; reclaiming in parts; the same under concurrency; touches |
//! | [`bus`] | subscribing without a gap, with a snapshot; order, origin and completeness; heartbeats; where nodes stand; who hears what |
//! | [`leases`] | who has one, keeps it and gives it back; its end; what the bus tells of it |
//!
//! A backend may remove at once what a record makes old, or leave the record
//! [open](cacheflow::event::Record::open), of whatever kind, and remove it when
//! it is asked to reclaim it. The rules look at it as a node does: a value that
//! an open record makes old is no hit, and what a record that is not open makes
//! old must be gone, as must everything of an open one once it is reclaimed.
//!
//! Not checked, because no suite can do it through the ports: what happens when
//! the server fails, and the [lineage](cacheflow::event::Snapshot::lineage) of a
//! journal that goes on after it. Nor the speed.

mod bus;
mod dependents;
mod ear;
mod fill;
mod hold;
mod journal;
mod judge;
mod leases;
mod many;
mod nodes;
mod put;
mod races;
mod reclaim;
mod samples;
mod since;
mod touch;
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
        values::a_value_of_another_incarnation_is_told_by_the_answer,
        values::keys_with_hostile_characters_are_told_apart,
        values::namespaces_share_nothing,
        values::a_discard_removes_exactly_what_was_read,
        values::bytes_that_are_no_envelope_do_no_harm,
    );
    check!(make:
        many::many_are_told_in_the_order_of_their_keys,
        many::each_of_many_is_told_as_by_itself,
        many::each_of_many_has_its_own_lifetime,
        many::very_many_are_told_at_once,
    );
    check!(make:
        journal::each_change_takes_the_next_number,
        journal::a_record_names_what_was_forgotten,
        journal::what_changes_nothing_takes_no_number,
        journal::an_answer_tells_what_its_caller_has_missed,
        journal::an_answer_does_not_guess_what_was_missed,
        journal::an_answer_from_far_behind_is_complete_or_none,
        journal::all_keys_of_a_forgetting_go_with_one_record,
        journal::many_keys_are_one_record_too,
    );
    check!(make:
        since::what_was_missed_is_told_as_it_was_recorded,
        since::who_stands_nowhere_is_told_how_the_journal_stands,
        since::who_was_away_for_long_misses_nothing,
        since::a_snapshot_has_what_is_open,
        since::the_lineage_reaches_to_where_the_journal_stands,
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
        fill::a_fill_is_refused_after_what_it_goes_by_was_forgotten,
        fill::a_fill_is_refused_after_one_of_many_things_was_forgotten,
        fill::a_fill_is_refused_after_what_it_was_made_of_was_put,
        fill::a_fill_is_refused_after_what_its_part_was_made_of_was_forgotten,
        fill::patterns_match_whole_keys,
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
        put::a_put_is_forgotten_by_its_marks,
        put::a_put_is_not_kept_after_what_it_goes_by_was_forgotten,
        put::a_put_forgets_what_was_made_of_the_old_value,
        put::a_put_that_is_not_kept_forgets_the_same,
    );
    check!(make:
        dependents::what_was_made_of_a_forgotten_key_is_forgotten,
        dependents::what_was_made_of_a_key_without_a_value_is_forgotten,
        dependents::a_chain_is_forgotten_to_its_end,
        dependents::a_diamond_is_forgotten_once,
        dependents::a_circle_ends,
        dependents::many_dependents_are_forgotten,
        dependents::what_is_no_longer_made_of_it_stays,
        dependents::what_was_made_of_reclaimed_values_is_forgotten,
        dependents::what_was_made_of_a_cleared_cache_is_forgotten,
        dependents::relations_are_told_one_step_each,
    );
    check!(make:
        hold::a_held_key_is_not_filled_until_the_hold_is_done,
        hold::what_is_made_of_a_held_key_is_not_filled,
        hold::a_hold_forgets_its_key_and_what_was_made_of_it,
        hold::a_put_during_a_hold_is_not_kept,
        hold::a_hold_lasts_when_another_of_its_key_is_done,
        hold::a_hold_ends_with_its_time,
        hold::a_hold_is_open_until_it_is_done,
    );
    check!(make:
        reclaim::a_clear_removes_its_cache_and_no_other,
        reclaim::a_tag_removes_its_entries_and_no_other,
        reclaim::tags_with_hostile_characters_are_told_apart,
        reclaim::an_entry_is_not_removed_by_a_tag_that_it_had,
        reclaim::everything_goes_and_the_journal_goes_on,
        reclaim::a_record_of_many_things_removes_all_of_them,
        reclaim::a_reclaim_of_many_values_ends,
        reclaim::a_reclaim_gets_past_what_stays,
        reclaim::parts_are_bounded_and_can_be_repeated,
        reclaim::newer_values_stay_and_are_found_by_later_records,
        reclaim::a_late_reclaim_does_no_harm,
        reclaim::two_records_of_one_tag_are_reclaimed_each,
        reclaim::a_reclaim_of_nothing_ends,
    );
    check!(make:
        races::concurrent_changes_are_dense,
        races::a_fill_beside_a_forgetting_leaves_nothing,
        races::a_fill_beside_its_tags_forgetting_leaves_nothing,
        races::a_fill_beside_a_put_leaves_nothing_old,
        races::two_puts_beside_one_another_leave_nothing,
    );
    check!(make:
        touch::a_touch_keeps_a_value_for_longer,
        touch::a_touch_never_shortens_a_life,
        touch::a_touch_of_another_value_does_nothing,
        touch::a_touch_tells_values_of_one_position_apart,
        touch::a_touch_brings_nothing_back,
        touch::what_is_touched_is_found_by_its_marks,
    );
    // Last: what a store does wrong with one fill, the rules of one fill say.
    check!(make:
        many::each_of_many_fills_is_judged_by_itself,
        many::each_of_many_fills_has_its_own_lifetime,
        many::very_many_are_filled_at_once,
    );
}

/// Checks every documented rule of a backend's [`Bus`](cacheflow::bus::Bus).
///
/// # Panics
///
/// If a rule is broken, or takes longer than a minute.
pub async fn bus<B: Backend>(mut make: impl AsyncFnMut() -> B) {
    check!(make:
        bus::the_subscription_comes_first_with_a_snapshot,
        bus::every_record_is_heard_in_order_with_its_origin,
        bus::every_kind_of_record_is_heard_as_it_was_made,
        bus::the_snapshot_has_what_is_open,
        bus::heartbeats_tell_where_a_node_stands,
        bus::a_node_that_is_asked_tells_where_it_stands,
        bus::nothing_is_lost_while_subscribing,
        bus::heartbeats_prove_what_was_told,
        bus::what_is_no_change_is_not_announced,
        bus::namespaces_hear_nothing_of_one_another,
        bus::a_bus_can_be_listened_to_again,
    );
}

/// Checks every documented rule of a backend's [`Leases`](cacheflow::lock::Leases),
/// and that its bus tells when one was given back.
///
/// A backend that cannot tell that, as `cacheflow-redis` with `stream_only`, fails:
/// nodes that wait for a lease of such a one try again by and by.
///
/// # Panics
///
/// If a rule is broken, or takes longer than a minute.
pub async fn leases<B: Backend>(mut make: impl AsyncFnMut() -> B) {
    check!(make:
        leases::one_has_it_and_no_other,
        leases::who_has_it_may_take_it_again,
        leases::only_who_has_it_keeps_it,
        leases::only_who_has_it_gives_it_back,
        leases::a_lease_ends_by_itself,
        leases::of_many_that_try_one_has_it,
        leases::leases_with_hostile_names_are_told_apart,
        leases::namespaces_share_no_lease,
        leases::a_return_is_told_to_all_nodes,
        leases::a_lease_is_free_when_its_return_is_told,
        leases::only_a_return_is_told,
        leases::who_has_asked_in_vain_is_told,
        leases::a_return_that_nobody_waits_for_is_not_told,
    );
}
