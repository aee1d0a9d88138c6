//! The three things the shop is asked for.

use std::sync::atomic::Ordering;

use rusqlite::{Connection, OptionalExtension};

use super::error::ShopError;
use super::open::Shop;
use super::rows::{OrderHistory, OrderLine, Product, User};

/// How many orders a history shows, newest first.
const ORDERS_SHOWN: u32 = 20;

impl Shop {
    /// One product by its id: a single row.
    pub(crate) async fn product(&self, id: u64) -> Result<Product, ShopError> {
        self.query(move |connection| {
            product(connection, id)?.ok_or(ShopError::NotFound("product", id))
        })
        .await
    }

    /// One user by their id: a single row.
    pub(crate) async fn user(&self, id: u64) -> Result<User, ShopError> {
        self.query(move |connection| user(connection, id)?.ok_or(ShopError::NotFound("user", id)))
            .await
    }

    /// The newest orders of a user with all lines and the total: a join of four tables, the expensive one.
    pub(crate) async fn orders_of(&self, user_id: u64) -> Result<OrderHistory, ShopError> {
        self.query(move |connection| {
            orders_of(connection, user_id)?.ok_or(ShopError::NotFound("user", user_id))
        })
        .await
    }

    async fn query<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, ShopError> + Send + 'static,
    ) -> Result<T, ShopError> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        self.readers.run(query).await
    }
}

/// SQLite's integers are signed; an id beyond them is an id that no row has.
pub(super) fn row_id(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MIN)
}

fn product(connection: &Connection, id: u64) -> rusqlite::Result<Option<Product>> {
    connection
        .prepare_cached(
            "SELECT name, description, price_cents, version FROM products WHERE id = ?1",
        )?
        .query_row([row_id(id)], |row| {
            Ok(Product {
                id,
                name: row.get(0)?,
                description: row.get(1)?,
                price_cents: row.get::<_, i64>(2)?.unsigned_abs(),
                version: row.get::<_, i64>(3)?.unsigned_abs(),
            })
        })
        .optional()
}

fn user(connection: &Connection, id: u64) -> rusqlite::Result<Option<User>> {
    connection
        .prepare_cached("SELECT name, email, version FROM users WHERE id = ?1")?
        .query_row([row_id(id)], |row| {
            Ok(User {
                id,
                name: row.get(0)?,
                email: row.get(1)?,
                version: row.get::<_, i64>(2)?.unsigned_abs(),
            })
        })
        .optional()
}

/// One statement, so that the version and the lines are of one moment. A user without orders is one row without a line.
fn orders_of(connection: &Connection, user_id: u64) -> rusqlite::Result<Option<OrderHistory>> {
    let mut statement = connection.prepare_cached(
        "SELECT users.orders_version, newest.id, products.name,
                order_lines.quantity, order_lines.unit_price_cents
         FROM users
         LEFT JOIN (SELECT id, user_id FROM orders WHERE user_id = ?1 ORDER BY id DESC LIMIT ?2) AS newest
                ON newest.user_id = users.id
         LEFT JOIN order_lines ON order_lines.order_id = newest.id
         LEFT JOIN products ON products.id = order_lines.product_id
         WHERE users.id = ?1
         ORDER BY newest.id DESC, order_lines.line",
    )?;
    let mut rows = statement.query([row_id(user_id), i64::from(ORDERS_SHOWN)])?;
    let mut history = None;
    while let Some(row) = rows.next()? {
        let version = row.get::<_, i64>(0)?.unsigned_abs();
        let history = history.get_or_insert_with(|| OrderHistory {
            user_id,
            lines: Vec::new(),
            total_cents: 0,
            version,
        });
        let Some(product) = row.get::<_, Option<String>>(2)? else {
            continue;
        };
        let line = OrderLine {
            order_id: row.get::<_, i64>(1)?.unsigned_abs(),
            product,
            quantity: row.get(3)?,
            unit_price_cents: row.get::<_, i64>(4)?.unsigned_abs(),
        };
        history.total_cents += u64::from(line.quantity) * line.unit_price_cents;
        history.lines.push(line);
    }
    Ok(history)
}
