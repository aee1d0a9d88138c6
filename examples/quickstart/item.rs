//! What a request asks for, and what a change changes.

/// One thing that can be read through the cache and made old by one kind of change.
///
/// Ids begin at 1. They are 32 bits wide, since a sequence holds millions of items.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Item {
    /// A product; a new price makes a copy old.
    Product(u32),
    /// A user; a new name makes a copy old.
    User(u32),
    /// The order history of a user; a new order makes a copy old.
    OrdersOf(u32),
}
