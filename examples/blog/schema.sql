CREATE TABLE authors (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE pages (
    id         INTEGER PRIMARY KEY,
    title      TEXT NOT NULL,
    -- Milliseconds since 1970, here and below.
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE articles (
    id         INTEGER PRIMARY KEY,
    page       INTEGER NOT NULL REFERENCES pages,
    author     INTEGER NOT NULL REFERENCES authors,
    title      TEXT NOT NULL,
    text       TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE comments (
    id         INTEGER PRIMARY KEY,
    article    INTEGER NOT NULL REFERENCES articles,
    author     INTEGER NOT NULL REFERENCES authors,
    text       TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

INSERT INTO authors VALUES (1, 'Ada'), (2, 'Grace'), (3, 'Barbara');

INSERT INTO pages VALUES (1, 'Notes', 0);

INSERT INTO articles VALUES
    (1, 1, 1, 'Engines', 'Weaving <patterns>.', 0),
    (2, 1, 2, 'Compilers', 'A moth & a relay.', 0),
    (3, 1, 3, 'Types', 'What must hold.', 0);

INSERT INTO comments VALUES
    (1, 1, 2, 'First!', 0),
    (2, 1, 3, 'How fast?', 0),
    (3, 2, 1, 'Charming.', 0),
    (4, 3, 2, 'Agreed.', 0);
