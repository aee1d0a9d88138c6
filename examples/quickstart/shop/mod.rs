//! The shop: users, products and orders in one SQLite file.
//!
//! This is the database that the cache stands in front of. What is read carries a `version` that every change of it raises
//! in the same transaction, so that an old copy can be told from a new one.
//!
//! | read | depends on | raised by |
//! |---|---|---|
//! | [`Shop::product`] | its row | [`Shop::change_price`] |
//! | [`Shop::user`] | `name`, `email`, `version` of its row | [`Shop::rename_user`] |
//! | [`Shop::orders_of`] | the user's orders, their lines with the price *at purchase*, product names that never change | [`Shop::place_order`] |
//!
//! So each change makes exactly one read old, and a writer has one thing to invalidate. It does not model a server: a query
//! costs microseconds and no network, which makes this database the hardest one to be faster than.

mod error;
mod fill;
mod lock;
mod open;
mod pool;
mod read;
mod rows;
mod size;
mod write;

pub(crate) use self::error::ShopError;
pub(crate) use self::open::Shop;
pub(crate) use self::rows::{NewLine, OrderHistory, Product, User};
pub(crate) use self::size::Size;
