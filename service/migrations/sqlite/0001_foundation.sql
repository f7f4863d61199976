-- Every table's key starts with the shop. Times are milliseconds since the Unix epoch.

CREATE TABLE shops (
    shop                TEXT    NOT NULL PRIMARY KEY,
    name                TEXT    NOT NULL,
    time_zone           TEXT    NOT NULL,
    locale              TEXT    NOT NULL,
    secret              BLOB    NOT NULL,
    -- The last change of knowledge and of products and synonyms: the index follows these.
    knowledge_revision  INTEGER NOT NULL DEFAULT 0,
    vocabulary_revision INTEGER NOT NULL DEFAULT 0,
    created_at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
    shop       TEXT    NOT NULL REFERENCES shops (shop),
    prefix     TEXT    NOT NULL,
    hash       BLOB    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    scopes     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    PRIMARY KEY (shop, prefix)
) STRICT, WITHOUT ROWID;

-- One row an item; what it says stands in its versions.
CREATE TABLE knowledge (
    shop       TEXT    NOT NULL REFERENCES shops (shop),
    id         TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    revision   INTEGER NOT NULL,
    status     TEXT    NOT NULL,
    domain     TEXT    NOT NULL,
    intent     TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (shop, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX knowledge_by_revision ON knowledge (shop, revision);

CREATE TABLE knowledge_versions (
    shop    TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    version INTEGER NOT NULL,
    content TEXT    NOT NULL,
    by      TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (shop, id, version),
    FOREIGN KEY (shop, id) REFERENCES knowledge (shop, id)
) STRICT;

CREATE TABLE products (
    shop     TEXT NOT NULL REFERENCES shops (shop),
    id       TEXT NOT NULL,
    name     TEXT NOT NULL,
    category TEXT,
    aliases  TEXT NOT NULL,
    PRIMARY KEY (shop, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE synonyms (
    shop     TEXT    NOT NULL REFERENCES shops (shop),
    position INTEGER NOT NULL,
    words    TEXT    NOT NULL,
    PRIMARY KEY (shop, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE suggestions (
    shop            TEXT    NOT NULL REFERENCES shops (shop),
    id              BLOB    NOT NULL,
    at              INTEGER NOT NULL,
    conversation    TEXT    NOT NULL,
    answers_message TEXT,
    question        TEXT    NOT NULL,
    consumer        TEXT,
    order_ref       TEXT,
    product         TEXT,
    channel         TEXT,
    agent           TEXT,
    abstention      TEXT,
    PRIMARY KEY (shop, id)
) STRICT, WITHOUT ROWID;

-- An answer and what became of it: displayed and used apart, retrieval and knowledge apart.
CREATE TABLE answers (
    shop        TEXT    NOT NULL,
    id          BLOB    NOT NULL,
    suggestion  BLOB    NOT NULL,
    rank        INTEGER NOT NULL,
    knowledge   TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    form        TEXT    NOT NULL,
    confidence  REAL    NOT NULL,
    displayed   INTEGER,
    used        TEXT,
    final_text  TEXT,
    relevant    INTEGER,
    correct     INTEGER,
    feedback_at INTEGER,
    PRIMARY KEY (shop, id),
    FOREIGN KEY (shop, suggestion) REFERENCES suggestions (shop, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX answers_by_suggestion ON answers (shop, suggestion, rank);

CREATE TABLE kept_replies (
    shop        TEXT    NOT NULL REFERENCES shops (shop),
    key         TEXT    NOT NULL,
    fingerprint BLOB    NOT NULL,
    status      INTEGER NOT NULL,
    body        TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (shop, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX kept_replies_by_age ON kept_replies (at);
