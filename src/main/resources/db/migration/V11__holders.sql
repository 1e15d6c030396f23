-- Rotations by the holders of keys: how often there were any lately, and whether somebody has the successor's secret. The keys
-- of a chain of such rotations have the first of them in common. Kept as long as the keys.
CREATE TABLE self_rotation (
    successor_id uuid PRIMARY KEY,
    root_id      uuid NOT NULL,
    rotated_at   timestamptz(3) NOT NULL,
    -- When it was first known that somebody has the successor's secret.
    claimed_at   timestamptz(3),
    UNIQUE (root_id, rotated_at, successor_id)
);

-- When the link in a mail renewed its key. It works once.
SET LOCAL lock_timeout = '60s';
ALTER TABLE delivery ADD COLUMN link_used_at timestamptz(3);
