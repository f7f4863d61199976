-- People who sign in, their sessions and one-time links, and who changed what.

CREATE TABLE people (
    shop        TEXT    NOT NULL REFERENCES shops (shop),
    id          BLOB    NOT NULL,
    login       TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    role        TEXT    NOT NULL,
    -- In the PHC format; absent before the person has chosen one.
    password    TEXT,
    created_at  INTEGER NOT NULL,
    disabled_at INTEGER,
    PRIMARY KEY (shop, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX people_login ON people (shop, login);

CREATE TABLE sessions (
    hash       BLOB    NOT NULL PRIMARY KEY,
    shop       TEXT    NOT NULL,
    person     BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    FOREIGN KEY (shop, person) REFERENCES people (shop, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_person ON sessions (shop, person);
CREATE INDEX sessions_end ON sessions (expires_at);

CREATE TABLE links (
    hash       BLOB    NOT NULL PRIMARY KEY,
    -- begin, join, choose_password or enter.
    purpose    TEXT    NOT NULL,
    shop       TEXT,
    role       TEXT,
    person     BLOB,
    made_by    TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX links_end ON links (expires_at);

-- Failed attempts to sign in since the last that did not fail. Of logins that
-- are of nobody as well, so that their waits do not tell them apart.
CREATE TABLE sign_in_failures (
    shop    TEXT    NOT NULL,
    login   TEXT    NOT NULL,
    count   INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (shop, login)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    shop     TEXT    NOT NULL REFERENCES shops (shop),
    sequence INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    by       TEXT    NOT NULL,
    action   TEXT    NOT NULL,
    subject  TEXT    NOT NULL,
    PRIMARY KEY (shop, sequence)
) STRICT, WITHOUT ROWID;
