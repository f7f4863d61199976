-- Where a shop's notices are pushed, the notices, and what became of each push.

CREATE TABLE push_targets (
    shop       TEXT    NOT NULL REFERENCES shops (shop),
    id         BLOB    NOT NULL,
    kind       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    url        TEXT    NOT NULL,
    secret     TEXT,
    notices    TEXT    NOT NULL,
    -- When the weekly digest is pushed, local time of the shop.
    day        TEXT    NOT NULL,
    time       TEXT    NOT NULL,
    is_on      INTEGER NOT NULL,
    -- The latest week whose digest was handed in, such as 2026-W47.
    last_week  TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (shop, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX push_targets_url ON push_targets (shop, url);

CREATE TABLE push_notices (
    shop   TEXT    NOT NULL REFERENCES shops (shop),
    id     TEXT    NOT NULL,
    kind   TEXT    NOT NULL,
    title  TEXT    NOT NULL,
    lines  TEXT    NOT NULL,
    locale TEXT    NOT NULL,
    url    TEXT,
    data   TEXT    NOT NULL,
    week   TEXT,
    at     INTEGER NOT NULL,
    PRIMARY KEY (shop, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE push_deliveries (
    shop         TEXT    NOT NULL,
    id           BLOB    NOT NULL,
    target       BLOB    NOT NULL,
    notice       TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    attempts     INTEGER NOT NULL,
    next_at      INTEGER NOT NULL,
    -- An attempt that has not ended by then is taken for dead.
    leased_until INTEGER,
    failure      TEXT,
    at           INTEGER NOT NULL,
    ended_at     INTEGER,
    PRIMARY KEY (shop, id),
    -- A notice is handed to a target once.
    UNIQUE (shop, target, notice),
    FOREIGN KEY (shop, target) REFERENCES push_targets (shop, id) ON DELETE CASCADE,
    FOREIGN KEY (shop, notice) REFERENCES push_notices (shop, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX push_deliveries_due ON push_deliveries (next_at) WHERE state = 'waiting';
CREATE INDEX push_deliveries_notice ON push_deliveries (shop, notice);
CREATE INDEX push_deliveries_ended ON push_deliveries (ended_at) WHERE ended_at IS NOT NULL;
