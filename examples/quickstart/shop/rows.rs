//! What the shop answers: plain values that a cache can keep.

use serde::{Deserialize, Serialize};

/// One product, as its page shows it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Product {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) price_cents: u64,
    pub(crate) version: u64,
}

/// One user, as the account page shows them.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) version: u64,
}

/// The newest orders of one user, line by line.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct OrderHistory {
    pub(crate) user_id: u64,
    pub(crate) lines: Vec<OrderLine>,
    pub(crate) total_cents: u64,
    pub(crate) version: u64,
}

/// One line of an order: it keeps the price that was paid.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct OrderLine {
    pub(crate) order_id: u64,
    pub(crate) product: String,
    pub(crate) quantity: u32,
    pub(crate) unit_price_cents: u64,
}

/// One line of an order that is about to be placed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewLine {
    pub(crate) product_id: u64,
    pub(crate) quantity: u32,
}
