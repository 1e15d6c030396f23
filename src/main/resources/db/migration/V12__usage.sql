-- When keys were last used, and refused after their end. No trigger and no feed reads these tables, and nothing refers to
-- api_key, so that writing them never waits for a change of a key.

CREATE TABLE key_usage (
    key_id       uuid PRIMARY KEY,
    last_used_at timestamptz(3) NOT NULL
) WITH (fillfactor = 70);

-- Refusals of ended keys since they were last accepted.
CREATE TABLE key_refusal (
    key_id           uuid PRIMARY KEY,
    first_refused_at timestamptz(3) NOT NULL,
    last_refused_at  timestamptz(3) NOT NULL,
    refused_count    bigint NOT NULL CHECK (refused_count > 0),
    -- When the owner is to be told; null when they were told of the latest refusal.
    notice_due_at    timestamptz(3),
    noticed_at       timestamptz(3),
    UNIQUE (notice_due_at, key_id)
) WITH (fillfactor = 70);

-- Nodes that record uses. One that stops removes its row after it has written everything, so an old row is a node that
-- may have lost some.
CREATE TABLE usage_recorder (
    node    uuid PRIMARY KEY,
    seen_at timestamptz(3) NOT NULL
) WITH (fillfactor = 50);

-- Since when all uses are known; null if they never were.
CREATE TABLE usage_known (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    since    timestamptz(3)
);

INSERT INTO usage_known DEFAULT VALUES;

-- Not validated: the rows that there are have other kinds, and proving it would lock the table for as long.
SET LOCAL lock_timeout = '60s';
ALTER TABLE notice
    DROP CONSTRAINT notice_kind_check,
    ADD CONSTRAINT notice_kind_check
        CHECK (kind IN ('expiring', 'expired', 'revoked', 'rotated', 'renewed', 'refused')) NOT VALID;
