//! How many rows a shop has.

/// The number of rows a shop is built with. Ids run from 1 to these numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Size {
    pub(crate) users: u32,
    pub(crate) products: u32,
    pub(crate) orders: u32,
}

impl Size {
    /// The shop of an ordinary run.
    pub(crate) const FULL: Self = Self {
        users: 5_000,
        products: 20_000,
        orders: 50_000,
    };

    /// The shop of `--quick`.
    pub(crate) const QUICK: Self = Self {
        users: 500,
        products: 2_000,
        orders: 5_000,
    };

    /// All rows that are built one by one; the lines of an order count with it.
    pub(crate) fn rows(self) -> u64 {
        u64::from(self.users) + u64::from(self.products) + u64::from(self.orders)
    }
}
