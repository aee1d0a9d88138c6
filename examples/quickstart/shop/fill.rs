//! The rows of a new shop: always the same ones for one size.

use rusqlite::{Connection, params};

use super::size::Size;
use crate::random::Random;

const SEED: u64 = 2_024;

/// 2025-01-01, the day the first order was placed.
const OPENING_DAY: u32 = 1_735_689_600;

const MATERIALS: [&str; 8] = [
    "Oak", "Steel", "Linen", "Walnut", "Ceramic", "Bamboo", "Leather", "Glass",
];
const THINGS: [&str; 8] = [
    "Table", "Lamp", "Chair", "Bowl", "Shelf", "Clock", "Basket", "Mirror",
];
const FIRST_NAMES: [&str; 8] = [
    "Ada", "Grace", "Edsger", "Barbara", "Donald", "Frances", "Niklaus", "Radia",
];
const LAST_NAMES: [&str; 8] = [
    "Archer", "Baker", "Carter", "Dyer", "Fisher", "Mason", "Potter", "Weaver",
];

/// Inserts all rows, in the order in which they refer to one another, and tells `built` how many there are.
pub(super) fn fill(
    connection: &Connection,
    size: Size,
    built: &dyn Fn(u64),
) -> rusqlite::Result<()> {
    let mut random = Random::new(SEED, 0);
    let mut ready = 0_u64;
    let mut one_more = || {
        ready += 1;
        built(ready);
    };
    users(connection, size, &mut random, &mut one_more)?;
    products(connection, size, &mut random, &mut one_more)?;
    orders(connection, size, &mut random, &mut one_more)?;
    // After the rows, since keeping an index in step with every insert costs more than building it.
    connection.execute_batch("CREATE INDEX orders_by_user ON orders (user_id)")?;
    connection.execute(
        "INSERT INTO built (users, products, orders) VALUES (?1, ?2, ?3)",
        params![size.users, size.products, size.orders],
    )?;
    Ok(())
}

fn users(
    connection: &Connection,
    size: Size,
    random: &mut Random,
    one_more: &mut dyn FnMut(),
) -> rusqlite::Result<()> {
    let mut insert =
        connection.prepare("INSERT INTO users (id, name, email) VALUES (?1, ?2, ?3)")?;
    for id in 1..=size.users {
        let name = format!(
            "{} {}",
            pick(random, &FIRST_NAMES),
            pick(random, &LAST_NAMES)
        );
        insert.execute(params![id, name, format!("user{id}@example.com")])?;
        one_more();
    }
    Ok(())
}

fn products(
    connection: &Connection,
    size: Size,
    random: &mut Random,
    one_more: &mut dyn FnMut(),
) -> rusqlite::Result<()> {
    let mut insert = connection.prepare(
        "INSERT INTO products (id, name, description, price_cents) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for id in 1..=size.products {
        let material = pick(random, &MATERIALS);
        let thing = pick(random, &THINGS);
        let description = format!(
            "A {} of {}, made by hand and finished with oil. It leaves the workshop within two days, \
             comes with a guarantee of ten years, and goes well with a {} of {}.",
            thing.to_lowercase(),
            material.to_lowercase(),
            pick(random, &THINGS).to_lowercase(),
            pick(random, &MATERIALS).to_lowercase(),
        );
        let price_cents = 500 + random.below(50_000);
        insert.execute(params![
            id,
            format!("{material} {thing} No. {id}"),
            description,
            price_cents
        ])?;
        one_more();
    }
    Ok(())
}

fn orders(
    connection: &Connection,
    size: Size,
    random: &mut Random,
    one_more: &mut dyn FnMut(),
) -> rusqlite::Result<()> {
    let mut insert =
        connection.prepare("INSERT INTO orders (id, user_id, placed_at) VALUES (?1, ?2, ?3)")?;
    let mut insert_line = connection.prepare(
        "INSERT INTO order_lines (order_id, line, product_id, quantity, unit_price_cents)
         SELECT ?1, ?2, id, ?4, price_cents FROM products WHERE id = ?3",
    )?;
    for id in 1..=size.orders {
        let user_id = 1 + random.below(size.users);
        insert.execute(params![id, user_id, OPENING_DAY + 60 * id])?;
        for line in 1..=1 + random.below(4) {
            let product_id = 1 + random.below(size.products);
            insert_line.execute(params![id, line, product_id, 1 + random.below(3)])?;
        }
        one_more();
    }
    Ok(())
}

fn pick(random: &mut Random, words: &[&'static str; 8]) -> &'static str {
    words[random.below(8) as usize]
}
