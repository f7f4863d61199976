-- Findings of two items that somebody judged to be none. Each holds while both
-- items stand at these versions: once one changes, they are looked at again.
CREATE TABLE dismissals (
    shop           TEXT    NOT NULL REFERENCES shops (shop),
    -- Of the two items and what they speak of, whatever their versions.
    finding        TEXT    NOT NULL,
    first_item     TEXT    NOT NULL,
    first_version  INTEGER NOT NULL,
    second_item    TEXT    NOT NULL,
    second_version INTEGER NOT NULL,
    by             TEXT    NOT NULL,
    at             INTEGER NOT NULL,
    PRIMARY KEY (shop, finding)
) STRICT, WITHOUT ROWID;
