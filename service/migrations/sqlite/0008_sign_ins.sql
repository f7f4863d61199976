-- The last day on which a key was used, in its shop's time zone: 2026-10-01.
ALTER TABLE api_keys ADD COLUMN last_used_on TEXT;

-- The oldest are forgotten where there are very many.
CREATE INDEX sign_in_failures_age ON sign_in_failures (last_at);
