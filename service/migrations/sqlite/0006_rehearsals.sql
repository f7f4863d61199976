-- Suggestions that nobody really asked for: no figure counts them.
ALTER TABLE suggestions ADD COLUMN is_rehearsal INTEGER NOT NULL DEFAULT 0;
