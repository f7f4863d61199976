-- Messages, the questions heard in them, wordings, clusters and what people make of them.

-- Grows with each batch of messages, and with each change of questions, wordings and clusters.
ALTER TABLE shops ADD COLUMN message_revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE shops ADD COLUMN listening_revision INTEGER NOT NULL DEFAULT 0;

-- The key of the question's normalised words: what its answers' feedback is counted by.
ALTER TABLE suggestions ADD COLUMN wording INTEGER;
CREATE INDEX suggestions_by_time ON suggestions (shop, at);

CREATE TABLE messages (
    shop        TEXT    NOT NULL REFERENCES shops (shop),
    thread      TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    author      TEXT    NOT NULL,
    text        TEXT    NOT NULL,
    consumer    TEXT,
    agent       TEXT,
    channel     TEXT,
    product     TEXT,
    order_ref   TEXT,
    source      TEXT    NOT NULL,
    -- When and in which place it came in: the order of messages of one time.
    received_at INTEGER NOT NULL,
    place       INTEGER NOT NULL,
    PRIMARY KEY (shop, thread, id)
) STRICT, WITHOUT ROWID;

-- Which threads have messages that no question was read from yet.
CREATE TABLE threads (
    shop    TEXT    NOT NULL REFERENCES shops (shop),
    thread  TEXT    NOT NULL,
    changed INTEGER NOT NULL,
    read    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (shop, thread)
) STRICT, WITHOUT ROWID;

CREATE INDEX threads_unread ON threads (shop, changed) WHERE changed > read;

CREATE TABLE questions (
    shop              TEXT    NOT NULL REFERENCES shops (shop),
    id                BLOB    NOT NULL,
    revision          INTEGER NOT NULL,
    -- A later message showed that it is no question of its own.
    is_gone           INTEGER NOT NULL DEFAULT 0,
    thread            TEXT    NOT NULL,
    at                INTEGER NOT NULL,
    text              TEXT    NOT NULL,
    wording           INTEGER NOT NULL,
    consumer          TEXT,
    channel           TEXT,
    product           TEXT,
    intent            TEXT,
    intent_confidence REAL,
    stage             TEXT,
    urgency           TEXT    NOT NULL,
    replied_at        INTEGER,
    reply_agent       TEXT,
    reply             TEXT,
    outcome           TEXT    NOT NULL,
    PRIMARY KEY (shop, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX questions_by_revision ON questions (shop, revision);
CREATE INDEX questions_by_thread ON questions (shop, thread);
CREATE INDEX questions_by_time ON questions (shop, at);
CREATE INDEX questions_by_wording ON questions (shop, wording, at);

CREATE TABLE wordings (
    shop      TEXT    NOT NULL REFERENCES shops (shop),
    key       INTEGER NOT NULL,
    revision  INTEGER NOT NULL,
    text      TEXT    NOT NULL,
    cluster   BLOB,
    is_pinned INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (shop, key)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX wordings_by_revision ON wordings (shop, revision);
CREATE INDEX wordings_by_cluster ON wordings (shop, cluster) WHERE cluster IS NOT NULL;

CREATE TABLE clusters (
    shop        TEXT    NOT NULL REFERENCES shops (shop),
    id          BLOB    NOT NULL,
    revision    INTEGER NOT NULL,
    label       TEXT    NOT NULL,
    name        TEXT,
    key_phrases TEXT    NOT NULL,
    is_muted    INTEGER NOT NULL DEFAULT 0,
    is_pinned   INTEGER NOT NULL DEFAULT 0,
    answered_by TEXT,
    created_at  INTEGER NOT NULL,
    retired_at  INTEGER,
    PRIMARY KEY (shop, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX clusters_by_revision ON clusters (shop, revision);

-- What people did to clusters, with what stood before, so that it can be undone.
CREATE TABLE cluster_edits (
    shop      TEXT    NOT NULL REFERENCES shops (shop),
    id        BLOB    NOT NULL,
    kind      TEXT    NOT NULL,
    cluster   BLOB    NOT NULL,
    detail    TEXT    NOT NULL,
    before    TEXT    NOT NULL,
    by        TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    undone_at INTEGER,
    PRIMARY KEY (shop, id)
) STRICT, WITHOUT ROWID;

-- Answers that agents gave, for approval.
CREATE TABLE candidates (
    shop      TEXT    NOT NULL REFERENCES shops (shop),
    id        BLOB    NOT NULL,
    cluster   BLOB    NOT NULL,
    -- A hash of the cluster and the normalised answer: found again, it is the same.
    key       INTEGER NOT NULL,
    text      TEXT    NOT NULL,
    evidence  TEXT    NOT NULL,
    agents    INTEGER NOT NULL,
    buyers    INTEGER NOT NULL,
    replies   INTEGER NOT NULL,
    accepted  INTEGER NOT NULL,
    score     REAL    NOT NULL,
    state     TEXT    NOT NULL,
    knowledge TEXT,
    decided_by TEXT,
    decided_at INTEGER,
    found_at  INTEGER NOT NULL,
    PRIMARY KEY (shop, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX candidates_by_key ON candidates (shop, key);
CREATE INDEX candidates_open ON candidates (shop, score) WHERE state = 'open';

-- What people changed because of a question.
CREATE TABLE actions (
    shop    TEXT    NOT NULL REFERENCES shops (shop),
    id      BLOB    NOT NULL,
    cluster BLOB    NOT NULL,
    kind    TEXT    NOT NULL,
    note    TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    by      TEXT    NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (shop, id)
) STRICT, WITHOUT ROWID;

-- By what figures are made; a number names the version.
CREATE TABLE policies (
    shop    TEXT    NOT NULL REFERENCES shops (shop),
    version INTEGER NOT NULL,
    body    TEXT    NOT NULL,
    by      TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (shop, version)
) STRICT, WITHOUT ROWID;

-- A week that is over says the same whenever it is asked for.
CREATE TABLE weekly_reports (
    shop        TEXT    NOT NULL REFERENCES shops (shop),
    week        TEXT    NOT NULL,
    revision    INTEGER NOT NULL,
    -- Of the questions that it was counted from.
    fingerprint INTEGER NOT NULL,
    body        TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (shop, week, revision)
) STRICT;

CREATE TABLE feed_entries (
    shop         TEXT    NOT NULL REFERENCES shops (shop),
    feed         TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    published_at INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (shop, feed, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX feed_entries_by_age ON feed_entries (shop, feed, updated_at);

-- What the shop knows of its consumers, under their pseudonyms.
CREATE TABLE consumer_tags (
    shop     TEXT    NOT NULL REFERENCES shops (shop),
    consumer TEXT    NOT NULL,
    tag      TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (shop, consumer, tag)
) STRICT, WITHOUT ROWID;

CREATE INDEX consumer_tags_by_tag ON consumer_tags (shop, tag);
