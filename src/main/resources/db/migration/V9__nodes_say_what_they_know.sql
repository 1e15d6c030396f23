-- The latest migration that a node knows, so that nodes which cannot run beside it are seen. Those that do not say know less
-- than migration 6.
SET LOCAL lock_timeout = '60s';
ALTER TABLE node ADD COLUMN knows integer NOT NULL DEFAULT 5;
