-- What this file was built with; another size or schema means: build it anew.
CREATE TABLE built (
    users    INTEGER NOT NULL,
    products INTEGER NOT NULL,
    orders   INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id             INTEGER PRIMARY KEY,
    name           TEXT    NOT NULL,
    email          TEXT    NOT NULL,
    version        INTEGER NOT NULL DEFAULT 1, -- raised when the name changes
    orders_version INTEGER NOT NULL DEFAULT 1  -- raised when the user places an order
) STRICT;

CREATE TABLE products (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    price_cents INTEGER NOT NULL CHECK (price_cents > 0),
    version     INTEGER NOT NULL DEFAULT 1     -- raised when the price changes
) STRICT;

-- An order history shows its products' names, and nothing invalidates it when a product changes.
-- That is correct only because a name never changes, so the database sees to it.
CREATE TRIGGER a_product_keeps_its_name
BEFORE UPDATE OF name ON products
BEGIN
    SELECT RAISE(ABORT, 'a product keeps its name: order histories show it');
END;

CREATE TABLE orders (
    id        INTEGER PRIMARY KEY,
    user_id   INTEGER NOT NULL REFERENCES users (id),
    placed_at INTEGER NOT NULL                 -- seconds since 1970
) STRICT;

CREATE TABLE order_lines (
    order_id         INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    line             INTEGER NOT NULL,
    product_id       INTEGER NOT NULL REFERENCES products (id),
    quantity         INTEGER NOT NULL CHECK (quantity > 0),
    unit_price_cents INTEGER NOT NULL,         -- at purchase: a later price does not change it
    PRIMARY KEY (order_id, line)
) STRICT, WITHOUT ROWID;
