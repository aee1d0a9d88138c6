//! The three things that change, each in one transaction that also raises the version of what it changed.

use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::error::ShopError;
use super::open::Shop;
use super::read::row_id;
use super::rows::NewLine;

impl Shop {
    /// Gives a product another price. Returns the product's new version.
    pub(crate) async fn change_price(&self, id: u64, price_cents: u32) -> Result<u64, ShopError> {
        self.change(move |transaction| {
            let raised = transaction
                .prepare_cached(
                    "UPDATE products SET price_cents = ?2, version = version + 1 WHERE id = ?1 RETURNING version",
                )?
                .query_row(params![row_id(id), price_cents], version)
                .optional()?;
            raised.ok_or(ShopError::NotFound("product", id))
        })
        .await
    }

    /// Gives a user another name. Returns the user's new version.
    pub(crate) async fn rename_user(&self, id: u64, name: String) -> Result<u64, ShopError> {
        self.change(move |transaction| {
            let raised = transaction
                .prepare_cached(
                    "UPDATE users SET name = ?2, version = version + 1 WHERE id = ?1 RETURNING version",
                )?
                .query_row(params![row_id(id), name], version)
                .optional()?;
            raised.ok_or(ShopError::NotFound("user", id))
        })
        .await
    }

    /// Places an order at today's prices. Returns the new version of the user's order history.
    pub(crate) async fn place_order(
        &self,
        user_id: u64,
        lines: Vec<NewLine>,
    ) -> Result<u64, ShopError> {
        self.change(move |transaction| {
            let raised = transaction
                .prepare_cached(
                    "UPDATE users SET orders_version = orders_version + 1 WHERE id = ?1 RETURNING orders_version",
                )?
                .query_row([row_id(user_id)], version)
                .optional()?
                .ok_or(ShopError::NotFound("user", user_id))?;
            transaction
                .prepare_cached("INSERT INTO orders (user_id, placed_at) VALUES (?1, ?2)")?
                .execute([row_id(user_id), now()])?;
            let order_id = transaction.last_insert_rowid();
            insert_lines(transaction, order_id, &lines)?;
            Ok(raised)
        })
        .await
    }

    /// The transaction takes the write lock at its start: one that began as a reader could not always get it later.
    async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, ShopError> + Send + 'static,
    ) -> Result<T, ShopError> {
        self.writer
            .run(move |connection: &mut Connection| {
                let transaction =
                    connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let answer = change(&transaction)?;
                transaction.commit()?;
                Ok(answer)
            })
            .await
    }
}

fn insert_lines(
    transaction: &Transaction<'_>,
    order_id: i64,
    lines: &[NewLine],
) -> Result<(), ShopError> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO order_lines (order_id, line, product_id, quantity, unit_price_cents)
         SELECT ?1, ?2, id, ?4, price_cents FROM products WHERE id = ?3",
    )?;
    for (number, line) in (1_u32..).zip(lines) {
        let inserted = insert.execute(params![
            order_id,
            number,
            row_id(line.product_id),
            line.quantity
        ])?;
        if inserted == 0 {
            return Err(ShopError::NotFound("product", line.product_id));
        }
    }
    Ok(())
}

fn version(row: &rusqlite::Row<'_>) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(0)?.unsigned_abs())
}

fn now() -> i64 {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::super::{NewLine, Shop, ShopError, Size};

    const SIZE: Size = Size {
        users: 5,
        products: 10,
        orders: 20,
    };

    fn shop() -> (tempfile::TempDir, Shop) {
        let folder = tempfile::tempdir().unwrap();
        let shop = Shop::open(&folder.path().join("shop.sqlite"), SIZE, &|_| {}).unwrap();
        (folder, shop)
    }

    fn line(product_id: u64, quantity: u32) -> NewLine {
        NewLine {
            product_id,
            quantity,
        }
    }

    #[tokio::test]
    async fn each_change_raises_the_version_of_what_it_changed_and_of_nothing_else() {
        let (_folder, shop) = shop();
        let product = shop.product(3).await.unwrap();
        let user = shop.user(2).await.unwrap();
        let orders = shop.orders_of(2).await.unwrap();

        let version = shop.change_price(3, 777).await.unwrap();
        assert_eq!(version, product.version + 1);
        assert_eq!(shop.product(3).await.unwrap().price_cents, 777);
        assert_eq!(shop.product(3).await.unwrap().version, version);
        assert_eq!(
            shop.orders_of(2).await.unwrap(),
            orders,
            "prices at purchase stay"
        );

        let version = shop.rename_user(2, "Ann Other".into()).await.unwrap();
        assert_eq!(version, user.version + 1);
        assert_eq!(shop.user(2).await.unwrap().name, "Ann Other");
        assert_eq!(shop.orders_of(2).await.unwrap(), orders);

        let version = shop
            .place_order(2, vec![line(3, 2), line(4, 1)])
            .await
            .unwrap();
        let more = shop.orders_of(2).await.unwrap();
        assert_eq!(version, orders.version + 1);
        assert_eq!(more.version, version);
        assert_eq!(more.lines.len(), orders.lines.len() + 2);
        assert_eq!(more.lines[0].quantity, 2);
        assert_eq!(more.lines[0].unit_price_cents, 777);
        assert_eq!(
            shop.user(2).await.unwrap().version,
            user.version + 1,
            "an order is no rename"
        );
    }

    #[tokio::test]
    async fn an_order_for_a_product_that_is_not_there_leaves_no_trace() {
        let (_folder, shop) = shop();
        let before = shop.orders_of(1).await.unwrap();
        let refused = shop.place_order(1, vec![line(1, 1), line(99, 1)]).await;
        assert!(matches!(refused, Err(ShopError::NotFound("product", 99))));
        assert_eq!(shop.orders_of(1).await.unwrap(), before);
    }

    #[tokio::test]
    async fn ids_that_no_row_has_are_errors_and_not_panics() {
        let (_folder, shop) = shop();
        for id in [0, 11, u64::MAX] {
            assert!(matches!(
                shop.product(id).await,
                Err(ShopError::NotFound(..))
            ));
            assert!(shop.user(id).await.is_err());
            assert!(shop.orders_of(id).await.is_err());
            assert!(shop.change_price(id, 1).await.is_err());
        }
    }

    #[tokio::test]
    async fn orders_of_an_earlier_run_are_gone_and_their_history_has_a_new_version() {
        let (folder, shop) = shop();
        let before = shop.orders_of(1).await.unwrap();
        let version = shop.place_order(1, vec![line(1, 1)]).await.unwrap();
        drop(shop);
        let shop = Shop::open(&folder.path().join("shop.sqlite"), SIZE, &|_| {}).unwrap();
        let after = shop.orders_of(1).await.unwrap();
        assert_eq!(after.lines, before.lines);
        assert!(after.version > version);
    }

    #[tokio::test]
    async fn the_database_itself_keeps_a_product_name_and_every_reference() {
        let (folder, _shop) = shop();
        let connection = Connection::open(folder.path().join("shop.sqlite")).unwrap();
        connection
            .pragma_update(None, "foreign_keys", true)
            .unwrap();
        for forbidden in [
            "UPDATE products SET name = 'Other' WHERE id = 1",
            "INSERT INTO orders (user_id, placed_at) VALUES (999, 0)",
            "UPDATE order_lines SET product_id = 999",
        ] {
            assert!(connection.execute_batch(forbidden).is_err(), "{forbidden}");
        }
    }
}
