-- Grows with each group of suggestions and each feedback.
ALTER TABLE shops ADD COLUMN suggestion_revision INTEGER NOT NULL DEFAULT 0;
