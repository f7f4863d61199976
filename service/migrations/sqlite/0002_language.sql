-- Intents of a shop, its models, what they learn from, and jobs.

-- Grows when intents change or another model is put in use.
ALTER TABLE shops ADD COLUMN language_revision INTEGER NOT NULL DEFAULT 0;

ALTER TABLE suggestions ADD COLUMN intent TEXT;
ALTER TABLE suggestions ADD COLUMN intent_confidence REAL;
ALTER TABLE suggestions ADD COLUMN stage TEXT;
ALTER TABLE suggestions ADD COLUMN urgency TEXT;

CREATE TABLE intents (
    shop      TEXT    NOT NULL REFERENCES shops (shop),
    intent    TEXT    NOT NULL,
    name      TEXT,
    is_off    INTEGER NOT NULL,
    stage     TEXT,
    phrasings TEXT    NOT NULL,
    PRIMARY KEY (shop, intent)
) STRICT, WITHOUT ROWID;

CREATE TABLE corrections (
    shop       TEXT    NOT NULL,
    suggestion BLOB    NOT NULL,
    intent     TEXT    NOT NULL,
    by         TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (shop, suggestion),
    FOREIGN KEY (shop, suggestion) REFERENCES suggestions (shop, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX answers_judged ON answers (shop, feedback_at) WHERE feedback_at IS NOT NULL;

-- The body of a model that is long out of use is dropped; its report stays.
CREATE TABLE models (
    shop    TEXT    NOT NULL REFERENCES shops (shop),
    kind    TEXT    NOT NULL,
    version INTEGER NOT NULL,
    body    BLOB    NOT NULL,
    report  TEXT    NOT NULL,
    is_used INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (shop, kind, version)
) STRICT;

CREATE UNIQUE INDEX models_in_use ON models (shop, kind) WHERE is_used = 1;

CREATE TABLE jobs (
    shop         TEXT    NOT NULL REFERENCES shops (shop),
    id           BLOB    NOT NULL,
    kind         TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    attempts     INTEGER NOT NULL,
    asked_at     INTEGER NOT NULL,
    started_at   INTEGER,
    -- A run that has not ended by then is taken for dead.
    leased_until INTEGER,
    ended_at     INTEGER,
    report       TEXT,
    PRIMARY KEY (shop, id)
) STRICT, WITHOUT ROWID;

-- One run of a kind waits at most: who asks again is told of that one.
CREATE UNIQUE INDEX jobs_waiting ON jobs (shop, kind) WHERE state = 'waiting';
CREATE INDEX jobs_open ON jobs (asked_at) WHERE state IN ('waiting', 'running');
