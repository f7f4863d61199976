-- What lists of items are sorted and filtered by, beside what the items' rows had already.
ALTER TABLE knowledge ADD COLUMN title TEXT NOT NULL DEFAULT '';

UPDATE knowledge SET title = coalesce(
    (SELECT content ->> '$.title' FROM knowledge_versions AS said
     WHERE said.shop = knowledge.shop AND said.id = knowledge.id AND said.version = knowledge.version),
    ''
);

CREATE INDEX knowledge_by_title ON knowledge (shop, title COLLATE NOCASE, id);

-- The products and channels that an item names as it stands; one that names none holds for all.
CREATE TABLE knowledge_scopes (
    shop  TEXT NOT NULL,
    kind  TEXT NOT NULL,
    value TEXT NOT NULL,
    id    TEXT NOT NULL,
    PRIMARY KEY (shop, kind, value, id),
    FOREIGN KEY (shop, id) REFERENCES knowledge (shop, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX knowledge_scopes_by_item ON knowledge_scopes (shop, id);

INSERT INTO knowledge_scopes (shop, kind, value, id)
SELECT DISTINCT k.shop, 'product', named.value, k.id
FROM knowledge k
JOIN knowledge_versions v USING (shop, id, version), json_each(v.content, '$.products') named;

INSERT INTO knowledge_scopes (shop, kind, value, id)
SELECT DISTINCT k.shop, 'channel', named.value, k.id
FROM knowledge k
JOIN knowledge_versions v USING (shop, id, version), json_each(v.content, '$.channels') named;
