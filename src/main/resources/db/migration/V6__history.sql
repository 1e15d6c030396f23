-- Which Postgres this is, and whether it is still the one that it was; see io.keylapse.history.

-- Whose database this is: a random id that dumps and standbys carry along.
CREATE TABLE installation (
    id       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    -- When a node last found that this Postgres had lost commits.
    lost_at  timestamptz(3),
    only_one boolean NOT NULL DEFAULT true UNIQUE CHECK (only_one)
);

INSERT INTO installation DEFAULT VALUES;

-- Random ids that Postgres is given to remember. Whoever remembers the latest outside of Postgres can tell later whether
-- this Postgres still has the past in which it was given.
CREATE TABLE milestone (
    id      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    made_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX milestone_by_time ON milestone (made_at, id);

INSERT INTO milestone DEFAULT VALUES;

-- The locks that name positions belonged to the database, so that two schemas of one database held each other up and
-- took each other's positions for their own. They belong to the table now: its object id and the lower 32 bits of the
-- position. Nobody may be writing under a lock of the old form when the first lock of the new form is taken.
SET LOCAL lock_timeout = '60s';
LOCK TABLE api_key, blacklist IN SHARE ROW EXCLUSIVE MODE;

-- A function names its schema, because whoever restores a dump has none in his search path.
CREATE OR REPLACE FUNCTION order_of_recording() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    so_far bigint;
BEGIN
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO so_far FROM blacklist_position;
    PERFORM pg_advisory_xact_lock_shared(TG_RELID::integer, (so_far & 4294967295)::oid::integer);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION order_of_change() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    so_far bigint;
BEGIN
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO so_far FROM key_change;
    PERFORM pg_advisory_xact_lock_shared(TG_RELID::integer, (so_far & 4294967295)::oid::integer);
    RETURN NULL;
END
$$;

-- The least position that a writer of the table has named, or the given one if that is less. The locks have its lower 32
-- bits; no writer is 2^31 positions behind or ahead of what is known.
CREATE FUNCTION least_position_named(writers regclass, known bigint) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT least(known, min(known - ((known - objid::bigint + 2147483648) & 4294967295) + 2147483648))
    FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 2 AND classid = writers::oid AND mode = 'ShareLock'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
$$;

-- As before: look at the sequence first and at the locks then, in statements of their own.
CREATE OR REPLACE FUNCTION blacklist_horizon() RETURNS bigint LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT AS $$
DECLARE
    horizon bigint;
BEGIN
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO horizon FROM blacklist_position;
    RETURN least_position_named('blacklist', horizon);
END
$$;

CREATE OR REPLACE FUNCTION change_horizon() RETURNS bigint LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT AS $$
DECLARE
    horizon bigint;
BEGIN
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO horizon FROM key_change;
    RETURN least_position_named('api_key', horizon);
END
$$;

ALTER FUNCTION know_lead_times() SET search_path FROM CURRENT;
